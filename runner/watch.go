package runner

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"testrunner/report/event"
	"testrunner/runner/process"
)

// watch remembers when a job last said something, and which of its tests are open.
type watch struct {
	mu   sync.Mutex
	last time.Duration // on the run's clock
	told bool          // this silence was told
	open map[string]bool
}

func (w *watch) touch(c *Clock) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last, w.told = c.Elapsed(), false
}

func (w *watch) see(b event.Body, c *Clock) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last, w.told = c.Elapsed(), false
	switch e := b.(type) {
	case event.TestStarted:
		if w.open == nil {
			w.open = map[string]bool{}
		}
		w.open[e.Test.ID] = true
	case event.TestFinished:
		delete(w.open, e.Test.ID)
	}
}

// silent says once for each silence that it has lasted too long.
func (w *watch) silent(c *Clock, limit time.Duration) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.told || c.Elapsed()-w.last < limit {
		return false
	}
	w.told = true
	return true
}

func (w *watch) state(c *Clock) (open []string, idle time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id := range w.open {
		open = append(open, id)
	}
	slices.Sort(open)
	return open, c.Elapsed() - w.last
}

const (
	tailLines = 20
	// dumpWait bounds the wait for a program's stacks: at a deadline TERM must not be late.
	dumpWait = 1 * time.Second
)

// stalled tells what a silent or overdue job is doing.
func (a *attempt) stalled(proc *process.Process, why string) {
	open, idle := a.watch.state(a.opt.Clock)
	a.opt.Emit(event.JobStalled{
		Job: a.target.Job, Why: why, IdleMS: idle.Milliseconds(), Tests: open,
		Tail: lastLines(a.output.text("stdout")+a.output.text("stderr"), tailLines),
		Tree: proc.Tree(), Stacks: event.Capped(a.stacks(proc, why), event.Cap),
	})
}

// stacks asks the program where it hangs. A dump that ends the program (SIGQUIT ends a Go test) is asked for at a
// deadline only: a test that is merely silent may still pass.
func (a *attempt) stacks(proc *process.Process, why string) string {
	d := a.command.Dump
	if d.Signal == "" || (d.Signal == "QUIT" && why != "deadline") {
		return ""
	}
	before := a.dumped()
	if err := proc.Dump(d.Signal, d.To); err != nil {
		a.opt.Emit(event.Logged{Text: "no stack dump of " + a.target.Job + ": " + err.Error()})
		return ""
	}
	for wait := time.Duration(0); wait < dumpWait; wait += watchEvery {
		time.Sleep(watchEvery)
		if now := a.dumped(); len(now) > len(before) && strings.HasSuffix(now, "\n") {
			return now[len(before):]
		}
	}
	return strings.TrimPrefix(a.dumped(), before)
}

// dumped reads what the dump's files hold by now.
func (a *attempt) dumped() string {
	if a.command.Dump.File == "" {
		return a.output.text("stderr")
	}
	files, err := filepath.Glob(filepath.Join(a.target.Scratch, a.command.Dump.File))
	if err != nil {
		return ""
	}
	var all strings.Builder
	for _, f := range files {
		if data, err := os.ReadFile(f); err == nil {
			all.Write(data)
		}
	}
	return all.String()
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
