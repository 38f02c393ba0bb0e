package report

import (
	"fmt"
	"time"

	"testrunner/report/event"
)

// leave says that the job as a whole did not run.
func (c *closing) leave(a attempt) {
	n := event.NotRun{Category: a.started.Category, Suite: a.started.Suite, Job: c.job.name, Reason: unstarted(a, c.stopping)}
	if c.notRun != nil {
		n.Reason, n.Accepted = c.notRun.Reason, c.notRun.Accepted
	}
	n.Accepted = c.acceptance(n.Reason, n.Accepted)
	c.whole = &n
}

// own is the case of a job's bad end.
func (c *closing) own(a attempt, cause event.Cause) Case {
	k := Case{
		Test: event.Test{
			Name:  fmt.Sprintf("[%s] %s: %s", cause, a.started.Category, a.started.Suite),
			Class: "runner.job." + c.job.name,
		},
		Outcome: event.Errored,
		Trouble: &Trouble{
			Type:    string(event.NotFinishedType),
			Message: ending(a),
			Command: rerunSuite(a.started.Category, c.tool),
			Detail:  c.job.stderr,
			Output:  c.job.stdout,
		},
	}
	if cause == event.TimedOut {
		k.Type = string(event.TimeoutType)
	}
	if a.finished != nil {
		k.Elapsed = time.Duration(max(0, a.finished.Micros)) * time.Microsecond
		if a.finished.Detail != "" {
			k.Detail = a.finished.Detail
		}
	}
	return k
}

// unusable is the collection error of a tool that refused to work, where no file is to blame.
func (c *closing) unusable(a attempt) Broken {
	reason := string(a.finished.Cause)
	message := a.finished.Problem
	if message == "" {
		message = event.FirstLine(a.finished.Detail)
	}
	if message == "" {
		message = ending(a)
	}
	name := c.tool
	if name == "" {
		name = a.started.Suite
	}
	return Broken{
		CollectionFailed: event.CollectionFailed{
			Job: c.job.name, Path: name, Class: "runner.tool." + name, Reason: reason, Message: message, Detail: a.finished.Detail,
		},
		Rerun: rerunSuite(a.started.Category, c.tool),
	}
}
