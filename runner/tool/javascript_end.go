package tool

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"testrunner/report/event"
)

// End concludes from three witnesses: the tool's exit status, its end-of-run word with its own totals, and the files that
// the job was given.
func (d *jsDecoder) End(x Exit) Conclusion {
	whole := d.ended != nil && d.ended.O != "interrupted" || d.flaws.ignoreEnd
	var c Conclusion
	switch {
	case x.Err != "":
		return Conclusion{Cause: event.NotStarted, Problem: x.Err}
	case x.Stopped != "":
		d.stuck(x.Stopped)
		d.abandoned("the job was ended before this file had run")
		c = Conclusion{Cause: x.Stopped, Problem: fmt.Sprintf("%s was ended from outside: %s", d.h.tool, x.Stopped), Detail: x.Stderr}
	case d.flaws.ignoreEnd:
		c = d.agree(x)
	case d.h.together && d.loading != nil && !whole && (d.started || !d.patched):
		c = d.diedTogether(x)
	case d.unheard(x):
		c = d.onceMore()
	case d.hooked == nil || !d.patched || !d.started && !whole:
		c = d.refused(x)
	case !whole:
		c = d.unended(x)
	case d.ended != nil && d.ended.Why == "broken":
		c = Conclusion{Cause: event.Done, Again: d.apart()}
	default:
		d.neverRan()
		c = d.agree(x)
	}
	d.notes()
	return c
}

// notes tells, in one line each, of files in which no test ran and of what the tool's own configuration decides.
func (d *jsDecoder) notes() {
	given := d.given()
	d.empty = slices.DeleteFunc(d.empty, func(file string) bool { return !slices.Contains(given, file) }) // mocha's --file holds no test
	for _, n := range []struct {
		files []string
		text  string
	}{
		{d.empty, "nothing ran in %s: no test in it"},
		{d.absent, "%s: left out by the configuration of " + d.h.tool + ", so nothing ran"},
		{d.stray, "%s: run by " + d.h.tool + " itself, but not found by runner, so left out here"},
	} {
		if slices.Sort(n.files); len(n.files) > 0 {
			d.emit(event.Noted{Level: "warn", Text: fmt.Sprintf(n.text, nodeSome(n.files))})
		}
	}
	if len(d.faults) > 0 {
		d.emit(event.Noted{Level: "warn", Text: fmt.Sprintf("runner's hook for %s had an error of its own: %s", d.h.tool, d.faults[0])})
	}
}

// said is the line of a tool's standard error that says what is wrong.
func (d *jsDecoder) said(x Exit) string {
	for _, r := range d.problems {
		return r.line()
	}
	return nodeSaid(jsPlain(cmp.Or(x.Stderr, x.Stdout)))
}

// jsColour is what colours a terminal.
var jsColour = regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]")

// jsPlain takes colours and the marks that tools put in front of their messages out of a text.
func jsPlain(text string) string {
	text = jsColour.ReplaceAllString(text, "")
	var kept []string
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || trimmed == "●" || strings.HasPrefix(trimmed, "⎯") {
			continue
		}
		kept = append(kept, strings.TrimPrefix(strings.TrimRight(line, "\r\n"), "● "))
	}
	return strings.Join(kept, "\n")
}

// refused concludes a tool that ended before it began its run: it did not like its options or configuration, what it loads
// before all files broke, or our hook never came in.
func (d *jsDecoder) refused(x Exit) Conclusion {
	c := Conclusion{Cause: event.Crashed, Detail: x.Stderr}
	said := d.said(x)
	switch {
	case x.Signal != "":
		c.Problem = fmt.Sprintf("%s was ended by %s before it had begun", d.h.tool, x.Signal)
	case d.exit != nil && x.Code == 0:
		c.Cause, c.Problem = event.Vanished, d.fate(d.exit)+" before "+d.h.tool+" had begun"
	case x.Code == 0 && d.hooked == nil:
		c.Cause, c.Problem = event.Vanished, fmt.Sprintf("%s ended with status 0 and never loaded runner's hook: something on the way replaces NODE_OPTIONS", d.h.tool)
	case x.Code == 0 && !d.patched:
		c.Cause, c.Problem = event.Vanished, fmt.Sprintf("%s ended with status 0 and its events could not be reached: runner does not know this version%s", d.named(), d.h.known())
	case x.Code == 0:
		c.Cause, c.Problem = event.Vanished, d.named()+" ended with status 0 and told nothing of a run: "
		if len(d.problems) > 0 {
			c.Problem += said
		} else {
			c.Problem += "it ran nothing, or runner does not know this version" + d.h.known()
		}
	case d.hooked != nil && !d.h.knows(d.hooked.Version):
		c.Cause = event.BadUsage
		c.Problem = fmt.Sprintf("%s ended with status %d and told nothing of a run: runner does not know this version%s", d.named(), x.Code, d.h.known())
		if said != "" {
			c.Problem += ": " + said
		}
	default:
		c.Cause, c.Problem = event.BadUsage, cmp.Or(said, fmt.Sprintf("%s ended with status %d before it had begun", d.h.tool, x.Code))
	}
	return c
}

// cutShort is how a run without an end ended, as far as the culprit, the exit status and, where they are to be heard, the tool's
// own words tell.
func (d *jsDecoder) cutShort(x Exit, culprit *jsFile, heard bool) Conclusion {
	c := Conclusion{Cause: event.Crashed, Detail: x.Stderr}
	exit := d.exit
	if culprit != nil && culprit.exit != nil {
		exit = culprit.exit
	}
	switch {
	case exit != nil:
		c.Problem = d.fate(exit)
	case x.Signal != "":
		c.Problem = fmt.Sprintf("%s was ended by %s", d.h.tool, x.Signal)
	default:
		c.Problem = fmt.Sprintf("%s ended with status %d and without its end of the run", d.h.tool, x.Code)
		if said := d.said(x); said != "" && heard {
			c.Problem += ": " + said
		}
	}
	if x.Code == 0 {
		c.Cause = event.Vanished
	}
	return c
}

