package report_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"testrunner/report"
	"testrunner/report/event"
)

func write(t *testing.T, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "events.jsonl")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestEventsFileIsWrittenLive(t *testing.T) {
	path := write(t, []byte("of an earlier run\n"))
	synctest.Test(t, func(t *testing.T) {
		j, err := report.CreateJSONL(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := read(t, path); got != "" {
			t.Errorf("the file is not fresh: %q", got)
		}
		events := stream(started(aJob), passed(aJob, "a.py::a"), passed(aJob, "a.py::b"), ended(aJob, event.Done))
		want := strings.SplitAfter(string(lines(t, events)), "\n")
		handle := func(i int) {
			if err := j.Handle(events[i]); err != nil {
				t.Fatal(err)
			}
		}
		handle(0)
		if got := read(t, path); got != want[0] {
			t.Errorf("after a rare event: %q", got)
		}
		handle(1)
		time.Sleep(101 * time.Millisecond) // of synctest's clock
		synctest.Wait()
		if got := read(t, path); got != want[0]+want[1] {
			t.Errorf("100 ms after a frequent one: %q", got)
		}
		handle(2)
		handle(3)
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		if got := read(t, path); got != strings.Join(want, "") {
			t.Errorf("at the end: %q", got)
		}
	})
}

func TestEventThatIsTooLongIsAnErrorOfItsSink(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.jsonl")
	j, err := report.CreateJSONL(path)
	if err != nil {
		t.Fatal(err)
	}
	long := event.Event{Seq: 1, Body: event.Logged{Text: strings.Repeat("x", event.MaxLine)}}
	if err := j.Handle(long); err == nil || !strings.Contains(err.Error(), "event 1 (logged)") {
		t.Errorf("%v", err)
	}
	if err := j.Close(); err != nil || read(t, path) != "" {
		t.Errorf("%v, and the file has %d bytes", err, len(read(t, path)))
	}
}

func TestReadStreamLeavesOutATornLastLineAlone(t *testing.T) {
	events := stream(started(aJob), passed(aJob, "a.py::a"), ended(aJob, event.Done))
	text := lines(t, events)
	first := bytes.IndexByte(text, '\n') + 1
	second := first + bytes.IndexByte(text[first:], '\n') + 1
	tests := []struct {
		name string
		text string
		n    int
		err  string
	}{
		{"whole", string(text), 3, ""},
		{"without its last newline", string(text[:len(text)-1]), 3, ""},
		{"torn", string(text[:len(text)-9]), 2, ""},
		{"torn to one byte", string(text[:second+1]), 2, ""},
		{"torn, with zeros of a dead disk", string(text[:second]) + "{\"seq\":3\x00\x00\n", 2, ""},
		{"empty", "", 0, ""},
		{"torn in the middle", string(text[:first-9]) + "\n" + string(text[first:]), 0, "line 1: torn"},
		{"an empty line in the middle", string(text[:first]) + "\n" + string(text[first:]), 1, "line 2: torn"},
		{"an unknown kind", string(text[:first]) + `{"seq":2,"at":"2026-11-22T00:31:55Z","kind":"party"}` + "\n", 1, `line 2: read event: unknown kind "party"`},
		{"a line without end", strings.Repeat("x", event.MaxLine+2), 0, "line 1: longer than"},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			n := 0
			err := report.ReadStream(strings.NewReader(c.text), func(event.Event) error { n++; return nil })
			if n != c.n || c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("%d events and %v, want %d and %q", n, err, c.n, c.err)
			}
		})
	}
	stop := errors.New("enough")
	if err := report.ReadStream(bytes.NewReader(text), func(event.Event) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}

