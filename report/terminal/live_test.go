package terminal

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"testrunner/report"
	"testrunner/report/event"
)

// opening is the beginning of a small run.
func opening() []event.Body {
	return []event.Body{
		event.RunStarted{Version: 1, Run: "r1", Scope: "svc"},
		event.Found{Finding: event.Finding{ID: "git.version", Status: event.OK, Detail: "not shown"}},
		event.Found{Finding: event.Finding{ID: "tool.jest.no-adapter", Status: event.Warn,
			Detail: "web/ uses jest, which runner cannot run yet"}},
		event.Found{Finding: event.Finding{ID: "tool.pytest.missing", Status: event.Fail,
			Detail: "no Python on PATH has pytest", Remedy: "apt-get install python3-pytest"}},
		event.Decided{Asked: "auto", Mode: event.NoDocker,
			Why: []string{"nothing that was selected needs a service, so Docker was not looked at"}},
		event.Planned{Deselected: 3, Categories: []event.PlannedCategory{
			{Name: "unit", Suites: []string{"go:.", "pytest:py"}, Jobs: 2},
			{Name: "e2e", Suites: []string{"node:web"}, Jobs: 1},
		}},
	}
}

// middle is what happens between the first job and the last.
func middle() []event.Body {
	const goJob, pyJob = "unit/go:.", "unit/pytest:py"
	return []event.Body{
		event.JobStarted{Job: goJob, Category: "unit", Suite: "go:.", Tool: "go", Argv: []string{"go", "test", "-json", "./..."}, Dir: ".", Attempt: 1},
		event.JobStarted{Job: pyJob, Category: "unit", Suite: "pytest:py", Tool: "pytest", Argv: []string{"python3", "-m", "pytest"}, Dir: "py", Attempt: 1},
		event.TestsCollected{Job: goJob, Tests: tests("a/a_test.go::TestA", "a/a_test.go::TestB", "a/a_test.go::TestC")},
		event.TestStarted{Job: goJob, Test: test("a/a_test.go::TestA")},
		event.TestFinished{Job: goJob, Test: test("a/a_test.go::TestA"), Outcome: event.Passed, Micros: 12000},
		event.TestStarted{Job: goJob, Test: test("a/a_test.go::TestB")},
		event.TestFinished{Job: goJob, Test: test("a/a_test.go::TestB"), Outcome: event.Failed, Micros: 1500, Message: "got \x1b[31m3\x1b[0m, want 4"},
		event.CollectionFailed{Job: pyJob, Path: "py/test_bad.py", Line: 3, Column: 7, Reason: "syntax", Message: "SyntaxError: invalid syntax"},
		event.CollectionFailed{Job: pyJob, Path: "py/test_bad.py", Line: 3, Column: 7, Reason: "syntax", Message: "SyntaxError: invalid syntax"},
		event.TestFinished{Job: pyJob, Test: test("py/test_ok.py::test_one"), Outcome: event.Skipped, Message: "needs linux"},
		event.JobOutput{Job: pyJob, Stream: "stderr", Text: "warning: \x1b]0;title\adeprecated\n::error::not a command\n"},
		event.Noted{Level: "info", Text: "3 cores for 2 jobs"},
		event.Noted{Level: "warn", Text: "::warning::the cache is cold ##[error]x"},
		event.TestStarted{Job: goJob, Test: test("a/a_test.go::TestC")},
	}
}

func ending() []event.Body {
	const goJob, pyJob = "unit/go:.", "unit/pytest:py"
	return []event.Body{
		event.JobStalled{Job: goJob, Why: "stall", IdleMS: 60000, Tests: []string{"a/a_test.go::TestC"}, Tail: "waiting for lock\n",
			Tree: []string{"812 go test", "  815 a.test"}, Stacks: strings.Repeat("goroutine 1 [chan receive]:\n", 40)},
		event.JobFinished{Job: goJob, Exit: -1, Signal: "SIGKILL", Cause: event.Crashed, Problem: "the test binary was killed", Micros: 65_000_000,
			Orphans: []string{"820 sleep 1000"}},
		event.Stopping{Why: "fail-fast"},
		event.JobFinished{Job: pyJob, Exit: 2, Cause: event.Done, Again: true, Micros: 900_000},
		event.JobStarted{Job: pyJob, Category: "unit", Suite: "pytest:py", Tool: "pytest", Dir: "py", Attempt: 2},
		event.TestFinished{Job: pyJob, Test: test("py/test_ok.py::test_two"), Outcome: event.Passed, Note: "passed, though marked to fail"},
		event.JobFinished{Job: pyJob, Exit: 0, Cause: event.Done, Micros: 1_200_000},
		event.Logged{Text: "not shown"},
		event.Leftovers{},
		event.RunFinished{Word: "FAILED", Code: 1, Line: "not shown here: Close has it"},
	}
}

