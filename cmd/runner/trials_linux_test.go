package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// The rude ends of a run, some of each kind: make kill-trials tries 200. The promise of five seconds is the script's; CI's machine has too
// much to do for it.
func TestKillTrials(t *testing.T) {
	t.Parallel()
	trials(t, "kill-trials", "20", "--seed", "20261122", "--within", "30")
}

// Runs side by side on one engine, of which one is killed and one is interrupted: scripts/side-by-side has eight, ten times.
func TestSideBySide(t *testing.T) {
	t.Parallel()
	trials(t, "side-by-side", "4", "2", "--seed", "20261122", "--within", "30")
}

func trials(t *testing.T, script string, args ...string) {
	t.Helper()
	needEngine(t)
	program, err := exec.LookPath("runner")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(repositoryRoot(t), "scripts", script), append(args, "--runner", program)...)
	cmd.Env = append(os.Environ(), "TMPDIR=", "GORACE=atexit_sleep_ms=0", "NO_COLOR=1")
	// It takes its engine down when it is asked to end.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
	t.Logf("%s", out)
}
