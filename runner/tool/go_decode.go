package tool

import (
	"fmt"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"testrunner/report/event"
)

// Decode starts the reading of one go test command. The test files are read meanwhile: their tests are the plan that
// the stream is held against, and each package's part of it is told when its first test starts.
func (Go) Decode(t Target, emit event.Emit) Decoder {
	j, err := newGoJob(t, goLimit())
	if err != nil {
		return goUnreadable{err}
	}
	go j.readAll(j.dirs, 1) // one reader: the cores belong to the tests
	if t.Debug {
		return &goDebug{job: j, emit: emit}
	}
	return newGoDecoder(j, emit)
}

func newGoDecoder(j *goJob, emit event.Emit) *goDecoder {
	return &goDecoder{
		job: j, emit: emit, packages: map[string]*goPackage{}, builds: goBuilds{},
		seen: map[string]bool{}, answered: map[string]event.Outcome{},
	}
}

// goUnreadable is the decoder of a target that has no command line either.
type goUnreadable struct{ err error }

func (goUnreadable) Line([]byte) {}

func (d goUnreadable) End(Exit) Conclusion {
	return Conclusion{Cause: event.BadUsage, Problem: d.err.Error()}
}

// goDecoder reads the stream of one go test command.
type goDecoder struct {
	job    *goJob
	emit   event.Emit
	reader goReader

	packages map[string]*goPackage // by import path
	last     *goPackage            // most lines are about the same package as the line before
	builds   goBuilds
	seen     map[string]bool // folders of packages that the stream told of
	answered map[string]event.Outcome

	failures       int // packages that failed
	unexplained    []*goPackage
	unfinished     []*goPackage // failed; tests of them may be open or without a result
	contradictions []string
	aside          goOutput // lines that belong to no test and that a person wants to see
}

// Line takes one line of the stream.
func (d *goDecoder) Line(line []byte) {
	e, ok := d.reader.line(line)
	if !ok {
		if len(line) > 0 {
			d.aside.add(line)
			d.aside.add([]byte("\n"))
		}
		return
	}
	switch e.action {
	case testjson.ActionBuild:
		d.builds.add(e.importPath, e.output)
		return
	case goActionBuildFail, testjson.ActionPause, testjson.ActionCont, testjson.ActionAttr:
		return
	}
	if len(e.pkg) == 0 {
		return
	}
	p := d.last
	if p == nil || p.path != string(e.pkg) {
		p = d.pkg(e.pkg)
		d.last = p
	}
	if len(e.test) == 0 {
		d.packageLine(p, e)
		return
	}
	switch e.action {
	case testjson.ActionOutput:
		if o := p.open[string(e.test)]; o != nil {
			o.out.add(e.output)
		} else {
			p.out.add(e.output)
		}
	case testjson.ActionRun:
		d.run(p, string(e.test))
	case testjson.ActionPass, testjson.ActionFail, testjson.ActionSkip:
		d.result(p, string(e.test), e.action, e.seconds)
	case testjson.ActionBench:
		d.aside.add(e.output)
		if p.open[string(e.test)] != nil {
			d.result(p, string(e.test), testjson.ActionPass, e.seconds)
		}
	}
}

func (d *goDecoder) packageLine(p *goPackage, e goLine) {
	switch e.action {
	case testjson.ActionOutput:
		p.out.add(e.output)
	case testjson.ActionPass, testjson.ActionFail, testjson.ActionSkip:
		d.end(p, e.action, e.failedBuild)
	}
}

// End concludes: the worst of the exit status, the stream, and the packages that were asked for.
func (d *goDecoder) End(exit Exit) Conclusion {
	d.explain(exit.Stderr)
	for _, p := range d.unfinished {
		d.close(p, exit)
	}
	c := d.conclude(exit)
	if c.Cause == event.Done || c.Cause == event.Contradiction || exit.Stopped == "" {
		c.Again = d.job.again()
	}
	if c.Cause != event.Done {
		d.abandon(c.Again == nil)
	}
	d.deselected()
	if text := d.aside.String(); text != "" {
		d.emit(event.JobOutput{Job: d.job.target.Job, Stream: "stdout", Text: event.Capped(text, event.Cap)})
	}
	return c
}

