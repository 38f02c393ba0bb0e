package tool

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"testrunner/report/event"
)

// jsDecoder reads the channel of one job of jest, vitest, mocha or playwright (see jsRecord).
type jsDecoder struct {
	h     jsHook
	t     Target
	emit  event.Emit
	run   string // the lines of another run, left in the channel, are not ours
	flaws jsFlaws

	hooked   *jsRecord
	procs    map[int]bool // processes that said our run
	patched  bool
	started  bool
	loading  *jsFile         // the last file that was begun to load
	running  map[string]bool // the files that the tool says it runs; nil where it does not say
	files    map[string]*jsFile
	order    []*jsFile
	exit     *jsRecord // process.exit outside of any file
	faults   []string
	problems []*jsRecord
	ended    *jsRecord
	rootless bool // what all files count on broke, so none of them ran

	told   int      // results
	left   int      // deselected tests
	bad    int      // cases and files that should make the tool's exit status differ from 0
	crash  int      // files whose process died: the tool has fewer results than we
	empty  []string // files in which no test ran
	absent []string // files that the tool's own configuration leaves out
	stray  []string // files that the tool finds and this job leaves out
}

// jsFlaws switches off what keeps the decoder honest. Only tests set it, to show that the table then turns red.
type jsFlaws struct {
	ignoreEnd  bool // a stream without an end is whole
	passOpen   bool // a test that never ended passed
	trustStale bool // lines of another run count
}

// jsFile is one test file.
type jsFile struct {
	path    string // relative to the root
	begun   bool
	ended   bool
	exit    *jsRecord            // the last process.exit while it ran
	exits   map[string]*jsRecord // the last one by project, where the file runs in several
	over    map[string]bool      // the projects in which it could not be loaded, or in which its process died
	told    bool                 // a collection error stands for it
	tests   map[string]*jsTest
	order   []*jsTest
	results int
	left    int
	bad     int
	cases   int // cases of the file itself
}

type jsTest struct {
	test     event.Test
	project  string // of those in which the file runs, where it runs in several
	open     bool
	waiting  *jsRecord // the result of a try, while another may follow
	tries    int       // that failed
	failure  string    // of the last of them
	finished bool
	bad      bool // failed or errored
}

func newJSDecoder(h jsHook, t Target, emit event.Emit, flaws jsFlaws) *jsDecoder {
	return &jsDecoder{h: h, t: t, emit: emit, run: nodeRun(t), flaws: flaws, files: map[string]*jsFile{}, procs: map[int]bool{}}
}

// Line reads one line of the channel. A line that is none of the hook's is passed over: the end line proves the whole.
func (d *jsDecoder) Line(line []byte) {
	var r jsRecord
	if err := json.Unmarshal(line, &r); err != nil {
		return
	}
	if r.Run != "" && (r.Run == d.run || d.flaws.trustStale) {
		d.procs[r.P] = true
	}
	if !d.procs[r.P] {
		return
	}
	switch r.K {
	case "hook":
		d.hooked = &r
	case "patched":
		d.patched = true
	case "start":
		d.start(&r)
	case "absent":
		d.file(r.F).ended = true
		d.absent = append(d.absent, d.file(r.F).path)
	case "stray":
		list, _ := r.paths()
		for _, file := range list {
			d.stray = append(d.stray, d.path(file))
		}
	case "left":
		d.left += r.N
		d.emit(event.TestsDeselected{Job: d.t.Job, Count: r.N})
		if r.F != "" {
			d.file(r.F).left += r.N
		}
	case "exit":
		if r.F == "" {
			d.exit = &r
		} else {
			d.file(r.F).exited(&r)
		}
	case "note":
		d.emit(event.Noted{Level: "warn", Text: event.FirstLine(r.Msg)})
	case "problem":
		d.problems = append(d.problems, &r)
	case "end":
		d.ended = &r
	case "fault":
		d.faults = append(d.faults, event.FirstLine(r.Msg))
	default:
		if r.F != "" {
			d.ofFile(d.file(r.F), &r)
		}
	}
}

func (d *jsDecoder) start(r *jsRecord) {
	d.started = true
	list, known := r.paths()
	if !known {
		return
	}
	if d.running == nil {
		d.running = map[string]bool{}
	}
	for _, file := range list {
		d.running[d.path(file)] = true
	}
}

