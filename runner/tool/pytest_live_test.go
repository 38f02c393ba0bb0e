package tool

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"testrunner/report/event"
)

// -record.pytest rewrites recorded.jsonl of each situation from the real pytest: scripts/record calls it.
var pytestRecord = flag.Bool("record.pytest", false, "rewrite testdata/pytest/*/recorded.jsonl from the real pytest")

const pytestSituations = "testdata/pytest"

// pytestRun is how a situation is run: run.json in its folder. Its zero value is a whole run of the project.
type pytestRun struct {
	Args    []string            `json:"args"`
	Env     []string            `json:"env"`
	Files   []string            `json:"files"` // not the whole project
	Only    bool                `json:"only"`  // discover, but don't call it whole
	Tests   []string            `json:"tests"`
	Filter  string              `json:"filter"`
	Dir     string              `json:"dir"`
	Stale   bool                `json:"stale"` // a green stream of an earlier run lies in the channel's place
	Marks   map[string]string   `json:"marks"`
	Marked  map[string][]string `json:"marked"`
	Hang    string              `json:"hang"`     // a test that hangs: ended from outside when it has started
	Plain   bool                `json:"plain"`    // plain pytest counts the same
	MaxSecs int                 `json:"max_secs"` // the longest that it may take
}

// pytestAttempt is one process: what the plugin wrote, and how it ended.
type pytestAttempt struct {
	Exit  Exit   `json:"exit"`
	Lines []byte `json:"-"`
	Token string `json:"-"`
}

type pytestOutcome struct {
	events   []event.Body
	attempts []pytestAttempt
	cause    event.Cause
	problem  string
	argv     []string
}