var failedVerdict = report.Verdict{Word: "FAILED", Code: 1, Line: "FAILED (1)  4 tests: 1 passed, 1 failed in 66s; no-docker"}

func TestPlain(t *testing.T) {
	for _, c := range []struct {
		file string
		opts Options
	}{
		{"plain.txt", Options{}},
		{"plain-ci.txt", Options{CI: true, IsTerminal: true, Colour: true}},
		{"plain-verbose.txt", Options{Verbose: true}},
		{"plain-quiet.txt", Options{Quiet: true}},
		{"plain-foreground.txt", Options{Foreground: true}},
	} {
		t.Run(c.file, func(t *testing.T) {
			var out bytes.Buffer
			clock := newClock()
			c.opts.Out, c.opts.Now, c.opts.Reports = &out, clock.Now, reports
			sink := untimed(c.opts)
			show(t, sink, opening()...)
			show(t, sink, middle()...)
			for range 65 { // two heartbeats fit
				clock.advance(time.Second)
				sink.tick()
			}
			show(t, sink, ending()...)
			if err := sink.Close(report.Summary{}, failedVerdict); err != nil {
				t.Fatal(err)
			}
			if strings.ContainsRune(out.String(), '\x1b') {
				t.Error("an escape code in plain lines")
			}
			if !strings.HasSuffix(out.String(), "\n"+failedVerdict.Line+"\n") {
				t.Error("the verdict is not the last line")
			}
			golden(t, c.file, out.String())
		})
	}
}

func TestRows(t *testing.T) {
	for _, width := range []int{20, 40, 80, 120} {
		var out bytes.Buffer
		clock := newClock()
		sink := untimed(Options{Out: &out, IsTerminal: true, Width: fixed(width), Now: clock.Now})
		show(t, sink, middle()...)
		clock.advance(75 * time.Second)
		var got strings.Builder
		for _, r := range sink.screen.lay(sink.view.rows(width), width) {
			got.WriteString(r.text + "\n")
		}
		golden(t, "rows-"+map[int]string{20: "20", 40: "40", 80: "80", 120: "120"}[width]+".txt", got.String())
	}
}

func TestManyJobsStayFewRows(t *testing.T) {
	sink := untimed(Options{Out: &bytes.Buffer{}, IsTerminal: true})
	for i := range 40 {
		show(t, sink, event.JobStarted{Job: strings.Repeat("j", i+1)})
	}
	rows := sink.view.rows(80)
	if len(rows) != maxRows {
		t.Fatalf("%d rows, want %d", len(rows), maxRows)
	}
	if got := rows[maxRows-1].String(); got != "and 33 more running jobs" {
		t.Errorf("last row %q", got)
	}
}

func TestFloodOfFailuresIsShownOnce(t *testing.T) {
	var out bytes.Buffer
	sink := untimed(Options{Out: &out})
	for i := range 10_000 {
		show(t, sink, event.TestFinished{Job: "j", Test: test("a::" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + time.Duration(i).String()), Outcome: event.Failed})
	}
	if n := strings.Count(out.String(), "\n"); n > maxLive+2 {
		t.Errorf("%d lines", n)
	}
	if !strings.Contains(out.String(), "further problems are counted") {
		t.Error("it is not said that there are more")
	}
}

