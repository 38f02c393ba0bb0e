package terminal

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"testrunner/report"
	"testrunner/report/event"
)

// broken is a run in which everything that can go wrong went wrong.
func broken() report.Summary {
	return report.Summary{
		Categories: []report.Category{
			{Name: "unit", Suites: []report.Suite{
				{Name: "go:.", Tool: "go", Cases: []report.Case{
					{Test: event.Test{ID: "pkg/store/store_test.go::TestPut/empty_key", Line: 41}, Outcome: event.Failed, Elapsed: 410 * time.Millisecond,
						Trouble: &report.Trouble{Message: "got <nil>, want an error that names the key, and tells what a key may be made of, so that the reader can mend it",
							Output:  "=== RUN   TestPut/empty_key\n    store_test.go:41: got <nil>\n\x1b[31mred\x1b[0m \x1b]0;title\a::error::no\n--- FAIL: TestPut/empty_key (0.41s)\n",
							Command: "runner pkg/store/store_test.go::TestPut/empty_key"}},
					{Test: event.Test{ID: "pkg/store/store_test.go::TestSlow"}, Outcome: event.Errored, Elapsed: 61 * time.Second,
						Trouble: &report.Trouble{Type: string(event.NotFinishedType), Message: "it started and never ended: the test binary was killed by SIGSEGV",
							Command: "runner pkg/store/store_test.go::TestSlow"}},
					{Test: event.Test{ID: "pkg/store/store_test.go::TestNext"}, Outcome: event.NotRan,
						Trouble: &report.Trouble{Reason: event.Reason{Code: event.ReasonCrashed, Text: "go test crashed before it"}}},
					{Test: event.Test{ID: "pkg/store/store_test.go::TestThen"}, Outcome: event.NotRan,
						Trouble: &report.Trouble{Reason: event.Reason{Code: event.ReasonCrashed, Text: "go test crashed before it"}}},
				}},
				{Name: "pytest:py", Tool: "pytest",
					Cases: []report.Case{
						{Test: event.Test{ID: "py/tests/test_名前.py::test_with a 'quote' and 👩‍👩‍👧", File: "py/tests/test_名前.py", Line: 12}, Outcome: event.Failed,
							Trouble: &report.Trouble{Type: "AssertionError", Message: "assert 3 == 4", Detail: traceback(40),
								Output:  strings.Repeat("0123456789", 100) + "\nsecond line\n",
								Command: `runner "py/tests/test_名前.py::test_with a 'quote' and 👩‍👩‍👧"`}},
						{Test: event.Test{ID: "py/tests/test_slow.py::test_wait"}, Outcome: event.Passed, Elapsed: 125 * time.Second, Trouble: &report.Trouble{}},
						{Test: event.Test{ID: "py/tests/test_slow.py::test_quick"}, Outcome: event.Passed, Elapsed: 900 * time.Millisecond, Trouble: &report.Trouble{}},
					},
					Collection: []report.Broken{
						{CollectionFailed: event.CollectionFailed{Path: "py/tests/test_bad.py", Line: 3, Column: 7, Reason: "syntax",
							Message: "SyntaxError: invalid syntax",
							Detail:  "  File \"py/tests/test_bad.py\", line 3\n    def f(:\n          ^\nSyntaxError: invalid syntax\n"},
							Rerun: "runner py/tests/test_bad.py"},
						{CollectionFailed: event.CollectionFailed{Path: "py/tests/sub/conftest.py", Reason: "conftest",
							Message: "ModuleNotFoundError: No module named 'requests'"}, Rerun: "runner py/tests/sub"},
					}},
			}},
			{Name: "integration", Suites: []report.Suite{
				{Name: "node:web", Tool: "node", NotRun: &event.NotRun{Category: "integration", Suite: "node:web",
					Reason: event.Reason{Code: event.ReasonBlocked, Text: "web/ has no node_modules", Remedy: "npm ci --prefix web"}}},
			}},
			{Name: "e2e", Accepted: "--allow-not-run", NotRun: &event.NotRun{Category: "e2e", Accepted: "--allow-not-run",
				Reason: event.Reason{Code: event.ReasonBlocked, Text: "playwright has no adapter yet"}}},
		},
		Jobs: []report.Job{
			{Started: event.JobStarted{Job: "unit/go:."}, Stderr: "SIGSEGV: segmentation violation\npc=0x0\n",
				Finished: &event.JobFinished{Exit: -1, Signal: "SIGSEGV", Cause: event.Crashed, Problem: "the test binary was killed"}},
			{Started: event.JobStarted{Job: "unit/pytest:py"}, Finished: &event.JobFinished{Cause: event.Done}},
		},
		Leftovers: []string{"process 812 (sleep 1000)"},
		Failures:  []event.ReportFailed{{Path: "/elsewhere/junit.xml", Err: "no space left on device"}},
	}
}

