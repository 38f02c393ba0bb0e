package report_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"testrunner/report"
	"testrunner/report/event"
)

const aJob = "unit/pytest"

// run is a run of one job with the given events in it.
func run(bodies ...event.Body) []event.Body {
	return append([]event.Body{planned(aJob), started(aJob)}, bodies...)
}

type situation struct {
	code   int
	bodies []event.Body
}

// situations has each code of a run with events that make it hold, weakest first, as design section 6 orders them.
func situations() []situation {
	blocked := event.Reason{Code: event.ReasonBlocked, Text: "no node_modules", Remedy: "npm ci"}
	return []situation{
		{report.Passed, []event.Body{passed(aJob, "a.py::ok")}},
		{report.Empty, nil},
		{report.Incomplete, []event.Body{event.NotRun{Category: "e2e", Reason: blocked}}},
		{report.Timeout, []event.Body{event.Stopping{Why: "deadline"}}},
		{report.Invalid, []event.Body{event.ReportFailed{Path: "junit.xml", Err: "disk full"}}},
		{report.BrokenFiles, []event.Body{event.CollectionFailed{Job: aJob, Path: "b.py", Reason: "syntax", Message: "bad"}}},
		{report.Failed, []event.Body{finished(aJob, "a.py::bad", event.Failed)}},
		{report.Interrupted, []event.Body{event.Stopping{Why: "interrupted"}}},
		{report.Terminated, []event.Body{event.Stopping{Why: "terminated"}}},
	}
}

func TestEachCodeAlone(t *testing.T) {
	for _, c := range situations() {
		bodies := run(c.bodies...)
		if c.code != report.Empty {
			bodies = append(bodies, passed(aJob, "a.py::ok"))
		}
		if v := fold(append(bodies, ended(aJob, event.Done))...).Verdict(); v.Code != c.code {
			t.Errorf("want %d, got %q", c.code, v.Line)
		}
	}
}

func TestTheStrongerCodeWins(t *testing.T) {
	all := situations()[1:] // the first two exclude each other
	for i, weak := range all {
		for _, strong := range all[i+1:] {
			if weak.code == report.Interrupted || weak.code == report.Empty && strong.code == report.Failed {
				continue // the first of two signals names the verdict; a failed test was executed
			}
			for _, order := range [][]event.Body{slices.Concat(weak.bodies, strong.bodies), slices.Concat(strong.bodies, weak.bodies)} {
				if v := fold(append(run(order...), ended(aJob, event.Done))...).Verdict(); v.Code != strong.code {
					t.Errorf("%d and %d: got %q", weak.code, strong.code, v.Line)
				}
			}
		}
	}
}

func TestVerdictOfSingleThings(t *testing.T) {
	open := event.TestStarted{Job: aJob, Test: test("a.py::open")}
	ok := passed(aJob, "a.py::ok")
	tests := []struct {
		name   string
		bodies []event.Body
		end    event.Body
		code   int
	}{
		{"all skipped", []event.Body{finished(aJob, "a.py::s", event.Skipped)}, ended(aJob, event.Done), report.Empty},
		{"errored alone", []event.Body{ok, finished(aJob, "a.py::e", event.Errored)}, ended(aJob, event.Done), report.Failed},
		{"a missing result", []event.Body{ok, collectedTests(aJob, "a.py::m")}, ended(aJob, event.Done), report.Failed},
		{"a test open at a deadline is no failure", []event.Body{ok, open}, ended(aJob, event.TimedOut), report.Timeout},
		{"a failure before a deadline is", []event.Body{finished(aJob, "a.py::f", event.Failed), open}, ended(aJob, event.TimedOut), report.Failed},
		{"a deadline with tests left", []event.Body{ok, collectedTests(aJob, "a.py::m")}, ended(aJob, event.TimedOut), report.Timeout},
		{"a collection error before a deadline", []event.Body{open, event.CollectionFailed{Job: aJob, Path: "b.py"}}, ended(aJob, event.TimedOut), report.BrokenFiles},
		{"a test open at a signal", []event.Body{open, event.Stopping{Why: "interrupted"}}, ended(aJob, event.Interrupted), report.Interrupted},
		{"the tool's own timeout", []event.Body{event.TestFinished{Job: aJob, Test: test("a.py::t"), Outcome: event.Failed, Type: "TimeoutError"}}, ended(aJob, event.Done), report.Failed},
		{"an engine's death", []event.Body{ok, event.TestFinished{Job: aJob, Test: test("a.py::t"), Outcome: event.Errored, Type: string(event.EnvironmentType)}}, ended(aJob, event.Done), report.Incomplete},
		{"vanished after passes", []event.Body{ok}, ended(aJob, event.Vanished), report.Failed},
		{"crashed with a collection error", []event.Body{event.CollectionFailed{Job: aJob, Path: "b.py"}}, ended(aJob, event.Crashed), report.Failed},
		{"the stream ends", []event.Body{ok}, nil, report.Failed},
		{"runner died between jobs", []event.Body{ok, ended(aJob, event.Done), event.Stopping{Why: "runner-died"}}, nil, report.Failed},
		{"fail-fast", []event.Body{finished(aJob, "a.py::f", event.Failed), event.Stopping{Why: "fail-fast"}}, ended(aJob, event.Done), report.Failed},
		{"something left behind", []event.Body{ok, event.Leftovers{Names: []string{"/tmp/x"}}}, ended(aJob, event.Done), report.Invalid},
		{"nothing left behind", []event.Body{ok, event.Leftovers{}}, ended(aJob, event.Done), report.Passed},
		{"a finding fails nobody", []event.Body{ok, event.Found{Finding: event.Finding{ID: "x", Status: event.Fail}}}, ended(aJob, event.Done), report.Passed},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			bodies := run(c.bodies...)
			if c.end != nil {
				bodies = append(bodies, c.end)
			}
			if v := fold(bodies...).Verdict(); v.Code != c.code {
				t.Errorf("want %d, got %q", c.code, v.Line)
			}
		})
	}
}

