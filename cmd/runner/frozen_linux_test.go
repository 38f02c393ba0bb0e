package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// frozenFiles are a tree whose one test heeds nothing, and needs a container.
var frozenFiles = map[string]string{
	"runner.yaml":    "version: 1\ncategories: { unit: { needs: [web] } }\nservices:\n  web: { ready: /up }\n",
	"unit/a.test.js": deaf,
	"package.json":   `{"scripts": {"test": "node --test"}}`,
}

// Law 6 with an engine that is frozen in the middle: at the deadline the test is asked to end, three seconds later it is killed, and
// within five more all is reported; after a Ctrl-C within five. What is left is named, and goes when the engine thaws.
func TestFrozenEngine(t *testing.T) {
	t.Parallel()
	w := containerTree(t)
	w.withEngine(t)
	daemon := daemonOf(t, w)
	const limit = 12 * time.Second // time enough for the start
	timed, stopped := frozenRun(t, w, daemon, "--timeout", limit.String()), frozenRun(t, w, daemon)
	for _, r := range []*frozen{timed, stopped} {
		untilFile(t, r.dir, "started", "yes")
	}
	freeze(t, daemon, syscall.SIGSTOP)
	interrupted := time.Now()
	if err := stopped.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	// What the law says, and room for a machine that is busy: it is kept with more than a second to spare where nothing else runs.
	const room = 3 * time.Second
	stopped.over(t, 130, interrupted, 3*time.Second, 5*time.Second+room)
	timed.over(t, 6, timed.begun.Add(limit), 3*time.Second, 8*time.Second+room)
	asked, killed := timed.at(t, "stopping"), timed.at(t, "job-finished")
	if late := asked.Sub(timed.begun) - limit; late < 0 || late > room {
		t.Errorf("the deadline was heeded %s after it", late)
	}
	if grace := killed.Sub(asked); grace < 3*time.Second || grace > 3*time.Second+room {
		t.Errorf("the test was killed %s after it had been asked to end", grace)
	}
	freeze(t, daemon, syscall.SIGCONT)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		out, _ := w.shell(t, "docker ps -aq && docker network ls -q --filter label=io.runner.run && ls \"$RUNNER_STATE_DIR/runs\"")
		if strings.TrimSpace(out) == "" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("a minute after the engine's return there is\n%s", out)
		}
	}
}

// frozen is a run whose engine freezes.
type frozen struct {
	dir   string
	cmd   *exec.Cmd
	begun time.Time
	out   *bytes.Buffer
}

// frozenRun starts runner in a tree of its own, in the engine's network.
func frozenRun(t *testing.T, w *workshop, daemon int, args ...string) *frozen {
	t.Helper()
	return engineRun(t, w, daemon, frozenFiles, append([]string{"--env", "docker"}, args...)...)
}

// engineRun starts runner in a copy of the workshop's tree with those files, in the network of a process of the engine.
func engineRun(t *testing.T, w *workshop, daemon int, files map[string]string, args ...string) *frozen {
	t.Helper()
	r := &frozen{dir: t.TempDir(), out: &bytes.Buffer{}}
	if err := os.CopyFS(r.dir, os.DirFS(w.dir)); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(r.dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r.cmd = exec.CommandContext(t.Context(), "nsenter", append([]string{"-n", "-t", strconv.Itoa(daemon), "runner"}, args...)...)
	r.cmd.Dir, r.cmd.Env, r.cmd.Stdout, r.cmd.Stderr = r.dir, w.environ, r.out, r.out
	r.begun = time.Now()
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return r
}

// over waits for the end of a run, which must come in that time after a moment, and name what is left behind.
func (r *frozen) over(t *testing.T, code int, since time.Time, least, most time.Duration) {
	t.Helper()
	err := r.cmd.Wait()
	took := time.Since(since)
	t.Logf("over after %s", took)
	if got := r.cmd.ProcessState.ExitCode(); got != code || !regexp.MustCompile(`left behind: .*container runner-`).MatchString(r.out.String()) {
		t.Errorf("%v: exits with %d, want %d, and the container named as left behind\n%s", err, got, code, r.out)
	}
	if took < least || took > most {
		t.Errorf("it was over after %s, and not from %s to %s\n%s", took, least, most, r.out)
	}
	if report := read(t, r.dir, "runner-results/junit.xml"); !strings.Contains(report, `name="runner.leftovers"`) || strings.Contains(report, `name="runner.leftovers" value="0"`) {
		t.Errorf("junit.xml:\n%s", report)
	}
}

// at is when the first event of a kind was told.
func (r *frozen) at(t *testing.T, kind string) time.Time {
	t.Helper()
	events := read(t, r.dir, "runner-results/events.jsonl")
	m := regexp.MustCompile(`"at":"([^"]+)","kind":"` + kind + `"`).FindStringSubmatch(events)
	if m == nil {
		t.Fatalf("no %s in\n%s", kind, events)
	}
	at, err := time.Parse(time.RFC3339Nano, m[1])
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// freeze sends a signal to dockerd, which is to be thawed in any case.
func freeze(t *testing.T, pid int, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, sig); err != nil {
		t.Fatal(err)
	}
	if sig == syscall.SIGSTOP {
		t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGCONT) }) // it may have ended
	}
}
