package tool

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"testrunner/report/event"
)

var goRecord = flag.Bool("record-go", false, "rewrite recorded.jsonl and results.txt of testdata/go and testdata/junit from the real tools")

// goTruth is issue 2's list of situations: each has a folder in testdata/go, or a reason why it can't be.
var goTruth = map[string]string{
	"syntax-error": "", "missing-import": "", "broken-setup": "", "broken-testmain": "", "broken-init": "",
	"crash-abort": "", "crash-segfault": "", "crash-exit": "", "crash-killed": "", "exit-zero": "", "hang": "",
	"invalid-utf8": "", "long-line": "", "child-holds-stdout": "", "no-tests": "", "all-skipped": "",
	"missing-path": "", "odd-names": "", "same-name": "", "fake-results": "", "fake-marks": "", "args-and-env": "",
	"stale-report": "go test writes no report: its stream is the only one, and a result from its cache is keyed by what it was made of",
}

func TestGoTruthHasNoEmptyCell(t *testing.T) {
	have := goSituations(t, "go")
	for name, reason := range goTruth {
		if got := slices.Contains(have, name); got == (reason != "") {
			t.Errorf("%s: folder %v, reason %q: want exactly one of both", name, got, reason)
		}
	}
}

// goTarget is the target of a situation, as the catalog would make it from discovery.
func goTarget(t *testing.T, dir string, e goExpect) Target {
	t.Helper()
	root, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	target := Target{
		Root: root, Dir: ".", Job: "unit/go", Category: "unit", Suite: "go", Files: e.Files, Whole: true, Tests: e.Tests,
		Filter: e.Filter, Tags: e.Tags, Args: e.Args, Env: e.Env, Share: 2, Cores: 2, Attempt: 1,
	}
	if len(target.Files) == 0 {
		tree := goTree(t, root)
		for _, p := range (Go{}).Discover(tree) {
			for _, f := range p.Files {
				if slices.Equal(f.Tags, e.Tags) {
					target.Files = append(target.Files, f.Path)
				}
			}
		}
	}
	return target
}

func goTree(t *testing.T, root string) Tree {
	t.Helper()
	tree := Tree{Root: root, FS: os.DirFS(root)}
	err := filepath.WalkDir(root, func(name string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(root, name)
			tree.Files = append(tree.Files, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(tree.Files)
	return tree
}

// goRun runs a command as the scheduler does: the channel's lines to the decoder, then its end.
type goRun struct {
	lines   []string // of the channel
	exit    Exit
	command Command
}

func goExecute(t *testing.T, tool Tool, target Target, e goExpect, fold *goFold) (goRun, Conclusion) {
	t.Helper()
	command, err := tool.Command(target)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(target.Root, filepath.FromSlash(target.Dir))
	for _, glob := range command.Stale {
		files, err := Glob(dir, glob)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if err := os.Remove(f); err != nil {
				t.Fatal(err)
			}
		}
	}
	run := goRun{command: command}
	cmd := exec.Command(command.Argv[0], command.Argv[1:]...)
	cmd.Dir = dir
	cmd.WaitDelay = 10 * time.Second
	cmd.Env = Environ(slices.DeleteFunc(os.Environ(), func(pair string) bool { return strings.HasPrefix(pair, "RUNNER_") }), target, command)
	cmd.Env = append(cmd.Env, "GOWORK=off")
	var stdout, stderr bytes.Buffer
	cmd.Stderr = &stderr
	r, w := io.Pipe()
	if cmd.Stdout = &stdout; command.Channel == Stdout {
		cmd.Stdout = w
	}
	var kill sync.Once
	var decoder Decoder
	decoder = tool.Decode(target, func(b event.Body) {
		fold.emit(b)
		if s, ok := b.(event.TestStarted); ok && e.KillAt != "" && strings.HasSuffix(s.Test.ID, "::"+e.KillAt) {
			kill.Do(func() { _ = cmd.Process.Kill() })
		}
	})
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		lines := bufio.NewReaderSize(r, 1<<20)
		for {
			line, err := lines.ReadBytes('\n')
			if line = bytes.TrimSuffix(line, []byte("\n")); len(line) > 0 {
				run.lines = append(run.lines, string(line))
				decoder.Line(line)
			}
			if err != nil {
				return
			}
		}
	}()
	err = cmd.Wait()
	_ = w.Close()
	<-done
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	run.exit = Exit{Code: cmd.ProcessState.ExitCode(), Stdout: stdout.String(), Stderr: stderr.String()}
	if run.exit.Code < 0 {
		run.exit.Signal = "SIGKILL"
		if e.KillAt != "" && !e.Stranger {
			run.exit.Stopped = event.TimedOut
		}
	}
	return run, decoder.End(run.exit)
}

// TestGoLive runs every situation with the real go test.
func TestGoLive(t *testing.T) {
	for _, name := range goSituations(t, "go") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join("testdata", "go", name)
			e := goReadExpect(t, dir)
			target := goTarget(t, dir, e)
			fold := newGoFold()
			run, c := goExecute(t, Go{}, target, e, fold)
			got, lines := fold.close(c)
			if got.counts() != e.counts() {
				t.Errorf("%s\n got  %s\n want %s\n%s\nstderr: %s", e.Why, got.counts(), e.counts(), strings.Join(lines, "\n"), run.exit.Stderr)
			}
			if *goRecord {
				goWriteRecord(t, dir, target.Root, run)
				goWriteLines(t, filepath.Join(dir, "results.txt"), goScrub(lines, target.Root))
			}
		})
	}
}

// TestGoIDsAreExact runs each test of a situation by the ID that was reported, and wants that test and no other.
func TestGoIDsAreExact(t *testing.T) {
	dir := filepath.Join("testdata", "go", "odd-names")
	e := goReadExpect(t, dir)
	target := goTarget(t, dir, e)
	fold := newGoFold()
	goExecute(t, Go{}, target, e, fold)
	for _, id := range sortedKeys(fold.outcome) {
		t.Run(path.Base(id), func(t *testing.T) {
			target := target
			target.Tests = []string{id}
			again := newGoFold()
			_, c := goExecute(t, Go{}, target, e, again)
			for got, outcome := range again.outcome {
				if got != id && !strings.HasPrefix(got, id+"/") || outcome != event.Passed {
					t.Errorf("%s: ran %s: %s", id, got, outcome)
				}
			}
			if again.outcome[id] == "" || c.Cause != event.Done {
				t.Errorf("%s did not run: %v, %+v", id, again.outcome, c)
			}
		})
	}
}
