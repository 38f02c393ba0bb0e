package process

import (
	"context"
	"os"
	"os/signal"
	"time"
)

// Signal is what somebody outside asks of runner.
type Signal int

// The signals. The zero value is none of them.
const (
	Interrupt Signal = iota + 1 // Ctrl-C
	Terminate                   // SIGTERM, SIGHUP, a console window that is closed
	Suspend                     // Ctrl-Z: pause the programs and clocks, then call SuspendSelf
	Resume                      // the shell's fg or bg, after SuspendSelf
)

// String is the signal's name for people.
func (s Signal) String() string {
	switch s {
	case Interrupt:
		return "interrupt"
	case Terminate:
		return "terminate"
	case Suspend:
		return "suspend"
	case Resume:
		return "resume"
	}
	return "no signal"
}

// sameWithin is the time in which two equal signals are one: npm sends Ctrl-C a second time to what the terminal told already.
const sameWithin = time.Second

// Signals delivers the signals that reach this process until ctx is done; then the channel is closed and the signals have their
// usual effect again. Two Interrupts (or Terminates) within a second are one. What our parent chose to ignore (nohup) stays ignored.
func Signals(ctx context.Context) <-chan Signal {
	in := make(chan os.Signal, 16)
	out := make(chan Signal, 4)
	for _, s := range caught() {
		if !signal.Ignored(s) {
			signal.Notify(in, s)
		}
	}
	go func() {
		defer close(out)
		defer signal.Stop(in)
		relay(ctx, in, out, time.Now)
	}()
	return out
}

// relay translates and debounces. now is the clock.
func relay(ctx context.Context, in <-chan os.Signal, out chan<- Signal, now func() time.Time) {
	last := map[Signal]time.Time{}
	for {
		select {
		case <-ctx.Done():
			return
		case raw := <-in:
			s := translate(raw)
			if s == 0 || s <= Terminate && again(last, s, now()) {
				continue
			}
			select {
			case out <- s:
			case <-ctx.Done():
				return
			}
		}
	}
}

// again tells whether s is the same as one that was delivered just now.
func again(last map[Signal]time.Time, s Signal, now time.Time) bool {
	before, ok := last[s]
	if ok && now.Sub(before) < sameWithin {
		return true
	}
	last[s] = now
	return false
}
