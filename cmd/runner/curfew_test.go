package main

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"testrunner/runner"
	"testrunner/runner/process"
)

// By when services must be gone: so that the reports are there in time, whatever hangs.
func TestCurfew(t *testing.T) {
	for name, c := range map[string]struct {
		limit, signal, closing time.Duration // from the run's start; 0 is none
		later                  time.Duration // a signal comes so long after the closing began
		want                   time.Duration // that closing may take
		pressing               bool
	}{
		"an ordinary end":              {closing: time.Minute, want: closingClock},
		"long before the deadline":     {limit: time.Hour, closing: time.Minute, want: closingClock},
		"just before the deadline":     {limit: time.Minute, closing: 59 * time.Second, want: closingClock},
		"at the deadline":              {limit: time.Minute, closing: time.Minute, want: 7 * time.Second, pressing: true},
		"after the grace":              {limit: time.Minute, closing: 63 * time.Second, want: 4 * time.Second, pressing: true},
		"at once after a signal":       {signal: time.Minute, closing: time.Minute, want: 4 * time.Second, pressing: true},
		"after a signal and the grace": {signal: time.Minute, closing: 63 * time.Second, want: time.Second, pressing: true},
		"a signal and a deadline":      {limit: 61 * time.Second, signal: time.Minute, closing: 61 * time.Second, want: 3 * time.Second, pressing: true},
		"too late in any case":         {signal: time.Minute, closing: 2 * time.Minute, want: leastClose, pressing: true},
		"a signal in the meantime":     {closing: time.Minute, later: time.Second, want: 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				ctx, end := context.WithCancel(t.Context())
				curfew := newCurfew(runner.NewClock(time.Now), c.limit)
				in := make(chan process.Signal)
				out := curfew.relay(ctx, in)
				ring := func() {
					in <- process.Interrupt
					if got := <-out; got != process.Interrupt {
						t.Errorf("%v is handed on", got)
					}
				}
				if c.signal > 0 {
					time.Sleep(c.signal)
					ring()
				}
				time.Sleep(c.closing - time.Since(begun))
				if curfew.pressing() != c.pressing {
					t.Errorf("pressing: %t", !c.pressing)
				}
				closing, cancel := curfew.closing(ctx, closingClock)
				defer cancel()
				if c.later > 0 {
					time.Sleep(c.later)
					ring()
				}
				<-closing.Done()
				if took := time.Since(begun) - c.closing; took != c.want {
					t.Errorf("services may take %s, want %s", took, c.want)
				}
				end()
				synctest.Wait()
			})
		})
	}
}

// Signals that nobody listens to any more are noted all the same.
func TestCurfewWithoutListeners(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		curfew := newCurfew(runner.NewClock(time.Now), 0)
		in := make(chan process.Signal)
		curfew.relay(ctx, in)
		for range 40 {
			in <- process.Suspend
		}
		in <- process.Terminate
		if synctest.Wait(); !curfew.pressing() {
			t.Error("the signal was lost")
		}
		end()
		synctest.Wait()
	})
}