func traceback(lines int) string {
	var b strings.Builder
	for i := range lines {
		fmt.Fprintf(&b, "py/tests/helpers.py:%d: in step_%d\n", 10+i, i)
	}
	return b.String() + "E       assert 3 == 4\n"
}

func normalRun() report.Summary {
	return report.Summary{Categories: []report.Category{{Name: "unit", Suites: []report.Suite{{Name: "go:.", Cases: []report.Case{
		{Test: event.Test{ID: "a/a_test.go::TestFast"}, Outcome: event.Passed, Elapsed: time.Millisecond, Trouble: &report.Trouble{}},
		{Test: event.Test{ID: "a/a_test.go::TestTree"}, Outcome: event.Passed, Elapsed: 4100 * time.Millisecond, Trouble: &report.Trouble{}},
		{Test: event.Test{ID: "a/a_test.go::TestTree/deep"}, Outcome: event.Passed, Elapsed: 4000 * time.Millisecond, Trouble: &report.Trouble{}},
		{Test: event.Test{ID: "a/a_test.go::TestLinux"}, Outcome: event.Skipped, Trouble: &report.Trouble{Message: "needs windows"}},
	}}}}}}
}

// flood is 10,000 failures of three kinds, 562 files that do not parse, and 5,000 tests that did not run.
func flood() report.Summary {
	suite := report.Suite{Name: "pytest:py"}
	for i := range 10_000 {
		k := report.Case{Test: event.Test{ID: fmt.Sprintf("py/test_%04d.py::test_x", i), Line: 7}, Outcome: event.Failed, Trouble: &report.Trouble{Type: "ConnectionError",
			Message: fmt.Sprintf("connection to 127.0.0.1:%d refused", 30000+i), Detail: traceback(3),
			Command: fmt.Sprintf("runner py/test_%04d.py::test_x", i)}}
		switch {
		case i%100 == 1:
			k.Type, k.Message, k.Detail = "KeyError", "'user'", ""
		case i%2500 == 2:
			k.Type, k.Message, k.Detail = "ValueError", fmt.Sprintf("case %s", strings.Repeat("x", 1+i/2500)), ""
		}
		suite.Cases = append(suite.Cases, k)
	}
	for i := range 5000 {
		suite.Cases = append(suite.Cases, report.Case{Test: event.Test{ID: fmt.Sprintf("py/test_z%04d.py::test_x", i)}, Outcome: event.NotRan,
			Trouble: &report.Trouble{Reason: event.Reason{Code: event.ReasonFailFast, Text: "an earlier failure ended the run"}}})
	}
	for i := range 562 {
		suite.Collection = append(suite.Collection, report.Broken{CollectionFailed: event.CollectionFailed{
			Path: fmt.Sprintf("py/test_b%03d.py", i), Line: 1, Message: fmt.Sprintf("ModuleNotFoundError: No module named 'lib%c'", 'a'+i%20)},
			Rerun: fmt.Sprintf("runner py/test_b%03d.py", i)})
	}
	return report.Summary{Categories: []report.Category{{Name: "unit", Suites: []report.Suite{suite}}}}
}

