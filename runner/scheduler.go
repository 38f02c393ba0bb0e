package runner

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"testrunner/report/event"
	"testrunner/runner/process"
)

// Why a run stops early, as event.Stopping has it.
const (
	whyFailFast    = "fail-fast"
	whyBug         = "bug"
	whyDeadline    = "deadline"
	whyInterrupted = "interrupted"
	whyTerminated  = "terminated"
)

// secondAfter is how much later than the first a signal must come to be a second one: what npm, a shell and a CI service
// send at once is one wish.
const secondAfter = time.Second

// orphansEvery is how often it is looked for processes that nobody is the parent of.
const orphansEvery = 250 * time.Millisecond

// finished is a job's last word to the scheduler.
type finished struct {
	job    *running
	timing Timing
	whole  bool // it ended by itself, and nothing was left out: its timing is worth keeping
}

// scheduler hands out core slots. Its fields belong to the goroutine of loop.
type scheduler struct {
	plan     Plan
	opt      Options
	faults   *faults
	waiting  []Job
	pending  []Job // until their services are ready
	live     []*running
	free     int
	ram      uint64 // the most memory that was seen to be free: what there is without our jobs, or less
	done     chan finished
	supplies chan supplied
	giveUp   context.CancelFunc // nobody waits for services any more
	failed   chan struct{}      // something failed: for fail-fast
	timings  Timings
	told     []string  // of Stopping, each Why once
	asked    time.Time // of the first signal
	looked   time.Time // for orphans, the last time
	lent     time.Time // when it was last asked whether cores are idle, or a job started
	orphans  map[process.ID]bool
}

func newScheduler(p Plan, o Options) *scheduler {
	f := newFaults()
	return &scheduler{
		plan: p, opt: f.guard(o), faults: f, waiting: slices.Clone(p.Jobs), free: max(1, p.Slots),
		done: make(chan finished), supplies: make(chan supplied), giveUp: func() {}, failed: make(chan struct{}, 1), timings: Timings{},
		orphans: map[process.ID]bool{},
	}
}

// guarded runs the loop. A fault in it ends all jobs at once: nobody would watch over them.
func (s *scheduler) guarded(ctx context.Context) {
	defer func() {
		for _, r := range s.live {
			r.kill()
		}
		for len(s.live) > 0 {
			s.end(<-s.done)
		}
	}()
	defer s.faults.catch("scheduling")
	s.loop(ctx)
}

func (s *scheduler) loop(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	cancelled := ctx.Done()
	s.await(ctx)
	defer func() { s.giveUp() }()
	for {
		s.heed()
		s.startWhatFits(ctx)
		if len(s.live) == 0 && len(s.waiting) == 0 && len(s.pending) == 0 {
			return
		}
		select {
		case f := <-s.done:
			s.end(f)
		case now := <-s.supplies:
			s.supply(now)
		case <-s.failed:
			s.failFast()
		case <-s.faults.told:
			s.fault()
		case sig, open := <-s.opt.Signals:
			if !open {
				s.opt.Signals = nil
			}
			s.signal(sig)
		case <-cancelled:
			cancelled = nil
			s.stop(event.Stopping{Why: whyInterrupted, Detail: "cancelled"}, event.Interrupted)
		case <-tick.C:
			s.noteOrphans()
			s.lend(ctx)
		}
	}
}

// noteOrphans writes down what has lost its parent and its group: no job knows of it any more, and should runner be killed
// nobody else could end it.
func (s *scheduler) noteOrphans() {
	if time.Since(s.looked) < orphansEvery {
		return
	}
	s.looked = time.Now()
	ids, what := process.Orphans()
	for i, id := range ids {
		if !s.orphans[id] {
			s.orphans[id] = true
			s.opt.Record("escaped", id, what[i])
		}
	}
}