// TestReadStreamAtTheEdgesOfItsBuffer has lines that end exactly where the reader's buffer does.
func TestReadStreamAtTheEdgesOfItsBuffer(t *testing.T) {
	const length, count = 1024, 200
	var text []byte
	for i := range count {
		e := event.Event{Seq: int64(1000 + i), Body: event.Logged{}}
		bare, err := event.Append(nil, e)
		if err != nil {
			t.Fatal(err)
		}
		e.Body = event.Logged{Text: strings.Repeat("x", length-1-len(bare))}
		text = append(append(text, lines(t, []event.Event{e})[:length-1]...), '\n')
	}
	next := int64(1000)
	err := report.ReadStream(bytes.NewReader(text), func(e event.Event) error {
		if e.Seq != next {
			return fmt.Errorf("event %d comes where %d should", e.Seq, next)
		}
		next++
		return nil
	})
	if err != nil || next != 1000+count {
		t.Errorf("%v, read up to %d", err, next)
	}
}

func TestRenderRefusesWhatItCannotRead(t *testing.T) {
	if _, err := report.Render(strings.NewReader("")); err == nil {
		t.Error("an empty stream became a summary")
	}
	newer := lines(t, stream(event.RunStarted{Version: event.Version + 1, Runner: "9.9"}))
	if _, err := report.Render(bytes.NewReader(newer)); err == nil || !strings.Contains(err.Error(), "runner 9.9 or newer") {
		t.Errorf("%v", err)
	}
}

