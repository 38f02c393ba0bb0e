package runner

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"testrunner/report/event"
	"testrunner/runner/process"
	"testrunner/runner/tool"
)

// running is one job from its start to its end, over all its attempts.
type running struct {
	job   Job
	share int
	opt   Options
	see   func(event.Body)

	mu      sync.Mutex
	proc    *process.Process // of the attempt that runs
	stopped event.Cause      // why runner ended the job
	ending  chan struct{}    // closed when stopped is set
	killed  bool
}

func newRunning(j Job, share int, s *scheduler) *running {
	return &running{job: j, share: share, opt: s.opt, see: s.see, ending: make(chan struct{})}
}

func (r *running) emit(b event.Body) {
	r.see(b)
	r.opt.Emit(b)
}

// run executes the job's attempts. Another attempt is made where the tool must be started again to run the rest apart
// from what broke (law 4); each leaves out more than the one before, so they come to an end.
func (r *running) run(ctx context.Context, done chan<- finished) {
	start := r.opt.Clock.Elapsed()
	var rss int64
	target := r.job.Target
	target.Share = r.share
	whole := false
	for {
		a := attempt{running: r, target: target}
		conclusion, exit := a.run(ctx)
		rss = max(rss, exit.MaxRSSKB)
		again := conclusion.Again
		if again != nil && (len(again.LeaveOut) <= len(target.LeaveOut) || r.cause() != "") {
			again = nil
		}
		r.emit(event.JobFinished{
			Job: target.Job, Exit: exit.Code, Signal: exit.Signal, Cause: conclusion.Cause, Problem: conclusion.Problem,
			Detail: event.Capped(conclusion.Detail, event.Cap), Again: again != nil,
			Micros: exit.Wall.Microseconds(), Orphans: exit.Orphans, MaxRSSKB: exit.MaxRSSKB,
		})
		if again == nil {
			whole = conclusion.Cause == event.Done
			break
		}
		attempts := target.Attempt
		target = *again
		target.Attempt, target.Share = attempts+1, r.share
	}
	took := r.opt.Clock.Elapsed() - start
	done <- finished{job: r, timing: Timing{MS: max(1, took.Milliseconds()), RSSKB: rss}, whole: whole}
}

func (r *running) cause() event.Cause {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stopped
}

// end asks the job to stop for a cause; the first cause counts.
func (r *running) end(cause event.Cause) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped == "" {
		r.stopped = cause
		close(r.ending)
	}
}

func (r *running) kill() { r.withProcess(func(p *process.Process) { r.killed = true; p.Kill() }) }

func (r *running) pause() { r.withProcess(func(p *process.Process) { r.say("pause", p.Pause()) }) }

func (r *running) resume() { r.withProcess(func(p *process.Process) { r.say("resume", p.Resume()) }) }

func (r *running) say(what string, err error) {
	if err != nil {
		r.opt.Emit(event.Logged{Text: what + " " + r.job.Target.Job + ": " + err.Error()})
	}
}

func (r *running) withProcess(f func(*process.Process)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.proc != nil {
		f(r.proc)
	}
}

// attempt is one process of a job.
type attempt struct {
	*running
	target  tool.Target
	command tool.Command
	decoder tool.Decoder
	output  *output
	watch   watch

	gate   sync.Mutex // one line at a time, and none after the end
	closed bool
}

func (a *attempt) run(ctx context.Context) (tool.Conclusion, process.Exit) {
	a.watch.touch(a.opt.Clock)
	cause, err := a.prepare()
	if a.target.Scratch != "" {
		defer os.RemoveAll(a.target.Scratch)
	}
	a.emit(event.JobStarted{
		Job: a.target.Job, Category: a.target.Category, Suite: a.target.Suite, Tool: a.job.Tool.Name(), Fidelity: event.Real,
		Argv: a.command.Argv, Dir: a.target.Dir, Share: a.share, Attempt: a.target.Attempt,
	})
	if err != nil {
		return tool.Conclusion{Cause: cause, Problem: err.Error()}, process.Exit{Code: -1}
	}
	a.decoder = a.job.Tool.Decode(a.target, a.tell)
	return a.execute(ctx)
}

// tell passes an event of the decoder on, and remembers what is open.
func (a *attempt) tell(b event.Body) {
	a.watch.see(b, a.opt.Clock)
	a.emit(b)
}

