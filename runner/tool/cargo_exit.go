package tool

import (
	"fmt"
	"regexp"
	"strings"

	"testrunner/report/event"
	"testrunner/runner/tool/cargodrive"
)

// exit takes the end of one process: its status is held against what libtest said.
func (d *cargoDecoder) exit(x *cargoExe, r cargodrive.Record) {
	if x.reading == nil {
		return
	}
	d.apply(x, x.reading.Close(), r.Millis)
	if len(r.Left) > 0 {
		d.emit(event.Noted{Level: "warn", Text: fmt.Sprintf("%s left %s running, which were ended: %s", x.name(), goCount(len(r.Left), "process"), r.Left[0])})
	}
	if text := x.stderr.String(); text != "" {
		d.emit(event.JobOutput{Job: d.t.Job, Stream: "stderr", Text: event.Capped(text, event.Cap)})
	}
	for _, name := range x.failed {
		d.finish(x, name, d.failure(x, name))
	}
	switch {
	case d.t.Debug:
		d.debugged(x, r)
	case x.list.Own && !x.reading.Spoke():
		d.ownEnd(x, r)
	case x.reading.Whole():
		d.agree(x, r)
	default:
		d.died(x, r)
	}
	x.reading = nil
}

// name says which executable it is, in a message.
func (x *cargoExe) name() string {
	if x.list.Type == cargodrive.Doc {
		return "cargo test --doc"
	}
	return x.path
}

// agree compares the status of a process that said its end-of-run word with its results.
func (d *cargoDecoder) agree(x *cargoExe, r cargodrive.Record) {
	failed := x.reading.Failed()
	switch {
	case r.Signal != "":
		d.problems = append(d.problems, fmt.Sprintf("%s was ended by %s behind its last test", x.name(), r.Signal))
	case r.Code == 0 && failed:
		d.problems = append(d.problems, x.name()+" ended with status 0 although tests failed")
	case r.Code != 0 && !failed:
		d.problems = append(d.problems, fmt.Sprintf("%s ended with status %d although no test failed: %s", x.name(), r.Code, cargoSaid(x.stderr.String())))
	}
	for _, odd := range x.reading.Odd() {
		d.problems = append(d.problems, x.name()+": "+odd+": did a test print libtest's own lines?")
	}
}

// died takes the end of a process without its end-of-run word. The one test that was running is to blame. Of several, the
// driver runs each once more by itself, and they are suspects until then.
func (d *cargoDecoder) died(x *cargoExe, r cargodrive.Record) {
	open := x.reading.Open()
	death := cargoDeath(r)
	if said := cargoSaid(x.stderr.String()); said != "" && r.Code != 0 {
		death += ": " + said
	}
	x.death = death
	switch {
	case x.begin.Apart && len(open) == 1 && len(x.suspects) > 0:
		for _, s := range x.suspects {
			if s.name == open[0] {
				s.died, s.death = true, death
			}
		}
	case len(open) == 1:
		x.culprit = open[0]
		d.finish(x, open[0], d.killed(x, open[0], death))
	case len(open) > 1 && x.list.Type != cargodrive.Doc:
		for _, name := range open {
			x.suspects = append(x.suspects, &cargoSuspect{name: name, death: death})
		}
	case len(open) > 1:
		for _, name := range open {
			d.finish(x, name, d.killed(x, name, death))
		}
	case !x.reading.Spoke() && len(x.chosen) > 0 || len(x.chosen) == 0 && !x.list.Own:
		d.told[x.path] = true
		d.emit(event.CollectionFailed{Job: d.t.Job, Path: x.path, Class: x.class, Reason: "error", Message: "the executable ended before its first test: " + death, Detail: event.Capped(x.stdout.String()+x.stderr.String(), event.Cap)})
	case len(x.reading.Waiting()) == 0:
		d.problems = append(d.problems, fmt.Sprintf("%s ended with %s, and without its end-of-run word", x.name(), death))
	}
}

// killed is the result of a test that took its process along.
func (d *cargoDecoder) killed(x *cargoExe, name, death string) event.TestFinished {
	return event.TestFinished{
		Job: d.t.Job, Test: x.test(name), Outcome: event.Errored, Type: string(event.NotFinishedType),
		Message: "the process ended before this test did: " + death, Detail: event.Capped(x.stderr.String(), event.Cap),
	}
}

// resolve tells what became of the suspects, once each has run by itself.
func (d *cargoDecoder) resolve(x *cargoExe) {
	if len(x.suspects) == 0 {
		return
	}
	suspects := x.suspects
	x.suspects = nil
	var names []string
	guilty := false
	for _, s := range suspects {
		names = append(names, s.name)
		guilty = guilty || s.died
	}
	for _, s := range suspects {
		switch {
		case s.died:
			x.culprit = s.name
			d.finish(x, s.name, d.killed(x, s.name, s.death))
		case s.result == nil: // it never came to that
			d.finish(x, s.name, d.killed(x, s.name, s.death+", in one of "+strings.Join(names, ", ")))
		case guilty:
			s.result.Note = strings.TrimPrefix(s.result.Note+"; run once more by itself, since the process died while it ran", "; ")
			d.finish(x, s.name, *s.result)
		default:
			f := d.killed(x, s.name, s.death+", in one of "+strings.Join(names, ", ")+"; by itself each ends well")
			d.finish(x, s.name, f)
		}
	}
}

