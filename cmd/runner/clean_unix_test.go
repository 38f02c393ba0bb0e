//go:build unix

package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"testrunner/env/lease"
	"testrunner/runner/process"
)

// sweeping runs "runner clean" in a folder, with a state folder and without any engine.
func sweeping(t *testing.T, dir, state string, args ...string) (string, int) {
	t.Helper()
	var out bytes.Buffer
	w := World{Stdout: &out, Stderr: &out, Dir: dir, Environ: []string{"RUNNER_STATE_DIR=" + state, "DOCKER_HOST=unix://" + filepath.Join(dir, "no.sock")}}
	code := mainCode(context.Background(), append([]string{"clean"}, args...), w)
	return out.String(), code
}

// hung is an inventory with a process in it that runs, and a folder.
func hung(t *testing.T, state, run string) (*lease.Inventory, process.ID, string) {
	t.Helper()
	v, err := lease.OpenInventory(state, run, "")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go cmd.Wait()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	id, err := process.Identify(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), lease.ScratchName(run), "data")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		v.Own(lease.Thing{Kind: lease.Process, Name: "redis"}), v.Owned(lease.Thing{Kind: lease.Process, Name: "redis", Process: id}),
		v.Own(lease.Thing{Kind: lease.Folder, Name: folder}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return v, id, folder
}

// clean --dry-run tells what clean removes; what lives is kept; what needs an engine that does not answer is left, and said.
func TestClean_removes_what_a_dead_run_left(t *testing.T) {
	t.Parallel()
	dir, state := t.TempDir(), t.TempDir()
	const dead, living = "20261122-024501-3f9a", "20261122-024502-3f9b"
	v, lost, folder := hung(t, state, dead)
	kept, stays, _ := hung(t, state, living)
	defer kept.Close()
	if _, err := v.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		said []string
		runs bool
	}{
		{[]string{"--dry-run"}, 6, []string{"would remove process redis (pid " + strconv.Itoa(lost.Pid) + "), of run " + dead, "would remove folder " + folder, "2 things would be removed: runner clean"}, true},
		{nil, 0, []string{"removed process redis (pid " + strconv.Itoa(lost.Pid) + "), of run " + dead, "removed folder " + folder, "nothing is left"}, false},
		{nil, 0, []string{"kept: 2 things of run " + living + ", which lives (process " + strconv.Itoa(os.Getpid()) + ")", "nothing is left"}, false},
	} {
		out, code := sweeping(t, dir, state, c.args...)
		for _, said := range c.said {
			if code != c.code || !strings.Contains(out, said) {
				t.Errorf("clean %v: code %d, want %d, and it must say %q:\n%s", c.args, code, c.code, said, out)
			}
		}
		if lost.Alive() != c.runs || !stays.Alive() {
			t.Fatalf("after clean %v the process of the dead run is there: %v, that of the living one: %v", c.args, lost.Alive(), stays.Alive())
		}
		if _, err := os.Stat(folder); (err == nil) != c.runs {
			t.Errorf("the folder: %v", err)
		}
	}
}

func TestClean_names_what_an_engine_keeps(t *testing.T) {
	t.Parallel()
	dir, state := t.TempDir(), t.TempDir()
	v, lost, _ := hung(t, state, "20261122-024501-3f9a")
	engine := "unix://" + filepath.Join(dir, "gone.sock")
	if err := v.Own(lease.Thing{Kind: lease.Container, Name: "runner-db", Engine: engine}); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Close(); err != nil {
		t.Fatal(err)
	}
	out, code := sweeping(t, dir, state)
	want := regexp.MustCompile(`(?m)^left: container runner-db: .*; try: docker -H ` + regexp.QuoteMeta(engine) + ` rm -f -v runner-db$`)
	if code != 6 || !want.MatchString(out) || !strings.HasSuffix(out, "1 thing left behind\n") || lost.Alive() {
		t.Errorf("code %d, the process runs: %v\n%s", code, lost.Alive(), out)
	}
	if out, code := sweeping(t, dir, state, "--images"); code != 6 || !strings.Contains(out, "left: images: the engine does not work") {
		t.Errorf("code %d:\n%s", code, out)
	}
}

func TestClean_takes_no_names(t *testing.T) {
	t.Parallel()
	if out, code := sweeping(t, t.TempDir(), t.TempDir(), "postgres"); code != 2 || !strings.Contains(out, `not "postgres" either`) {
		t.Errorf("code %d:\n%s", code, out)
	}
}

// Runner and its watchdog are both killed: the job goes on, and runner clean ends it, removes its scratch and makes the report.
func TestClean_after_a_kill_of_the_watchdog_too(t *testing.T) {
	t.Parallel()
	dir := tree(t, nodeTree(slow))
	cmd := started(t, dir)
	untilFile(t, dir, "runner-results/events.jsonl", "test-started.*slow")
	out, err := exec.Command("pgrep", "-f", lease.WatchdogArg+" "+dir+"/").Output()
	if err != nil {
		t.Fatal(err)
	}
	watchdog, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(watchdog, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	told, code := sweeping(t, dir, t.TempDir(), "--dry-run")
	if code != 6 || !strings.Contains(told, "would remove process ") {
		t.Errorf("code %d:\n%s", code, told)
	}
	told, code = sweeping(t, dir, t.TempDir())
	scratch := regexp.MustCompile(`(?m)^removed folder (.*), of run `).FindStringSubmatch(told)
	if code != 0 || scratch == nil {
		t.Fatalf("code %d:\n%s", code, told)
	}
	if _, err := os.Stat(scratch[1]); !os.IsNotExist(err) {
		t.Errorf("%v", err)
	}
	if junit := read(t, dir, "runner-results/junit.xml"); !strings.Contains(junit, "runner.NotFinished") {
		t.Errorf("the report does not tell of the death:\n%s", junit)
	}
	nobody(t, dir+"/", 0)
	if told, code = sweeping(t, dir, t.TempDir()); code != 0 || told != "nothing is left\n" {
		t.Errorf("again: code %d:\n%s", code, told)
	}
}
