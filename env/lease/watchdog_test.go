package lease

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

func itoa(n int) string { return fmt.Sprint(n) }

func read(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(b)
}

// After a kill -9 the watchdog ends the job and what descends from it, deaf or not, in the group or not, and has the report made once.
func TestWatch_tidies_up_after_a_killed_run(t *testing.T) {
	dir := t.TempDir()
	run := startRunner(t, dir)
	for _, pid := range run.all() {
		if !running(pid) {
			t.Fatalf("%d does not run", pid)
		}
	}
	if err := run.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "everything is gone", func() bool {
		for _, pid := range run.all() {
			if running(pid) {
				return false
			}
		}
		return true
	})
	if got := read(t, dir, "died"); got != filepath.Join(dir, eventsFile)+"\n" {
		t.Errorf("onDeath: %q; the watchdog says: %s", got, read(t, dir, logFile))
	}
	if journal := read(t, dir, journalFile); journal != "" {
		t.Errorf("the journal stays: %s", journal)
	}
	next := open(t, dir, "20261122-024502-0000")
	if next.Dir() != dir || len(next.Swept()) > 0 {
		t.Errorf("the next run: %s, swept %q", next.Dir(), next.Swept())
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
}

func TestWatch_leaves_after_a_good_end(t *testing.T) {
	dir := t.TempDir()
	run := startRunner(t, dir)
	end(t, run)
	if died := read(t, dir, "died"); died != "" {
		t.Errorf("onDeath was called: %q", died)
	}
	if log := read(t, dir, logFile); log != "" {
		t.Errorf("the watchdog says: %s", log)
	}
}

// A run that starts right after the kill waits for the watchdog, and has the folder for itself then; or it was faster, and the
// watchdog keeps its hands off.
func TestOpen_right_after_a_kill(t *testing.T) {
	dir := t.TempDir()
	run := startRunner(t, dir)
	if err := run.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = run.cmd.Wait()
	next := open(t, dir, "20261122-024502-0000")
	if next.Dir() != dir {
		t.Errorf("in %s", next.Dir())
	}
	for _, pid := range run.all()[1:] {
		if running(pid) {
			t.Errorf("%d of the dead run still runs", pid)
		}
	}
	eventually(t, "the watchdog leaves", func() bool { return !running(run.watchdog) })
	if past, err := readJournal(filepath.Join(dir, journalFile)); err != nil || past.run != next.Run() {
		t.Errorf("the journal of the new run: %+v, %v", past, err)
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
}

func TestWatch_leaves_when_the_folder_vanishes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "results")
	if err := open(t, dir, testRun).Close(); err != nil {
		t.Fatal(err)
	}
	stdin, hold := io.Pipe()
	defer hold.Close()
	done := make(chan error, 1)
	go func() {
		done <- Watch(stdin, Watching{Dir: dir, OnDeath: func(string) error { t.Error("onDeath was called"); return nil }})
	}()
	if runtime.GOOS == "windows" {
		t.Log("an open lock file can't be removed here, so the folder does not vanish")
		hold.Write([]byte{farewell})
	} else if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Error("it stays")
	}
}

// A run that is over can leave something in an engine that does not answer. Its watchdog waits for that, and leaves then.
func TestWatch_stays_for_an_engine(t *testing.T) {
	dir, state, engine := filepath.Join(t.TempDir(), "results"), t.TempDir(), t.TempDir()
	l := open(t, dir, testRun)
	v, err := OpenInventory(state, testRun, dir)
	if err != nil {
		t.Fatal(err)
	}
	if Lingers(state, testRun) {
		t.Error("its owner lives")
	}
	shelve(t, engine, "off", "container "+testRun+" web")
	tell(t, v.Own(Thing{Kind: Container, Name: "web", Engine: engine}))
	if left, err := v.Close(); err != nil || len(left) != 1 || !Lingers(state, testRun) {
		t.Fatalf("left %v, %v", left, err)
	}
	stdin, hold := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- Watch(stdin, Watching{Dir: dir, State: state, Engines: shelf{}, OnDeath: func(string) error { t.Error("onDeath was called"); return nil }})
	}()
	if _, err := hold.Write([]byte{stay}); err != nil {
		t.Fatal(err)
	}
	tell(t, hold.Close(), l.Close())
	select {
	case err := <-done:
		t.Fatalf("it leaves while the engine does not answer: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	tell(t, os.Remove(filepath.Join(engine, "off")))
	if err := <-done; err != nil || len(shelved(engine)) > 0 || Lingers(state, testRun) {
		t.Errorf("%v; there is %q", err, shelved(engine))
	}
}
