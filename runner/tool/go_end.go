package tool

import (
	"fmt"
	"strconv"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"testrunner/report/event"
)

// end takes the package's own last word.
func (d *goDecoder) end(p *goPackage, action testjson.Action, failedBuild string) {
	if p.ended != "" {
		return
	}
	p.ended = action
	switch {
	case action == testjson.ActionFail && (failedBuild != "" || p.kind() != ""):
		d.failures++
		p.broken = true
		if sections := d.builds.of(p.path, failedBuild); len(sections) > 0 {
			d.emit(d.goBroken(p, sections))
		} else {
			d.unexplained = append(d.unexplained, p) // go before 1.24 tells it on stderr
		}
	case action == testjson.ActionFail:
		d.failures++
		d.endFailed(p)
	case action == testjson.ActionPass:
		d.endPassed(p)
	default:
		d.tell(p) // "no test files": if the plan holds some, they have no result, and are named
	}
	for line := range strings.Lines(p.out.String()) {
		if strings.Contains(line, "coverage: ") {
			d.aside.add([]byte(line))
		}
	}
}

// kind is the kind of a build that failed, by go's own word behind the package's name: "build", "setup", or "".
func (p *goPackage) kind() string {
	output := p.out.String()
	switch {
	case strings.Contains(output, " [build failed]\n"):
		return "build"
	case strings.Contains(output, " [setup failed]\n"):
		return "setup"
	default:
		return ""
	}
}

func (d *goDecoder) endPassed(p *goPackage) {
	d.read(p)
	if p.runs == 0 && len(d.job.asked) == 0 {
		if mine := len(p.plan.mine()); mine > 0 {
			p.broken = true
			d.emit(d.failedPackage(p, fmt.Sprintf("the package passed without running any of its %s: does TestMain end before m.Run?", goCount(mine, "test"))))
			return
		}
	}
	d.tell(p)
	for _, name := range sortedKeys(p.open) {
		o := p.open[name]
		delete(p.open, name)
		if o.index >= 0 {
			p.got[o.index] = true
		}
		f := event.TestFinished{Job: d.job.target.Job, Test: o.test, Outcome: event.Passed}
		if strings.HasPrefix(name, "Benchmark") {
			d.aside.add([]byte(goUnframed(o.out.String()))) // the measurement is what the user wants to see
		} else {
			f.Note = "inferred: the package passed, and go lost the line that ends this test (a long line without a newline)"
		}
		d.finish(p, o, name, f)
	}
	const contradiction = "go reported a failure, and the package passed: did a test print go's own result line?"
	for _, f := range p.held {
		if f.Outcome == event.Failed {
			f.Outcome, f.Message = event.Errored, contradiction
		}
		d.emit(f)
	}
	for _, t := range p.failed {
		d.emit(event.TestFinished{Job: d.job.target.Job, Test: t, Outcome: event.Errored, Note: contradiction})
	}
	if p.failures > 0 {
		d.contradictions = append(d.contradictions, p.path)
	}
	p.held, p.failed = nil, nil
}

func (d *goDecoder) endFailed(p *goPackage) {
	if p.runs == 0 && p.failures == 0 {
		p.broken = true
		d.emit(d.failedPackage(p, "the package failed before its first test: "+p.lastWords()))
		return
	}
	for _, f := range p.held {
		d.emit(f)
	}
	p.held = nil
	if p.failures == 0 && len(p.open) == 0 {
		d.emit(d.failedPackage(p, "the package failed, and none of its tests did: "+p.lastWords()))
	}
	d.unfinished = append(d.unfinished, p)
}

// lastWords is why the package failed, where no test did.
func (p *goPackage) lastWords() string {
	output := p.out.String()
	if death := goDeath(output); death != "" && !strings.HasPrefix(death, "exit status ") {
		return death
	}
	last := ""
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "flag provided but not defined: ") {
			return line // and then pages of usage
		}
		if line != "" && line != "FAIL" && line != "PASS" && !strings.HasPrefix(line, "FAIL\t") && !strings.HasPrefix(line, "exit status ") {
			last = line
		}
	}
	if death := goDeath(output); last == "" || death == "" {
		return strings.TrimSpace(last + death)
	} else {
		return last + " (" + death + ")"
	}
}

func goCount(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
