//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// slow is a test that says that it runs, and lasts until there is a file named go.
const slow = `
const { test } = require('node:test');
const fs = require('node:fs');
test('quick', () => {});
test('slow', async () => {
  fs.writeFileSync('started', 'yes');
  while (!fs.existsSync('go')) await new Promise((r) => setTimeout(r, 10));
});
test('after', () => {});
`

// deaf never ends by itself, nor when it is asked to.
const deaf = `
const { test } = require('node:test');
process.on('SIGTERM', () => require('node:fs').writeFileSync('asked', 'yes'));
test('deaf', () => new Promise(() => {
  setInterval(() => {}, 1000);
  require('node:fs').writeFileSync('started', 'yes');
}));
`

func nodeTree(file string) map[string]string {
	return map[string]string{"package.json": `{"scripts": {"test": "node --test", "all": "runner"}}`, "test/a.test.js": file}
}

// Law 6: the first Ctrl-C tidies up and reports within 5 s.
func TestCtrlCOnce(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{"slow": slow, "deaf": deaf} {
		t.Run(name, func(t *testing.T) {
			p := newPane(t, nodeTree(file))
			p.enter("runner; echo code=$?")
			untilFile(t, p.dir, "started", "yes")
			p.press("C-c")
			start := time.Now()
			screen := p.until(`code=\d+`)
			took := time.Since(start)
			t.Logf("reported %s after Ctrl-C", took)
			if took > 5*time.Second {
				t.Errorf("reported %s after Ctrl-C", took)
			}
			if !strings.Contains(screen, "code=130") || !strings.Contains(screen, "INTERRUPTED (130)") {
				t.Errorf("screen:\n%s", screen)
			}
			if report := read(t, p.dir, "runner-results/junit.xml"); !strings.Contains(report, "runner.NotFinished") {
				t.Errorf("junit.xml:\n%s", report)
			}
			nobody(t, p.dir+"/", time.Second)
		})
	}
}

// A second Ctrl-C kills what does not heed the first.
func TestCtrlCTwice(t *testing.T) {
	t.Parallel()
	p := newPane(t, nodeTree(deaf))
	p.enter("runner; echo code=$?")
	untilFile(t, p.dir, "started", "yes")
	p.press("C-c")
	untilFile(t, p.dir, "asked", "yes")
	<-time.After(1100 * time.Millisecond) // a second one within a second is the same
	p.press("C-c")
	screen := p.until(`code=\d+`)
	if !strings.Contains(screen, "code=130") {
		t.Errorf("screen:\n%s", screen)
	}
	untilFile(t, p.dir, "runner-results/runner.log", "second signal")
	nobody(t, p.dir+"/", time.Second)
}

// npm hands a Ctrl-C on to what the terminal told already: two are one, and the tests may end in peace.
func TestCtrlCUnderNpm(t *testing.T) {
	t.Parallel()
	p := newPane(t, nodeTree(deaf))
	p.enter("npm run --silent all")
	untilFile(t, p.dir, "started", "yes")
	p.press("C-c")
	p.until(`(?s)INTERRUPTED \(130\).*ready>\n$`)
	log := untilFile(t, p.dir, "runner-results/runner.log", "INTERRUPTED .130.")
	if strings.Contains(log, "second signal") {
		t.Error("one Ctrl-C was taken for two")
	}
	nobody(t, p.dir+"/", 2*time.Second)
}

func TestTwoSignalsAtOnceAreOne(t *testing.T) {
	t.Parallel()
	dir := tree(t, nodeTree(deaf))
	cmd := started(t, dir)
	untilFile(t, dir, "started", "yes")
	for range 2 {
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
	}
	if got := code(t, cmd); got != 130 {
		t.Errorf("code %d", got)
	}
	if log := read(t, dir, "runner-results/runner.log"); strings.Contains(log, "second signal") {
		t.Error("two signals at once were taken for two wishes")
	}
	if got := read(t, dir, "asked"); got != "yes" {
		t.Error("the test was killed without being asked")
	}
}

func TestTerminate(t *testing.T) {
	t.Parallel()
	dir := tree(t, nodeTree(slow))
	cmd := started(t, dir)
	untilFile(t, dir, "started", "yes")
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := code(t, cmd); got != 143 {
		t.Errorf("code %d", got)
	}
	if report := read(t, dir, "runner-results/junit.xml"); !strings.Contains(report, `value="INTERRUPTED"`) || !strings.Contains(report, "a signal ended the run before it") {
		t.Errorf("junit.xml:\n%s", report)
	}
}