func TestStrictAcceptsNothing(t *testing.T) {
	absent := event.NotRun{Category: "e2e", Reason: event.Reason{Code: event.ReasonBlocked, Text: "no node"}, Accepted: "--allow-not-run e2e"}
	stub := event.JobStarted{Job: aJob, Category: "unit", Suite: "pytest", Tool: "pytest", Fidelity: event.Stub, Attempt: 1}
	tests := []struct {
		name   string
		bodies []event.Body
		strict int
		says   string
	}{
		{"nothing to accept", []event.Body{planned(aJob), started(aJob)}, report.Passed, ""},
		{"an accepted absence", []event.Body{planned(aJob), absent, started(aJob)}, report.Incomplete, "--strict: something was not run"},
		{"a stub", []event.Body{planned(aJob), stub}, report.Incomplete, "on stubs: unit"},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			for _, strict := range []bool{false, true} {
				bodies := append([]event.Body{event.RunStarted{Strict: strict}}, c.bodies...)
				v := fold(append(bodies, passed(aJob, "a.py::ok"), ended(aJob, event.Done))...).Verdict()
				want := report.Passed
				if strict {
					want = c.strict
				}
				if v.Code != want || strict && !strings.Contains(v.Line, c.says) {
					t.Errorf("strict %t: got %q, want %d", strict, v.Line, want)
				}
			}
		})
	}
}

// TestVerdictLine is the example of the design, section 6.
func TestVerdictLine(t *testing.T) {
	const j = "unit/pytest"
	bodies := []event.Body{event.RunStarted{}, event.Decided{Mode: event.Docker}, planned(j), started(j)}
	for i := range 300 {
		bodies = append(bodies, passed(j, fmt.Sprintf("a.py::p%d", i)))
	}
	for i := range 2 {
		bodies = append(bodies, finished(j, fmt.Sprintf("a.py::f%d", i), event.Failed))
	}
	for i := range 6 {
		bodies = append(bodies, finished(j, fmt.Sprintf("a.py::s%d", i), event.Skipped))
	}
	bodies = append(bodies,
		event.CollectionFailed{Job: j, Path: "b.py", Reason: "import", Message: "No module named x"},
		event.NotRun{Category: "e2e", Reason: event.Reason{Code: event.ReasonBlocked, Text: "auth unhealthy", Remedy: "runner services logs auth"}},
		ended(j, event.Done))
	s := fold(bodies...)
	s.End = s.Start.Add(41 * time.Second)
	want := "FAILED (1)  310 tests: 300 passed, 2 failed, 2 errors, 6 skipped in 41s; docker; 1 file not collected (lost: unknown); not run: e2e (auth unhealthy: runner services logs auth)"
	if v := s.Verdict(); v.Line != want || v.Word != "FAILED" {
		t.Errorf("got  %s\nwant %s", v.Line, want)
	}
}

