package report

import (
	"path"
	"slices"
	"strings"
	"time"

	"testrunner/report/event"
)

// closing turns one job into cases. It reads the job and changes nothing, so that a Summary can be had at any time.
type closing struct {
	job      *job
	stopping []event.Stopping
	notRun   *event.NotRun // what was said of this job's tests
	category event.PlannedCategory
	tool     string

	environment map[*row]string // tests that ran while a service was gone, and which

	none   *Trouble // of the cases that have nothing to say
	cases  []Case
	broken []Broken
	lost   int
	ran    bool          // a test of the job has a result of its own
	whole  *event.NotRun // the job did not run, and no test carries that
}

func (c *closing) close() {
	open, notRan := make([]int, len(c.job.attempts)+1), 0
	c.none = &Trouble{}
	c.cases = slices.Grow(c.cases, len(c.job.rows))
	for _, chunk := range c.job.order {
		for i := range chunk {
			r := &chunk[i]
			if r.state == collected && c.isLost(r) {
				c.lost++
				continue
			}
			if r.state == running {
				open[r.attempt]++
			}
			k := c.judge(r)
			if k.Outcome == event.NotRan {
				notRan++
			}
			c.ran = c.ran || r.state != collected
			c.cases = append(c.cases, k)
		}
	}
	for _, b := range c.job.broken {
		c.broken = append(c.broken, Broken{b.CollectionFailed, rerunBroken(b.CollectionFailed)})
	}
	for i, a := range c.job.attempts {
		c.carry(i, a, open[i]+a.abandoned, notRan)
	}
	c.again(notRan)
}

// judge gives one expected test its outcome.
func (c *closing) judge(r *row) Case {
	k := Case{Test: r.test(c.job.started().Suite), Elapsed: time.Duration(r.micros) * time.Microsecond, Trouble: c.none}
	t := r.more
	if t == nil && r.state == ended && c.environment[r] == "" && outcomeOf(r.outcome) != event.NotRan {
		k.Outcome = outcomeOf(r.outcome)
		return k
	}
	k.Trouble = &Trouble{}
	if t != nil {
		k.Type, k.Message, k.Detail, k.Output, k.Note = t.kind, t.message, t.detail, t.output, t.note
	}
	switch r.state {
	case ended:
		k.Outcome = outcomeOf(r.outcome)
		if gone, ok := c.environment[r]; ok {
			said := "; the test said: " + k.Message
			if k.Outcome == event.Passed {
				said = "; it passed, which proves nothing"
			}
			k.Outcome, k.Type, k.Message = event.Errored, string(event.EnvironmentType), gone+said
		}
		if k.Outcome == event.NotRan {
			k.Reason = toldReason(k)
			k.Accepted = c.acceptance(k.Reason, "")
		}
	case running:
		c.judgeOpen(r, &k)
	default:
		c.judgeUnstarted(r, &k)
	}
	return k
}

// toldReason is why a decoder said that a test was not run. Its Type may hold the code. A job that started was not blocked, so
// without one the tool died before the test: what nobody may accept as a missing environment.
func toldReason(k Case) event.Reason {
	r := event.Reason{Code: event.ReasonCrashed, Text: k.Message}
	switch k.Type {
	case event.ReasonBlocked, event.ReasonMaxFail, event.ReasonFailFast, event.ReasonDeadline, event.ReasonInterrupted:
		r.Code = k.Type
	}
	return r
}

// judgeOpen is for a test that started and never ended. If it had a result before, the worst of both counts.
func (c *closing) judgeOpen(r *row, k *Case) {
	kind, message := unfinished(c.at(r), c.stopping)
	k.Detail = join(k.Detail, c.hang(r.id))
	if r.outcome != 0 && outcomeOf(r.outcome) == event.Failed {
		k.Outcome, k.Detail = event.Failed, join(k.Detail, message)
		return
	}
	if r.outcome != 0 {
		k.Detail = join(k.Detail, k.Message)
	}
	k.Outcome, k.Type, k.Message = event.Errored, string(kind), message
}

// judgeUnstarted is for a test that was collected, and of which nothing more was heard.
func (c *closing) judgeUnstarted(r *row, k *Case) {
	at := c.at(r)
	switch {
	case c.notRun != nil:
		k.Outcome, k.Reason = event.NotRan, c.notRun.Reason
		k.Accepted = c.acceptance(k.Reason, c.notRun.Accepted)
	case at.finished != nil && at.finished.Cause == event.Done:
		k.Outcome, k.Type = event.Errored, string(event.MissingResultType)
		k.Message = "no result: the tool ended normally, and never spoke of this test after naming it"
	default:
		k.Outcome, k.Reason = event.NotRan, unstarted(at, c.stopping)
	}
}