// heed acts on what must be known before a job starts. The select of loop takes any of several that are ready: a job
// that ended could make room for the next before its failure was heard of.
func (s *scheduler) heed() {
	select {
	case <-s.faults.told:
		s.fault()
	default:
	}
	select {
	case <-s.failed:
		s.failFast()
	default:
	}
	if d := s.opt.Deadline; d > 0 && s.opt.Clock.Elapsed() >= d {
		s.stop(event.Stopping{Why: whyDeadline, Detail: fmt.Sprintf("--timeout %s has passed", d)}, event.TimedOut)
	}
}

func (s *scheduler) failFast() {
	if s.opt.FailFast {
		s.stop(event.Stopping{Why: whyFailFast, Detail: "a test failed, so no further job starts"}, "")
	}
}

// fault tells of a bug, once. Jobs that run may end; no further one is trusted to us.
func (s *scheduler) fault() {
	f := s.faults.get()
	s.opt.Emit(event.Logged{Text: f.Error() + "\n" + f.Stack})
	s.stop(event.Stopping{Why: whyBug, Detail: f.Error()}, "")
}

// stop lets nothing new start. With a cause, running jobs are ended too. Each Why is told once, and one that would not
// change the verdict any more is not: fail-fast and the deadline of a run that is being ended already.
func (s *scheduler) stop(why event.Stopping, cause event.Cause) {
	if slices.Contains(s.told, why.Why) {
		return
	}
	ending := slices.Contains(s.told, whyInterrupted) || slices.Contains(s.told, whyTerminated)
	if why.Why == whyFailFast && len(s.told) > 0 || why.Why == whyDeadline && ending {
		return
	}
	s.told = append(s.told, why.Why)
	s.opt.Emit(why)
	for _, j := range slices.Concat(s.waiting, s.pending) {
		s.opt.Emit(event.NotRun{Category: j.Target.Category, Suite: j.Target.Suite, Reason: notRunReason(why)})
	}
	s.waiting, s.pending = nil, nil
	s.giveUp()
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
	case whyFailFast:
		code = event.ReasonFailFast
	case whyDeadline:
		code = event.ReasonDeadline
	case whyBug:
		code = event.ReasonCrashed
	}
	return event.Reason{Code: code, Text: why.Detail}
}

func (s *scheduler) signal(sig process.Signal) {
	switch sig {
	case process.Interrupt, process.Terminate:
		switch since := time.Since(s.asked); {
		case s.asked.IsZero():
			s.asked = time.Now()
		case since < secondAfter:
			s.opt.Emit(event.Logged{Text: "another signal (" + sig.String() + ") so soon is the same one"})
			return
		default:
			s.opt.Emit(event.Logged{Text: "second signal (" + sig.String() + "): killing what still runs"})
			for _, r := range s.live {
				r.kill()
			}
			return
		}
		why := event.Stopping{Why: whyInterrupted, Detail: "interrupted by Ctrl-C (SIGINT)"}
		if sig == process.Terminate {
			why = event.Stopping{Why: whyTerminated, Detail: "terminated by a signal (SIGTERM)"}
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
	s.opt.Clock.Pause()
	for _, r := range s.live {
		r.pause()
	}
	s.opt.Emit(event.Logged{Text: "suspended"})
	if err := s.opt.Suspend(); err != nil {
		s.opt.Emit(event.Logged{Text: "suspend: " + err.Error()})
	}
	for _, r := range s.live {
		r.resume()
	}
	s.opt.Clock.Resume()
	s.opt.Emit(event.Logged{Text: "resumed"})
}

func (s *scheduler) end(f finished) {
	s.free += f.job.charge
	s.live = slices.DeleteFunc(s.live, func(r *running) bool { return r == f.job })
	if !f.whole {
		return
	}
	if of := f.job.job.Of; of != "" {
		t := s.timings[of]
		if t.Files == nil {
			t.Files = map[string]int64{}
		}
		maps.Copy(t.Files, f.timing.Files)
		t.MS += f.timing.MS
		s.timings[of] = t
		f.timing.Files = nil
	}
	s.timings[f.job.job.Target.Job] = f.timing
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
