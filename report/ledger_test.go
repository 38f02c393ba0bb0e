package report_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"testrunner/report"
	"testrunner/report/event"
)

func TestEachExpectedTestHasOneOutcome(t *testing.T) {
	const j, a, b = "unit/pytest", "a.py::a", "a.py::b"
	reason := event.Reason{Code: event.ReasonMaxFail, Text: "--maxfail"}
	tests := []struct {
		name    string
		bodies  []event.Body
		of      string // the test looked at
		outcome event.Outcome
		kind    event.ErrorType
		says    string // in message, detail or reason
	}{
		{"passed", []event.Body{started(j), passed(j, a), ended(j, event.Done)}, "a", event.Passed, "", ""},
		{"finished without a start", []event.Body{started(j), finished(j, a, event.Failed), ended(j, event.Done)}, "a", event.Failed, "", "failed because"},
		{"collected, and the tool was done", []event.Body{started(j), collectedTests(j, a, b), passed(j, b), ended(j, event.Done)}, "a", event.Errored, event.MissingResultType, "no result"},
		{"collected, and the tool crashed", []event.Body{started(j), collectedTests(j, a, b), event.TestStarted{Job: j, Test: test(b)}, ended(j, event.Crashed)}, "a", event.NotRan, "", "crashed"},
		{"collected, and the tool vanished", []event.Body{started(j), collectedTests(j, a), ended(j, event.Vanished)}, "a", event.NotRan, "", "end-of-run word"},
		{"collected, and the deadline passed", []event.Body{started(j), collectedTests(j, a), ended(j, event.TimedOut)}, "a", event.NotRan, "", "deadline"},
		{"collected, and a signal came", []event.Body{started(j), collectedTests(j, a), event.Stopping{Why: "interrupted"}, ended(j, event.Interrupted)}, "a", event.NotRan, "", "signal"},
		{"collected, and fail-fast ended the job", []event.Body{started(j), collectedTests(j, a), event.Stopping{Why: "fail-fast"}, ended(j, event.Interrupted)}, "a", event.NotRan, "", "fail-fast"},
		{"collected, and the tool stopped by itself", []event.Body{started(j), collectedTests(j, a), event.NotRun{Category: "unit", Suite: "pytest", Job: j, Reason: reason}, ended(j, event.Done)}, "a", event.NotRan, "", "maxfail"},
		{"collected, and the stream ends", []event.Body{started(j), collectedTests(j, a)}, "a", event.NotRan, "", "killed"},
		{"open, and the tool was done", []event.Body{started(j), event.TestStarted{Job: j, Test: test(a)}, ended(j, event.Done)}, "a", event.Errored, event.NotFinishedType, "ended normally"},
		{"open, and the tool crashed", []event.Body{started(j), event.TestStarted{Job: j, Test: test(a)}, event.JobFinished{Job: j, Cause: event.Crashed, Signal: "SIGSEGV", Exit: -1, Problem: "Fatal Python error"}}, "a", event.Errored, event.NotFinishedType, "SIGSEGV): Fatal Python error"},
		{"open at the deadline", []event.Body{started(j), event.TestStarted{Job: j, Test: test(a)}, event.JobStalled{Job: j, Why: "deadline", Tests: []string{a}, Stacks: "here.py:7"}, ended(j, event.TimedOut)}, "a", event.Errored, event.TimeoutType, "here.py:7"},
		{"open at a signal", []event.Body{started(j), event.TestStarted{Job: j, Test: test(a)}, event.Stopping{Why: "interrupted"}, ended(j, event.Interrupted)}, "a", event.Errored, event.NotFinishedType, "signal"},
		{"open at the run's deadline", []event.Body{started(j), event.TestStarted{Job: j, Test: test(a)}, event.Stopping{Why: "deadline"}, ended(j, event.Interrupted)}, "a", event.Errored, event.TimeoutType, "deadline"},
		{"open, and the stream ends", []event.Body{started(j), event.TestStarted{Job: j, Test: test(a)}}, "a", event.Errored, event.NotFinishedType, "killed"},
		{"open, and said to be not run", []event.Body{started(j), event.TestStarted{Job: j, Test: test(a)}, event.NotRun{Category: "unit", Job: j, Reason: reason}, ended(j, event.Done)}, "a", event.Errored, event.NotFinishedType, "ended normally"},
		{"failed, then errored in teardown", []event.Body{started(j), finished(j, a, event.Failed), finished(j, a, event.Errored), ended(j, event.Done)}, "a", event.Failed, "", "errored because"},
		{"passed, then errored in teardown", []event.Body{started(j), passed(j, a), finished(j, a, event.Errored), ended(j, event.Done)}, "a", event.Errored, "", "errored because"},
		{"errored, then passed", []event.Body{started(j), finished(j, a, event.Errored), passed(j, a), ended(j, event.Done)}, "a", event.Errored, "", "errored because"},
		{"started again after a pass, never ended", []event.Body{started(j), passed(j, a), event.TestStarted{Job: j, Test: test(a)}, ended(j, event.Crashed)}, "a", event.Errored, event.NotFinishedType, "crashed"},
		{"started again after a failure, never ended", []event.Body{started(j), finished(j, a, event.Failed), event.TestStarted{Job: j, Test: test(a)}, ended(j, event.Crashed)}, "a", event.Failed, "", "failed because"},
		{"an unknown outcome", []event.Body{started(j), finished(j, a, "great"), ended(j, event.Done)}, "a", event.Errored, "", "great"},
		{"not run by its own word", []event.Body{started(j), finished(j, a, event.NotRan), ended(j, event.Done)}, "a", event.NotRan, "", "not-run because"},
		{"left open by attempt 1, passed in attempt 2", []event.Body{
			started(j), event.TestStarted{Job: j, Test: test(a)}, event.JobFinished{Job: j, Cause: event.Crashed, Again: true},
			attempt(j, 2), event.TestStarted{Job: j, Test: test(a)}, passed(j, a), ended(j, event.Done),
		}, "a", event.Errored, event.NotFinishedType, "crashed"},
		{"collected by attempt 1, run by attempt 2", []event.Body{
			started(j), collectedTests(j, a), event.JobFinished{Job: j, Cause: event.Crashed, Again: true},
			attempt(j, 2), collectedTests(j, a), passed(j, a), ended(j, event.Done),
		}, "a", event.Passed, "", ""},
		{"collected by attempt 1, never again", []event.Body{
			started(j), collectedTests(j, a), event.JobFinished{Job: j, Cause: event.Crashed, Again: true},
			attempt(j, 2), passed(j, b), ended(j, event.Done),
		}, "a", event.NotRan, "", "crashed"},
		{"output of an open test", []event.Body{started(j), event.TestStarted{Job: j, Test: test(a)}, event.TestOutput{Job: j, Test: a, Text: "last words"}, ended(j, event.Crashed)}, "a", event.Errored, event.NotFinishedType, "last words"},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			k := findCase(t, fold(c.bodies...), c.of)
			if k.Outcome != c.outcome || c.kind != "" && k.Type != string(c.kind) {
				t.Errorf("it is %s (%s), want %s (%s)", k.Outcome, k.Type, c.outcome, c.kind)
			}
			if said := k.Message + "\n" + k.Detail + "\n" + k.Reason.Text + "\n" + k.Output; !strings.Contains(said, c.says) {
				t.Errorf("it says %q, want %q", said, c.says)
			}
			if c.outcome == event.NotRan && k.Reason.Code == "" {
				t.Error("a test that was not run has no reason")
			}
		})
	}
}

