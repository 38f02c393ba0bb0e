package tool

import (
	"strings"

	"testrunner/report/event"
)

// pytestCase is one test from its start to its finish. pytest reports setup, call and teardown, each with an outcome of
// its own, and counts a failure in a teardown as a second result; here they are one: the worst, with all the texts.
type pytestCase struct {
	nodeid  string
	test    event.Test
	phases  int // that were not simply passed
	outcome event.Outcome
	message string
	typ     string
	detail  []string
	output  string
	notes   []string
	reruns  int
}

// phase adds one report to the case.
func (c *pytestCase) phase(l pytestLine) {
	if l.Outcome == "rerun" {
		// pytest-rerunfailures starts over: this try is not the result.
		*c = pytestCase{nodeid: c.nodeid, test: c.test, reruns: c.reruns + 1}
		return
	}
	c.phases++
	if l.Output != "" {
		c.output = l.Output // each report repeats the output of the phases before
	}
	switch {
	case l.Outcome == "passed":
		c.judge(event.Passed, "", "")
		c.notes = append(c.notes, pytestReasoned("passed, though marked to fail", l.Xfail))
	case l.Outcome == "skipped" && l.When == "teardown":
		c.notes = append(c.notes, "its teardown was skipped: "+pytestSkipReason(l.Reason))
	case l.Outcome == "skipped" && l.Xfail != nil:
		c.judge(event.Skipped, "xfail", pytestReasoned("expected failure", l.Xfail))
	case l.Outcome == "skipped":
		c.judge(event.Skipped, "", pytestSkipReason(l.Reason))
	case l.When == "call":
		c.fail(event.Failed, l)
	case l.When == "teardown" && c.outcome == event.Failed:
		c.detail = append(c.detail, "and its teardown:\n"+l.Text)
		c.notes = append(c.notes, "its teardown failed too: "+event.FirstLine(l.Message))
	default:
		// Setup, teardown, or a lost worker: the test could not be judged.
		c.fail(event.Errored, l)
		if l.When == "teardown" {
			c.notes = append(c.notes, "the error is in its teardown")
		}
	}
}

func (c *pytestCase) fail(o event.Outcome, l pytestLine) {
	message := event.FirstLine(l.Message)
	c.judge(o, pytestType(message), message)
	c.detail = append(c.detail, l.Text)
}

// judge takes the outcome if it is worse than the one so far.
func (c *pytestCase) judge(o event.Outcome, typ, message string) {
	weight := map[event.Outcome]int{"": 0, event.Passed: 1, event.Skipped: 2, event.Errored: 3, event.Failed: 4}
	if weight[o] > weight[c.outcome] {
		c.outcome, c.typ, c.message = o, typ, message
	}
}

// finished is the result. called says that the call itself passed; without it and without any other word the test was
// never judged.
func (c *pytestCase) finished(job string, micros int64, called bool) event.TestFinished {
	if c.outcome == "" && called {
		c.outcome = event.Passed
	}
	if c.outcome == "" {
		c.outcome, c.typ = event.Errored, string(event.MissingResultType)
		c.message = "pytest ended the test without a result for it"
	}
	if c.reruns > 0 {
		c.notes = append(c.notes, "rerun by a plugin of the project")
	}
	f := event.TestFinished{
		Job: job, Test: c.test, Outcome: c.outcome, Micros: micros, Type: c.typ, Message: event.Capped(c.message, 4<<10),
		Detail: event.Capped(strings.Join(c.detail, "\n"), event.Cap), Note: event.Capped(strings.Join(c.notes, "; "), 4<<10),
	}
	if c.outcome != event.Passed {
		f.Output = event.Capped(c.output, event.Cap)
	}
	return f
}

// pytestReasoned is a text with the reason of an xfail mark, when it has one.
func pytestReasoned(text string, reason *string) string {
	if reason == nil {
		return text
	}
	if r := event.FirstLine(strings.TrimPrefix(*reason, "reason: ")); r != "" {
		return text + ": " + r
	}
	return text
}
