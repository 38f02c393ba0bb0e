package tool

import (
	"fmt"
	"slices"
	"strings"

	"testrunner/report/event"
)

// broken takes what belongs to a file, and to none of its tests alone.
func (d *jsDecoder) broken(f *jsFile, r *jsRecord) {
	f.begun = true
	switch r.Kind {
	case "setup":
		victims := r.list()
		for _, one := range victims {
			t, _ := d.test(f, &one)
			if !t.finished {
				v := *r
				v.O, v.Us = "errored", 0
				d.finish(f, t, &v)
			}
		}
		if len(victims) == 0 {
			d.fileCase(f, "hookFailed", jsHookMessage(r), r.detail(d.t.Scratch))
		}
	case "late":
		what := strings.Join(r.T, " > ") + " failed after it had ended: "
		if len(r.T) == 0 {
			what = "an error that no test caught: "
		}
		d.fileCase(f, "lateFailure", what+r.line(), r.detail(d.t.Scratch))
	case "crash":
		d.died(f, r)
	case "empty":
		d.nothing(f, r)
	case "root":
		d.uprooted(f, r)
	case "gone":
		d.unloaded(f, r)
		d.bad-- // the tool itself passes over it
	case "stranger":
		f.ended = true
	default:
		if r.Why == "uncaught" { // the process dies of it, whatever file is being loaded meanwhile
			d.loading = f
		}
		d.unloaded(f, r)
	}
}

// closed says whether nothing more is to come of the file, as far as one of its projects goes; "" is the file itself.
func (f *jsFile) closed(project string) bool { return f.ended || f.over[project] }

// close keeps what comes later out. A file of several projects is over when the tool says so: the others may still run.
func (f *jsFile) close(project string) {
	if project == "" {
		f.ended = true
		return
	}
	if f.exit != nil && f.exit.Project == project { // it is told of
		f.exit = nil
	}
	if f.over == nil {
		f.over = map[string]bool{}
	}
	f.over[project] = true
}

// exited notes a process.exit while the file ran.
func (f *jsFile) exited(r *jsRecord) {
	f.exit = r
	if f.exits == nil {
		f.exits = map[string]*jsRecord{}
	}
	f.exits[r.Project] = r
}

// unloaded tells of a file that could not be loaded. What it may have told before is nothing to go by.
func (d *jsDecoder) unloaded(f *jsFile, r *jsRecord) {
	if f.closed(r.Project) {
		return
	}
	f.close(r.Project)
	d.bad++
	if r.Unheard {
		d.crash++
	}
	if f.told { // one error a file, in however many projects it runs
		return
	}
	f.told = true
	out := event.CollectionFailed{
		Job: d.t.Job, Path: f.path, Class: f.path, Line: r.L, Column: r.C, Reason: r.reason(), Message: r.line(), Detail: r.detail(d.t.Scratch),
	}
	d.place(f, r, &out)
	d.emit(out)
}

// place sets line and column where the stack leads to the test file; the message names the place when it is in another
// file of the project, that the test file loads.
func (d *jsDecoder) place(f *jsFile, r *jsRecord, out *event.CollectionFailed) {
	if out.Line > 0 {
		return
	}
	first := true
	for _, p := range nodePlaces(r.Text, d.t.Scratch) {
		at := d.relative(p.File)
		if at == "" || strings.Contains(at, "node_modules/") {
			continue
		}
		if at == f.path {
			out.Line, out.Column = p.Line, p.Column
			return
		}
		if first {
			first = false
			out.Message = fmt.Sprintf("%s (%s:%d)", out.Message, at, p.Line)
		}
	}
}

// nothing tells of a file without a test: an error where the tool calls it one.
func (d *jsDecoder) nothing(f *jsFile, r *jsRecord) {
	if f.closed(r.Project) {
		return
	}
	f.close(r.Project)
	switch {
	case f.left > 0:
	case d.h.emptyFails:
		d.bad++
		if f.told {
			return
		}
		f.told = true
		d.emit(event.CollectionFailed{Job: d.t.Job, Path: f.path, Class: f.path, Reason: "empty", Message: r.line(), Detail: r.detail(d.t.Scratch)})
	default:
		d.empty = append(d.empty, f.path)
	}
}

