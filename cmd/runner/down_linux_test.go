package main

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A kept set is taken down while its engine is frozen. A Ctrl-C ends that at once, and the keeper goes on; without one it is over soon, too,
// names what it could not remove, and that goes when the engine thaws.
func TestServicesDownFrozen(t *testing.T) {
	t.Parallel()
	w := containerTree(t)
	w.withEngine(t)
	daemon := daemonOf(t, w)
	in := "nsenter -n -t " + strconv.Itoa(daemon) + " "
	if out, code := w.shell(t, in+"runner services up --env docker"); code != 0 {
		t.Fatalf("exit %d\n%s", code, out)
	}
	freeze(t, daemon, syscall.SIGSTOP)
	down := engineRun(t, w, daemon, nil, "-C", w.dir, "services", "down")
	state, err := filepath.Glob(filepath.Join(getenvLast(w.environ, "RUNNER_STATE_DIR"), "services", "*", "set.json"))
	if err != nil || len(state) != 1 {
		t.Fatalf("%q, %v", state, err)
	}
	untilFile(t, filepath.Dir(state[0]), "set.json", `"phase": "ending"`)
	asked := time.Now()
	if err := down.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = down.cmd.Wait() // its status is looked at
	// Law 6, and room for a machine that is busy.
	const room = 3 * time.Second
	if took, code := time.Since(asked), down.cmd.ProcessState.ExitCode(); code != 130 || took > 5*time.Second+room || !strings.Contains(down.out.String(), "ended by a signal") {
		t.Errorf("exit %d, want 130, %s after the signal\n%s", code, took, down.out)
	}
	begun := time.Now()
	out, code := w.shell(t, in+"runner services down")
	t.Logf("down after %s", time.Since(begun))
	if want := `left behind: .*container runner-\S+-web`; code != 6 || !regexp.MustCompile(want).MatchString(out) {
		t.Errorf("exit %d, want 6, and %q in\n%s", code, want, out)
	}
	freeze(t, daemon, syscall.SIGCONT)
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		out, code := w.shell(t, "docker ps -aq && docker network ls -q --filter label=io.runner.run && ls \"$RUNNER_STATE_DIR/runs\"")
		if code == 0 && strings.TrimSpace(out) == "" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s after the engine's return there is\n%s", patience, out)
		}
	}
	if out, code := w.shell(t, "runner services down"); code != 0 {
		t.Errorf("exit %d\n%s", code, out)
	}
}
