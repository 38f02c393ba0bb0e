package tool

import (
	"math"
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"testrunner/report/event"
)

// goPackage is one package while its events are read. Nothing of a passed test is kept but one bit of the plan.
type goPackage struct {
	path     string // import path
	dir      string // relative to the root
	plan     *goPlan
	told     bool           // the plan is in the expectation
	runs     int            // tests that started
	starts   map[string]int // top-level test -> how often it started: -count, or a name of both packages of the folder
	open     map[string]*goOpen
	got      []bool // for each test of the plan: it has a result
	out      goOutput
	death    string               // the panic that ended the test binary, where a test's result tells of it
	culprit  string               // the test that did
	failures int                  // failing results, those of other categories too
	failed   []event.Test         // of the job, told as failed
	held     []event.TestFinished // results of names that no file holds, until the package's own word is known
	ended    testjson.Action      // pass, fail, skip; "" while it runs
	broken   bool                 // its collection error stands for all of its tests
}

// goOpen is a test that has started and has no result yet.
type goOpen struct {
	test  event.Test
	index int // in the plan; -1 for a subtest, and for a name that no file holds
	part  goPart
	held  bool
	below bool // a subtest failed
	out   goOutput
}

// goPart is what a test is to the job.
type goPart int

const (
	goForeign  goPart = iota // of another category, or not asked for: runs along, and is not counted
	goCounted                // the job's
	goAncestor               // runs because a subtest of it was asked for; told only where it explains something
)

func (d *goDecoder) pkg(path []byte) *goPackage {
	if p := d.packages[string(path)]; p != nil {
		return p
	}
	p := &goPackage{path: string(path), dir: d.job.dirOf(string(path)), starts: map[string]int{}, open: map[string]*goOpen{}}
	d.packages[p.path] = p
	d.seen[p.dir] = true
	return p
}

// read waits for the plan of the package: it is needed as soon as a test of it starts.
func (d *goDecoder) read(p *goPackage) {
	if p.plan == nil {
		p.plan = d.job.plan(p.dir)
		p.got = make([]bool, len(p.plan.tests))
	}
}

// tell adds the package's tests to the expectation: once it is known that they were loaded, for a broken package's
// tests are lost and in no sum.
func (d *goDecoder) tell(p *goPackage) {
	if p.told {
		return
	}
	p.told = true
	d.read(p)
	if tests := d.job.expected(p); len(tests) > 0 {
		d.emit(event.TestsCollected{Job: d.job.target.Job, Tests: tests})
	}
}

func (d *goDecoder) run(p *goPackage, name string) {
	if p.open[name] != nil {
		return // a test printed go's own mark of a start: the first one counts
	}
	d.tell(p)
	p.runs++
	top, _, sub := strings.Cut(name, "/")
	if !sub {
		p.starts[top]++
	}
	o := d.job.place(p, name, top, sub)
	p.open[name] = o
	if o.part == goCounted && !o.held {
		d.emit(event.TestStarted{Job: d.job.target.Job, Test: o.test})
	}
}

func (d *goDecoder) result(p *goPackage, name string, action testjson.Action, seconds float64) {
	o := p.open[name]
	if o == nil {
		if action != testjson.ActionFail && !d.awaited(p, name) {
			return // the second word about a test: only a failure can change what the first one said
		}
		d.run(p, name)
		o = p.open[name]
	}
	delete(p.open, name)
	if o.index >= 0 {
		p.got[o.index] = true
	}
	f := event.TestFinished{Job: d.job.target.Job, Test: o.test, Micros: int64(math.Round(seconds * 1e6))}
	switch action {
	case testjson.ActionFail:
		p.failures++
		if up := strings.LastIndexByte(name, '/'); up >= 0 {
			if parent := p.open[name[:up]]; parent != nil {
				parent.below = true
			}
		}
		f.Outcome = event.Failed
		output := goUnframed(o.out.String())
		f.Message, f.Type = goFailure(output, o.below)
		f.Output = event.Capped(output, event.Cap)
		if f.Type == "panic" {
			f.Note = goBlame(output, name)
			p.death, p.culprit = f.Message, name
		}
	case testjson.ActionSkip:
		f.Outcome = event.Skipped
		f.Output = goUnframed(o.out.String())
		f.Message = goSkipReason(f.Output)
	default:
		f.Outcome = event.Passed
	}
	d.finish(p, o, name, f)
}

// awaited tells whether a planned test of this name has no result yet.
func (d *goDecoder) awaited(p *goPackage, name string) bool {
	d.read(p)
	return slices.ContainsFunc(p.plan.byName[name], func(i int) bool { return !p.got[i] })
}

func (d *goDecoder) finish(p *goPackage, o *goOpen, name string, f event.TestFinished) {
	switch {
	case o.part == goForeign:
	case o.part == goAncestor:
		d.finishAncestor(p, o, name, f)
	case o.held:
		p.held = append(p.held, f)
	default:
		if f.Outcome == event.Failed {
			p.failed = append(p.failed, f.Test)
		}
		if len(d.job.asked) > 0 {
			d.answered[f.Test.ID] = f.Outcome
		}
		d.emit(f)
	}
}

// finishAncestor tells of a parent that was not asked for only what its subtests can't tell themselves.
func (d *goDecoder) finishAncestor(p *goPackage, o *goOpen, name string, f event.TestFinished) {
	var waiting []event.Test
	for _, t := range d.job.below(p, name) {
		switch outcome, answered := d.answered[t.ID]; {
		case !answered:
			waiting = append(waiting, t)
		case outcome == event.Failed || outcome == event.Errored:
			return // the parent failed because of it
		}
	}
	switch f.Outcome {
	case event.Skipped:
		for _, t := range waiting {
			d.answered[t.ID] = event.Skipped
			f.Test = t
			d.emit(f)
		}
	case event.Failed, event.Errored:
		f.Note = "it ran because a subtest of it was asked for"
		d.emit(f)
	}
}
