package tool

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"testrunner/report/event"
)

// nodeFile is one test file and its process.
type nodeFile struct {
	path     string // relative to the root
	loaded   bool   // its process loaded the hook
	script   bool   // it has checks of its own and none of node:test's
	done     bool   // node ended its stream
	ended    *nodeRecord
	exit     *nodeRecord   // process.exit
	uncaught []*nodeRecord // errors that no test caught
	notes    []string      // node's own lines about it
	head     string        // what it printed: the beginning
	tail     string        // and the end
	cut      int           // bytes left out between both

	tests   map[int]*nodeTest
	order   []int
	planned int // single tests
	results int
	left    int // deselected tests
	bad     int // failed or errored
	cases   int // cases of the file itself
}

type nodeTest struct {
	test     event.Test
	suite    bool
	open     bool
	waiting  *nodeRecord // its outcome, while its report waits for an earlier test
	finished bool
}

// print keeps head and tail of what the process printed, event.Cap in all.
func (f *nodeFile) print(text string) {
	if room := event.Cap/2 - len(f.head); room > 0 {
		n := min(room, len(text))
		f.head += text[:n]
		text = text[n:]
	}
	f.tail += text
	if over := len(f.tail) - event.Cap/2; over > 0 {
		f.cut += over
		f.tail = f.tail[over:]
	}
}

func (f *nodeFile) output() string {
	if f.cut == 0 {
		return f.head + f.tail
	}
	return fmt.Sprintf("%s\n… %d bytes left out …\n%s", f.head, f.cut, f.tail)
}

func (f *nodeFile) diagnostic(line string) {
	word, _, _ := strings.Cut(line, " ")
	if !slices.Contains([]string{"tests", "suites", "pass", "fail", "cancelled", "skipped", "todo", "duration_ms"}, word) && len(f.notes) < 20 {
		f.notes = append(f.notes, line)
	}
}

// endFile concludes a file, now that its process has ended. The launcher's word that it gave up a file ("cancelled", as
// it was itself told to end) is no end of the file: what was open there is left open for End.
func (d *nodeDecoder) endFile(f *nodeFile, r *nodeRecord) {
	if f.ended != nil {
		return
	}
	if r.Err != nil && (r.Err.Failure == "cancelledByParent" || r.Err.Failure == "testAborted") {
		return
	}
	f.ended = r
	for _, id := range f.order { // an outcome that still waits is as final as it will ever be
		if t := f.tests[id]; t.waiting != nil && !t.finished {
			d.finish(f, t, t.waiting)
		}
	}
	clean := r.Err == nil || r.Err.Failure == "subtestsFailed" && (r.Err.ExitCode == nil || *r.Err.ExitCode == 1)
	switch {
	case f.done && clean:
		d.whole(f)
	case f.done:
		d.late(f, r)
	case f.planned == 0 && f.script:
		d.script(f, r)
	case f.planned == 0:
		d.unloaded(f, r)
	default:
		d.died(f, r)
	}
	f.tests, f.order = nil, nil
}

// whole concludes a file that ended as node wants it.
func (d *nodeDecoder) whole(f *nodeFile) {
	for _, note := range f.notes {
		d.emit(event.Noted{Level: "warn", Text: f.path + ": " + event.FirstLine(note)})
	}
	if f.results == 0 && f.cases == 0 && f.left == 0 && f.bad == 0 {
		d.nothing(f)
	}
	for _, id := range f.order {
		if t := f.tests[id]; !t.suite && !t.finished {
			d.dead(t, event.Errored, string(event.MissingResultType), "node ended the file and gave no result for this test")
		}
	}
}

// nothing notes a file in which no test ran. node counts it as one passed test; here it is no test at all, so that a run
// of such files alone is EMPTY.
func (d *nodeDecoder) nothing(f *nodeFile) { d.empty = append(d.empty, f.path) }

// late concludes a file whose tests all ended, but whose process then failed: an error after a test's end, or an exit
// status that a test set.
func (d *nodeDecoder) late(f *nodeFile, r *nodeRecord) {
	if f.bad > 0 && r.Err.Signal == "" && (r.Err.ExitCode == nil || *r.Err.ExitCode == 1) {
		d.whole(f)
		return
	}
	message, detail := "", ""
	for _, note := range f.notes {
		if strings.HasPrefix(note, "Error: ") {
			message, detail = event.FirstLine(note), note
			break
		}
	}
	if message == "" {
		message = "the file failed after its tests: " + d.fate(f, r)
	}
	if n := len(f.uncaught); n > 0 && f.uncaught[n-1].Err != nil {
		detail += "\n" + nodeDetail(f.uncaught[n-1].Err)
	}
	d.fileCase(f, "lateFailure", message, strings.TrimSpace(detail))
}

