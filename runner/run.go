package runner

import (
	"context"
	"fmt"
	"time"

	"testrunner/report/event"
	"testrunner/runner/process"
)

// Options is what a run needs of the world.
type Options struct {
	Emit     event.Emit
	Environ  []string      // the environment that jobs inherit
	Clock    *Clock        // of the run
	Deadline time.Duration // of the whole run; 0 is none
	Stall    time.Duration // silence after which a job is looked at; 0 is 60 s
	Grace    time.Duration // between TERM and KILL; 0 is 3 s
	FailFast bool
	Scratch  string                                        // a folder of this run, outside the user's tree
	Signals  <-chan process.Signal                         // nil is none
	FreeRAM  func() uint64                                 // bytes that could still be used; nil is not asked
	Record   func(kind string, id process.ID, what string) // tells the journal of a process; nil is none
	Forget   func(id process.ID)
	Suspend  func() error // stops runner itself and returns when it goes on; nil: suspending is passed over
}

const (
	defaultStall = 60 * time.Second
	defaultGrace = 3 * time.Second
	// watchEvery is how often a job's clocks are looked at: deadlines are kept to this precision.
	watchEvery = 50 * time.Millisecond
	// spareRAM is kept free when a further job would start beside others.
	spareRAM = 256 << 20
)

// Run executes the plan and returns what its jobs took. A failing test is an event; Run itself has no error.
func Run(ctx context.Context, p Plan, o Options) Timings {
	if o.Stall == 0 {
		o.Stall = defaultStall
	}
	if o.Grace == 0 {
		o.Grace = defaultGrace
	}
	s := &scheduler{plan: p, opt: o, waiting: p.Jobs, free: p.Slots, done: make(chan finished), timings: Timings{}, failed: make(chan struct{}, 1)}
	s.loop(ctx)
	return s.timings
}

// finished is a job's last word to the scheduler.
type finished struct {
	job    *running
	timing Timing
	whole  bool // it ended by itself: its timing is worth keeping
}

// scheduler hands out core slots. Its fields belong to the goroutine of loop.
type scheduler struct {
	plan    Plan
	opt     Options
	waiting []Job
	live    []*running
	free    int
	done    chan finished
	failed  chan struct{} // something failed: for fail-fast
	timings Timings
	stopped event.Stopping // why nothing new starts; Why is "" while all is well
	asked   time.Time      // of the first interrupt
}

func (s *scheduler) loop(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		s.startWhatFits(ctx)
		if len(s.live) == 0 && len(s.waiting) == 0 {
			return
		}
		select {
		case f := <-s.done:
			s.end(f)
		case <-s.failed:
			if s.opt.FailFast {
				s.stop(event.Stopping{Why: "fail-fast", Detail: "a test failed, so no further job starts"}, "")
			}
		case sig, open := <-s.opt.Signals:
			if !open {
				s.opt.Signals = nil
			}
			s.signal(sig)
		case <-ctx.Done():
			s.stop(event.Stopping{Why: "interrupted", Detail: "cancelled"}, event.Interrupted)
			ctx = context.WithoutCancel(ctx)
		case <-tick.C:
			if d := s.opt.Deadline; d > 0 && s.opt.Clock.Elapsed() >= d {
				s.stop(event.Stopping{Why: "deadline", Detail: fmt.Sprintf("--timeout %s has passed", d)}, event.TimedOut)
			}
		}
	}
}

// stop lets nothing new start. With a cause, running jobs are ended too. Only the first call of each kind counts.
func (s *scheduler) stop(why event.Stopping, cause event.Cause) {
	harder := cause != "" && (s.stopped.Why == "" || s.stopped.Why == "fail-fast")
	if s.stopped.Why != "" && !harder {
		return
	}
	s.stopped = why
	s.opt.Emit(why)
	for _, j := range s.waiting {
		s.opt.Emit(event.NotRun{Category: j.Target.Category, Suite: j.Target.Suite, Reason: notRunReason(why)})
	}
	s.waiting = nil
	if cause == "" {
		return
	}
	for _, r := range s.live {
		r.end(cause)
	}
}

func notRunReason(why event.Stopping) event.Reason {
	code := event.ReasonInterrupted
	switch why.Why {
	case "fail-fast":
		code = event.ReasonFailFast
	case "deadline":
		code = event.ReasonDeadline
	}
	return event.Reason{Code: code, Text: why.Detail}
}

func (s *scheduler) signal(sig process.Signal) {
	switch sig {
	case process.Interrupt, process.Terminate:
		if !s.asked.IsZero() {
			s.opt.Emit(event.Logged{Text: "second signal: killing what still runs"})
			for _, r := range s.live {
				r.kill()
			}
			return
		}
		s.asked = time.Now()
		why := event.Stopping{Why: "interrupted", Detail: "interrupted by Ctrl-C (SIGINT)"}
		if sig == process.Terminate {
			why = event.Stopping{Why: "terminated", Detail: "terminated by a signal (SIGTERM)"}
		}
		s.stop(why, event.Interrupted)
	case process.Suspend:
		s.suspend()
	}
}

// suspend stops the jobs, the clock and then runner itself, as Ctrl-Z asks; all go on together.
func (s *scheduler) suspend() {
	if s.opt.Suspend == nil {
		return
	}
	for _, r := range s.live {
		r.pause()
	}
	s.opt.Clock.Pause()
	s.opt.Emit(event.Logged{Text: "suspended"})
	if err := s.opt.Suspend(); err != nil {
		s.opt.Emit(event.Logged{Text: "suspend: " + err.Error()})
	}
	s.opt.Clock.Resume()
	for _, r := range s.live {
		r.resume()
	}
	s.opt.Emit(event.Logged{Text: "resumed"})
}

func (s *scheduler) startWhatFits(ctx context.Context) {
	for len(s.waiting) > 0 && s.free > 0 {
		j := s.waiting[0]
		if len(s.live) > 0 && (j.Exclusive || s.live[0].job.Exclusive || !s.memoryFor(j)) {
			return
		}
		s.waiting = s.waiting[1:]
		share := s.share(j)
		s.free -= share
		r := newRunning(j, share, s)
		s.live = append(s.live, r)
		go r.run(ctx, s.done)
	}
}

// share is how many slots a job gets: alone all that it can use, else its part of what is free, at least one.
func (s *scheduler) share(j Job) int {
	others := 0
	for _, w := range s.waiting {
		if !w.Exclusive {
			others++
		}
	}
	if j.Exclusive {
		others = 0
	}
	return min(max(1, s.free-others), j.Cores, s.free)
}

// memoryFor says whether a further job may start beside those that run.
func (s *scheduler) memoryFor(j Job) bool {
	if s.opt.FreeRAM == nil {
		return true
	}
	return s.opt.FreeRAM() >= max(spareRAM, uint64(j.Last.RSSKB)<<10)
}

func (s *scheduler) end(f finished) {
	s.free += f.job.share
	for i, r := range s.live {
		if r == f.job {
			s.live = append(s.live[:i], s.live[i+1:]...)
			break
		}
	}
	if f.whole {
		s.timings[f.job.job.Target.Job] = f.timing
	}
}

// see watches the stream of a job for what the scheduler must know.
func (s *scheduler) see(b event.Body) {
	bad := false
	switch e := b.(type) {
	case event.TestFinished:
		bad = e.Outcome == event.Failed || e.Outcome == event.Errored
	case event.CollectionFailed:
		bad = true
	case event.JobFinished:
		bad = e.Cause != event.Done
	}
	if bad {
		select {
		case s.failed <- struct{}{}:
		default:
		}
	}
}