// over ends an executable: what it never came to is named.
func (d *cargoDecoder) over(x *cargoExe) {
	d.resolve(x)
	x.over = true
	if x.list.Type == cargodrive.Doc {
		for _, r := range d.build.targets {
			if r.Type == cargodrive.Lib { // one without a test executable has nothing else to show
				d.told[d.file(r.Src)] = true
			}
		}
	}
	if d.told[x.path] && x.path != "" && x.culprit == "" && len(x.answered) == 0 {
		return // a collection error stands for its tests
	}
	d.told[x.path] = true
	for _, name := range x.chosen {
		if x.answered[name] || x.list.Own {
			continue
		}
		why := "not run: the process ended before it"
		if x.culprit != "" {
			why = "not run: the process ended in " + x.culprit
		}
		if x.death != "" {
			why += " (" + x.death + ")"
		}
		d.emit(event.TestFinished{Job: d.t.Job, Test: x.test(name), Outcome: event.NotRan, Type: event.ReasonCrashed, Message: why})
	}
}

// ownEnd judges a main function of its own that is no test harness: it is one test, as it is for cargo.
func (d *cargoDecoder) ownEnd(x *cargoExe, r cargodrive.Record) {
	name := cargodrive.OwnName
	if !d.wants(x, name) {
		if d.filter.String() != "" {
			d.emit(event.TestsDeselected{Job: d.t.Job, Count: 1})
		}
		return
	}
	f := event.TestFinished{Job: d.t.Job, Test: x.test(name), Outcome: event.Passed, Micros: max(0, r.Millis-x.begin.Millis) * 1000, Note: "its main function is its own (harness = false): judged by the exit status"}
	if r.Code != 0 || r.Signal != "" {
		f.Outcome, f.Message = event.Failed, "ended with "+cargoDeath(r)
		if said := cargoSaid(x.stderr.String()); said != "" {
			f.Message += ": " + said
		}
		f.Detail, f.Output = event.Capped(x.stderr.String(), event.Cap), event.Capped(x.stdout.String(), event.Cap)
	}
	d.finish(x, name, f)
}

// debugged judges by the exit status alone: the terminal was the test's.
func (d *cargoDecoder) debugged(x *cargoExe, r cargodrive.Record) {
	names := x.chosen
	if x.list.Own {
		names = []string{cargodrive.OwnName}
	}
	for _, name := range names {
		f := event.TestFinished{Job: d.t.Job, Test: x.test(name), Outcome: event.Passed, Note: "judged by the exit status alone: the terminal was the test's (--debug)"}
		if r.Code != 0 || r.Signal != "" {
			f.Outcome, f.Message = event.Errored, fmt.Sprintf("%s ended with %s; which test failed stands in the terminal alone (--debug)", x.name(), cargoDeath(r))
		}
		d.finish(x, name, f)
	}
}

// failure is the result of a test that failed by libtest's word.
func (d *cargoDecoder) failure(x *cargoExe, name string) event.TestFinished {
	f := event.TestFinished{Job: d.t.Job, Test: x.test(name), Outcome: event.Failed, Micros: max(0, x.started[name]) * 1000}
	text := strings.TrimRight(x.reading.Text(name), "\n")
	if i := strings.Index(x.stderr.String(), "thread '"+name+"' "); i >= 0 && text == "" { // --nocapture
		text = strings.TrimRight(x.stderr.String()[i:], "\n")
	}
	f.Type, f.Message, f.Output, f.Detail = cargoFailure(text)
	if text == "" && !x.reading.Whole() {
		f.Message = "failed; the process ended before libtest showed why"
	}
	return f
}

var (
	cargoPanic  = regexp.MustCompile(`(?m)^thread '.*' (?:\(\d+\) )?panicked at (.+):\n(.*)`)
	cargoReturn = regexp.MustCompile(`(?m)^Error: (.*)`)
	cargoNote   = regexp.MustCompile(`(?m)^note: (test did not panic as expected.*|panic did not contain expected string)`)
)

// cargoFailure reads what libtest shows of a failed test: what it printed, and the panic or the error that it returned.
func cargoFailure(text string) (typ, message, output, detail string) {
	detail = strings.TrimLeft(text, "\n")
	cut := func(m []int) {
		output, detail = strings.TrimRight(text[:m[0]], "\n"), text[m[0]:]
	}
	switch note, panicked, returned := cargoNote.FindStringSubmatchIndex(text), cargoPanic.FindStringSubmatchIndex(text), cargoReturn.FindStringSubmatchIndex(text); {
	case note != nil:
		typ, message = "should_panic", text[note[2]:note[3]]
		if panicked != nil {
			cut(panicked)
			message += ": " + text[panicked[4]:panicked[5]]
		}
	case panicked != nil:
		cut(panicked)
		typ, message = "panic", text[panicked[4]:panicked[5]]+" ("+text[panicked[2]:panicked[3]]+")"
	case returned != nil:
		cut(returned)
		typ, message = "error", text[returned[2]:returned[3]]
	default:
		typ, message = "failed", event.FirstLine(text)
		if message == "" {
			message = "failed without a word"
		}
	}
	return typ, message, output, detail
}

// cargoThread is the name of a thread and its number, which is another in each run.
var cargoThread = regexp.MustCompile(`^(thread '.*') \(\d+\)`)

// cargoSaid is the line of a program's standard error that says what is wrong.
func cargoSaid(stderr string) string {
	first := ""
	for line := range strings.Lines(stderr) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "error: "); ok {
			return rest
		}
		if strings.Contains(line, "fatal runtime error") || strings.Contains(line, "has overflowed its stack") || strings.Contains(line, "panicked at") {
			return strings.TrimSuffix(cargoThread.ReplaceAllString(line, "$1"), ":")
		}
		if first == "" {
			first = line
		}
	}
	return first
}
