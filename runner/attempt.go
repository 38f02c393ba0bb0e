package runner

import (
	"cmp"
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

// attempt is one process of a job.
type attempt struct {
	*running
	target  tool.Target
	command tool.Command
	decoder tool.Decoder
	output  *output
	watch   watch
	started *process.Process // until its end was seen

	gate   sync.Mutex // one line at a time, and none after the end
	closed bool
	fault  *Fault        // the decoder's
	heard  *process.Tail // the last lines of the channel, for a decoder that can put them into words
	dump   *process.Tail // all lines since the stacks were asked for; nil before
}

// run makes the attempt. A panic on the way ends its process and is its conclusion.
func (a *attempt) run(ctx context.Context) (conclusion tool.Conclusion, exit process.Exit) {
	defer func() {
		if value := recover(); value != nil {
			conclusion, exit = bug(a.faults.add("running "+a.target.Job, value)), a.abandon()
		}
	}()
	a.watch.touch(a.opt.Clock)
	a.target.Scratch = ""
	defer func() {
		if a.target.Scratch != "" {
			os.RemoveAll(a.target.Scratch) // what can't be removed is left over, and the run's end tells so
		}
	}()
	cause, err := a.prepare()
	a.emit(event.JobStarted{
		Job: a.target.Job, Category: a.target.Category, Suite: a.target.Suite, Tool: a.job.Tool.Name(), Fidelity: cmp.Or(a.job.Fidelity, event.Real), Services: a.job.Services,
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
	// What our deadline ended did not end by itself: a tool that asks its processes for their stacks and then ends them may see one crash.
	if e, ok := b.(event.TestFinished); ok && e.Type == string(event.NotFinishedType) && a.cause() == event.TimedOut {
		e.Type, e.Message = string(event.TimeoutType), "open at the deadline: "+e.Message
		b = e
	}
	if e, ok := b.(event.TestFinished); ok {
		b = notRunByItself(e)
	}
	a.watch.see(b, a.opt.Clock)
	a.emit(b)
}

// notRunWords begin the reason of a skip by which a test says that what it requires of the environment is not there. "runner init
// --require" writes them, and any test of any tool may.
const notRunWords = "runner: not run: "

// notRunByItself makes such a skip what it is: selected, and not executed, since the environment was not ready.
func notRunByItself(e event.TestFinished) event.TestFinished {
	if why, ok := strings.CutPrefix(e.Message, notRunWords); ok && e.Outcome == event.Skipped {
		e.Outcome, e.Type, e.Message = event.NotRan, event.ReasonBlocked, why
	}
	return e
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

func (a *attempt) dir() string { return filepath.Join(a.target.Root, filepath.FromSlash(a.target.Dir)) }

func (a *attempt) removeStale() error {
	for _, glob := range a.command.Stale {
		files, err := tool.Glob(a.dir(), glob)
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
	if cause := a.cause(); cause != "" { // asked to end before it began
		return a.conclude(tool.Exit{Code: -1, Stopped: cause}), process.Exit{Code: -1}
	}
	a.output = newOutput(a.target.Job, a.opt.Emit, func() { a.watch.touch(a.opt.Clock) })
	defer a.output.close()
	lines := process.NewLineWriter(maxLine, a.line)
	spec := process.Spec{
		Argv: a.command.Argv, Dir: a.dir(), Env: tool.Environ(a.opt.Environ, a.target, a.command),
		Grace: a.opt.Grace, Terminal: a.target.Debug, Escaped: a.recordEscaped,
	}
	if !a.target.Debug {
		spec.Stdout, spec.Stderr = a.output.stream("stdout"), a.output.stream("stderr")
	}
	if a.command.Channel == tool.Stdout {
		spec.Stdout, a.heard = lines, process.NewTail(event.Cap)
	}
	a.opt.Emit(event.Logged{Text: fmt.Sprintf("start %s in %s: %s", a.target.Job, a.target.Dir, event.ShellJoin(spec.Argv))})
	proc, err := process.Start(ctx, spec)
	if err != nil {
		return a.conclude(tool.Exit{Code: -1, Err: err.Error(), Stopped: a.cause()}), process.Exit{Code: -1}
	}
	a.started = proc
	a.opt.Record("job", proc.ID(), a.target.Job)
	a.hold(proc)
	channel := a.follow()
	exit := a.supervise(ctx, proc)
	lines.Flush()
	channel.finish()
	a.close()
	a.output.close()
	a.hold(nil)
	a.opt.Forget(proc.ID())
	a.started = nil
	a.opt.Emit(event.Logged{Text: fmt.Sprintf("end %s: exit %d %s", a.target.Job, exit.Code, exit.Signal)})
	return a.conclude(tool.Exit{
		Code: exit.Code, Signal: exit.Signal, Stdout: a.output.text("stdout"), Stderr: a.output.text("stderr"), Stopped: a.cause(),
	}), exit
}

// conclude asks the decoder, unless it has panicked before: it is not to be trusted then.
func (a *attempt) conclude(exit tool.Exit) tool.Conclusion {
	if a.fault != nil {
		return bug(a.fault)
	}
	return a.decoder.End(exit)
}

// abandon ends what a panic has left of the attempt, and waits for it.
func (a *attempt) abandon() process.Exit {
	a.close()
	exit := process.Exit{Code: -1}
	if a.started != nil {
		a.started.Kill()
		exit = a.started.Wait()
		a.hold(nil)
		a.opt.Forget(a.started.ID())
	}
	if a.output != nil {
		a.output.close()
	}
	return exit
}

func (a *attempt) recordEscaped(id process.ID, what string) {
	a.opt.Record("escaped", id, a.target.Job+": "+what)
}

// line hands one line of the channel to the decoder. A grandchild may still write after the job has ended: too late.
// It is called from the goroutine that reads the channel, where a panic could be caught by nobody else.
func (a *attempt) line(b []byte) {
	a.gate.Lock()
	defer a.gate.Unlock()
	if a.closed {
		return
	}
	defer func() {
		if value := recover(); value != nil {
			a.closed = true
			a.fault = a.faults.add("reading "+a.target.Job, value)
			a.end(event.Crashed)
		}
	}()
	a.watch.touch(a.opt.Clock)
	for _, kept := range []*process.Tail{a.heard, a.dump} {
		if kept != nil {
			kept.Write(b)
			kept.Write([]byte{'\n'})
		}
	}
	a.decoder.Line(b)
}

func (a *attempt) close() {
	a.gate.Lock()
	defer a.gate.Unlock()
	a.closed = true
}

// supervise waits for the end, and keeps the job's clocks meanwhile. The time of all its attempts counts for its timeout.
func (a *attempt) supervise(ctx context.Context, proc *process.Process) process.Exit {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	ending := a.ending
	for {
		select {
		case <-proc.Done():
			return proc.Wait()
		case <-ending:
			ending = nil
			a.stop(ctx, proc)
		case <-tick.C:
			if a.target.Debug {
				continue
			}
			if t := a.job.Timeout; t > 0 && a.opt.Clock.Elapsed()-a.begun >= t {
				a.end(event.TimedOut)
			}
			if a.watch.silent(a.opt.Clock, a.opt.Stall) {
				a.stalled(ctx, proc, "stall", dumpWait)
			}
		}
	}
}

// stop asks the process to end. At a deadline it is asked first where it hangs, since TERM would end the answer too;
// that is a part of the grace, so KILL comes no later for it; nor for the stacks of a stall that were just being fetched.
func (a *attempt) stop(ctx context.Context, proc *process.Process) {
	at := a.since()
	if a.cause() == event.TimedOut && !a.target.Debug {
		a.stalled(ctx, proc, "deadline", min(dumpWait, a.opt.Grace/2))
	}
	proc.Stop(max(a.opt.Grace-time.Since(at), time.Millisecond))
}