// unloaded concludes a file of which no test is known: it could not be loaded, or holds none.
func (d *nodeDecoder) unloaded(f *nodeFile, r *nodeRecord) {
	if r.Err == nil && !f.loaded {
		d.problems = append(d.problems, "the hook was not loaded for "+f.path)
		return
	}
	if r.Err == nil && f.exit == nil {
		if f.left == 0 && f.cases == 0 {
			d.nothing(f)
		}
		return
	}
	d.bad++
	out := event.CollectionFailed{Job: d.t.Job, Path: f.path, Class: f.path, Reason: "error", Message: d.fate(f, r), Detail: f.output()}
	switch n := len(f.uncaught); {
	case n > 0 && f.uncaught[n-1].Err != nil:
		u := f.uncaught[n-1]
		out.Reason, out.Message, out.Detail = nodeReason(u.Err), u.Err.line(), cmp.Or(nodeDetail(u.Err), out.Detail)
		out.Line = u.Line
		places := nodePlaces(u.Err.Stack, d.t.Scratch)
		if len(places) == 0 && out.Reason == "syntax" { // an ES module's: node prints the place and leaves it out of the stack
			places = nodePrinted(f.output())
		}
		out.Message = d.placed(f, places, &out)
	case f.exit != nil:
		d.placed(f, nodePlaces(f.exit.Stack, d.t.Scratch), &out)
		out.Message += " while the file was loaded: its tests never ran"
		if r.Err == nil {
			d.excused++
		}
	}
	d.emit(out)
}

// placed sets line and column where the stack leads to the test file, and returns the message, which names the place
// when it is in another file that the test file loads.
func (d *nodeDecoder) placed(f *nodeFile, places []nodePlace, out *event.CollectionFailed) string {
	message := out.Message
	if len(places) > 0 {
		if at := d.relative(places[0].File); at != f.path && at != "" {
			message = fmt.Sprintf("%s (%s:%d)", message, at, places[0].Line)
		}
	}
	for _, p := range places {
		if d.relative(p.File) == f.path {
			out.Line, out.Column = p.Line, p.Column
			break
		}
	}
	return message
}

// died concludes a file whose process ended in the midst of its tests: those that ended keep their results, the open ones
// are errors, the rest did not run.
func (d *nodeDecoder) died(f *nodeFile, r *nodeRecord) {
	d.crashed++
	if r.Err == nil {
		d.excused++
	}
	fate := d.fate(f, r)
	lost, open := 0, 0
	kind := string(event.NotFinishedType)
	if r.Err != nil && r.Err.Failure == "testTimeoutFailure" {
		kind = r.Err.Failure // node's own limit, so no deadline of ours
	}
	for _, id := range f.order {
		t := f.tests[id]
		switch {
		case t.suite || t.finished:
		case t.open && d.flaws.passOpen:
			d.dead(t, event.Passed, "", "")
		case t.open:
			open++
			d.dead(t, event.Errored, kind, fate+" while this test ran")
		default:
			lost++
			d.dead(t, event.NotRan, string(event.NotRunType), fate+" before this test")
		}
	}
	switch {
	case open > 0:
	case lost == 0 && f.exit != nil && f.exit.Code == 0 && f.exit.Over:
		d.emit(event.Noted{Level: "warn", Text: fmt.Sprintf("%s: %s after its tests; node then loses results, these are whole", f.path, fate)})
	default:
		d.fileCase(f, kind, fate, "")
	}
}

func (d *nodeDecoder) dead(t *nodeTest, outcome event.Outcome, kind, message string) {
	t.finished = true
	if outcome == event.Errored {
		d.bad++
	}
	d.emit(event.TestFinished{Job: d.t.Job, Test: t.test, Outcome: outcome, Type: kind, Message: message})
}

// fileCase is an error that belongs to no single test: a case named by its file.
func (d *nodeDecoder) fileCase(f *nodeFile, kind, message, detail string) {
	f.cases++
	f.bad++
	d.bad++
	t := event.Test{ID: f.path, Name: f.path, Class: f.path}
	if f.cases > 1 {
		t.ID += nodeOrdinal(f.cases)
		t.Name = t.ID
	}
	d.emit(event.TestFinished{Job: d.t.Job, Test: t, Outcome: event.Errored, Type: kind, Message: message, Detail: detail, Output: f.output()})
}

// fate says how a process ended, in a few words.
func (d *nodeDecoder) fate(f *nodeFile, r *nodeRecord) string {
	e := r.Err
	switch {
	case f.exit != nil:
		at := ""
		for _, p := range nodePlaces(f.exit.Stack, d.t.Scratch) {
			at = fmt.Sprintf(" at %s:%d", cmp.Or(d.relative(p.File), filepath.ToSlash(p.File)), p.Line)
			break
		}
		return fmt.Sprintf("process.exit(%d) was called%s", f.exit.Code, at)
	case e == nil:
		return "the process ended with status 0 and without node's end of the file"
	case e.Failure == "testTimeoutFailure":
		return e.line()
	case e.Signal != "":
		return "the process was ended by " + e.Signal
	case len(f.uncaught) > 0 && f.uncaught[len(f.uncaught)-1].Err != nil:
		return f.uncaught[len(f.uncaught)-1].Err.line()
	case e.ExitCode != nil:
		return fmt.Sprintf("the process ended with status %d", *e.ExitCode)
	default:
		return cmp.Or(e.line(), "the process failed")
	}
}
