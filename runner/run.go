package runner

import (
	"context"
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
	Idle     func() float64                                // cores that nobody used since the call before; nil is not asked
	Record   func(kind string, id process.ID, what string) // tells the journal of a process; nil is none
	Forget   func(id process.ID)
	Services Services     // what jobs talk to; nil: no job needs any
	Suspend  func() error // stops runner itself and returns when it goes on; nil: suspending is passed over
}

const (
	defaultStall = 60 * time.Second
	defaultGrace = 3 * time.Second
	// watchEvery is how often a job's clocks are looked at: deadlines are kept to this precision.
	watchEvery = 50 * time.Millisecond
)

// Run executes the plan and returns what its jobs took. A failing test is an event; the error is a *Fault, a bug of
// runner's own, which is told as event.Stopping too. When Run returns, every process that it started has ended.
func Run(ctx context.Context, p Plan, o Options) (Timings, error) {
	if o.Stall == 0 {
		o.Stall = defaultStall
	}
	if o.Grace == 0 {
		o.Grace = defaultGrace
	}
	s := newScheduler(p, o)
	s.guarded(ctx)
	if fault := s.faults.get(); fault != nil {
		s.fault()
		return s.timings, fault
	}
	return s.timings, nil
}