func TestJobThatEndsBadlyIsSeen(t *testing.T) {
	const j = "unit/go"
	finish := func(c event.Cause) event.JobFinished {
		return event.JobFinished{Job: j, Cause: c, Exit: 2, Problem: "what went wrong"}
	}
	broken := event.CollectionFailed{Job: j, Path: "a.go", Reason: "syntax", Message: "expected ;"}
	tests := []struct {
		name   string
		bodies []event.Body
		want   report.Counts
		named  string
	}{
		{"crashed alone", []event.Body{finish(event.Crashed)}, report.Counts{Errored: 1}, "[crashed] unit: go"},
		{"vanished alone", []event.Body{finish(event.Vanished)}, report.Counts{Errored: 1}, "[vanished] unit: go"},
		{"contradiction beside passes", []event.Body{passed(j, "a.go::A"), finish(event.Contradiction)}, report.Counts{Passed: 1, Errored: 1}, "[contradiction] unit: go"},
		{"contradiction beside a failure", []event.Body{finished(j, "a.go::A", event.Failed), finish(event.Contradiction)}, report.Counts{Failed: 1, Errored: 1}, "[contradiction] unit: go"},
		{"crashed with an open test", []event.Body{event.TestStarted{Job: j, Test: test("a.go::A")}, finish(event.Crashed)}, report.Counts{Errored: 1}, "A"},
		{"crashed with tests left", []event.Body{collectedTests(j, "a.go::A"), finish(event.Crashed)}, report.Counts{Errored: 1, NotRun: 1}, "[crashed] unit: go"},
		{"crashed with a collection error", []event.Body{broken, finish(event.Crashed)}, report.Counts{CollectionErrors: 1}, ""},
		{"usage", []event.Body{finish(event.BadUsage)}, report.Counts{CollectionErrors: 1}, ""},
		{"not started", []event.Body{finish(event.NotStarted)}, report.Counts{CollectionErrors: 1}, ""},
		{"usage after a result", []event.Body{passed(j, "a.go::A"), finish(event.BadUsage)}, report.Counts{Passed: 1, Errored: 1}, "[usage] unit: go"},
		{"deadline before anything", []event.Body{finish(event.TimedOut)}, report.Counts{Blocked: 1}, ""},
		{"deadline between tests", []event.Body{passed(j, "a.go::A"), finish(event.TimedOut)}, report.Counts{Passed: 1, Errored: 1}, "[timeout] unit: go"},
		{"deadline in a test that the tool ended", []event.Body{
			passed(j, "a.go::A"), event.TestFinished{Job: j, Test: test("a.go::B"), Outcome: event.Errored, Type: string(event.TimeoutType)}, finish(event.TimedOut),
		}, report.Counts{Passed: 1, Errored: 1}, "B"},
		{"interrupted before anything", []event.Body{finish(event.Interrupted)}, report.Counts{Blocked: 1}, ""},
		{"killed between tests", []event.Body{passed(j, "a.go::A")}, report.Counts{Passed: 1, Errored: 1}, "[runner-died] unit: go"},
		{"killed before anything", nil, report.Counts{Blocked: 1}, ""},
		{"an attempt that never came", []event.Body{broken, event.JobFinished{Job: j, Cause: event.BadUsage, Again: true}}, report.Counts{CollectionErrors: 1, Blocked: 1}, ""},
		{"an unknown cause", []event.Body{finish("tired")}, report.Counts{Errored: 1}, "[tired] unit: go"},
		{"done", []event.Body{passed(j, "a.go::A"), finish(event.Done)}, report.Counts{Passed: 1}, "A"},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			s := fold(append([]event.Body{planned("unit/go"), started(j)}, c.bodies...)...)
			if s.Counts != c.want {
				t.Errorf("counts are %+v, want %+v", s.Counts, c.want)
			}
			if c.named != "" {
				k := findCase(t, s, c.named)
				if k.Outcome == event.Errored && !strings.Contains(k.Rerun(), "runner ") {
					t.Errorf("no way to rerun it: %+v", k)
				}
			}
			if v := s.Verdict(); (v.Code == report.Passed) != (c.name == "done") {
				t.Errorf("the verdict is %+v", v)
			}
		})
	}
}

