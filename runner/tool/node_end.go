package tool

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"testrunner/report/event"
)

// End concludes from three witnesses: node's exit status, the end of its stream with its own totals, and the files that
// the job was given.
func (d *nodeDecoder) End(x Exit) Conclusion {
	d.flush()
	if d.t.Debug && d.direct() {
		d.endDirect(x)
	}
	d.emptyFiles()
	whole := d.ended || d.flaws.ignoreEnd
	switch {
	case x.Err != "":
		return Conclusion{Cause: event.NotStarted, Problem: x.Err}
	case x.Stopped == "" && (d.node == "" || !whole && !d.begun && x.Code > 0 && !strings.Contains(x.Stderr, "Could not find '")):
		return d.refused(x)
	case x.Stopped != "":
		d.abandoned("the job was ended before this file had run")
		return Conclusion{Cause: x.Stopped, Problem: "node was ended from outside: " + string(x.Stopped), Detail: x.Stderr}
	case !whole && strings.Contains(x.Stderr, "Could not find '"):
		return d.missing(x)
	case !whole:
		return d.broken(x)
	}
	d.neverRan()
	return d.agree(x)
}

// nodeSaid is the line of node's standard error that says what is wrong: above an error it prints the source line.
func nodeSaid(stderr string) string {
	for line := range strings.Lines(stderr) {
		if nodeErrorLine.MatchString(line) {
			return strings.TrimSpace(line)
		}
	}
	return event.FirstLine(stderr)
}

var nodeErrorLine = regexp.MustCompile(`^(?:Uncaught )?[A-Za-z]*Error(?: \[\w+\])?: `)

// refused concludes a node that ended before any file was begun: it did not like its options, or a file that they load.
func (d *nodeDecoder) refused(x Exit) Conclusion {
	c := Conclusion{Cause: event.Crashed, Detail: x.Stderr}
	said := nodeSaid(x.Stderr)
	switch {
	case x.Signal != "":
		c.Problem = "node was ended by " + x.Signal + " before it had begun"
	case x.Code == 0:
		c.Cause, c.Problem = event.Vanished, "node ended with status 0 and never loaded runner's hook"
	default: // 9 is a bad option, 1 a --require or --import that fails
		c.Cause, c.Problem = event.BadUsage, cmp.Or(said, fmt.Sprintf("node ended with status %d before it had begun", x.Code))
	}
	return c
}

// missing concludes a node that refused to start because a file is not there. It names the first and runs none, so the
// others are run again without it.
func (d *nodeDecoder) missing(x Exit) Conclusion {
	said := event.FirstLine(x.Stderr)
	c := Conclusion{Cause: event.BadUsage, Problem: "node: " + said, Detail: x.Stderr}
	_, rest, _ := strings.Cut(x.Stderr, "Could not find '")
	name, _, _ := strings.Cut(rest, "'")
	path := d.relative(name)
	files := nodeFiles(d.t)
	gone := -1
	for i, file := range files {
		if file == path || nodeArgument(d.t, file) == name {
			gone = i
		}
	}
	if gone < 0 || len(files) == 1 {
		return c
	}
	d.emit(event.CollectionFailed{Job: d.t.Job, Path: files[gone], Class: files[gone], Reason: "error", Message: said})
	again := d.t
	again.LeaveOut = append(append([]string(nil), d.t.LeaveOut...), files[gone])
	again.Attempt++
	c.Again = &again
	return c
}

// broken concludes a node whose stream has no end.
func (d *nodeDecoder) broken(x Exit) Conclusion {
	d.abandoned("node ended before this file had run")
	c := Conclusion{Cause: event.Crashed, Detail: x.Stderr}
	switch {
	case x.Signal != "":
		c.Problem = "node was ended by " + x.Signal
	case x.Code == 0:
		c.Cause, c.Problem = event.Vanished, "node ended with status 0 and without its end of the run"
	default:
		c.Problem = fmt.Sprintf("node ended with status %d and without its end of the run", x.Code)
		if said := nodeSaid(x.Stderr); said != "" {
			c.Problem += ": " + said
		}
	}
	return c
}

