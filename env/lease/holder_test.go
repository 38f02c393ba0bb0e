package lease

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"testrunner/runner/process"
)

// holdThings is a run with a service of each kind, guarded, that waits to be killed: a process with children that listen to nothing, a
// container, a network that was only about to be made, a folder.
func holdThings(dir string) int {
	self, _ := os.Executable()
	engine, scratch := filepath.Join(dir, "engine"), filepath.Join(dir, ScratchName(testRun))
	l, err := Open(filepath.Join(dir, "results"), testRun)
	if err != nil {
		return complain(err)
	}
	v, err := OpenInventory(os.Getenv(stateVar), testRun, l.Dir())
	if err != nil {
		return complain(err)
	}
	g, err := Guard([]string{self}, env("", dir), l)
	if err != nil {
		return complain(err)
	}
	s := NewStack(v, time.Minute)
	add := func(t Thing, id string, make func() error) {
		h, e := s.Level().Add(Entry{Thing: t, Remove: func(context.Context) error { return nil }})
		if e == nil && make != nil {
			e = make()
			t.ID = id
			_ = h.Made(t)
		}
		if e != nil {
			err = e
		}
	}
	put := func(name string) func() error {
		return func() error { return os.WriteFile(filepath.Join(engine, name), nil, 0o644) }
	}
	add(Thing{Kind: Folder, Name: scratch}, "", func() error { return os.MkdirAll(filepath.Join(scratch, "data"), 0o755) })
	add(Thing{Kind: Network, Name: "net", Engine: engine}, "", put("network "+testRun+" net"))
	add(Thing{Kind: Container, Name: "db", Engine: engine}, "db", put("container "+testRun+" db"))
	h, e := s.Level().Add(Entry{Thing: Thing{Kind: Process, Name: "service"}, Remove: func(context.Context) error { return nil }})
	if err != nil || e != nil {
		return complain(fmt.Errorf("%v, %v", err, e))
	}
	out, told := io.Pipe()
	p, err := process.Start(context.TODO(), process.Spec{Argv: []string{self}, Env: env("job", dir), Stdout: told, Grace: time.Second})
	if err != nil {
		return complain(err)
	}
	if err := h.Made(Thing{Process: p.ID()}); err != nil {
		return complain(err)
	}
	fmt.Println("watchdog", g.Pid())
	fmt.Println("service", p.Pid())
	go io.Copy(os.Stdout, out)
	time.Sleep(time.Minute)
	return 0
}

// holding is a run that holds things, with what it told.
type holding struct {
	cmd                    *exec.Cmd
	state, engine, scratch string
	results                string
	watchdog, service      int
	children               []int
}

func startHolder(t *testing.T) *holding {
	t.Helper()
	dir := t.TempDir()
	h := &holding{
		state: filepath.Join(dir, "state"), engine: filepath.Join(dir, "engine"), scratch: filepath.Join(dir, ScratchName(testRun)),
		results: filepath.Join(dir, "results"),
	}
	tell(t, os.Mkdir(h.engine, 0o755))
	h.cmd = command("holder", dir)
	stdout, err := h.cmd.StdoutPipe()
	tell(t, err, h.cmd.Start())
	t.Cleanup(func() { // also when the test failed: nothing may stay
		_ = h.cmd.Process.Kill()
		_ = h.cmd.Wait()
		for _, pid := range append([]int{h.watchdog, h.service}, h.children...) {
			if p, err := os.FindProcess(pid); err == nil && pid > 0 && running(pid) {
				_ = p.Kill()
			}
		}
	})
	named, children := introduced(t, stdout)
	h.watchdog, h.service, h.children = named["watchdog"], named["service"], children
	return h
}

// kill kills the run and its watchdog.
func (h *holding) kill(t *testing.T) {
	t.Helper()
	if p, err := os.FindProcess(h.watchdog); err == nil {
		_ = p.Kill()
	}
	tell(t, h.cmd.Process.Kill())
	_ = h.cmd.Wait()
	eventually(t, "the watchdog is dead", func() bool { return !running(h.watchdog) })
	if h.processes() == 0 {
		eventually(t, "the kernel has ended what the run started", func() bool { return !running(h.service) })
	}
}