func TestToolThatCannotBeUsedIsACollectionErrorOfItsName(t *testing.T) {
	s := fold(planned("unit/pytest"), started("unit/pytest"), event.JobFinished{Job: "unit/pytest", Cause: event.BadUsage, Problem: "unrecognized arguments: --zap", Detail: "usage: pytest"})
	b := s.Categories[0].Suites[0].Collection
	if len(b) != 1 || b[0].Path != "pytest" || b[0].Reason != "usage" || b[0].Message != "unrecognized arguments: --zap" || b[0].Rerun != "runner -c unit --tool pytest" {
		t.Errorf("%+v", b)
	}
	if v := s.Verdict(); v.Code != report.BrokenFiles {
		t.Errorf("%+v", v)
	}
}

func TestCollectionErrorStandsForTheTestsItCost(t *testing.T) {
	const j = "unit/x"
	tests := []struct {
		name   string
		broken event.CollectionFailed
		lost   int // of a/b/x.go::1, a/x.go::2, c/x.go::3
	}{
		{"a file", event.CollectionFailed{Path: "a/x.go", Reason: "syntax"}, 1},
		{"a package, not those below it", event.CollectionFailed{Path: "a", Reason: "build"}, 1},
		{"a conftest costs all below it", event.CollectionFailed{Path: "a/conftest.py", Reason: "conftest"}, 2},
		{"a folder's conftest", event.CollectionFailed{Path: "a", Reason: "conftest"}, 2},
		{"the root's conftest", event.CollectionFailed{Path: "conftest.py", Reason: "conftest"}, 3},
		{"another file", event.CollectionFailed{Path: "z.go", Reason: "syntax"}, 0},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			c.broken.Job = j
			s := fold(started(j), collectedTests(j, "a/b/x.go::1", "a/x.go::2", "c/x.go::3"), c.broken, c.broken, ended(j, event.Done))
			want := report.Counts{CollectionErrors: 1, Lost: c.lost, Errored: 3 - c.lost}
			if s.Counts != want {
				t.Errorf("counts are %+v, want %+v", s.Counts, want)
			}
		})
	}
	t.Run("never a test that started", func(t *testing.T) {
		s := fold(started(j), event.TestStarted{Job: j, Test: test("a/x.go::2")}, event.CollectionFailed{Job: j, Path: "a/x.go"}, ended(j, event.Done))
		if want := (report.Counts{CollectionErrors: 1, Errored: 1}); s.Counts != want {
			t.Errorf("counts are %+v, want %+v", s.Counts, want)
		}
	})
}

