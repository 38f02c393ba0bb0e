//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"testrunner/report/event"
)

// hangs are trees with a test that says its last words and waits for a file, in a function of its own, in each language.
func hangs() map[string]hang {
	return map[string]hang{
		"go": {
			test: "p/p_test.go::TestHangs", words: "last words of go", ends: true, stack: "hangHere",
			files: map[string]string{"go.mod": "module example.com/hangs\n\ngo 1.21\n", "p/p_test.go": `package p

import (
	"fmt"
	"os"
	"testing"
	"time"
)

func TestHangs(t *testing.T) {
	fmt.Println("last words of go")
	hangHere()
}

func hangHere() {
	for {
		if _, err := os.Stat("../go"); err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}
`},
		},
		"pytest": {
			test: "tests/test_a.py::test_hangs", words: "last words of python", stack: "in hang_here",
			files: map[string]string{"pytest.ini": "[pytest]\n", "tests/test_a.py": `
import os, time

def test_hangs():
    print("last words of python", flush=True)
    hang_here()

def hang_here():
    while not os.path.exists("go"):
        time.sleep(0.05)
`},
		},
		"node": {
			test: "test/a.test.js::hangs", words: "last words of node", stack: "at hangHere",
			files: map[string]string{"package.json": `{"scripts": {"test": "node --test"}}`, "test/a.test.js": `
const { test } = require('node:test');
const fs = require('node:fs');
test('hangs', () => {
  console.log('last words of node');
  hangHere();
});
function hangHere() {
  while (!fs.existsSync('go')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
}
`},
		},
	}
}

type hang struct {
	files              map[string]string
	test, words, stack string
	ends               bool // being asked for its stacks ends the program, so that it is not asked while it may still pass
}

// After a silence: which test, its last words, its processes, and where it is; and the test may still pass.
func TestStall(t *testing.T) {
	t.Parallel()
	for name, h := range hangs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := tree(t, h.files)
			cmd := exec.Command("runner")
			out, err := os.Create(filepath.Join(dir, "out"))
			if err != nil {
				t.Fatal(err)
			}
			defer out.Close()
			cmd.Dir, cmd.Env, cmd.Stdout = dir, environment(stallVar+"=1s"), out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			untilFile(t, dir, "runner-results/events.jsonl", `"job-stalled".*"tests":`)
			write(t, dir, "go")
			if got := code(t, cmd); got != 0 {
				t.Errorf("code %d", got)
			}
			h.look(t, dir, read(t, dir, "out"), "stall", !h.ends)
		})
	}
}

// A Go test shows its stacks only as it ends, so that a silent one is not asked: a person is told how, and may.
func TestAPersonMayAskASilentGoTest(t *testing.T) {
	t.Parallel()
	h := hangs()["go"]
	dir := tree(t, h.files)
	cmd := exec.Command("runner")
	cmd.Dir, cmd.Env = dir, environment(stallVar+"=1s")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	untilFile(t, dir, "runner-results/events.jsonl", `"job-stalled".*"tests":`)
	told := h.told(t, dir, "stall")
	if told == nil || !regexp.MustCompile(`^kill -QUIT \d+$`).MatchString(told.Ask) {
		t.Fatalf("told %+v", told)
	}
	if out, err := exec.Command("sh", "-c", told.Ask).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", told.Ask, err, out)
	}
	if got := code(t, cmd); got != 1 {
		t.Errorf("code %d", got)
	}
	if report := read(t, dir, "runner-results/junit.xml"); !strings.Contains(report, "SIGQUIT") || !strings.Contains(report, h.stack) {
		t.Errorf("junit.xml:\n%s", report)
	}
}

// At the deadline the same is known, and the stacks of each language.
func TestDeadlineTellsWhereItHangs(t *testing.T) {
	t.Parallel()
	for name, h := range hangs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := tree(t, h.files)
			// What must be built is built, so that the deadline finds the test running.
			write(t, dir, "go")
			if got := code(t, started(t, dir)); got != 0 {
				t.Fatalf("code %d", got)
			}
			if err := os.Remove(filepath.Join(dir, "go")); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("runner", "--timeout", "6s")
			cmd.Dir, cmd.Env = dir, environment()
			out, err := cmd.Output()
			if got := cmd.ProcessState.ExitCode(); got != 124 {
				t.Errorf("code %d, %v", got, err)
			}
			h.look(t, dir, string(out), "deadline", true)
			if report := read(t, dir, "runner-results/junit.xml"); !strings.Contains(report, "runner.Timeout") || !strings.Contains(report, h.stack) {
				t.Errorf("junit.xml:\n%s", report)
			}
		})
	}
}

// look compares what the terminal and the stream say of the hanging test.
func (h hang) look(t *testing.T, dir, screen, why string, stacks bool) {
	t.Helper()
	told := h.told(t, dir, why)
	if told == nil {
		t.Fatalf("no %s was told", why)
	}
	if told.Tests[0] != h.test || !strings.Contains(told.Tail, h.words) || len(told.Tree) == 0 || told.IdleMS < 900 {
		t.Errorf("told %+v", told)
	}
	if strings.Contains(told.Stacks, h.stack) != stacks {
		t.Errorf("stacks, wanted %v:\n%s", stacks, told.Stacks)
	}
	shown := []string{"in " + h.test, h.words, "its processes:"}
	if stacks {
		shown = append(shown, "where it is:", h.stack)
	} else {
		shown = append(shown, "to see where it is, and end it: kill -QUIT ")
	}
	for _, want := range shown {
		if !strings.Contains(screen, want) {
			t.Errorf("the screen does not show %q:\n%s", want, screen)
		}
	}
}

// told is what the stream says of the hanging test; nil while it says nothing.
func (h hang) told(t *testing.T, dir, why string) (told *event.JobStalled) {
	t.Helper()
	for line := range strings.Lines(read(t, dir, "runner-results/events.jsonl")) {
		e, err := event.Parse([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		if s, ok := e.Body.(event.JobStalled); ok && s.Why == why && len(s.Tests) > 0 {
			told = &s
		}
	}
	return told
}
