package terminal

import (
	"fmt"
	"strings"

	"testrunner/report/event"
	"testrunner/report/text"
)

// found shows a finding that somebody should mend, with the command that mends it.
func (v *view) found(f event.Finding) {
	l := inked(caution, warnMark)
	switch f.Status {
	case event.Fail:
		l = inked(bad, failMark)
	case event.Warn:
	default:
		return
	}
	if strings.HasPrefix(f.ID, event.Local+".") || f.ID == event.HostLoad {
		return // what this machine lacks for going without Docker stands in the reason of what does not run; tests keep it busy
	}
	what := firstLine(f.Detail)
	if f.Threshold != "" {
		what = strings.TrimSuffix(text.Line(f.Value)+", "+text.Line(f.Threshold)+": "+what, ": ")
	} else if what == "" {
		what = text.Line(f.Value)
	}
	v.paragraph(l.add(normal, " "), text.Line(f.ID)+": "+what)
	v.say(remedy(f.Remedy)...)
}

// remedy is a line with a command, if there is one. It is never broken: somebody will copy it.
func remedy(command string) []line {
	if command = firstLine(command); command == "" {
		return nil
	}
	l := bare("    mend: ").add(strong, command)
	l.whole = true
	return []line{l}
}

// paragraph shows prose behind a head, wrapped to the terminal and indented below itself.
func (v *view) paragraph(head line, prose string) {
	v.say(v.screen.paragraph(head, normal, prose)...)
}

// paragraph is head followed by prose. Plain lines are not wrapped: what reads them has its own idea of a width.
func (s *screen) paragraph(head line, i ink, prose string) []line {
	if !s.live {
		return []line{head.add(i, prose)}
	}
	indent := cells(head.String())
	var lines []line
	for n, part := range wrap(prose, s.columns()-1-indent) {
		if n > 0 {
			head = bare(strings.Repeat(" ", indent))
		}
		lines = append(lines, head.add(i, part))
	}
	return lines
}

func (v *view) decided(b event.Decided) {
	for _, a := range b.Admissions {
		v.blocked[suiteKey{a.Category, a.Suite}] = !a.Admitted
	}
	if v.opts.Quiet {
		return
	}
	why := make([]string, len(b.Why))
	for i, w := range b.Why {
		why[i] = firstLine(w)
	}
	prose := text.Line(string(b.Mode))
	if len(why) > 0 {
		prose += ": " + strings.Join(why, "; ")
	}
	v.paragraph(inked(strong, "mode "), prose)
}

// maxSuites is how many suites of a category are named at the start.
const maxSuites = 6

func (v *view) planned(b event.Planned) {
	if v.opts.Quiet {
		return
	}
	parts := make([]string, 0, len(b.Categories))
	for _, c := range b.Categories {
		admitted := v.admitted(c)
		if len(admitted) == 0 && len(c.Suites) > 0 {
			continue // it does not run: the end says why
		}
		suites := make([]string, 0, maxSuites)
		for _, s := range admitted[:min(len(admitted), maxSuites)] {
			suites = append(suites, text.Line(s))
		}
		if n := len(admitted) - len(suites); n > 0 {
			suites = append(suites, fmt.Sprintf("and %d more", n))
		}
		part := text.Line(c.Name)
		if len(suites) > 0 {
			part += " (" + strings.Join(suites, ", ") + ")"
		}
		parts = append(parts, part)
	}
	prose := strings.Join(parts, ", ")
	if prose == "" {
		prose = "nothing"
	}
	if b.Deselected > 0 {
		prose += "; " + count(b.Deselected, "test") + " deselected"
	}
	v.paragraph(inked(strong, "runs "), prose)
}

// admitted are the suites of a category that may run.
func (v *view) admitted(c event.PlannedCategory) []string {
	if v.blocked[suiteKey{c.Name, ""}] {
		return nil
	}
	var names []string
	for _, s := range c.Suites {
		if !v.blocked[suiteKey{c.Name, s}] {
			names = append(names, s)
		}
	}
	return names
}

// room says whether another problem may be shown as it happens. The first that may not is told instead.
func (v *view) room() bool {
	if v.opts.Verbose {
		return true
	}
	v.live++
	if v.live == maxLive+1 {
		v.news(inked(caution, "  further problems are counted, and shown at the end"))
	}
	return v.live <= maxLive
}