func TestWhatDidNotRunIsNamed(t *testing.T) {
	blocked := event.Reason{Code: event.ReasonBlocked, Text: "auth unhealthy", Remedy: "runner services logs auth"}
	plan := func(by string, critical bool) event.Body {
		return event.Planned{Categories: []event.PlannedCategory{
			{Name: "unit", Suites: []string{"go", "pytest"}, Jobs: 2},
			{Name: "e2e", Suites: []string{"node"}, Accepted: by, Critical: critical},
		}}
	}
	blockedSuite := event.Planned{Categories: []event.PlannedCategory{ // the plan makes no job for what is blocked
		{Name: "unit", Suites: []string{"go", "pytest"}, Jobs: 1},
		{Name: "e2e", Suites: []string{"node"}},
	}}
	run := []event.Body{started("unit/go"), passed("unit/go", "a.go::A"), ended("unit/go", event.Done)}
	py := []event.Body{started("unit/pytest"), passed("unit/pytest", "a.py::a"), ended("unit/pytest", event.Done)}
	tests := []struct {
		name     string
		bodies   [][]event.Body
		blocked  int
		accepted int
		code     int
	}{
		{"a category", [][]event.Body{{plan("", false), event.NotRun{Category: "e2e", Reason: blocked}}, run, py}, 1, 0, report.Incomplete},
		{"a category, accepted", [][]event.Body{{plan("--allow-not-run e2e", false), event.NotRun{Category: "e2e", Reason: blocked}}, run, py}, 1, 1, report.Passed},
		{"a critical category, accepted by the mode alone", [][]event.Body{{plan("--no-docker", true), event.NotRun{Category: "e2e", Reason: blocked}}, run, py}, 1, 0, report.Incomplete},
		{"a critical category, accepted by name", [][]event.Body{{plan("--allow-not-run e2e", true), event.NotRun{Category: "e2e", Reason: blocked}}, run, py}, 1, 1, report.Passed},
		{"an accepted category that fail-fast kept from running", [][]event.Body{{plan("--allow-not-run e2e", false), event.NotRun{Category: "e2e", Reason: event.Reason{Code: event.ReasonFailFast}}}, run, py}, 1, 0, report.Incomplete},
		{"a suite", [][]event.Body{{blockedSuite, event.NotRun{Category: "e2e", Reason: blocked, Accepted: "--allow-not-run e2e"}, event.NotRun{Category: "unit", Suite: "pytest", Reason: blocked}}, run}, 2, 1, report.Incomplete},
		{"both words for one category count once", [][]event.Body{{plan("", false), event.NotRun{Category: "e2e", Reason: blocked}, event.NotRun{Category: "e2e", Suite: "node", Reason: blocked}}, run, py}, 1, 0, report.Incomplete},
		{"a job that never started is its suite's", [][]event.Body{{plan("--allow-not-run e2e", false), event.NotRun{Category: "e2e", Reason: blocked}, event.NotRun{Category: "unit", Suite: "pytest", Job: "unit/pytest", Reason: event.Reason{Code: event.ReasonFailFast}}}, run}, 2, 1, report.Incomplete},
		{"nobody spoke of a suite", [][]event.Body{{plan("--allow-not-run e2e", false), event.NotRun{Category: "e2e", Reason: blocked}}, run}, 2, 1, report.Incomplete},
		{"nobody spoke of a category", [][]event.Body{{plan("--allow-not-run e2e", false)}, run, py}, 1, 0, report.Incomplete},
		{"all accepted and nothing executed", [][]event.Body{{event.Planned{Categories: []event.PlannedCategory{{Name: "e2e", Suites: []string{"node"}, Accepted: "--no-docker"}}}, event.NotRun{Category: "e2e", Reason: blocked}}}, 1, 1, report.Empty},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			var all []event.Body
			for _, b := range c.bodies {
				all = append(all, b...)
			}
			s := fold(all...)
			if s.Counts.Blocked != c.blocked || s.Counts.Accepted != c.accepted {
				t.Errorf("blocked %d, accepted %d, want %d, %d", s.Counts.Blocked, s.Counts.Accepted, c.blocked, c.accepted)
			}
			if v := s.Verdict(); v.Code != c.code {
				t.Errorf("the verdict is %q, want %d", v.Line, c.code)
			}
		})
	}
}

