package runner

import (
	"context"
	"slices"
	"sync"
	"time"

	"testrunner/report/event"
	"testrunner/runner/process"
	"testrunner/runner/tool"
)

// running is one job from its start to its end, over all its attempts.
type running struct {
	job    Job
	share  int
	charge int // slots that it takes from the others: fewer than share where it mostly waits
	opt    Options
	see    func(event.Body)
	faults *faults
	begun  time.Duration // on the run's clock

	mu      sync.Mutex
	proc    *process.Process // of the attempt that runs
	stopped event.Cause      // why runner ended the job
	asked   time.Time        // when that was
	ending  chan struct{}    // closed when stopped is set
	killed  bool             // nothing of it may run any more
	paused  bool
	files   map[string]int64 // of a split suite: µs by file
}

func newRunning(j Job, share, charge int, s *scheduler) *running {
	return &running{job: j, share: share, charge: charge, opt: s.opt, see: s.see, faults: s.faults, ending: make(chan struct{})}
}

// emit tells the stream first: who hears of a failure finds it told.
func (r *running) emit(b event.Body) {
	r.opt.Emit(b)
	r.see(b)
	if e, ok := b.(event.TestFinished); ok && r.job.Of != "" {
		r.time(e)
	}
}

// time adds up what the tests of each file took, so that the next run can deal the files out better.
func (r *running) time(e event.TestFinished) {
	file := e.Test.File
	if file == "" {
		file, _ = event.SplitID(e.Test.ID)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.files == nil {
		r.files = map[string]int64{}
	}
	r.files[file] += e.Micros
}

// run executes the job's attempts. Another attempt is made where the tool must be started again to run the rest apart
// from what broke (law 4); each leaves out more than the one before, so they come to an end.
func (r *running) run(ctx context.Context, done chan<- finished) {
	last := finished{job: r}
	defer func() { done <- last }() // whatever happens, or the scheduler would wait for ever
	defer r.faults.catch("running " + r.job.Target.Job)
	r.begun = r.opt.Clock.Elapsed()
	variables, back, err := r.borrow(ctx)
	defer back()
	if err != nil {
		r.emit(event.NotRun{Category: r.job.Target.Category, Suite: r.job.Target.Suite, Job: r.job.Target.Job, Reason: event.Reason{Code: event.ReasonBlocked, Text: err.Error()}})
		return
	}
	target := r.job.Target
	// What the suite's own configuration says counts more than what the services are called by default.
	target.Share, target.Env = r.share, slices.Concat(variables, target.Env)
	for {
		a := attempt{running: r, target: target}
		conclusion, exit := a.run(ctx)
		last.timing.RSSKB = max(last.timing.RSSKB, exit.MaxRSSKB)
		last.timing.CPUMS += (exit.User + exit.Sys).Milliseconds()
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
			last.whole = conclusion.Cause == event.Done && len(r.job.Target.Tests) == 0 && r.job.Target.Filter == ""
			break
		}
		attempts := target.Attempt
		target = *again
		target.Attempt, target.Share = attempts+1, r.share
	}
	last.timing.MS = max(1, (r.opt.Clock.Elapsed() - r.begun).Milliseconds())
	last.timing.Share, last.timing.Files = r.share, r.files
}

func (r *running) cause() event.Cause {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stopped
}

// since is when runner began to end the job.
func (r *running) since() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked
}

// end asks the job to stop for a cause; the first cause counts.
func (r *running) end(cause event.Cause) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped == "" {
		r.stopped, r.asked = cause, time.Now()
		close(r.ending)
	}
}

// kill ends what runs of the job at once. What is just being started is killed as soon as it is there.
func (r *running) kill() {
	r.end(event.Interrupted)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.killed = true
	if r.proc != nil {
		r.proc.Kill()
	}
}

func (r *running) pause() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.paused = true
	if r.proc != nil {
		r.say("pause", r.proc.Pause())
	}
}

func (r *running) resume() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.paused = false
	if r.proc != nil {
		r.say("resume", r.proc.Resume())
	}
}

// hold makes proc the one that kill and pause are for; nil is none.
func (r *running) hold(proc *process.Process) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.proc = proc
	switch {
	case proc == nil:
	case r.killed:
		proc.Kill()
	case r.paused:
		r.say("pause", proc.Pause())
	}
}

func (r *running) say(what string, err error) {
	if err != nil {
		r.opt.Emit(event.Logged{Text: what + " " + r.job.Target.Job + ": " + err.Error()})
	}
}

// bug is the conclusion of a job in which runner's own code panicked.
func bug(f *Fault) tool.Conclusion {
	return tool.Conclusion{Cause: event.Crashed, Problem: f.Error(), Detail: f.Stack}
}