func (v *view) testFinished(b event.TestFinished) {
	worse := v.job(b.Job).end(b.Test.ID, b.Outcome)
	switch b.Outcome {
	case event.Failed, event.Errored:
		if (worse || v.opts.Verbose) && v.room() {
			v.news(problem(text.Line(b.Test.ID), b.Message))
		}
	case event.Skipped:
		v.detail(inked(caution, skipMark), b)
	case event.NotRan:
		b.Message = strings.TrimSuffix("not run: "+b.Message, ": ")
		v.detail(inked(caution, warnMark), b)
	default:
		v.detail(inked(good, passMark), b)
	}
}

// problem is a failure as it happens: the whole of it comes at the end.
func problem(what, message string) line {
	l := inked(bad, failMark).add(strong, " "+what)
	if m := firstLine(message); m != "" {
		l = l.add(normal, "  "+m)
	}
	return l
}

// detail is a test that needs nobody's attention: for --verbose.
func (v *view) detail(mark line, b event.TestFinished) {
	if !v.opts.Verbose {
		return
	}
	l := mark.add(normal, " "+text.Line(b.Test.ID))
	if b.Micros > 0 {
		l = l.add(faint, " ("+lasted(micros(b.Micros))+")")
	}
	for _, s := range []string{b.Message, b.Note} {
		if s = firstLine(s); s != "" {
			l = l.add(normal, "  "+s)
		}
	}
	v.news(l)
}

func (v *view) collectionFailed(b event.CollectionFailed) {
	j := v.job(b.Job)
	key := brokenKey{job: b.Job, path: b.Path}
	if v.broken[key] {
		return
	}
	v.broken[key] = true
	j.broken++
	suite := brokenKey{suite: j.suite, path: b.Path, reason: b.Reason}
	told := v.broken[suite] // by another process of a split suite
	v.broken[suite] = true
	if !told && v.room() {
		v.news(problem(place(b.Path, b.Line, b.Column)+" could not be collected", b.Message))
	}
}

func (v *view) jobOutput(b event.JobOutput) {
	if !v.opts.Verbose {
		return
	}
	head := inked(faint, text.Line(b.Job)+" │ ")
	for _, l := range text.Lines(b.Text) {
		v.news(head.add(normal, l))
	}
}

func (v *view) noted(b event.Noted) {
	switch b.Level {
	case "error":
		v.paragraph(inked(bad, failMark+" "), text.Line(b.Text))
	case "warn":
		v.paragraph(inked(caution, warnMark+" "), text.Line(b.Text))
	default:
		if !v.opts.Quiet {
			v.paragraph(line{}, text.Line(b.Text))
		}
	}
}

func stopping(b event.Stopping) string {
	why := b.Why
	switch b.Why {
	case "interrupted":
		why = "interrupted; a second signal kills what runs"
	case "terminated":
		why = "asked to end"
	case "deadline":
		why = "the deadline has passed"
	case "fail-fast":
		why = "something failed, and the first failure ends the run (--fail-fast)"
	case "bug":
		why = "a fault of runner's own"
	case "runner-died":
		why = "runner itself was killed"
	}
	if d := firstLine(b.Detail); d != "" {
		why += ": " + d
	}
	return text.Line(why)
}

// cause says how a job ended badly.
func cause(b event.JobFinished) string {
	how := map[event.Cause]string{
		event.Crashed:       "crashed",
		event.Vanished:      "ended without its end-of-run word",
		event.Contradiction: "contradicts itself",
		event.BadUsage:      "refused its command line or configuration",
		event.NotStarted:    "could not be started",
		event.TimedOut:      "was ended at its deadline",
		event.Interrupted:   "was interrupted",
		event.RunnerDied:    "was cut off when runner died",
	}[b.Cause]
	if how == "" {
		how = text.Line(string(b.Cause))
	}
	switch {
	case b.Signal != "":
		return how + " (" + text.Line(b.Signal) + ")"
	case b.Exit > 0:
		return fmt.Sprintf("%s (exit %d)", how, b.Exit)
	}
	return how
}
