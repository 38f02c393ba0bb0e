package tool

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"testrunner/report/event"
)

func TestPytestCommandLineIsWhatAPersonWouldType(t *testing.T) {
	many := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i"}
	cases := map[string]struct {
		target Target
		want   []string
	}{
		"whole":      {Target{Dir: ".", Whole: true, Files: []string{"test_a.py"}, Args: []string{"-q"}}, []string{"/py", "-m", "pytest", "-q"}},
		"some files": {Target{Dir: "svc/api", Files: []string{"svc/api/tests/test_a.py", "svc/api/test_b.py"}}, []string{"/py", "-m", "pytest", "tests/test_a.py", "test_b.py"}},
		"many files": {Target{Dir: ".", Files: many}, []string{"/py", "-m", "pytest"}},
		"left out":   {Target{Dir: ".", Files: []string{"a/test_a.py", "b/test_b.py"}, LeaveOut: []string{"a"}}, []string{"/py", "-m", "pytest", "b/test_b.py"}},
		"debug":      {Target{Dir: ".", Files: []string{"test_a.py"}, Debug: true, Args: []string{"--pdb"}}, []string{"/py", "-m", "pytest", "--pdb", "-s", "test_a.py"}},
	}
	for _, name := range sortedKeys(cases) {
		target := cases[name].target
		target.Program = "/py"
		c, err := Pytest{}.Command(target)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(c.Argv, cases[name].want) {
			t.Errorf("%s: %q, want %q", name, c.Argv, cases[name].want)
		}
		if c.Channel != HookFile || len(c.Env) > 0 || !json.Valid([]byte(c.Files[pytestHookModule+".json"])) {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if _, err := (Pytest{}).Command(Target{}); err == nil {
		t.Error("a command without a Python")
	}
}

func TestPytestCoresAreTheWorkersOfXdist(t *testing.T) {
	cases := []struct {
		args    []string
		workers int
		want    int
	}{
		{nil, 0, 1}, {[]string{"-n", "3"}, 0, 3}, {[]string{"-n2"}, 0, 2}, {[]string{"-nauto"}, 0, 8}, {[]string{"--numprocesses=logical"}, 0, 8},
		{nil, -1, 8}, {nil, 4, 4}, {[]string{"-n0"}, -1, 1}, {[]string{"-n", "4", "-n", "1"}, 0, 1}, {[]string{"-name"}, 0, 1}, {[]string{"-n"}, 0, 1},
	}
	for _, c := range cases {
		if got := (Pytest{}).Cores(Target{Args: c.args, Workers: c.workers, Cores: 8}); got != c.want {
			t.Errorf("%q, workers %d: %d, want %d", c.args, c.workers, got, c.want)
		}
	}
}

// TestPytestKeepsItsCacheBetweenRuns shows that --lf knows the failures of the run before, and that xdist keeps to the share.
func TestPytestKeepsItsCacheBetweenRuns(t *testing.T) {
	root := pytestWrite(t, map[string]string{
		"test_a.py": "import os\n\n\ndef test_fails():\n    assert os.environ.get('FIXED')\n\n\ndef test_passes():\n    pass\n",
		"test_n.py": "import os\n\n\ndef test_workers():\n    assert os.environ.get('PYTEST_XDIST_WORKER_COUNT', '1') == '1'\n",
	})
	target := pytestTargetOf(t, root, pytestRun{})
	target.Program, target.Cache, target.Share = pytestProgram(t), t.TempDir(), 1
	first, _ := foldPytest(t, livePytest(t, target, pytestRun{}))
	target.Args, target.Env = []string{"--lf", "-n", "4"}, []string{"FIXED=1"}
	second, _ := foldPytest(t, livePytest(t, target, pytestRun{}))
	if first.Failed != 1 || first.Passed != 2 || second.Passed != 1 || second.Failed != 0 {
		t.Errorf("first %s\nthen with --lf %s", first.numbers(), second.numbers())
	}
	target.Args = []string{"-n", "auto"}
	third, l := foldPytest(t, livePytest(t, target, pytestRun{}))
	if third.Passed != 3 {
		t.Errorf("with -n auto and a share of 1: %s %+v", third.numbers(), l.results)
	}
}

// TestPytestNamesFilesBelowALinkedRoot: the shell's folder may be a link, and pytest names the true one.
func TestPytestNamesFilesBelowALinkedRoot(t *testing.T) {
	root := pytestWrite(t, map[string]string{"tests/test_a.py": "def test_a():\n    pass\n"})
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(root, link); err != nil {
		t.Fatal(err)
	}
	target := pytestTargetOf(t, link, pytestRun{Only: true})
	target.Program = pytestProgram(t)
	target.Tests = []string{"tests/test_a.py::test_a"}
	_, l := foldPytest(t, livePytest(t, target, pytestRun{}))
	if r := l.results["tests/test_a.py::test_a"]; len(l.known) != 1 || r.Outcome != event.Passed || r.Test.Class != "tests.test_a" {
		t.Errorf("got %+v", l.results)
	}
}

// TestPytestReadsABrokenConftestFromStderr is for a pytest whose plugin was not asked: the rest runs apart.
func TestPytestReadsABrokenConftestFromStderr(t *testing.T) {
	stderr := "ImportError while loading conftest '/repo/tests/conftest.py'.\ntests/conftest.py:1: in <module>\n    import gone\nE   ModuleNotFoundError: No module named 'gone'\n"
	target := Target{Root: "/repo", Dir: ".", Files: []string{"other/test_b.py", "tests/test_a.py"}, Attempt: 1, Whole: true}
	var events []event.Body
	emit := func(b event.Body) { events = append(events, b) }
	c := Pytest{}.Decode(target, emit).End(Exit{Code: 4, Stderr: stderr})
	if c.Cause != event.Done || c.Again == nil || !slices.Equal(c.Again.LeaveOut, []string{"tests"}) || !slices.Equal(c.Again.Files, []string{"other/test_b.py"}) || c.Again.Attempt != 2 {
		t.Fatalf("conclusion %+v, again %+v", c, c.Again)
	}
	f, ok := events[0].(event.CollectionFailed)
	if !ok || len(events) != 1 || f.Path != "tests/conftest.py" || f.Reason != "conftest" || f.Message != "ModuleNotFoundError: No module named 'gone'" {
		t.Errorf("events %+v", events)
	}
	// The same folder again, the root's own conftest, and too many attempts end the job.
	for name, again := range map[string]Target{
		"the same":  *c.Again,
		"the root":  {Root: "/repo/tests", Dir: ".", Files: []string{"test_a.py"}, Attempt: 1},
		"too often": {Root: "/repo", Dir: ".", Files: target.Files, Attempt: pytestAttempts},
	} {
		if c := (Pytest{}).Decode(again, emit).End(Exit{Code: 4, Stderr: stderr}); c.Again != nil {
			t.Errorf("%s: again %+v", name, c.Again)
		}
	}
}

func TestPytestComplaint(t *testing.T) {
	trace := "ERROR: while parsing the following warning configuration:\n\n  ignore::gone.Warning\n\nThis error occurred:\n\nTraceback (most recent call last):\n" +
		"  File \"config.py\", line 1\n    __import__(module)\nModuleNotFoundError: No module named 'gone'\n"
	for stderr, want := range map[string]string{
		trace: "ModuleNotFoundError: No module named 'gone'",
		"usage: pytest [options]\npytest: error: unrecognized arguments: --odd\n": "unrecognized arguments: --odd",
		"ERROR: file or directory not found: gone\n":                              "file or directory not found: gone",
		"": "pytest ended with status 4 and said nothing",
	} {
		if got := pytestComplaint(Exit{Code: 4, Stderr: stderr}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestPytestNoticesTestsWithoutAResult: the end-of-run word and status 0 are not enough.
func TestPytestNoticesTestsWithoutAResult(t *testing.T) {
	target := pytestReplayTarget(1)
	lines := `{"k":"hook","token":"` + pytestToken(target) + `"}
{"k":"plan","tests":[["t.py::a",1],["t.py::a",1],["t.py::b",2]]}
{"k":"s","id":"t.py::a"}
{"k":"f","id":"t.py::a","c":1}
{"k":"s","id":"t.py::b"}
{"k":"f","id":"t.py::b","c":0}
{"k":"end","status":0}
`
	var o pytestOutcome
	c := decodePytest(target, pytestAttempt{Lines: []byte(lines)}, func(b event.Body) { o.events = append(o.events, b) })
	o.cause = c.Cause
	got, _ := foldPytest(t, o)
	if c.Cause != event.Contradiction || got.Passed != 1 || got.Errored != 2 || !strings.Contains(c.Problem, "1 of 3") {
		t.Errorf("%s: %+v", got.numbers(), c)
	}
}

func TestPytestKeepsTheFailureOfATestThatNeverEnded(t *testing.T) {
	target := pytestReplayTarget(1)
	lines := `{"k":"hook","token":"` + pytestToken(target) + `"}
{"k":"plan","tests":[["t.py::a",1]]}
{"k":"s","id":"t.py::a"}
{"k":"r","id":"t.py::a","w":"call","o":"failed","msg":"assert 1","text":"E assert 1"}
{"k":"r","id":"t.py
`
	var o pytestOutcome
	c := decodePytest(target, pytestAttempt{Lines: []byte(lines), Exit: Exit{Code: -1, Signal: "SIGKILL"}}, func(b event.Body) { o.events = append(o.events, b) })
	o.cause = c.Cause
	got, l := foldPytest(t, o)
	if r := l.results["t.py::a"]; got.Failed != 1 || c.Cause != event.Crashed || !strings.Contains(r.Note, "never ended") || c.Problem != "pytest ended with SIGKILL" {
		t.Errorf("%s %+v %+v", got.numbers(), r, c)
	}
}

// FuzzPytestStream: whatever is written into the channel, the decoder ends, with bounded texts.
func FuzzPytestStream(f *testing.F) {
	target := pytestReplayTarget(1)
	hook := `{"k":"hook","token":"` + pytestToken(target) + `"}` + "\n"
	for _, name := range []string{"xdist", "teardown", "counts", "names", "exit_0", "conftest_root"} {
		if text, err := os.ReadFile(filepath.Join(pytestSituations, name, "recorded.jsonl")); err == nil {
			f.Add(text, 1, "", "")
		}
	}
	f.Add([]byte(`{"k":"plan","tests":[["::",-1],[1]]}`), 0, "", "Fatal Python error: x")
	f.Fuzz(func(t *testing.T, text []byte, code int, signal, stderr string) {
		bytes := 0
		emit := func(b event.Body) {
			line, err := event.Append(nil, event.Event{Body: b})
			if err != nil {
				t.Fatal(err)
			}
			bytes += len(line)
		}
		c := decodePytest(target, pytestAttempt{Lines: append([]byte(hook), text...), Exit: Exit{Code: code, Signal: signal, Stderr: stderr}}, emit)
		if c.Cause == "" || (c.Cause != event.Done && c.Problem == "") {
			t.Errorf("conclusion %+v", c)
		}
		if bytes > 100*(len(text)+len(stderr))+10_000 {
			t.Errorf("%d bytes of events from %d", bytes, len(text))
		}
	})
}