// unended concludes a tool whose stream has no end. Where one file is to blame, the others that never ran do so apart.
func (d *jsDecoder) unended(x Exit) Conclusion {
	culprit := d.culprit()
	c := d.cutShort(x, culprit, x.Code != 0)
	if culprit == nil {
		d.abandoned(d.h.tool + " ended before this file had run")
		return c
	}
	if len(culprit.order) == 0 {
		d.died(culprit, &jsRecord{Msg: c.Problem, Text: x.Stderr})
	}
	c.Again = d.rest(culprit)
	if c.Again == nil {
		d.abandoned(d.h.tool + " ended before this file had run")
	} else {
		d.settle()
	}
	return c
}

// culprit is the one file that was open when the tool died; nil where that can't be told.
func (d *jsDecoder) culprit() *jsFile {
	var open []*jsFile
	for _, f := range d.order {
		if f.begun && !f.ended {
			if f.exit != nil {
				return f
			}
			open = append(open, f)
		}
	}
	if len(open) == 1 {
		return open[0]
	}
	return nil
}

// settle makes results that waited for another try final, now that none will come. Open tests stay open, for the ledger to
// judge by the job's cause.
func (d *jsDecoder) settle() {
	for _, f := range d.order {
		for _, t := range f.order {
			if t.waiting != nil && !t.finished && !f.ended {
				d.finish(f, t, t.waiting)
			}
			if d.flaws.passOpen && t.open && !t.finished {
				d.dead(f, t, event.Passed, "", "")
			}
		}
	}
}

// abandoned tells what is known of the files that were not concluded. A file of which no test is known is itself named as
// not run.
func (d *jsDecoder) abandoned(why string) {
	d.settle()
	for _, path := range d.given() {
		if f := d.files[path]; f == nil || !f.ended && !f.told && len(f.order) == 0 {
			d.unstarted(path, string(event.NotRunType), why)
		}
	}
}

func (d *jsDecoder) unstarted(path, kind, why string) {
	d.emit(event.TestFinished{Job: d.t.Job, Test: event.Test{ID: path, Name: path, Class: path}, Outcome: event.NotRan, Type: kind, Message: why})
}

// neverRan tells of files that a whole run passed over in silence, or left out because it stopped by itself.
func (d *jsDecoder) neverRan() {
	bail := d.ended.Why == "bail"
	for _, f := range d.order { // whatever the tool forgot to end
		switch {
		case !f.begun || f.ended:
		case bail:
			d.stopped(f)
		default:
			d.done(f)
		}
	}
	d.settle()
	for _, path := range d.given() {
		f := d.files[path]
		switch {
		case d.rootless:
		case f != nil && (f.ended || len(f.order) > 0 || f.left > 0):
		case bail:
			d.unstarted(path, event.ReasonMaxFail, d.h.tool+" stopped by itself after a failure, before this file")
		default:
			d.bad++
			d.crash++
			d.emit(event.CollectionFailed{Job: d.t.Job, Path: path, Class: path, Reason: "error", Message: d.h.tool + " ended its run and never ran this file"})
		}
	}
}

// stopped concludes a file in the midst of which the tool stopped by itself: an open test was given up, the rest did not run.
func (d *jsDecoder) stopped(f *jsFile) {
	for _, t := range f.order {
		switch {
		case t.finished:
		case t.waiting != nil:
			d.finish(f, t, t.waiting)
		default:
			d.dead(f, t, event.NotRan, event.ReasonMaxFail, d.h.tool+" stopped by itself after a failure, and gave this test up")
		}
	}
}

// agree compares the tool's exit status and totals with what was told.
func (d *jsDecoder) agree(x Exit) Conclusion {
	var problems []string
	for _, r := range d.problems {
		problems = append(problems, r.line())
	}
	total, known := 0, false
	if d.ended != nil {
		total, known = d.ended.count()
	}
	switch {
	case len(problems) > 0:
	case known && total != d.told && total != d.told+d.left && d.crash == 0 && d.ended.Why != "bail":
		problems = append(problems, fmt.Sprintf("%s counts %d tests and %d were told", d.h.tool, total, d.told))
	case x.Signal != "":
		problems = append(problems, fmt.Sprintf("%s ended its run and was then ended by %s", d.h.tool, x.Signal))
	case x.Code == 0 && d.bad > 0 && d.crash == 0 && (d.ended == nil || d.ended.Why != "allowed"):
		problems = append(problems, d.h.tool+" ended with status 0 although tests failed")
	case x.Code != 0 && d.bad == 0 && d.ended != nil && slices.Contains([]string{"none", "others", "limit"}, d.ended.Why): // no test of ours failed
	case x.Code != 0 && d.bad == 0:
		said := cmp.Or(event.FirstLine(jsPlain(x.Stderr)), "it says no reason")
		problems = append(problems, fmt.Sprintf("%s ended with status %d although no test failed: %s", d.h.tool, x.Code, said))
	}
	if len(problems) == 0 {
		return Conclusion{Cause: event.Done}
	}
	detail := strings.Join(problems, "\n") + "\n"
	for _, r := range d.problems {
		detail += r.detail(d.t.Scratch) + "\n"
	}
	return Conclusion{Cause: event.Contradiction, Problem: problems[0], Detail: event.Capped(detail+x.Stderr, event.Cap)}
}