// processes is how many processes of a killed run are there to be swept: on Windows they lie in a job object, which ends with its runner.
func (h *holding) processes() int {
	if runtime.GOOS == "windows" {
		return 0
	}
	return 1
}

func (h *holding) nothingIsLeft(t *testing.T) {
	t.Helper()
	for _, what := range h.left() {
		t.Errorf("left: %s", what)
	}
}

// left asks the system, and no book of ours.
func (h *holding) left() []string {
	out := shelved(h.engine)
	for _, pid := range append([]int{h.service}, h.children...) {
		if running(pid) {
			out = append(out, fmt.Sprint("process ", pid))
		}
	}
	if _, err := os.Lstat(h.scratch); err == nil {
		out = append(out, h.scratch)
	}
	if all, err := os.ReadDir(runsDir(h.state)); err != nil || len(all) > 0 {
		out = append(out, fmt.Sprint("inventories: ", all, err))
	}
	return out
}

// Law 8: after a kill -9 of the runner alone its watchdog removes all of it, within 5 s.
func TestWatch_removes_the_services_of_a_killed_run(t *testing.T) {
	t.Parallel()
	h := startHolder(t)
	tell(t, h.cmd.Process.Kill())
	died := time.Now()
	eventually(t, "everything is gone", func() bool { return len(h.left()) == 0 })
	if took := time.Since(died); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	eventually(t, "the watchdog leaves", func() bool { return !running(h.watchdog) })
	if log := read(t, h.results, logFile); log != "" {
		t.Errorf("the watchdog says: %s", log)
	}
}

// An engine that is dead when the run dies is waited for; what needs none goes at once, and the folder is free for the next run.
func TestWatch_waits_for_a_dead_engine(t *testing.T) {
	t.Parallel()
	h := startHolder(t)
	tell(t, os.WriteFile(filepath.Join(h.engine, "off"), nil, 0o644), h.cmd.Process.Kill())
	eventually(t, "the rest is gone", func() bool { return !running(h.service) && len(h.left()) == 3 })
	next := open(t, h.results, "20261122-024502-0000")
	if next.Dir() != h.results {
		t.Errorf("the next run is in %s", next.Dir())
	}
	if !running(h.watchdog) {
		t.Error("the watchdog has given up")
	}
	tell(t, next.Close(), os.Remove(filepath.Join(h.engine, "off")))
	back := time.Now()
	eventually(t, "everything is gone", func() bool { return len(h.left()) == 0 })
	if took := time.Since(back); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	eventually(t, "the watchdog leaves", func() bool { return !running(h.watchdog) })
}

// Somebody removes the results folder under a run: what is in the inventory is guarded all the same.
func TestWatch_stays_for_an_inventory_when_the_folder_vanishes(t *testing.T) {
	t.Parallel()
	h := startHolder(t)
	eventually(t, "the watchdog watches the folder", func() bool { return watches(h.watchdog, h.results) })
	if err := os.RemoveAll(h.results); err != nil {
		t.Skip("an open lock file can't be removed here: ", err)
	}
	time.Sleep(lookEvery + lookEvery/2)
	if !running(h.watchdog) {
		t.Fatal("the watchdog has left")
	}
	tell(t, h.cmd.Process.Kill())
	eventually(t, "everything is gone", func() bool { return len(h.left()) == 0 })
}

// watches tells whether a watchdog has opened the folder's lock. Only Linux shows that.
func watches(watchdog int, dir string) bool {
	open, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", watchdog))
	return runtime.GOOS != "linux" || slices.ContainsFunc(open, func(fd string) bool {
		path, err := os.Readlink(fd)
		return err == nil && path == filepath.Join(dir, lockFile)
	})
}
