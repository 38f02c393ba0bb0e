package tool

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"

	"testrunner/report/event"
)

// nodeDecoder reads the hook's channel of one job. Each test process tells its tests itself and live; the launcher tells
// how each process ended. A file is concluded when the launcher says so: by then its process's last line is in the channel.
type nodeDecoder struct {
	t     Target
	emit  event.Emit
	run   string // the lines of another run, left in the channel, are not ours
	flaws nodeFlaws

	node     string // the version, once the launcher has loaded the hook
	faults   []string
	files    map[string]*nodeFile // by path relative to the root
	procs    map[int]*nodeFile    // by process id
	planned  []event.Test         // to be told in one event
	lines    []string             // node's own lines about the run
	totals   map[string]int       // node's own counts: tests, pass, fail, …
	begun    bool                 // node has started a test process
	ended    bool
	told     int      // results of single tests, as node counts them
	left     int      // deselected tests
	counted  int      // files that node counted as a test
	bad      int      // cases and files that should make node's exit status 1
	crashed  int      // files whose process died: node has fewer results than we
	excused  int      // files that broke and that node calls passed, or never ran
	empty    []string // files in which no test ran
	problems []string
}

// nodeFlaws switches off what keeps the decoder honest. Only tests set it, to show that the table then turns red.
type nodeFlaws struct {
	ignoreEnd  bool // a stream without an end is whole
	passOpen   bool // a test that never ended passed
	trustStale bool // lines of another run count
}

// Decode reads the hook's channel.
func (Node) Decode(t Target, emit event.Emit) Decoder { return newNodeDecoder(t, emit, nodeFlaws{}) }

func newNodeDecoder(t Target, emit event.Emit, flaws nodeFlaws) *nodeDecoder {
	return &nodeDecoder{
		t: t, emit: emit, run: nodeRun(t), flaws: flaws,
		files: map[string]*nodeFile{}, procs: map[int]*nodeFile{}, totals: map[string]int{},
	}
}

// Line reads one line of the channel. A line that is none of the hook's is passed over: the end line proves the whole.
func (d *nodeDecoder) Line(line []byte) {
	var r nodeRecord
	if err := json.Unmarshal(line, &r); err != nil {
		return
	}
	ours := r.Run == d.run || d.flaws.trustStale
	switch r.K {
	case "launcher":
		if ours {
			d.node = r.Node
		}
		return
	case "file":
		if ours {
			if d.t.Debug && d.node == "" { // a file that runs without a launcher
				d.node = r.Node
			}
			f := d.file(r.File)
			f.loaded, f.script = true, r.Script
			d.procs[r.P] = f
		}
		return
	}
	if d.node == "" {
		return
	}
	if r.K != "plan" {
		d.flush()
	}
	d.dispatch(&r)
}

func (d *nodeDecoder) dispatch(r *nodeRecord) {
	switch r.K {
	case "file-start":
		d.begun = true
	case "file-end":
		d.endFile(d.file(r.File), r)
	case "file-counted":
		d.counted++
	case "out":
		d.file(r.File).print(r.Message)
	case "diagnostic":
		d.diagnostic(r.Message)
	case "end":
		d.ended = true
	case "fault":
		d.faults = append(d.faults, event.FirstLine(r.Message))
	default:
		if f := d.procs[r.P]; f != nil {
			d.ofFile(f, r)
		}
	}
}

// ofFile takes what a test process tells of itself.
func (d *nodeDecoder) ofFile(f *nodeFile, r *nodeRecord) {
	switch r.K {
	case "plan":
		d.plan(f, r)
	case "open":
		if t := f.tests[r.ID]; t != nil && !t.suite {
			t.open = true
			d.emit(event.TestStarted{Job: d.t.Job, Test: t.test})
		}
	case "done":
		if t := f.tests[r.ID]; t != nil {
			t.waiting = r
		}
	case "report":
		if t := f.tests[r.ID]; t != nil && t.waiting != nil {
			d.finish(f, t, t.waiting)
		}
	case "result":
		if t := f.tests[r.ID]; t != nil {
			d.finish(f, t, r)
		}
	case "file-hook":
		if r.Err != nil {
			d.fileCase(f, "hookFailed", "a hook of the file failed: "+r.Err.line(), nodeDetail(r.Err))
			d.told++ // node counts it as a test, too
		}
	case "file-diagnostic":
		f.diagnostic(r.Message)
	case "deselected":
		f.left += r.Count
		d.left += r.Count
		d.emit(event.TestsDeselected{Job: d.t.Job, Count: r.Count})
	case "uncaught":
		f.uncaught = append(f.uncaught, r)
	case "exit":
		f.exit = r
	case "file-done":
		f.done = true
	}
}

