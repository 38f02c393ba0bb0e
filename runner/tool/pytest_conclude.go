package tool

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"testrunner/report/event"
)

// pytestAttempts bounds how often a job is started again without what broke it.
const pytestAttempts = 20

// pytest's own exit statuses.
const (
	pytestOK          = 0
	pytestFailed      = 1
	pytestInterrupted = 2
	pytestUsage       = 4
	pytestNothing     = 5
)

// End concludes from three witnesses: the exit status, the end-of-run word with the status that pytest meant to end with,
// and a result for each test of the plan.
func (d *pytestDecoder) End(e Exit) Conclusion {
	d.closeJudged()
	switch {
	case e.Err != "":
		return Conclusion{Cause: event.NotStarted, Problem: e.Err}
	case e.Stopped != "":
		return Conclusion{Cause: e.Stopped, Problem: "pytest was ended before its end", Detail: pytestFatal(e.Stderr)}
	case d.conftest == "" && !d.selected && e.Code == pytestUsage:
		d.readConftest(e.Stderr)
	}
	switch {
	case d.conftest != "":
		return d.again(path.Dir(d.conftest), "the conftest "+d.conftest+" could not be loaded")
	case d.collecting != "" && (d.ended == nil || d.internal != nil):
		return d.diedLoading(e)
	case d.ended == nil:
		return d.unended(e)
	default:
		return d.concluded(e)
	}
}

// closeJudged tells the tests that have a bad phase already, and died behind it: the text says more than "never ended".
func (d *pytestDecoder) closeJudged() {
	var judged []*pytestCase
	for _, cases := range d.open {
		for _, c := range cases {
			if c.outcome == event.Failed || c.outcome == event.Errored {
				judged = append(judged, c)
			}
		}
	}
	slices.SortFunc(judged, func(a, b *pytestCase) int { return cmp.Compare(a.test.ID, b.test.ID) })
	for _, c := range judged {
		c.notes = append(c.notes, "never ended: pytest did before its teardown was over")
		d.close(c, 0, false)
	}
}

// diedLoading is the conclusion when the process died while it loaded a file: that file is the collection error.
func (d *pytestDecoder) diedLoading(e Exit) Conclusion {
	file := d.names.relative(d.collecting)
	how := "pytest ended with " + pytestHow(e) + " while loading it"
	if d.internal != nil {
		how = event.FirstLine(d.internal.Message) + " while loading it"
	}
	d.fail(event.CollectionFailed{Path: file, Reason: "error", Message: how, Detail: pytestFatal(e.Stderr)})
	return d.again(file, file+": "+how)
}

// again concludes that a collection error has cost what it costs, and that the rest is to be run without it.
func (d *pytestDecoder) again(out, problem string) Conclusion {
	c := Conclusion{Cause: event.Done, Problem: problem}
	t := d.target
	if out == "." || pytestLeftOut(t.Dir, []string{out}) || slices.Contains(t.LeaveOut, out) || t.Attempt >= pytestAttempts {
		return c
	}
	t.LeaveOut = append(slices.Clone(t.LeaveOut), out)
	slices.Sort(t.LeaveOut)
	t.Files = slices.DeleteFunc(slices.Clone(t.Files), func(f string) bool { return pytestLeftOut(f, t.LeaveOut) })
	t.Tests = slices.DeleteFunc(slices.Clone(t.Tests), func(id string) bool {
		file, _ := event.SplitID(id)
		return pytestLeftOut(file, t.LeaveOut)
	})
	if len(t.Files) == 0 || (len(d.target.Tests) > 0 && len(t.Tests) == 0) {
		return c
	}
	t.Attempt = max(1, t.Attempt) + 1
	c.Again = &t
	return c
}

// unended is the conclusion without the end-of-run word.
func (d *pytestDecoder) unended(e Exit) Conclusion {
	detail := pytestFatal(e.Stderr)
	switch {
	case e.Code == 0:
		problem := "pytest ended with status 0 and without its end-of-run word"
		if !d.hooked {
			problem += ": runner's plugin was never loaded (does something on the way drop PYTHONPATH or PYTEST_PLUGINS?)"
		}
		return Conclusion{Cause: event.Vanished, Problem: problem, Detail: detail}
	case e.Code == pytestUsage && !d.selected:
		return Conclusion{Cause: event.BadUsage, Problem: pytestComplaint(e), Detail: event.Capped(e.Stderr, event.Cap)}
	case !d.hooked && strings.Contains(e.Stderr, "No module named pytest"):
		return Conclusion{Cause: event.NotStarted, Problem: pytestComplaint(e), Detail: detail}
	default:
		problem := "pytest ended with " + pytestHow(e)
		if line := pytestFatalLine(e.Stderr); line != "" {
			problem += ": " + line
		}
		return Conclusion{Cause: event.Crashed, Problem: problem, Detail: detail}
	}
}

// concluded is the conclusion of a run that was told to its end.
func (d *pytestDecoder) concluded(e Exit) Conclusion {
	end := *d.ended
	switch {
	case d.internal != nil:
		return Conclusion{Cause: event.Crashed, Problem: "internal error of pytest: " + event.FirstLine(d.internal.Message), Detail: event.Capped(d.internal.Text, event.Cap)}
	case e.Code != end.Status:
		return Conclusion{
			Cause:   event.Contradiction,
			Problem: fmt.Sprintf("pytest ended its run with status %d, and its process with %s", end.Status, pytestHow(e)), Detail: pytestFatal(e.Stderr),
		}
	case end.Status == pytestUsage:
		return Conclusion{Cause: event.BadUsage, Problem: pytestComplaint(e), Detail: event.Capped(e.Stderr, event.Cap)}
	case d.interrupt != nil && d.interrupt.Type != "Interrupted" && !d.quit():
		return Conclusion{Cause: event.Crashed, Problem: "pytest was interrupted from inside: " + pytestInterruption(*d.interrupt), Detail: event.Capped(d.interrupt.Text, event.Cap)}
	}
	stop := end.Stop
	if stop == "" && d.interrupt != nil {
		stop = event.FirstLine(d.interrupt.Message)
	}
	if stop != "" {
		d.stopped(stop)
		return Conclusion{Cause: event.Done}
	}
	if left := d.leftOver(); left > 0 {
		return Conclusion{Cause: event.Contradiction, Problem: fmt.Sprintf("pytest ended its run without a result for %d of %d tests", left, d.planned)}
	}
	return d.weighed(e)
}