// abandoned tells what is known of the files that were not concluded. Open tests stay open, for the ledger to judge by
// the job's cause; a file of which no test is known is itself named as not run.
func (d *nodeDecoder) abandoned(why string) {
	for _, path := range nodeFiles(d.t) {
		f := d.files[path]
		switch {
		case f != nil && f.ended != nil:
		case f == nil || f.planned == 0:
			d.emit(event.TestFinished{Job: d.t.Job, Test: event.Test{ID: path, Name: path, Class: path}, Outcome: event.NotRan, Type: string(event.NotRunType), Message: why})
		default:
			for _, id := range f.order {
				t := f.tests[id]
				if t.waiting != nil && !t.finished {
					d.finish(f, t, t.waiting)
				}
				if d.flaws.passOpen && t.open && !t.finished {
					d.dead(t, event.Passed, "", "")
				}
			}
		}
	}
}

// neverRan tells of files that a whole run passed over in silence.
func (d *nodeDecoder) neverRan() {
	for _, path := range nodeFiles(d.t) {
		if f := d.files[path]; f == nil || f.ended == nil {
			d.bad++
			d.excused++
			d.emit(event.CollectionFailed{Job: d.t.Job, Path: path, Class: path, Reason: "error", Message: "node ended its run and never ran this file"})
		}
	}
}

// agree compares node's exit status and totals with what was told.
func (d *nodeDecoder) agree(x Exit) Conclusion {
	total, known := d.totals["tests"]
	ours := d.told + d.counted
	switch {
	case len(d.problems) > 0:
	case known && total > ours+d.left:
		d.problems = append(d.problems, fmt.Sprintf("node counts %d tests and %d were told", total, ours))
	case known && total < ours && d.crashed == 0:
		d.problems = append(d.problems, fmt.Sprintf("node counts only %d tests and %d were told", total, ours))
	case x.Signal != "":
		d.problems = append(d.problems, "node ended its run and was then ended by "+x.Signal)
	case x.Code == 0 && d.bad > 0 && d.excused == 0:
		d.problems = append(d.problems, "node ended with status 0 although tests failed")
	case x.Code != 0 && d.bad == 0:
		said := cmp.Or(strings.Join(d.lines, "; "), event.FirstLine(x.Stderr), "it says no reason")
		d.problems = append(d.problems, fmt.Sprintf("node ended with status %d although no test failed: %s", x.Code, said))
	}
	if len(d.faults) > 0 {
		d.emit(event.Noted{Level: "warn", Text: "runner's hook for node had an error of its own: " + d.faults[0]})
	}
	if len(d.problems) > 0 {
		detail := strings.Join(append(append(append([]string(nil), d.problems...), d.lines...), d.faults...), "\n")
		return Conclusion{Cause: event.Contradiction, Problem: d.problems[0], Detail: event.Capped(detail+"\n"+x.Stderr, event.Cap)}
	}
	return Conclusion{Cause: event.Done}
}

func (d *nodeDecoder) direct() bool {
	_, ok := nodeDirect(d.t)
	return ok
}

// endDirect plays the launcher's part for a file that --debug ran without one.
func (d *nodeDecoder) endDirect(x Exit) {
	file, _ := nodeDirect(d.t)
	f := d.files[file]
	if f == nil || !f.loaded || x.Stopped != "" {
		return
	}
	end := &nodeRecord{}
	if x.Code != 0 || x.Signal != "" {
		code := x.Code
		end.Err = &nodeError{Message: "test failed", Signal: x.Signal, ExitCode: &code, Failure: "testCodeFailure"}
		if f.bad > 0 {
			end.Err.Failure = "subtestsFailed"
		}
	}
	d.endFile(f, end)
	d.ended = true
}