func readPytestRun(t *testing.T, dir string) pytestRun {
	t.Helper()
	var run pytestRun
	text, err := os.ReadFile(filepath.Join(dir, "run.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return run
	}
	if err == nil {
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.DisallowUnknownFields()
		err = dec.Decode(&run)
	}
	if err != nil {
		t.Fatalf("read %s/run.json: %v", dir, err)
	}
	return run
}

// copyPytestProject copies a situation's project to a folder of its own, without what is about the situation.
func copyPytestProject(t *testing.T, from string) string {
	t.Helper()
	root := t.TempDir()
	if resolved, err := filepath.EvalSymlinks(root); err == nil {
		root = resolved
	}
	if err := os.CopyFS(filepath.Join(root, "p"), os.DirFS(from)); err != nil {
		t.Fatalf("copy %s: %v", from, err)
	}
	root = filepath.Join(root, "p")
	for _, name := range []string{"run.json", "expect.json", "recorded.jsonl"} {
		if err := os.Remove(filepath.Join(root, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("leave out %s: %v", name, err)
		}
	}
	return root
}

func pytestTree(t *testing.T, root string) Tree {
	t.Helper()
	tree := Tree{Root: root, FS: os.DirFS(root)}
	err := fs.WalkDir(tree.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.Contains(path, "__pycache__") {
			tree.Files = append(tree.Files, path)
		}
		return err
	})
	if err != nil {
		t.Fatalf("walk %s: %v", root, err)
	}
	slices.Sort(tree.Files)
	return tree
}

// pytestTargetOf is the target of a situation: everything that discovery finds, unless run.json says otherwise.
func pytestTargetOf(t *testing.T, root string, run pytestRun) Target {
	t.Helper()
	target := Target{
		Root: root, Dir: cmp.Or(run.Dir, "."), Job: "unit/pytest", Category: "unit", Suite: "pytest", Whole: true, Attempt: 1, Share: 2, Cores: 2,
		Args: run.Args, Env: run.Env, Tests: run.Tests, Filter: run.Filter, Marks: run.Marks, Marked: run.Marked,
	}
	for _, p := range (Pytest{}).Discover(pytestTree(t, root)) {
		if p.Dir == target.Dir {
			target.Workers = p.Workers
			for _, f := range p.Files {
				target.Files = append(target.Files, f.Path)
			}
		}
	}
	if run.Files != nil {
		target.Files = run.Files
	}
	target.Whole = run.Files == nil && !run.Only
	return target
}

// livePytest runs a target to its end, as the engine does: attempt after attempt.
func livePytest(t *testing.T, target Target, run pytestRun) pytestOutcome {
	t.Helper()
	var o pytestOutcome
	emit := func(b event.Body) { o.events = append(o.events, b) }
	for {
		target.Scratch = t.TempDir()
		a, argv := pytestOnce(t, target, run)
		o.attempts, o.argv = append(o.attempts, a), argv
		c := decodePytest(target, a, emit)
		o.cause, o.problem = c.Cause, c.Problem
		if c.Again == nil {
			return o
		}
		if len(o.attempts) > 5 {
			t.Fatalf("attempt after attempt: %+v", c.Again)
		}
		target = *c.Again
	}
}

func decodePytest(target Target, a pytestAttempt, emit event.Emit) Conclusion {
	d := Pytest{}.Decode(target, emit)
	for line := range bytes.Lines(a.Lines) {
		d.Line(bytes.TrimSuffix(line, []byte("\n")))
	}
	return d.End(a.Exit)
}

// pytestOnce runs one process.
func pytestOnce(t *testing.T, target Target, run pytestRun) (pytestAttempt, []string) {
	t.Helper()
	command, err := Pytest{}.Command(target)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range command.Files {
		if err := os.WriteFile(filepath.Join(target.Scratch, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if run.Stale {
		pytestLeaveStale(t, target)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, command.Argv[0], command.Argv[1:]...)
	cmd.Dir = filepath.Join(target.Root, target.Dir)
	cmd.Env = Environ(os.Environ(), target, command)
	// Files, not pipes: a child of a test that holds them must not hold us.
	stdout, stderr := pytestCreate(t, target.Scratch, "stdout"), pytestCreate(t, target.Scratch, "stderr")
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %q: %v", command.Argv, err)
	}
	var stopped event.Cause
	if run.Hang != "" {
		stopped = event.TimedOut
		endHanging(t, cmd, target, command, run.Hang)
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("wait for pytest: %v", err)
	}
	a := pytestAttempt{Token: pytestToken(target), Exit: Exit{Code: cmd.ProcessState.ExitCode(), Stopped: stopped}}
	a.Exit.Signal = pytestSignal(cmd.ProcessState)
	a.Exit.Stdout, a.Exit.Stderr = event.Capped(pytestRead(t, stdout.Name()), event.Cap), event.Capped(pytestRead(t, stderr.Name()), event.Cap)
	a.Lines = []byte(pytestRead(t, filepath.Join(target.Scratch, EventsFile)))
	return a, command.Argv
}

// pytestLeaveStale puts the green end of an earlier run where the events of this one will be appended.
func pytestLeaveStale(t *testing.T, target Target) {
	t.Helper()
	earlier := target
	earlier.Scratch = "/earlier"
	text := `{"k":"hook","token":"` + pytestToken(earlier) + `"}
{"k":"plan","tests":[["test_crash.py::test_stale",1]]}
{"k":"s","id":"test_crash.py::test_stale","l":1}
{"k":"f","id":"test_crash.py::test_stale","us":1,"c":1}
{"k":"end","status":0,"stop":""}
`
	if err := os.WriteFile(filepath.Join(target.Scratch, EventsFile), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func pytestSignal(state *os.ProcessState) string {
	if state.ExitCode() >= 0 || runtime.GOOS == "windows" {
		return ""
	}
	names := map[string]string{"aborted": "SIGABRT", "segmentation fault": "SIGSEGV", "killed": "SIGKILL", "terminated": "SIGTERM"}
	for text, name := range names {
		if strings.Contains(state.String(), text) {
			return name
		}
	}
	return state.String()
}

func pytestCreate(t *testing.T, dir, name string) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// pytestRead is the text of a file, "" where there is none.
func pytestRead(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

// endHanging waits until the test has started, asks for the stacks, and kills.
func endHanging(t *testing.T, cmd *exec.Cmd, target Target, command Command, test string) {
	t.Helper()
	defer func() { _ = cmd.Process.Kill() }()
	pytestWaitFor(t, "the start of "+test, func() bool {
		return strings.Contains(pytestRead(t, filepath.Join(target.Scratch, EventsFile)), `"k":"s","id":"`+test)
	})
	if command.Dump.Signal == "" {
		return
	}
	stacks := func() string {
		names, err := filepath.Glob(filepath.Join(target.Scratch, command.Dump.File))
		if err != nil {
			t.Fatal(err)
		}
		all := ""
		for _, name := range names {
			all += pytestRead(t, name)
		}
		return all
	}
	polls := 0
	pytestWaitFor(t, "the stacks", func() bool {
		if polls%50 == 0 { // the first may come before the test is on the stack
			pytestSignalDump(t, cmd.Process)
		}
		polls++
		return strings.Contains(stacks(), "in test_hang")
	})
}

func pytestWaitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited a minute for %s", what)
		}
	}
}