// isLost says whether a collection error stands for the test: its file could not be loaded, or its folder's package, or a
// conftest above it.
func (c *closing) isLost(r *row) bool {
	file := r.file
	if file == "" {
		file, _ = event.SplitID(r.id)
	}
	return slices.ContainsFunc(c.job.broken, func(b brokenAt) bool {
		if b.Path == file || b.Path == path.Dir(file) {
			return true
		}
		if b.Reason != "conftest" {
			return false
		}
		below := b.Path
		if strings.HasSuffix(below, ".py") {
			below = path.Dir(below)
		}
		return below == "." || strings.HasPrefix(file, below+"/")
	})
}

// carry makes sure that an attempt's bad end can be seen: by a test it left open, by a collection error, or else by a case
// of its own.
func (c *closing) carry(i int, a attempt, open, notRan int) {
	cause := event.RunnerDied
	if a.finished != nil {
		cause = a.finished.Cause
	}
	broken := slices.ContainsFunc(c.job.broken, func(b brokenAt) bool { return b.attempt == i })
	switch cause {
	case event.Done:
	case event.Crashed, event.Vanished, event.Contradiction:
		if open == 0 && !broken {
			c.cases = append(c.cases, c.own(a, cause))
		}
	case event.BadUsage, event.NotStarted:
		switch {
		case open > 0 || broken:
		case c.ran:
			c.cases = append(c.cases, c.own(a, cause))
		default:
			c.broken = append(c.broken, c.unusable(a))
		}
	case event.TimedOut, event.Interrupted, event.RunnerDied:
		switch {
		case open > 0 || notRan > 0 || c.toldOpen(a):
		case c.ran:
			c.cases = append(c.cases, c.own(a, cause))
		default:
			c.leave(a)
		}
	default:
		c.cases = append(c.cases, c.own(a, cause))
	}
}

// toldOpen says whether the tool itself ended a test as one that was open when its job was ended.
func (c *closing) toldOpen(a attempt) bool {
	kind, _ := unfinished(a, c.stopping)
	return slices.ContainsFunc(c.cases, func(k Case) bool { return k.Outcome == event.Errored && k.Type == string(kind) })
}

// again is for a job whose last attempt promised another one that never came.
func (c *closing) again(notRan int) {
	if n := len(c.job.attempts); n > 0 && notRan == 0 {
		if a := c.job.attempts[n-1]; a.finished != nil && a.finished.Again {
			c.leave(a)
		}
	}
}

// hang is what the last stall said of an open test.
func (c *closing) hang(id string) string {
	for _, s := range slices.Backward(c.job.stalls) {
		if slices.Contains(s.Tests, id) {
			text := join(s.Tail, s.Stacks)
			return join(text, strings.Join(s.Tree, "\n"))
		}
	}
	return ""
}

func (c *closing) at(r *row) attempt {
	if len(c.job.attempts) == 0 {
		return attempt{started: c.job.guess()}
	}
	return c.job.attempts[r.attempt]
}

// acceptance is who accepts an absence for this reason. The category's own acceptance covers an environment that is not ready
// and nothing else: nobody accepted a crash. A critical category is accepted by name alone (law 3).
func (c *closing) acceptance(r event.Reason, by string) string {
	return acceptance(c.category, r, by)
}

func acceptance(c event.PlannedCategory, r event.Reason, by string) string {
	if by == "" && r.Code == event.ReasonBlocked {
		by = c.Accepted
	}
	if c.Critical && !strings.HasPrefix(by, "--allow-not-run") {
		return ""
	}
	return by
}

// test is the row's test, complete.
func (r *row) test(suite string) event.Test {
	file, name := event.SplitID(r.id)
	t := event.Test{ID: r.id, Name: name, Class: r.class, File: file, Line: int(r.line)}
	if r.name != "" {
		t.Name = r.name
	}
	if r.file != "" {
		t.File = r.file
	}
	if t.Name == "" {
		t.Name = r.id
	}
	if t.Class == "" {
		t.Class = t.File
	}
	if t.Class == "" {
		t.Class = suite
	}
	return t
}
