package runner

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"testrunner/report/event"
	"testrunner/runner/process"
	"testrunner/runner/tool"
)

// watch remembers when a job last said something, and which of its tests are open.
type watch struct {
	mu   sync.Mutex
	last time.Duration // on the run's clock
	told bool          // this silence was told
	seen int           // events of the decoder
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
	w.seen++
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

// quiet restores the silence that was, unless a test was heard of since: what a dump makes a program print is no sign of
// life.
func (w *watch) quiet(before silence) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen == before.seen {
		w.last, w.told = before.since, true
	}
}

// silence is how long nothing was said, and of which tests no end was told.
type silence struct {
	open  []string
	idle  time.Duration
	since time.Duration // on the run's clock
	seen  int
}

func (w *watch) state(c *Clock) silence {
	w.mu.Lock()
	defer w.mu.Unlock()
	return silence{open: slices.Sorted(maps.Keys(w.open)), idle: c.Elapsed() - w.last, since: w.last, seen: w.seen}
}

const (
	tailLines = 20
	// dumpWait bounds the wait for a program's stacks: at a deadline TERM must not be late.
	dumpWait = 2 * time.Second
	// dumpMax bounds what is kept of a dump on the channel, in bytes, encoded as the channel has it.
	dumpMax = 1 << 20
)

// stalled tells what a silent or overdue job is doing.
func (a *attempt) stalled(ctx context.Context, proc *process.Process, why string, wait time.Duration) {
	before := a.watch.state(a.opt.Clock)
	tail := a.lastWords(proc)
	until := time.Now().Add(wait)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), wait) // a job that is being cancelled is asked, too
	var asking sync.WaitGroup
	defer asking.Wait()
	defer cancel()
	// Before the dump, which may end the program; and it takes a fifth of a second.
	tree := proc.Tree()
	a.opt.Emit(event.JobStalled{
		Job: a.target.Job, Why: why, IdleMS: before.idle.Milliseconds(), Tests: before.open, Tail: tail, Tree: tree,
		Stacks: event.Capped(settled(proc, a.ask(ctx, proc, why, &asking), until), event.Cap), Ask: a.leftToAsk(proc, why, before.open),
	})
	a.watch.quiet(before)
}

// leftToAsk is the command that has a silent test show its stacks, where that ends it: a person may know that it will not end by itself.
func (a *attempt) leftToAsk(proc *process.Process, why string, open []string) string {
	d := a.command.Dump
	if !ends(d, why) || len(open) == 0 {
		return ""
	}
	return proc.DumpCommand(d.Signal, d.To)
}

// ends says whether to ask for stacks now would end a test that is merely silent, and may still pass.
func ends(d tool.Dump, why string) bool { return d.Signal == "QUIT" && why != "deadline" }

// lastWords are the last lines that the job has printed: on its own streams, in its channel, or where the tool captures
// what a test prints.
func (a *attempt) lastWords(proc *process.Process) string {
	text := a.output.text("stdout") + a.output.text("stderr")
	if a.heard != nil {
		text = a.words(a.heard) + text
	}
	if captured := proc.Captured(); captured != "" {
		text = strings.TrimRight(text, "\n") + "\n" + captured
	}
	return lastLines(text, tailLines)
}

// words puts lines of the channel into what the program printed, where the decoder can.
func (a *attempt) words(lines *process.Tail) string {
	a.gate.Lock()
	defer a.gate.Unlock()
	d, ok := a.decoder.(tool.Worded)
	if !ok {
		return ""
	}
	var all strings.Builder
	for line := range strings.Lines(lines.String()) {
		all.WriteString(d.Words([]byte(strings.TrimSuffix(line, "\n"))))
	}
	return all.String()
}

// ask asks the program where it hangs and returns how to read its answer; nil if it can't be asked. A dump that ends the
// program (SIGQUIT ends a Go test) is asked for at a deadline only.
func (a *attempt) ask(ctx context.Context, proc *process.Process, why string, asking *sync.WaitGroup) func() string {
	d := a.command.Dump
	if len(d.Ask) > 0 {
		return a.askFromOutside(ctx, d, asking)
	}
	if d.Signal == "" || ends(d, why) {
		return nil
	}
	answer := a.answer(d.File)
	if err := proc.Dump(d.Signal, d.To); err != nil {
		a.opt.Emit(event.Logged{Text: "no stack dump of " + a.target.Job + ": " + err.Error()})
		return nil
	}
	return answer
}

// askFromOutside starts the command that fetches the stacks; it ends with ctx.
func (a *attempt) askFromOutside(ctx context.Context, d tool.Dump, asking *sync.WaitGroup) func() string {
	answer := a.answer(d.File)
	asking.Go(func() {
		defer a.faults.catch("asking for the stacks of " + a.target.Job)
		if _, err := process.Output(ctx, a.dir(), a.opt.Environ, d.Ask); err != nil && ctx.Err() == nil {
			a.opt.Emit(event.Logged{Text: "no stack dump of " + a.target.Job + ": " + err.Error()})
		}
	})
	return answer
}

// answer is how to read what a dump adds from now on: to its file, to the channel, or to the job's own output.
func (a *attempt) answer(file string) func() string {
	if file == "" && a.heard != nil {
		a.gate.Lock()
		defer a.gate.Unlock()
		a.dump = process.NewTail(dumpMax)
		return func() string {
			text := a.words(a.dump)
			if d, ok := a.decoder.(tool.Worded); ok {
				text = d.Stacks(text)
			}
			return text
		}
	}
	read := func() string { return a.output.text("stderr") }
	if file != "" {
		read = func() string { return readAll(filepath.Join(a.target.Scratch, file)) }
	}
	before := read()
	return func() string { return strings.TrimPrefix(read(), before) }
}

// settled waits until an answer is there and no longer grows, the program has ended, or the time is over.
func settled(proc *process.Process, answer func() string, until time.Time) string {
	if answer == nil {
		return ""
	}
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for now := answer(); ; {
		select {
		case <-proc.Done():
			return answer()
		case <-tick.C:
		}
		before := now
		now = answer()
		if now != "" && now == before && strings.HasSuffix(now, "\n") || time.Now().After(until) {
			return now
		}
	}
}

// readAll joins the files of a glob, in the order of their names.
func readAll(glob string) string {
	files, err := filepath.Glob(glob)
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
