package report_test

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"testrunner/report/event"
)

// texts are what tests print at their worst.
func texts() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{
			"", "plain", "two\nlines", "\x1b[31mred\x1b[0m", "\x1b]0;title\a", "\x1b[", "]]>", "<a b='c'>&amp;", "\x00\x01\x1f", "\ufffe\uffff",
			"bad \xff\xfe bytes", "🚀 é", "\r\n\t", "postgres://u:swordfish99@h/db", "the hunter2hunter2 of it", "null",
		}),
		rapid.String(),
	)
}

func ids() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		file := rapid.SampledFrom([]string{"a.py", "b/b.py", "b/c.py", "-x.py", "d\xff.py"}).Draw(t, "file")
		name := rapid.SampledFrom([]string{"t", "u", "C::t", "p[1 2]", "p[hunter2hunter2]", "p[hunter2hunter3]", "it's > 🚀", "n\nl"}).Draw(t, "name")
		return event.TestID(file, name)
	})
}

func someTest(t *rapid.T) event.Test {
	k := event.Test{ID: ids().Draw(t, "id"), Line: rapid.IntRange(0, 3).Draw(t, "line")}
	k.Class = rapid.SampledFrom([]string{"", "a", "b.C", "\x1b[1m"}).Draw(t, "class")
	if rapid.IntRange(0, 4).Draw(t, "named") == 0 {
		k.Name = texts().Draw(t, "name")
	}
	return k
}

func reasons() *rapid.Generator[event.Reason] {
	return rapid.Custom(func(t *rapid.T) event.Reason {
		return event.Reason{
			Code:   rapid.SampledFrom([]string{event.ReasonBlocked, event.ReasonFailFast, event.ReasonDeadline, event.ReasonInterrupted, event.ReasonMaxFail}).Draw(t, "code"),
			Text:   texts().Draw(t, "text"),
			Remedy: rapid.SampledFrom([]string{"", "npm ci"}).Draw(t, "remedy"),
		}
	})
}

func acceptances() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"", "", "--no-docker", "--allow-not-run e2e"})
}

// attemptOf is what one process of a job may tell.
func attemptOf(t *rapid.T, start event.JobStarted) []event.Body {
	j := start.Job
	bodies := []event.Body{start}
	for range rapid.IntRange(0, 8).Draw(t, "steps") {
		var b event.Body
		switch rapid.IntRange(0, 9).Draw(t, "step") {
		case 0:
			b = event.TestsCollected{Job: j, Tests: rapid.SliceOfN(rapid.Custom(someTest), 1, 4).Draw(t, "tests")}
		case 1, 2:
			b = event.TestStarted{Job: j, Test: someTest(t)}
		case 3, 4, 5, 6:
			b = event.TestFinished{
				Job: j, Test: someTest(t), Micros: rapid.Int64Range(0, 5e6).Draw(t, "us"),
				Outcome: rapid.SampledFrom([]event.Outcome{event.Passed, event.Passed, event.Passed, event.Skipped, event.Failed, event.Errored, event.NotRan}).Draw(t, "outcome"),
				Type:    rapid.SampledFrom([]string{"", "AssertionError", string(event.TimeoutType), string(event.EnvironmentType)}).Draw(t, "type"),
				Message: texts().Draw(t, "message"), Detail: texts().Draw(t, "detail"), Output: texts().Draw(t, "output"), Note: texts().Draw(t, "note"),
			}
		case 7:
			b = event.CollectionFailed{
				Job: j, Path: rapid.SampledFrom([]string{"a.py", "b", "b/conftest.py", "z.py", "."}).Draw(t, "path"), Line: rapid.IntRange(0, 2).Draw(t, "line"),
				Reason: rapid.SampledFrom([]string{"syntax", "conftest", "build"}).Draw(t, "reason"), Message: texts().Draw(t, "message"), Detail: texts().Draw(t, "detail"),
			}
		case 8:
			b = event.JobStalled{Job: j, Why: "stall", Tests: []string{ids().Draw(t, "id")}, Stacks: texts().Draw(t, "stacks")}
		case 9:
			b = rapid.SampledFrom([]event.Body{
				event.TestOutput{Job: j, Test: ids().Draw(t, "id"), Text: texts().Draw(t, "text")},
				event.JobOutput{Job: j, Stream: "stderr", Text: texts().Draw(t, "text")},
				event.TestsDeselected{Job: j, Count: 2},
			}).Draw(t, "other")
		}
		bodies = append(bodies, b)
	}
	return bodies
}