// quit says whether somebody left the debugger with "q": the end that --debug is for, and no crash.
func (d *pytestDecoder) quit() bool {
	return d.target.Debug && d.interrupt.Type == "Exit" && strings.Contains(d.interrupt.Message, "Quitting debugger")
}

// weighed compares the status with the results.
func (d *pytestDecoder) weighed(e Exit) Conclusion {
	told := fmt.Sprintf("%d failures, errors and collection errors in %d tests", d.bad, d.finished)
	switch {
	case e.Code == pytestOK && d.bad == 0, e.Code == pytestFailed && d.bad > 0, e.Code == pytestNothing && d.finished == 0:
		return Conclusion{Cause: event.Done}
	case e.Code == pytestOK, e.Code == pytestNothing:
		return Conclusion{Cause: event.Contradiction, Problem: fmt.Sprintf("pytest ended with status %d after %s", e.Code, told)}
	default:
		return Conclusion{
			Cause:   event.Contradiction,
			Problem: fmt.Sprintf("pytest ended with status %d after %s: a plugin such as a coverage threshold may have set it", e.Code, told), Detail: event.Capped(e.Stdout, event.Cap),
		}
	}
}

// stopped tells why the tests that are left were not run: pytest stopped by itself.
func (d *pytestDecoder) stopped(why string) {
	d.emit(event.NotRun{
		Category: d.target.Category, Suite: d.target.Suite, Job: d.target.Job,
		Reason: event.Reason{Code: event.ReasonMaxFail, Text: "pytest stopped by itself: " + event.FirstLine(why)},
	})
}

// leftOver tells the planned tests that have no result, and counts them. Those that were started are the ledger's.
func (d *pytestDecoder) leftOver() int {
	left := 0
	for _, cases := range d.open {
		left += len(cases)
	}
	ordinal := map[string]int{}
	for _, id := range d.order {
		ordinal[id]++
		if ordinal[id] <= d.seen[id] {
			continue
		}
		left++
		d.emit(event.TestFinished{
			Job: d.target.Job, Test: d.names.test(id, 0, ordinal[id]), Outcome: event.Errored,
			Type: string(event.MissingResultType), Message: "pytest ended its run without a result for this test",
		})
	}
	return left
}

// pytestConftestLine is what pytest prints when it can't start: it calls no plugin then.
var pytestConftestLine = regexp.MustCompile(`(?m)^ImportError while loading conftest '(.+)'\.\r?$`)

// readConftest takes a broken conftest from stderr, for a pytest whose plugin was not asked.
func (d *pytestDecoder) readConftest(stderr string) {
	m := pytestConftestLine.FindStringSubmatch(stderr)
	if m == nil {
		return
	}
	d.conftest = d.names.relative(m[1])
	message := ""
	for line := range strings.Lines(stderr) {
		if text, ok := strings.CutPrefix(line, "E   "); ok {
			message = strings.TrimSpace(text)
		}
	}
	d.fail(event.CollectionFailed{Path: d.conftest, Reason: "conftest", Message: message, Detail: stderr})
}

func pytestHow(e Exit) string {
	if e.Signal != "" {
		return e.Signal
	}
	return fmt.Sprintf("status %d", e.Code)
}

func pytestInterruption(l pytestLine) string {
	if text := event.FirstLine(l.Message); text != "" {
		return l.Type + ": " + text
	}
	return l.Type
}

// pytestComplaint is the line with which pytest refuses its command line.
func pytestComplaint(e Exit) string {
	for line := range strings.Lines(e.Stderr) {
		if _, text, ok := strings.Cut(line, "error: "); ok {
			return strings.TrimSpace(text)
		}
	}
	// A configuration that Python could not follow: the last line of the traceback says why, the first one only where.
	if _, trace, ok := strings.Cut(e.Stderr, "Traceback (most recent call last):\n"); ok {
		for line := range strings.Lines(trace) {
			if text := strings.TrimSpace(line); text != "" && !strings.HasPrefix(line, " ") {
				return text
			}
		}
	}
	line := event.FirstLine(e.Stderr)
	if line == "" {
		line = event.FirstLine(e.Stdout)
	}
	return cmp.Or(strings.TrimPrefix(line, "ERROR: "), "pytest ended with "+pytestHow(e)+" and said nothing")
}

// pytestFatal is the part of stderr that begins with Python's own word for a crash, or all of it.
func pytestFatal(stderr string) string {
	if i := strings.LastIndex(stderr, "Fatal Python error: "); i >= 0 {
		stderr = stderr[i:]
	}
	return event.Capped(stderr, event.Cap)
}

func pytestFatalLine(stderr string) string {
	if i := strings.LastIndex(stderr, "Fatal Python error: "); i >= 0 {
		return event.FirstLine(stderr[i:])
	}
	return ""
}

// pytestLast is the last line that is not blank: where a traceback has its message.
func pytestLast(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