// Before the first test there is nothing to report: the probe is ended, and the code says why.
func TestInterruptedWhileItLooks(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"pytest.ini": "[pytest]\n", "tests/test_a.py": "def test_a():\n    pass\n"})
	// A Python that never answers, as one on a dead network drive.
	bin := filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, "python3"), []byte("#!/bin/sh\necho yes > "+dir+"/asked\nexec tail -f "+dir+"/pytest.ini\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("runner")
	var said strings.Builder
	cmd.Dir, cmd.Env, cmd.Stderr = dir, environment("PATH="+bin+":"+os.Getenv("PATH")), &said
	// Looked up on our own PATH, which is the one of the tests.
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	untilFile(t, dir, "asked", "yes")
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if got := code(t, cmd); got != 130 || !strings.Contains(said.String(), "before the first test") {
		t.Errorf("code %d\n%s", got, said.String())
	}
	nobody(t, dir+"/", time.Second)
}

// Ctrl-Z stops runner, its jobs and its clocks; fg lets all go on, and the deadline did not come nearer.
func TestCtrlZ(t *testing.T) {
	t.Parallel()
	p := newPane(t, nodeTree(slow))
	const deadline = 8 * time.Second
	begun := time.Now()
	p.enter("runner --timeout " + deadline.String() + "; echo code=$?")
	untilFile(t, p.dir, "started", "yes")
	p.press("C-z")
	p.until(`Stopped +runner`)
	for _, pid := range pids(t, p.dir+"/") {
		for state := ""; state != "T"; state = stateOf(t, pid) {
			if time.Since(begun) > patience {
				t.Fatalf("process %d is in state %s", pid, state)
			}
		}
	}
	<-time.After(time.Until(begun.Add(deadline + time.Second)))
	p.enter("fg; echo again=$?")
	write(t, p.dir, "go")
	screen := p.until(`again=\d+`)
	if !strings.Contains(screen, "again=0") || !strings.Contains(screen, "PASSED (0)  3 tests: 3 passed") {
		t.Errorf("screen:\n%s", screen)
	}
	if log := read(t, p.dir, "runner-results/runner.log"); !strings.Contains(log, "suspended") || !strings.Contains(log, "resumed") {
		t.Error("runner.log does not tell of it")
	}
}

// pids are the processes that name the tree, the test process of node among them, without the watchdog, which goes on.
func pids(t *testing.T, dir string) []int {
	t.Helper()
	out, err := exec.Command("pgrep", "-fa", dir).Output()
	if err != nil {
		t.Fatal("no process names the tree")
	}
	var all []int
	for line := range strings.Lines(string(out)) {
		pid, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.Atoi(pid); err == nil && !strings.Contains(rest, "__watchdog") {
			all = append(all, n)
		}
	}
	if len(all) == 0 {
		t.Fatalf("only the watchdog names the tree:\n%s", out)
	}
	return all
}

func stateOf(t *testing.T, pid int) string {
	t.Helper()
	out, err := exec.Command("ps", "-o", "state=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		t.Fatalf("process %d is gone", pid)
	}
	return strings.TrimSpace(string(out))[:1]
}

// Law 8: after a kill -9 no process is left, one that left its session neither, and the report tells.
func TestKilled(t *testing.T) {
	t.Parallel()
	dir := tree(t, nodeTree(`
const { test } = require('node:test');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
test('passes', () => {});
test('spawns', () => new Promise(() => {
  const file = process.cwd() + '/package.json';
  for (const detached of [true, false]) spawn('tail', ['-f', file], { detached, stdio: 'inherit' }).unref();
  spawn('sh', ['-c', 'tail -F ' + file + ' &'], { detached: true, stdio: 'ignore' }); // its parent ends at once
  fs.writeFileSync('started', 'yes');
  setInterval(() => {}, 1000);
}));
test('after', () => {});
`))
	cmd := started(t, dir)
	untilFile(t, dir, "started", "yes")
	untilFile(t, dir, "runner-results/events.jsonl", "test-started.*spawns")
	untilFile(t, dir, "runner-results/.journal.jsonl", `tail -f`)
	if runtime.GOOS == "linux" {
		untilFile(t, dir, "runner-results/.journal.jsonl", `tail -F`)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	code(t, cmd)
	report := untilFile(t, dir, "runner-results/junit.xml", "runner.NotFinished")
	nobody(t, dir, 5*time.Second)
	t.Logf("all is over %s after kill -9", time.Since(killed))
	for _, want := range []string{"runner itself was killed", `name="spawns"`, `name="passes"`} {
		if !strings.Contains(report, want) {
			t.Errorf("junit.xml does not hold %q:\n%s", want, report)
		}
	}
	cmd = started(t, dir, "report")
	if got := code(t, cmd); got != 0 {
		t.Errorf("runner report ends with %d", got)
	}
}