// explain finds the reasons of failed builds that the stream did not hold.
func (d *goDecoder) explain(stderr string) {
	if len(d.unexplained) == 0 {
		return
	}
	plain := goBuilds{}
	plain.addPlain(stderr)
	for _, p := range d.unexplained {
		sections := plain.of(p.path, p.path)
		if len(sections) == 0 {
			sections = []*goSection{{}} // a dependency's; the headers don't say whose
			sections[0].out.add([]byte(stderr))
		}
		d.emit(d.goBroken(p, sections))
	}
}

func (d *goDecoder) conclude(exit Exit) Conclusion {
	if exit.Err != "" {
		return Conclusion{Cause: event.NotStarted, Problem: exit.Err}
	}
	if exit.Stopped != "" {
		return Conclusion{Cause: exit.Stopped, Problem: "go test was ended from outside"}
	}
	missing := d.missing()
	switch {
	case len(d.packages) == 0 && exit.Code > 0:
		return d.refused(exit)
	case exit.Signal != "":
		return Conclusion{Cause: event.Crashed, Problem: "go test was ended by " + exit.Signal, Detail: exit.Stderr}
	case len(missing) > 0 && exit.Code == 0:
		return Conclusion{Cause: event.Vanished, Problem: "go test ended with status 0 and without a word about " + goSome(missing), Detail: exit.Stderr}
	case len(missing) > 0:
		return Conclusion{
			Cause: event.Crashed, Detail: exit.Stderr,
			Problem: fmt.Sprintf("go test ended with status %d and without a word about %s", exit.Code, goSome(missing)),
		}
	case len(d.contradictions) > 0:
		return Conclusion{Cause: event.Contradiction, Problem: "tests failed in a package that passed: " + goSome(d.contradictions)}
	case exit.Code == 0 && d.failures > 0:
		return Conclusion{Cause: event.Contradiction, Problem: fmt.Sprintf("go test ended with status 0, and %s failed", goCount(d.failures, "package"))}
	case exit.Code != 0 && d.failures == 0:
		return Conclusion{
			Cause: event.Contradiction, Detail: exit.Stderr,
			Problem: strings.TrimSpace(fmt.Sprintf("go test ended with status %d, and every package passed. %s", exit.Code, event.FirstLine(goWords(exit.Stderr)))),
		}
	}
	return Conclusion{Cause: event.Done}
}

// missing lists the packages that were asked for and whose end was not told: go test's end-of-run word.
func (d *goDecoder) missing() []string {
	ended := map[string]bool{}
	for _, p := range d.packages {
		if p.ended != "" {
			ended[p.dir] = true
		}
	}
	var out []string
	for _, dir := range d.job.dirs {
		if !ended[dir] {
			out = append(out, dir)
		}
	}
	return out
}

// abandon adds to the expectation what a run that broke off never came to, so that each test is named as not run, and
// hands over the output of the tests that hang open.
func (d *goDecoder) abandon(rest bool) {
	for _, path := range sortedKeys(d.packages) {
		p := d.packages[path]
		if !p.broken {
			d.tell(p)
		}
		for _, name := range sortedKeys(p.open) {
			o := p.open[name]
			if text := goUnframed(o.out.String()); text != "" && o.part == goCounted && !o.held {
				d.emit(event.TestOutput{Job: d.job.target.Job, Test: o.test.ID, Text: event.Capped(text, event.Cap)})
			}
		}
	}
	dirs := d.job.dirs
	if rest {
		dirs = append(dirs[:len(dirs):len(dirs)], d.job.rest...)
	}
	for _, dir := range dirs {
		if !d.seen[dir] {
			d.tell(d.pkg([]byte(d.job.pathOf(dir))))
		}
	}
}

// deselected counts what the filter left out, in this attempt's packages.
func (d *goDecoder) deselected() {
	if d.job.filter == nil && d.job.skip == nil || len(d.job.asked) > 0 {
		return
	}
	rest := map[string]bool{}
	for _, dir := range d.job.rest {
		rest[dir] = true
	}
	n := 0
	for _, dir := range d.job.all {
		if !rest[dir] {
			n += d.job.plan(dir).deselected
		}
	}
	if n > 0 {
		d.emit(event.TestsDeselected{Job: d.job.target.Job, Count: n})
	}
}