func causes() *rapid.Generator[event.Cause] {
	return rapid.SampledFrom([]event.Cause{
		event.Done, event.Done, event.Done, event.Done, event.Crashed, event.Vanished, event.Contradiction,
		event.BadUsage, event.NotStarted, event.TimedOut, event.Interrupted,
	})
}

func jobOf(t *rapid.T, category, suite string, n int) []event.Body {
	start := event.JobStarted{
		Job: fmt.Sprintf("%s/%s:%d", category, suite, n), Category: category, Suite: suite, Tool: suite, Attempt: 1,
		Fidelity: rapid.SampledFrom([]event.Fidelity{event.Real, event.Real, event.Stub}).Draw(t, "fidelity"),
	}
	bodies := attemptOf(t, start)
	end := event.JobFinished{Job: start.Job, Cause: causes().Draw(t, "cause"), Problem: texts().Draw(t, "problem"), Micros: 1000}
	if rapid.IntRange(0, 3).Draw(t, "again") == 0 {
		end.Again = true
		start.Attempt = 2
		bodies = append(append(bodies, end), attemptOf(t, start)...)
		end.Again, end.Cause = false, causes().Draw(t, "cause 2")
	}
	if rapid.IntRange(0, 4).Draw(t, "told") == 0 {
		bodies = append(bodies, event.NotRun{Category: category, Suite: suite, Job: start.Job, Reason: reasons().Draw(t, "reason"), Accepted: acceptances().Draw(t, "by")})
	}
	return append(bodies, end)
}

// runs are whole runs: a plan, jobs side by side, an end. Some are cut off by a kill.
func runs() *rapid.Generator[[]event.Body] {
	return rapid.Custom(func(t *rapid.T) []event.Body {
		all := []event.Body{event.RunStarted{Version: 1, Run: "r", Args: []string{"-v"}, Host: texts().Draw(t, "host"), Strict: rapid.IntRange(0, 4).Draw(t, "strict") == 0}, event.Decided{Asked: "auto", Mode: event.NoDocker, Why: []string{"x"}}}
		var plan event.Planned
		var jobs [][]event.Body
		var absent []event.Body
		for _, name := range []string{"unit", "e2e"}[:rapid.IntRange(1, 2).Draw(t, "categories")] {
			c := event.PlannedCategory{Name: name, Critical: rapid.Bool().Draw(t, "critical"), Accepted: acceptances().Draw(t, "by")}
			for _, suite := range []string{"pytest", "go"}[:rapid.IntRange(1, 2).Draw(t, "suites")] {
				c.Suites = append(c.Suites, suite)
				n := rapid.SampledFrom([]int{0, 1, 1, 1, 2}).Draw(t, "jobs")
				c.Jobs += n
				for i := range n {
					jobs = append(jobs, jobOf(t, name, suite, i))
				}
				if n == 0 && rapid.Bool().Draw(t, "said") {
					absent = append(absent, event.NotRun{Category: name, Suite: rapid.SampledFrom([]string{suite, ""}).Draw(t, "of"), Reason: reasons().Draw(t, "why"), Accepted: acceptances().Draw(t, "by")})
				}
			}
			plan.Categories = append(plan.Categories, c)
		}
		all = append(append(all, plan), absent...)
		for len(jobs) > 0 {
			i := rapid.IntRange(0, len(jobs)-1).Draw(t, "next")
			all = append(all, jobs[i][0])
			if jobs[i] = jobs[i][1:]; len(jobs[i]) == 0 {
				jobs = slices.Delete(jobs, i, i+1)
			}
		}
		if rapid.IntRange(0, 4).Draw(t, "stopping") == 0 {
			at := rapid.IntRange(3, len(all)).Draw(t, "at")
			all = slices.Insert(all, at, event.Body(event.Stopping{Why: rapid.SampledFrom([]string{"interrupted", "terminated", "deadline", "fail-fast"}).Draw(t, "why")}))
		}
		if rapid.IntRange(0, 3).Draw(t, "killed") == 0 {
			return all[:rapid.IntRange(3, len(all)).Draw(t, "cut")]
		}
		all = append(all, event.Leftovers{Names: rapid.SampledFrom([][]string{nil, nil, nil, {"/tmp/x"}}).Draw(t, "leftovers")})
		return all
	})
}
