package tool

import (
	"fmt"
	"strings"

	"testrunner/report/event"
)

// goDebug concludes for a job that had the terminal: its results stood there and nowhere else, so the exit status is
// the only witness, and each result says so.
type goDebug struct {
	job  *goJob
	emit event.Emit
}

func (*goDebug) Line([]byte) {}

func (d *goDebug) End(exit Exit) Conclusion {
	switch {
	case exit.Err != "":
		return Conclusion{Cause: event.NotStarted, Problem: exit.Err}
	case exit.Stopped != "":
		return Conclusion{Cause: exit.Stopped, Problem: "go test was ended from outside"}
	case exit.Signal != "":
		return Conclusion{Cause: event.Crashed, Problem: "go test was ended by " + exit.Signal}
	}
	for _, dir := range d.job.dirs {
		p := &goPackage{path: d.job.pathOf(dir), dir: dir, plan: d.job.plan(dir)}
		for _, t := range d.job.expected(p) {
			f := event.TestFinished{Job: d.job.target.Job, Test: t, Outcome: event.Passed, Note: "judged by the exit status alone: the terminal was the test's (--debug)"}
			if exit.Code != 0 {
				f.Outcome = event.Errored
				f.Message = strings.TrimSpace(fmt.Sprintf("go test ended with status %d; which test failed stands in the terminal alone (--debug)", exit.Code))
			}
			d.emit(f)
		}
	}
	return Conclusion{Cause: event.Done, Again: d.job.again()}
}