func TestClosing(t *testing.T) {
	passed := report.Verdict{Word: "PASSED", Line: "PASSED (0)  4 tests: 3 passed, 0 failed, 0 errors, 1 skipped in 4.2s; no-docker"}
	empty := report.Verdict{Word: "EMPTY", Code: 4, Line: "EMPTY (4)  0 tests: 0 passed, 0 failed, 0 errors, 0 skipped in 0.1s; no-docker; no test was executed"}
	for _, c := range []struct {
		name    string
		summary report.Summary
		verdict report.Verdict
	}{
		{"normal", normalRun(), passed},
		{"broken", broken(), failedVerdict},
		{"flood", flood(), failedVerdict},
		{"empty", report.Summary{}, empty},
	} {
		for _, m := range []struct {
			name string
			opts Options
		}{
			{"80", Options{IsTerminal: true, Width: fixed(80)}},
			{"plain", Options{}},
			{"quiet", Options{Quiet: true}},
			{"colour", Options{IsTerminal: true, Width: fixed(80), Colour: true}},
		} {
			if c.name == "flood" && m.name != "80" {
				continue
			}
			t.Run(c.name+"-"+m.name, func(t *testing.T) {
				var out bytes.Buffer
				m.opts.Out, m.opts.Reports = &out, reports
				if err := untimed(m.opts).Close(c.summary, c.verdict); err != nil {
					t.Fatal(err)
				}
				got := out.String()
				if m.opts.Colour {
					got = strings.ReplaceAll(got, "\x1b", "^")
				} else if got = strings.ReplaceAll(got, eraseLine, ""); strings.ContainsRune(got, '\x1b') {
					t.Error("an escape code that is not ours")
				}
				golden(t, "closing-"+c.name+"-"+m.name+".txt", got)
			})
		}
	}
}

// 10,000 failures are a page or two, and the verdict is in sight.
func TestFloodStaysReadable(t *testing.T) {
	var out bytes.Buffer
	if err := untimed(Options{Out: &out, IsTerminal: true, Width: fixed(80), Reports: reports}).Close(flood(), failedVerdict); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "\n"); n > 250 {
		t.Errorf("%d lines", n)
	}
	for _, want := range []string{"10000 tests failed", "562 files could not be collected", "5000 tests of unit: pytest:py", reports.JUnit} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not there", want)
		}
	}
}

func TestOrderOfTheEnd(t *testing.T) {
	var out bytes.Buffer
	if err := untimed(Options{Out: &out, Reports: reports}).Close(broken(), failedVerdict); err != nil {
		t.Fatal(err)
	}
	at := -1
	for _, section := range []string{"2 files could not be collected", "3 tests failed", "1 job did not end well", "Did not run",
		"Slowest", "1 thing left behind", "1 report could not be written", "Reports", failedVerdict.Line} {
		i := strings.Index(out.String(), section)
		if i <= at {
			t.Errorf("%q stands at %d, behind what should follow it", section, i)
		}
		at = i
	}
}

// Whatever happened, the end has no control character of a stranger, and the verdict of the ledger is its last line.
func TestAnyRunEndsWithItsVerdict(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var out bytes.Buffer
		ledger := report.NewLedger()
		for i, b := range rapid.SliceOfN(anyBody(), 1, 40).Draw(t, "bodies") {
			if err := ledger.Handle(event.Event{Seq: int64(i + 1), Body: b}); err != nil {
				t.Fatal(err)
			}
		}
		s := ledger.Summary()
		opts := Options{Out: &out, Quiet: rapid.Bool().Draw(t, "quiet"), IsTerminal: rapid.Bool().Draw(t, "terminal"), Width: fixed(rapid.IntRange(1, 120).Draw(t, "width"))}
		if err := untimed(opts).Close(s, s.Verdict()); err != nil {
			t.Fatal(err)
		}
		shown := withoutCodes(t, out.String())
		lines := strings.Split(strings.TrimSuffix(shown, "\n"), "\n")
		if got := lines[len(lines)-1]; !strings.HasPrefix(got, s.Verdict().Word) {
			t.Fatalf("the last line is %q", got)
		}
	})
}