func TestFinishDead(t *testing.T) {
	events := stream(event.RunStarted{Version: 1}, planned(aJob, "e2e/node"), started(aJob), passed(aJob, "a.py::a"), event.TestStarted{Job: aJob, Test: test("a.py::b")})
	text := lines(t, events)
	for _, c := range []struct {
		name string
		torn string
	}{{"between lines", ""}, {"in a line", `{"seq":6,"at":"2026`}} {
		t.Run(c.name, func(t *testing.T) {
			path := write(t, append(bytes.Clone(text), c.torn...))
			s, err := report.FinishDead(path)
			if err != nil {
				t.Fatal(err)
			}
			if want := (report.Counts{Passed: 1, Errored: 1, Blocked: 1}); s.Counts != want {
				t.Errorf("counts are %+v, want %+v", s.Counts, want)
			}
			if v := s.Verdict(); v.Code != report.Failed || !strings.Contains(v.Line, "runner was killed") {
				t.Errorf("%+v", v)
			}
			if n := s.Categories[1].NotRun; n == nil || !strings.Contains(n.Reason.Text, "killed") {
				t.Errorf("e2e says %+v", n)
			}
			after := read(t, path)
			if !strings.HasPrefix(after, string(text)) {
				t.Errorf("what was there has changed:\n%s", after)
			}
			var kinds []string
			if err := report.ReadStream(strings.NewReader(after), func(e event.Event) error {
				if e.Seq != int64(len(kinds)+1) {
					t.Errorf("event %d has seq %d", len(kinds)+1, e.Seq)
				}
				kinds = append(kinds, e.Body.Kind())
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(kinds[5:], " "); got != "stopping run-finished" {
				t.Errorf("appended %q", got)
			}
			again, err := report.FinishDead(path)
			if err != nil || dump(t, again) != dump(t, s) || read(t, path) != after {
				t.Errorf("a second time changes it: %v", err)
			}
		})
	}
	t.Run("nothing there", func(t *testing.T) {
		if _, err := report.FinishDead(write(t, []byte(`{"seq":1,"a`))); err == nil {
			t.Error("a stream of nothing was finished")
		}
		if _, err := report.FinishDead(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%v", err)
		}
	})
}

// everything is one event of each kind, with texts that could break a line.
func everything() []event.Body {
	k := event.Test{ID: "a.py::TestA::b", Name: "b", Class: "a.TestA", File: "a.py", Line: 3}
	return []event.Body{
		event.RunStarted{Version: 1, Run: "20261122-003155-aaaa", Runner: "0.1", Args: []string{"-c", "unit", "it's"}, Root: "/src", Host: "ci-1", OS: "linux/amd64", Pid: 7},
		event.Found{Finding: event.Finding{ID: "tool.node.not-installed", Status: event.Fail, Detail: "no node_modules in web", Remedy: "npm ci --prefix web"}},
		event.Decided{Asked: "auto", Mode: event.NoDocker, Why: []string{"nothing that was selected needs a service"}, Admissions: []event.Admission{{Category: "e2e", Suite: "node", Reason: event.Reason{Code: event.ReasonBlocked, Text: "no node_modules in web"}}}},
		event.Planned{Categories: []event.PlannedCategory{{Name: "unit", Suites: []string{"pytest", "go"}, Jobs: 2}, {Name: "e2e", Suites: []string{"node"}}, {Name: "mission-critical", Critical: true, Accepted: "--allow-not-run mission-critical", Suites: []string{"pytest"}}}, Deselected: 1},
		event.NotRun{Category: "e2e", Reason: event.Reason{Code: event.ReasonBlocked, Text: "no node_modules in web", Remedy: "npm ci --prefix web", Finding: "tool.node.not-installed"}},
		event.NotRun{Category: "mission-critical", Reason: event.Reason{Code: event.ReasonBlocked, Text: "no pytest", Remedy: "pip install pytest"}, Accepted: "--allow-not-run mission-critical"},
		event.JobStarted{Job: "unit/pytest", Category: "unit", Suite: "pytest", Tool: "pytest", Fidelity: event.Real, Argv: []string{"python3", "-m", "pytest"}, Dir: ".", Share: 1, Attempt: 1},
		event.TestsCollected{Job: "unit/pytest", Tests: []event.Test{k, test("a.py::fails"), test("a.py::hangs"), test("a.py::left"), test("a.py::skips")}},
		event.TestsDeselected{Job: "unit/pytest", Count: 2},
		event.TestStarted{Job: "unit/pytest", Test: k},
		event.TestFinished{Job: "unit/pytest", Test: k, Outcome: event.Passed, Micros: 1500, Note: "passed, though marked to fail"},
		event.TestFinished{Job: "unit/pytest", Test: event.Test{ID: "a.py::fails", Class: "a", Line: 9}, Outcome: event.Failed, Micros: 2500, Type: "AssertionError", Message: "assert 1 == 2", Detail: "def fails():\n>   assert 1 == 2\nE   assert 1 == 2", Output: "\x1b[31mred\x1b[0m <b>&\x00 ]]> \x1b]0;title\a done\n"},
		event.TestFinished{Job: "unit/pytest", Test: event.Test{ID: "a.py::skips", Class: "a"}, Outcome: event.Skipped, Message: "not on this system"},
		event.CollectionFailed{Job: "unit/pytest", Path: "pkg/test_b.py", Line: 4, Column: 2, Class: "pkg.test_b", Reason: "import", Message: "ModuleNotFoundError: No module named 'x'", Detail: "pkg/test_b.py:4: in <module>\n    import x"},
		event.TestStarted{Job: "unit/pytest", Test: event.Test{ID: "a.py::hangs", Class: "a"}},
		event.JobStalled{Job: "unit/pytest", Why: "stall", IdleMS: 60000, Tests: []string{"a.py::hangs"}, Tail: "waiting", Tree: []string{"7 python3", "  8 sh"}, Stacks: "File a.py, line 20"},
		event.TestOutput{Job: "unit/pytest", Test: "a.py::hangs", Text: "so far"},
		event.JobOutput{Job: "unit/pytest", Stream: "stderr", Text: "warning: old\n"},
		event.JobFinished{Job: "unit/pytest", Exit: -1, Signal: "SIGABRT", Cause: event.Crashed, Problem: "Fatal Python error: Aborted", Detail: "Fatal Python error: Aborted", Micros: 61000000, Orphans: []string{"9 sleep"}, MaxRSSKB: 2048},
		event.JobStarted{Job: "unit/go", Category: "unit", Suite: "go", Tool: "go", Fidelity: event.Real, Argv: []string{"go", "test"}, Dir: ".", Share: 1, Attempt: 1},
		event.TestFinished{Job: "unit/go", Test: event.Test{ID: "x_test.go::TestX/a b", Class: "example.com/x"}, Outcome: event.Passed, Micros: 10},
		event.TestFinished{Job: "unit/go", Test: event.Test{ID: "x_test.go::TestX/a b [2]", Name: "TestX/a b", Class: "example.com/x"}, Outcome: event.Passed, Micros: 20},
		event.TestFinished{Job: "unit/go", Test: event.Test{ID: `x_test.go::Test/nul\x00`, Name: "Test/nul\x00", Class: "example.com/x"}, Outcome: event.Passed},
		event.JobFinished{Job: "unit/go", Cause: event.Done, Micros: 300000},
		event.ServiceChanged{Service: "redis", By: event.ByLocal, Fidelity: event.Real, State: "ready", Address: "redis://127.0.0.1:38111", MS: 42, Probes: 4, LagMS: 20, Last: "PING"},
		event.ServiceChanged{Service: "auth", By: event.ByDocker, Fidelity: event.Real, State: "failed", Message: "ended with 1", Log: []string{"panic: no key", "goroutine 1"}},
		event.ServiceLost{Service: "redis", From: time.Date(2026, 11, 22, 0, 31, 55, 0, time.UTC), To: time.Date(2026, 11, 22, 0, 31, 56, 0, time.UTC), Detail: "ended by SIGKILL"},
		event.Noted{Level: "warn", Text: "two lines\nin one"},
		event.Logged{Text: "probe: node --version"},
		event.Stopping{Why: "fail-fast", Detail: "a test failed"},
		event.Leftovers{},
		event.ReportFailed{Path: "report.html", Err: "disk full"},
	}
}

// TestOneOfEverything fixes the saved stream, the log and the verdict of one run, byte for byte.
func TestOneOfEverything(t *testing.T) {
	dir := t.TempDir()
	s, l := report.NewStream(clock(), report.Secrets(nil, nil)), report.NewLedger()
	jsonl, err := report.CreateJSONL(filepath.Join(dir, "events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	log, err := report.CreateLog(filepath.Join(dir, "runner.log"))
	if err != nil {
		t.Fatal(err)
	}
	s.Add(jsonl, "events.jsonl")
	s.Add(l, "ledger")
	s.Add(log, "runner.log")
	for _, b := range everything() {
		s.Emit(b)
	}
	live := l.Summary()
	v := live.Verdict()
	s.Emit(event.RunFinished{Word: v.Word, Code: v.Code, Line: v.Line})
	if err := errors.Join(jsonl.Close(), log.Close()); err != nil {
		t.Fatal(err)
	}
	saved := read(t, filepath.Join(dir, "events.jsonl"))
	golden(t, "everything.jsonl", []byte(saved))
	golden(t, "everything.log", []byte(read(t, filepath.Join(dir, "runner.log"))))
	golden(t, "everything.summary.json", []byte(dump(t, live)+"\n"+v.Line+"\n"))
	replayed, err := report.Render(strings.NewReader(saved))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := dump(t, replayed), dump(t, live); got != want {
		t.Errorf("the replay is another:\n%s\nwant\n%s", got, want)
	}
	kinds := map[string]bool{}
	for _, e := range foldKinds(t, saved) {
		kinds[e] = true
	}
	if len(kinds) != 23 {
		t.Errorf("%d kinds of events are in everything(), want all 23", len(kinds))
	}
}

func foldKinds(t *testing.T, saved string) (kinds []string) {
	t.Helper()
	if err := report.ReadStream(strings.NewReader(saved), func(e event.Event) error {
		kinds = append(kinds, e.Body.Kind())
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return kinds
}

func FuzzRender(f *testing.F) {
	f.Add(lines(f, stream(everything()...)))
	f.Add(lines(f, stream(started(aJob), passed(aJob, "a.py::a"))))
	f.Add([]byte(`{"seq":1,"at":"2026-11-22T00:31:55Z","kind":"job-finished","job":"a/b","cause":"?","again":true}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := report.Render(bytes.NewReader(text))
		if err != nil {
			return
		}
		if v := s.Verdict(); v.Word == "" || strings.Contains(v.Line, "\n") {
			t.Errorf("%+v", v)
		}
		if totals := s.Counts.Totals(); totals.Tests != totals.Passed+totals.Failures+totals.Errors+totals.Skipped || totals.Errors < 0 {
			t.Errorf("%+v", totals)
		}
	})
}