func TestPlannedJobThatNeverStartedIsNamed(t *testing.T) {
	plan := event.Planned{Categories: []event.PlannedCategory{{Name: "unit", Suites: []string{"go"}, Jobs: 2}}}
	s := fold(plan, event.JobStarted{Job: "unit/go:a", Category: "unit", Suite: "go"}, passed("unit/go:a", "a.go::A"), ended("unit/go:a", event.Done))
	if n := s.Categories[0].NotRun; n == nil || !strings.Contains(n.Reason.Text, "1 of its jobs never started") {
		t.Errorf("the category says %+v", n)
	}
}

func TestCasesAreComplete(t *testing.T) {
	const j = "unit/pytest"
	k := event.Test{ID: "tests/a.py::TestA::test_b", Name: "test_b", Class: "tests.a.TestA", Line: 7}
	s := fold(started(j), event.TestStarted{Job: j, Test: k}, event.TestFinished{Job: j, Test: test(k.ID), Outcome: event.Passed}, ended(j, event.Done),
		started("unit/go"), passed("unit/go", "x_test.go::TestX"), ended("unit/go", event.Done))
	if got := findCase(t, s, "test_b"); got.Test != (event.Test{ID: k.ID, Name: "test_b", Class: "tests.a.TestA", File: "tests/a.py", Line: 7}) || got.Rerun() != "runner tests/a.py::TestA::test_b" {
		t.Errorf("%+v", got)
	}
	if got := findCase(t, s, "TestX"); got.Test.Class != "x_test.go" || got.Test.File != "x_test.go" {
		t.Errorf("%+v", got)
	}
}

