package local

import (
	"context"
	"errors"
	"fmt"
	"time"

	"testrunner/runner/process"
)

// Stop ends the process with all that it started, and removes its data. When the context ends, it kills.
func (in *instance) Stop(ctx context.Context) error {
	in.mu.Lock()
	first := !in.stopping
	in.stopping = true
	in.mu.Unlock()
	if first {
		in.finish(ctx)
		in.stopErr = in.tidy()
		close(in.stopped)
	}
	select {
	case <-in.stopped:
	case <-ctx.Done():
		in.proc.Kill() // the first caller has more time than this one
		<-in.stopped
	}
	if in.stopErr != nil {
		return fmt.Errorf("stop %s: %w", in.name, in.stopErr)
	}
	return nil
}

// finish ends the process: by its own signals, by TERM, by KILL.
func (in *instance) finish(ctx context.Context) {
	for _, signal := range in.signals {
		if isClosed(in.done) || in.proc.Dump(signal, process.ToLeader) != nil {
			break // it has ended, or this system has no signals
		}
		if !in.within(ctx, signalPause) {
			continue
		}
		return
	}
	in.proc.Stop(in.grace)
	select {
	case <-in.done:
	case <-ctx.Done():
		in.proc.Kill()
		<-in.done // it gives up by itself on what can't be killed
	}
}

// within tells whether it ends in that time.
func (in *instance) within(ctx context.Context, pause time.Duration) bool {
	wait := time.NewTimer(pause)
	defer wait.Stop()
	select {
	case <-in.done:
		return true
	case <-ctx.Done():
	case <-wait.C:
	}
	return false
}

// tidy removes what it had.
func (in *instance) tidy() error {
	in.port.release()
	if in.after != nil {
		in.after()
	}
	var left error
	if id := in.proc.ID(); id.Alive() {
		left = fmt.Errorf("process %d does not even leave after KILL; it hangs in the kernel", id.Pid)
	}
	return errors.Join(left, in.p.removeFolder(in.folder))
}
