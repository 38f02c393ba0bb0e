package main

import (
	"context"

	"testrunner/report"
	"testrunner/runner"
	"testrunner/runner/process"
)

// stoppedEarly is the error of a run that a signal ended before it had begun. There is nothing to report.
type stoppedEarly struct{ by process.Signal }

func (stoppedEarly) Error() string {
	return "ended by a signal before the first test: nothing was run, and the reports of the run before are as they were"
}

func (e stoppedEarly) ExitCode() int {
	if e.by == process.Terminate {
		return report.Terminated
	}
	return report.Interrupted
}

// listen catches the signals of a run from its first moment on, so that no probe outlives a Ctrl-C. The returned function
// gives them their usual effect again.
func listen(ctx context.Context) (<-chan process.Signal, func()) {
	ctx, deaf := context.WithCancel(ctx)
	return process.Signals(ctx), deaf
}

// interruptible calls f, which looks at the world and changes nothing yet. The first signal that asks for the end cancels
// its context; a second one has its usual effect, should f not heed that. Ctrl-Z stops runner, and its clock.
func interruptible(ctx context.Context, signals <-chan process.Signal, deaf func(), clock *runner.Clock, f func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	over, by := make(chan struct{}), make(chan process.Signal, 1)
	go func() {
		defer close(by)
		for {
			select {
			case <-over:
				return
			case sig := <-signals:
				switch sig {
				case process.Interrupt, process.Terminate:
					by <- sig
					cancel()
					deaf()
					return
				case process.Suspend:
					clock.Pause()
					_ = process.SuspendSelf() // where it can't be had the key does nothing
					clock.Resume()
				}
			}
		}
	}()
	err := f(ctx)
	close(over)
	if sig, asked := <-by; asked {
		return stoppedEarly{sig}
	}
	return err
}