// ofFile takes what is told of one file.
func (d *jsDecoder) ofFile(f *jsFile, r *jsRecord) {
	switch r.K {
	case "file":
		f.begun = true
		d.loading = f
	case "plan":
		f.begun = true
		var fresh []event.Test
		for _, one := range r.list() {
			if t, known := d.test(f, &one); !known {
				fresh = append(fresh, t.test)
			}
		}
		if len(fresh) > 0 {
			d.emit(event.TestsCollected{Job: d.t.Job, Tests: fresh})
		}
	case "s":
		f.begun = true
		if t, _ := d.test(f, r); !t.finished {
			t.open = true
			d.emit(event.TestStarted{Job: d.t.Job, Test: t.test})
		}
	case "r":
		f.begun = true
		t, _ := d.test(f, r)
		d.result(f, t, r)
	case "broken":
		d.broken(f, r)
	case "done":
		d.done(f)
	}
}

// test is the test of a record, made when it is new.
func (d *jsDecoder) test(f *jsFile, r *jsRecord) (t *jsTest, known bool) {
	key := strings.Join(r.T, "\x00") + "\x00\x00" + r.Project + fmt.Sprintf("\x00%d", max(1, r.N))
	if t, known = f.tests[key]; known {
		return t, true
	}
	t = &jsTest{test: jsCase(f.path, r), project: r.Project}
	t.test.Line = r.L
	if r.At != "" {
		t.test.File = d.path(r.At)
	}
	if f.tests == nil {
		f.tests = map[string]*jsTest{}
	}
	f.tests[key] = t
	f.order = append(f.order, t)
	return t, false
}

// result takes one try. It is told at once, unless another may follow.
func (d *jsDecoder) result(f *jsFile, t *jsTest, r *jsRecord) {
	if t.finished {
		if r.Kind == "late" && !t.bad { // it joins the result that was told: the worst counts
			d.told--
			f.results--
			d.finish(f, t, r)
		}
		return
	}
	if r.Kind == "late" && t.waiting != nil { // no other try followed
		r = t.waiting
	}
	if r.Live { // if nothing follows, this is its result
		t.open, t.waiting = false, r
		return
	}
	if r.Last != nil && !*r.Last && r != t.waiting {
		t.tries++
		t.waiting, t.failure = r, r.line()
		return
	}
	d.finish(f, t, r)
}

func (d *jsDecoder) finish(f *jsFile, t *jsTest, r *jsRecord) {
	t.finished, t.waiting = true, nil
	f.results++
	d.told++
	out := d.outcome(t, r)
	out.Job, out.Test = d.t.Job, t.test
	if out.Outcome == event.Failed || out.Outcome == event.Errored {
		t.bad = true
		f.bad++
		d.bad++
	}
	d.emit(out)
}

// file is the file of an absolute path, made when it is new.
func (d *jsDecoder) file(abs string) *jsFile {
	path := d.path(abs)
	f := d.files[path]
	if f == nil {
		f = &jsFile{path: path}
		d.files[path] = f
		d.order = append(d.order, f)
	}
	return f
}

// path is a path relative to the root, or as it is where it lies elsewhere.
func (d *jsDecoder) path(abs string) string {
	if path := d.relative(abs); path != "" {
		return path
	}
	return filepath.ToSlash(abs)
}

// relative makes a path relative to the root, or "" for one that lies elsewhere.
func (d *jsDecoder) relative(abs string) string {
	return jsRelative(d.t.Root, abs, slices.Concat(d.t.Files, sortedKeys(d.t.Homes)))
}

// jsRelative makes a path relative to the root, or "" for one that lies elsewhere. Tools see the folder with links resolved,
// so a path that is not below the root as we were given it is sought among the files that are known.
func jsRelative(root, abs string, known []string) string {
	abs = nodeFilePath(abs)
	if abs == "" {
		return ""
	}
	if rel, err := filepath.Rel(root, abs); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	found := ""
	slashed := filepath.ToSlash(abs)
	for _, file := range known {
		if len(file) > len(found) && strings.HasSuffix(slashed, "/"+file) {
			found = file
		}
	}
	return found
}