func (d *nodeDecoder) plan(f *nodeFile, r *nodeRecord) {
	if _, known := f.tests[r.ID]; known || f.ended != nil {
		return
	}
	t := &nodeTest{suite: r.Suite, test: nodeCase(f.path, r.Path, r.N)}
	if at := d.relative(r.At); at == f.path {
		t.test.Line = r.Line
	} else if at != "" {
		t.test.File, t.test.Line = at, r.Line
	}
	f.tests[r.ID] = t
	f.order = append(f.order, r.ID)
	if !t.suite {
		f.planned++
		d.planned = append(d.planned, t.test)
	}
}

// nodeCase names a test: the titles from the outermost suite on, joined by " > " as node itself joins them.
func nodeCase(path string, titles []string, n int) event.Test {
	name := strings.Join(titles, " > ")
	ordinal := ""
	if n > 1 {
		ordinal = nodeOrdinal(n)
	}
	t := event.Test{ID: event.TestID(path, name) + ordinal, Class: path}
	if event.EscapeName(name) != name {
		t.Name = name + ordinal
	}
	return t
}

func (d *nodeDecoder) flush() {
	if len(d.planned) > 0 {
		d.emit(event.TestsCollected{Job: d.t.Job, Tests: d.planned})
		d.planned = nil
	}
}

func (d *nodeDecoder) finish(f *nodeFile, t *nodeTest, r *nodeRecord) {
	if t.finished {
		return
	}
	t.finished, t.waiting = true, nil
	if t.suite {
		d.finishSuite(f, t, r)
		return
	}
	f.results++
	d.told++
	out := nodeOutcome(r)
	out.Job, out.Test = d.t.Job, t.test
	if out.Outcome == event.Failed || out.Outcome == event.Errored {
		f.bad++
		d.bad++
	}
	d.emit(out)
}

// finishSuite tells of a suite that broke. A suite is no test and has no result of its own: where its hook failed, its
// tests carry the cause; but when none does (a hook that ran after them, or a body that threw), it is a case.
func (d *nodeDecoder) finishSuite(f *nodeFile, t *nodeTest, r *nodeRecord) {
	if r.Passed || r.Todo != nil || r.Err == nil {
		return
	}
	f.bad++
	d.bad++
	switch r.Err.Failure {
	case "subtestsFailed", "cancelledByParent":
		return
	case "testCodeFailure": // its body: tests may be missing that nobody knows
	default:
		if r.Victims {
			return
		}
	}
	out := nodeOutcome(r)
	out.Job, out.Test, out.Outcome = d.t.Job, t.test, event.Errored
	out.Note = "a suite: its tests are told apart"
	d.emit(out)
}

// diagnostic keeps node's closing counts and whatever else it says about the run.
func (d *nodeDecoder) diagnostic(line string) {
	word, number, ok := strings.Cut(line, " ")
	if ok && slices.Contains([]string{"tests", "suites", "pass", "fail", "cancelled", "skipped", "todo"}, word) {
		d.totals[word] = nodeNumber(number)
		return
	}
	if word != "duration_ms" && len(d.lines) < 50 {
		d.lines = append(d.lines, event.FirstLine(line))
	}
}

// file is the file of an absolute path, made when it is new.
func (d *nodeDecoder) file(abs string) *nodeFile {
	path := d.relative(abs)
	if path == "" {
		path = filepath.ToSlash(abs)
	}
	f := d.files[path]
	if f == nil {
		f = &nodeFile{path: path, tests: map[int]*nodeTest{}}
		d.files[path] = f
	}
	return f
}

// relative makes a path relative to the root, or "" for one that lies elsewhere.
func (d *nodeDecoder) relative(abs string) string { return jsRelative(d.t.Root, abs, d.t.Files) }
