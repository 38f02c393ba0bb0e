package tool

import (
	"strings"

	"testrunner/report/event"
)

// close gives every test of a failed package that has no result one: those that were open when the test binary ended,
// and those that it never came to. Other packages of the same command went on, so the job's own cause can't say it.
//
// It waits for the job's end: when runner itself ended the binary, the ledger names the deadline or the signal instead.
func (d *goDecoder) close(p *goPackage, exit Exit) {
	all := p.out.String()
	for _, name := range sortedKeys(p.open) {
		all += p.open[name].out.String()
	}
	death, culprit := goDeath(all), p.culprit
	if p.death != "" {
		death = p.death
	}
	if exit.Stopped != "" && (death == "" || strings.HasPrefix(death, "signal: ") || strings.HasPrefix(death, "SIG")) {
		return
	}
	running := goRunning(all)
	for _, name := range sortedKeys(p.open) {
		o := p.open[name]
		if o.index >= 0 {
			p.got[o.index] = true
		}
		f := event.TestFinished{
			Job: d.job.target.Job, Test: o.test, Outcome: event.Errored, Type: string(event.NotFinishedType),
			Output: event.Capped(goUnframed(o.out.String()), event.Cap),
		}
		switch {
		case running[name]:
			f.Type, f.Message = "timeout", strings.TrimPrefix(death, "panic: ")
		case running != nil:
			f.Message = "it had started when go test's own timeout ended the test binary"
		case death == "":
			f.Message = "the test binary ended before this test did, and without a word (os.Exit?)"
		default:
			f.Message = "the test binary ended before this test did: " + death
			f.Note = goBlame(f.Output, name)
		}
		if o.part == goCounted && (culprit == "" || running[name]) {
			culprit = name
		}
		d.finish(p, o, name, f)
	}
	p.open = map[string]*goOpen{}
	d.closeRest(p, goWhyNotRun(death, culprit, d.job.args.failfast))
}

// goWhyNotRun is the reason of the tests that a package never came to.
func goWhyNotRun(death, culprit string, failfast bool) event.Reason {
	r := event.Reason{Code: event.ReasonCrashed, Text: "not run: the test binary ended before it"}
	switch {
	case death == "" && culprit == "" && failfast:
		return event.Reason{Code: event.ReasonMaxFail, Text: "not run: -failfast ended the package after a failure"}
	case culprit != "":
		r.Text = "not run: the test binary ended in " + culprit
	}
	if death != "" {
		r.Text += " (" + death + ")"
	}
	return r
}

// closeRest tells of each planned test without a result that it did not run. Its type is the reason's code.
func (d *goDecoder) closeRest(p *goPackage, why event.Reason) {
	notRun := func(t event.Test) {
		d.emit(event.TestFinished{Job: d.job.target.Job, Test: t, Outcome: event.NotRan, Type: why.Code, Message: why.Text})
	}
	if len(d.job.asked) > 0 {
		for _, t := range d.job.expected(p) {
			if _, answered := d.answered[t.ID]; !answered {
				notRun(t)
			}
		}
		return
	}
	for i, t := range p.plan.tests {
		if t.mine && !p.got[i] {
			notRun(d.job.test(p, t.file, t.line, t.name, 1))
		}
	}
}