func TestRerunCanBePasted(t *testing.T) {
	for id, want := range map[string]string{
		"a/b.py::test_c":        "runner a/b.py::test_c",
		"a.py::t[x y]":          "runner 'a.py::t[x y]'",
		"a.js::it's > $HOME":    `runner 'a.js::it'\''s > $HOME'`,
		"-weird.py::t":          "runner --test=-weird.py::t",
		"~/a.py::t":             "runner '~/a.py::t'",
		"pkg":                   "runner ./pkg",
		"a.go::TestÜ":           "runner 'a.go::TestÜ'",
		`a.go::Test/back\\sl#1`: `runner 'a.go::Test/back\\sl#1'`,
	} {
		if got := report.Rerun(test(id)); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}

func TestStreamThatContradictsItselfIsInvalid(t *testing.T) {
	events := stream(planned("unit/go"), started("unit/go"), passed("unit/go", "a.go::A"), passed("unit/go", "a.go::B"), ended("unit/go", event.Done))
	if v := foldEvents(events).Verdict(); v.Code != report.Passed {
		t.Fatalf("%+v", v)
	}
	gap := append(append([]event.Event{}, events[:3]...), events[4:]...)
	if v := foldEvents(gap).Verdict(); v.Code != report.Invalid || !strings.Contains(v.Line, "counts contradict: events 4 to 4 are missing") {
		t.Errorf("with a gap: %+v", v)
	}
	late := stream(planned("unit/go"), started("unit/go"), ended("unit/go", event.Done), passed("unit/go", "a.go::A"))
	if v := foldEvents(late).Verdict(); v.Code != report.Invalid || !strings.Contains(v.Line, "after the end") {
		t.Errorf("with a late result: %+v", v)
	}
	s := foldEvents(events)
	s.Counts.Passed++
	if v := s.Verdict(); v.Code != report.Invalid {
		t.Errorf("with a wrong sum at the root: %+v", v)
	}
	s = foldEvents(events)
	s.Categories[0].Suites[0].Cases[0].Outcome = event.Skipped
	if v := s.Verdict(); v.Code != report.Invalid {
		t.Errorf("with a changed case: %+v", v)
	}
}

func TestTwoAttemptsOfABrokenFolder(t *testing.T) {
	const j = "unit/pytest"
	s := fold(started(j),
		event.CollectionFailed{Job: j, Path: "tests/sub/conftest.py", Line: 3, Reason: "conftest", Message: "boom"},
		event.JobFinished{Job: j, Cause: event.BadUsage, Exit: 4, Again: true, Micros: 100},
		attempt(j, 2), collectedTests(j, "tests/a.py::a"), passed(j, "tests/a.py::a"),
		event.CollectionFailed{Job: j, Path: "tests/sub/conftest.py", Line: 3, Reason: "conftest", Message: "boom"},
		event.JobFinished{Job: j, Cause: event.Done, Micros: 200})
	if want := (report.Counts{Passed: 1, CollectionErrors: 1}); s.Counts != want {
		t.Errorf("counts are %+v, want %+v", s.Counts, want)
	}
	if len(s.Jobs) != 1 || s.Jobs[0].Started.Attempt != 2 || s.Categories[0].Suites[0].Elapsed.Microseconds() != 300 {
		t.Errorf("jobs %+v", s.Jobs)
	}
	if v := s.Verdict(); v.Code != report.BrokenFiles {
		t.Errorf("%+v", v)
	}
}

func TestLedgerIsSmall(t *testing.T) {
	const n = 200_000
	events := func(l *report.Ledger) {
		for i := range n {
			id := fmt.Sprintf("internal/package%03d/file_test.go::TestSomething/case_%d", i%200, i)
			_ = l.Handle(event.Event{Body: event.TestFinished{Job: "unit/go", Test: event.Test{ID: id, Class: fmt.Sprintf("example.com/internal/package%03d", i%200), Line: 3}, Outcome: event.Passed, Micros: 12}})
		}
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	l := report.NewLedger()
	events(l)
	per := float64(heap()-before) / n
	runtime.KeepAlive(l)
	t.Logf("%.0f bytes a passed test, its ID of about 60 included", per)
	if per > 400 {
		t.Errorf("%.0f bytes a passed test, want at most 400", per)
	}
}

// What could not be loaded is tried again by a line that selects tests: Go code beside them, and a conftest, are none.
func TestRerunOfWhatCouldNotBeLoaded(t *testing.T) {
	for path, want := range map[string]string{
		"a/b_test.go": "runner a/b_test.go", "a/b.go": "runner ./a", "a/b/c.go": "runner a/b", "b.go": "runner", "a/b": "runner a/b", "t/test_a.py": "runner t/test_a.py",
	} {
		sum := fold(run(event.CollectionFailed{Job: aJob, Path: path, Reason: "build", Message: "bad"}, ended(aJob, event.Done))...)
		if got := sum.Categories[0].Suites[0].Collection[0].Rerun; got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}
