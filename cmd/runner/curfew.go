package main

import (
	"context"
	"sync"
	"time"

	"testrunner/runner"
	"testrunner/runner/process"
)

// The clocks of design law 6, and what of them is for the reports.
const (
	lastGrace  = 3 * time.Second // of a job, after its deadline
	lastWord   = 5 * time.Second // behind that grace, or behind a signal
	reporting  = time.Second
	leastClose = time.Second // services get so much in any case
)

// curfew says by when a run is over, whatever hangs: five seconds after the first signal that asks for it, or after the grace that jobs have
// at the run's deadline.
type curfew struct {
	clock *runner.Clock
	limit time.Duration // --timeout; 0 is none
	rung  chan struct{} // closed at the first signal

	mu    sync.Mutex
	asked time.Time // when that was
}

func newCurfew(clock *runner.Clock, limit time.Duration) *curfew {
	return &curfew{clock: clock, limit: limit, rung: make(chan struct{})}
}

// relay hands signals on, and notes the first that asks for the end. It ends with the context.
func (c *curfew) relay(ctx context.Context, in <-chan process.Signal) <-chan process.Signal {
	out := make(chan process.Signal, 16)
	go func() {
		for {
			select {
			case sig, open := <-in:
				if !open {
					return
				}
				c.note(sig)
				select {
				case out <- sig:
				default: // nobody listens any more, and the next one is to be noted all the same
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

func (c *curfew) note(sig process.Signal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if (sig == process.Interrupt || sig == process.Terminate) && c.asked.IsZero() {
		c.asked = time.Now()
		close(c.rung)
	}
}

// pressing says that the run is to end soon: by a signal, or at its deadline.
func (c *curfew) pressing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.asked.IsZero() || c.limit > 0 && c.clock.Elapsed() >= c.limit
}

// closing is the context in which services are ended: so much time at most, and less where the run would last too long otherwise. A signal
// that comes meanwhile shortens it.
func (c *curfew) closing(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	now := time.Now()
	until := now.Add(most)
	sooner := func(at time.Time) {
		if at = at.Add(lastWord - reporting); at.Before(until) {
			until = at
		}
	}
	if c.limit > 0 {
		sooner(now.Add(c.limit + lastGrace - c.clock.Elapsed()))
	}
	c.mu.Lock()
	asked := c.asked
	c.mu.Unlock()
	if !asked.IsZero() {
		sooner(asked)
	}
	if least := now.Add(leastClose); until.Before(least) {
		until = least
	}
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), until)
	if !asked.IsZero() {
		return ctx, cancel
	}
	go func() {
		select {
		case <-c.rung:
			hurry := time.AfterFunc(lastWord-reporting, cancel)
			<-ctx.Done()
			hurry.Stop()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}