// done concludes a file that ran to its end.
func (d *jsDecoder) done(f *jsFile) {
	if f.ended {
		return
	}
	f.ended = true
	for _, t := range f.order {
		switch {
		case t.finished:
		case t.waiting != nil:
			d.finish(f, t, t.waiting)
		default:
			d.dead(f, t, event.Errored, string(event.MissingResultType), d.h.tool+" ended the file and gave no result for this test")
		}
	}
	if f.results+f.cases+f.left == 0 && !f.told {
		d.empty = append(d.empty, f.path)
	}
	f.tests, f.order = nil, nil
}

// died concludes a file whose process ended in the midst of it: those that ended keep their results, the open ones are
// errors, the rest did not run. Where the file runs in several projects, that is the one in which it died: each has a process
// of its own.
func (d *jsDecoder) died(f *jsFile, r *jsRecord) {
	if f.closed(r.Project) {
		return
	}
	f.close(r.Project)
	d.crash++
	fate, exit, tests := r.line(), f.exit, f.order
	if r.Project != "" {
		exit = f.exits[r.Project]
		tests = slices.DeleteFunc(slices.Clone(f.order), func(t *jsTest) bool { return t.project != r.Project })
	}
	if exit != nil {
		fate = d.fate(exit)
	}
	if len(tests) == 0 {
		d.bad++
		if f.told {
			return
		}
		f.told = true
		out := event.CollectionFailed{
			Job: d.t.Job, Path: f.path, Class: f.path, Reason: "error", Message: fate + " while the file was loaded: its tests never ran", Detail: r.detail(d.t.Scratch),
		}
		if exit != nil {
			d.place(f, &jsRecord{Text: exit.Stack}, &out)
		}
		d.emit(out)
		return
	}
	open := 0
	for _, t := range tests {
		switch {
		case t.finished:
		case t.waiting != nil:
			d.finish(f, t, t.waiting)
		case t.open && d.flaws.passOpen:
			d.dead(f, t, event.Passed, "", "")
		case t.open:
			open++
			d.dead(f, t, event.Errored, string(event.NotFinishedType), fate+" while this test ran")
		default:
			d.dead(f, t, event.NotRan, string(event.NotRunType), fate+" before this test")
		}
	}
	if open == 0 {
		d.fileCase(f, string(event.NotFinishedType), fate, r.detail(d.t.Scratch))
	}
}

func (d *jsDecoder) dead(f *jsFile, t *jsTest, outcome event.Outcome, kind, message string) {
	t.finished = true
	if outcome == event.Errored {
		f.bad++
		d.bad++
	}
	d.emit(event.TestFinished{Job: d.t.Job, Test: t.test, Outcome: outcome, Type: kind, Message: message})
}

// fileCase is an error that belongs to no single test: a case named by its file.
func (d *jsDecoder) fileCase(f *jsFile, kind, message, detail string) {
	f.cases++
	f.bad++
	d.bad++
	t := event.Test{ID: f.path, Name: f.path, Class: f.path}
	if f.cases > 1 {
		t.ID += nodeOrdinal(f.cases)
		t.Name = t.ID
	}
	d.emit(event.TestFinished{Job: d.t.Job, Test: t, Outcome: event.Errored, Type: kind, Message: message, Detail: detail})
}

// fate says how a process ended itself, in a few words.
func (d *jsDecoder) fate(exit *jsRecord) string {
	at := ""
	for _, p := range nodePlaces(exit.Stack, d.t.Scratch) {
		if file := d.relative(p.File); file != "" && !strings.Contains(file, "node_modules/") {
			at = fmt.Sprintf(" at %s:%d", file, p.Line)
			break
		}
	}
	return fmt.Sprintf("process.exit(%d) was called%s", exit.Status, at)
}