func TestVerdictLineNamesWhatQualifiesIt(t *testing.T) {
	tests := []struct {
		name   string
		bodies []event.Body
		want   string
	}{
		{"accepted, and by whom", []event.Body{event.NotRun{Category: "e2e", Reason: event.Reason{Code: event.ReasonBlocked, Text: "no docker"}, Accepted: "--no-docker"}}, "accepted as not run: e2e (by --no-docker: no docker)"},
		{"a suite", []event.Body{event.NotRun{Category: "unit", Suite: "go", Reason: event.Reason{Code: event.ReasonBlocked, Text: "no go"}}}, "not run: unit: go (no go)"},
		{"one reason for two", []event.Body{
			event.NotRun{Category: "unit", Suite: "go", Reason: event.Reason{Code: event.ReasonBlocked, Text: "no redis"}},
			event.NotRun{Category: "e2e", Reason: event.Reason{Code: event.ReasonBlocked, Text: "no redis"}},
		}, "not run: unit: go, e2e (no redis)"},
		{"tests", []event.Body{collectedTests(aJob, "a.py::x", "a.py::y"), event.NotRun{Category: "unit", Job: aJob, Reason: event.Reason{Code: event.ReasonMaxFail, Text: "--maxfail=1"}}}, "not run: 2 tests of unit: pytest (--maxfail=1)"},
		{"many names", []event.Body{
			event.NotRun{Category: "a"}, event.NotRun{Category: "b"}, event.NotRun{Category: "c"}, event.NotRun{Category: "d"},
			event.NotRun{Category: "e"}, event.NotRun{Category: "f"}, event.NotRun{Category: "g"},
		}, "and 2 more"},
		{"leftovers", []event.Body{event.Leftovers{Names: []string{"a", "b"}}}, "left behind: a, b"},
		{"reports", []event.Body{event.ReportFailed{Path: "junit.xml", Err: "disk full"}}, "report not written: junit.xml (disk full)"},
		{"somebody else's project", []event.Body{
			event.Decided{Mode: event.Docker, Project: "chat"}, event.ServiceChanged{Service: "web", By: event.ByDocker, State: "ready"},
			event.ServiceChanged{Service: "db", By: event.ByDocker, State: "ready"}, event.ServiceChanged{Service: "auth", By: event.ByAddress, State: "ready"},
		}, "; docker; by address: auth; on compose project chat: db, web"},
		{"control characters", []event.Body{event.NotRun{Category: "e2e", Reason: event.Reason{Text: "a\x1b[31m\nb"}}}, `not run: e2e (a\x1b[31m b)`},
		{"the dead", []event.Body{event.Stopping{Why: "runner-died"}}, "runner was killed"},
		{"the deadline", []event.Body{event.Stopping{Why: "deadline"}}, "the deadline passed"},
		{"lost tests that were named", []event.Body{collectedTests(aJob, "b.py::x"), event.CollectionFailed{Job: aJob, Path: "b.py"}}, "1 file not collected (lost: 1 or more)"},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			v := fold(append(run(c.bodies...), passed(aJob, "a.py::ok"), ended(aJob, event.Done))...).Verdict()
			if !strings.Contains(v.Line, c.want) {
				t.Errorf("%q does not say %q", v.Line, c.want)
			}
			if strings.ContainsAny(v.Line, "\n\r\x1b") {
				t.Errorf("%q is no plain line", v.Line)
			}
		})
	}
	crash := fold(append(run(), event.JobFinished{Job: aJob, Cause: event.Crashed, Signal: "SIGSEGV"})...).Verdict()
	if want := "unit: pytest: the tool crashed (SIGSEGV)"; !strings.Contains(crash.Line, want) {
		t.Errorf("%q does not say %q", crash.Line, want)
	}
}

func TestExitCodesAreTheDesigns(t *testing.T) {
	var got []string
	for _, c := range report.ExitCodes() {
		got = append(got, fmt.Sprintf("%d %s", c.Code, c.Word))
		if c.Means == "" {
			t.Errorf("%d means nothing", c.Code)
		}
	}
	want := "0 PASSED, 1 FAILED, 2 USAGE, 3 BROKEN, 4 EMPTY, 5 INCOMPLETE, 6 INVALID, 70 BUG, 124 TIMEOUT, 130 INTERRUPTED, 143 INTERRUPTED"
	if strings.Join(got, ", ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), want)
	}
}

func TestDurationReadsWell(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0.0s", 0: "0.0s", 340 * time.Millisecond: "0.3s", 9949 * time.Millisecond: "9.9s", 9960 * time.Millisecond: "10s",
		41 * time.Second: "41s", 59400 * time.Millisecond: "59s", 59600 * time.Millisecond: "1m00s", 123 * time.Second: "2m03s",
		time.Hour - time.Millisecond: "1h00m", 62 * time.Minute: "1h02m", 26 * time.Hour: "26h00m",
	} {
		if got := report.Duration(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