// prepare makes the job's scratch folder, asks for the command, writes the hook's files and deletes stale reports.
// The cause says whose fault an error is: the target's (usage) or the machine's.
func (a *attempt) prepare() (event.Cause, error) {
	if err := os.MkdirAll(a.opt.Scratch, 0o700); err != nil {
		return event.NotStarted, fmt.Errorf("make the scratch folder: %w", err)
	}
	scratch, err := os.MkdirTemp(a.opt.Scratch, "job-")
	if err != nil {
		return event.NotStarted, fmt.Errorf("make the scratch folder: %w", err)
	}
	a.target.Scratch = scratch
	if a.command, err = a.job.Tool.Command(a.target); err != nil {
		return event.BadUsage, err
	}
	for name, content := range a.command.Files {
		path := filepath.Join(scratch, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return event.NotStarted, fmt.Errorf("write the hook: %w", err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return event.NotStarted, fmt.Errorf("write the hook: %w", err)
		}
	}
	return event.NotStarted, a.removeStale()
}

func (a *attempt) removeStale() error {
	dir := filepath.Join(a.target.Root, filepath.FromSlash(a.target.Dir))
	for _, glob := range a.command.Stale {
		files, err := tool.Glob(dir, glob)
		if err != nil {
			return fmt.Errorf("look for stale reports %q: %w", glob, err)
		}
		for _, f := range files {
			if err := os.Remove(f); err != nil {
				return fmt.Errorf("delete the stale report %s: %w", f, err)
			}
			a.opt.Emit(event.Logged{Text: "deleted the stale report " + f})
		}
	}
	return nil
}

// execute starts the process, reads it to its end, and concludes.
func (a *attempt) execute(ctx context.Context) (tool.Conclusion, process.Exit) {
	a.output = newOutput(a.target.Job, a.opt.Emit)
	lines := process.NewLineWriter(maxLine, a.line)
	spec := process.Spec{
		Argv: a.command.Argv, Dir: filepath.Join(a.target.Root, filepath.FromSlash(a.target.Dir)),
		Escaped: a.recordEscaped,
		Env:     tool.Environ(a.opt.Environ, a.target, a.command), Grace: a.opt.Grace, Terminal: a.target.Debug,
	}
	if !a.target.Debug {
		spec.Stdout, spec.Stderr = a.output.stream("stdout"), a.output.stream("stderr")
	}
	if a.command.Channel == tool.Stdout {
		spec.Stdout = lines
	}
	a.opt.Emit(event.Logged{Text: fmt.Sprintf("start %s in %s: %s", a.target.Job, a.target.Dir, strings.Join(spec.Argv, " "))})
	proc, err := process.Start(ctx, spec)
	if err != nil {
		c := a.decoder.End(tool.Exit{Code: -1, Err: err.Error()})
		return c, process.Exit{Code: -1}
	}
	a.mu.Lock()
	a.proc = proc
	a.mu.Unlock()
	a.record(proc.ID())
	channel := a.follow()
	exit := a.supervise(proc)
	lines.Flush()
	channel.finish()
	a.close()
	a.output.close()
	a.mu.Lock()
	a.proc = nil
	a.mu.Unlock()
	if a.opt.Forget != nil {
		a.opt.Forget(proc.ID())
	}
	a.opt.Emit(event.Logged{Text: fmt.Sprintf("end %s: exit %d %s", a.target.Job, exit.Code, exit.Signal)})
	e := tool.Exit{Code: exit.Code, Signal: exit.Signal, Stdout: a.output.text("stdout"), Stderr: a.output.text("stderr"), Stopped: a.cause()}
	return a.decoder.End(e), exit
}

func (a *attempt) record(id process.ID) {
	if a.opt.Record != nil {
		a.opt.Record("job", id, a.target.Job)
	}
}

func (a *attempt) recordEscaped(id process.ID, what string) {
	if a.opt.Record != nil {
		a.opt.Record("escaped", id, a.target.Job+": "+what)
	}
}

// line hands one line of the channel to the decoder. A grandchild may still write after the job has ended: too late.
func (a *attempt) line(b []byte) {
	a.gate.Lock()
	defer a.gate.Unlock()
	if a.closed {
		return
	}
	a.watch.touch(a.opt.Clock)
	a.decoder.Line(b)
}

func (a *attempt) close() {
	a.gate.Lock()
	defer a.gate.Unlock()
	a.closed = true
}

// supervise waits for the end, and keeps the job's clocks meanwhile.
func (a *attempt) supervise(proc *process.Process) process.Exit {
	ended := make(chan process.Exit, 1)
	go func() { ended <- proc.Wait() }()
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	begin := a.opt.Clock.Elapsed()
	ending := a.ending
	for {
		select {
		case exit := <-ended:
			return exit
		case <-ending:
			ending = nil
			if a.cause() == event.TimedOut {
				a.stalled(proc, "deadline")
			}
			go proc.Stop(a.opt.Grace)
		case <-tick.C:
			if a.target.Debug {
				continue
			}
			if t := a.job.Timeout; t > 0 && a.opt.Clock.Elapsed()-begin >= t {
				a.end(event.TimedOut)
			}
			if a.watch.silent(a.opt.Clock, a.opt.Stall) {
				a.stalled(proc, "stall")
			}
		}
	}
}