// A frame that shows the same as the one before is not written.
func TestUnchangedFrameIsNotWritten(t *testing.T) {
	var out bytes.Buffer
	clock := newClock()
	sink := untimed(Options{Out: &out, IsTerminal: true, Now: clock.Now})
	show(t, sink, event.JobStarted{Job: "unit/go:."})
	sink.tick()
	before := out.Len()
	clock.advance(300 * time.Millisecond)
	sink.tick()
	if out.Len() != before {
		t.Error("written again")
	}
	clock.advance(time.Second)
	sink.tick()
	if out.Len() == before {
		t.Error("the elapsed time does not move")
	}
}

// What the decision keeps from running is not among what runs; why, says the end.
func TestOnlyWhatRunsIsSaidToRun(t *testing.T) {
	planned := event.Planned{Categories: []event.PlannedCategory{
		{Name: "unit", Suites: []string{"go", "node"}, Jobs: 1}, {Name: "e2e", Suites: []string{"web"}},
	}}
	for want, refused := range map[string][]string{
		"runs unit (go, node), e2e (web)\n": nil,
		"runs unit (go)\n":                  {"unit/node", "e2e/web"},
		"runs nothing\n":                    {"unit/go", "unit/node", "e2e/web"},
	} {
		var out bytes.Buffer
		decided := event.Decided{Mode: event.NoDocker}
		for _, r := range refused {
			category, suite, _ := strings.Cut(r, "/")
			decided.Admissions = append(decided.Admissions, event.Admission{Category: category, Suite: suite})
		}
		show(t, untimed(Options{Out: &out}), decided, planned)
		if got := strings.TrimPrefix(out.String(), "mode no-docker\n"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestQuietDrawsNothing(t *testing.T) {
	var out bytes.Buffer
	sink := untimed(Options{Out: &out, IsTerminal: true, Quiet: true})
	show(t, sink, event.JobStarted{Job: "unit/go:."}, event.TestFinished{Job: "unit/go:.", Test: test("a::b"), Outcome: event.Failed})
	sink.tick()
	if out.Len() != 0 {
		t.Errorf("%q", out.String())
	}
}

func TestPauseTakesTheRowsAway(t *testing.T) {
	var out bytes.Buffer
	sink := untimed(Options{Out: &out, IsTerminal: true})
	show(t, sink, event.JobStarted{Job: "unit/go:."})
	sink.tick()
	out.Reset()
	sink.Pause()
	if got := out.String(); got != "\r"+upOne+wipeLine+eraseBelow {
		t.Errorf("pause wrote %q", got)
	}
	out.Reset()
	sink.tick()
	if out.Len() != 0 {
		t.Errorf("drawn while paused: %q", out.String())
	}
	sink.Resume()
	sink.tick()
	if got := out.String(); strings.Contains(got, "A") && strings.HasPrefix(got, "\r\x1b[") {
		t.Errorf("moved up over what a stranger wrote: %q", got)
	}
}

type brokenPipe struct{}

var errPipe = errors.New("broken pipe")

func (brokenPipe) Write([]byte) (int, error) { return 0, errPipe }

func TestWriteErrorIsTold(t *testing.T) {
	sink := untimed(Options{Out: brokenPipe{}})
	err := sink.Handle(event.Event{Body: event.JobStarted{Job: "j"}})
	if !errors.Is(err, errPipe) {
		t.Errorf("Handle: %v", err)
	}
	if err := sink.Close(report.Summary{}, failedVerdict); !errors.Is(err, errPipe) {
		t.Errorf("Close: %v", err)
	}
}

// The redrawing goroutine ends with Close, also when others still send.
func TestCloseEndsTheRedrawing(t *testing.T) {
	var out bytes.Buffer
	sink := New(Options{Out: &out, IsTerminal: true})
	var senders sync.WaitGroup
	for range 4 {
		senders.Go(func() {
			for _, b := range middle() {
				if err := sink.Handle(event.Event{Body: b}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	senders.Wait()
	for range 2 {
		if err := sink.Close(report.Summary{}, failedVerdict); err != nil {
			t.Fatal(err)
		}
	}
	show(t, sink, event.JobStarted{Job: "late"})
	if got := strings.Count(out.String(), failedVerdict.Line); got != 1 {
		t.Errorf("the verdict stands there %d times", got)
	}
	select {
	case <-sink.stopped:
	default:
		t.Error("the goroutine still runs")
	}
}
