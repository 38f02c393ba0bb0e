// Package agent works on what users say: a run for each message, which tells the user each of its steps.
package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"example.com/chat/internal/chat"
	"example.com/chat/internal/fault"
	"example.com/chat/internal/live"
)

// The events of a run, in their order.
const (
	Started       = "agent_started"
	Thinking      = "agent_thinking"
	ToolExecuting = "tool_executing"
	ToolCompleted = "tool_completed"
	Completed     = "agent_completed"
)

// errTaken is that another instance works on the run.
var errTaken = errors.New("another instance has taken the run")

// Runs are where runs are kept; chat.Store is it.
type Runs interface {
	Renew(ctx context.Context, run string) (bool, error)
	Abandoned(ctx context.Context) ([]chat.Run, error)
	Release(ctx context.Context, run string) error
	Count(ctx context.Context, run chat.Run) (int, error)
	Answer(ctx context.Context, run chat.Run, text string) error
	Finish(ctx context.Context, run string) error
}

// Agent works on runs. Its methods are safe for use by many goroutines.
type Agent struct {
	Runs   Runs
	Stream live.Stream
	Pace   time.Duration // between two steps
	Lease  time.Duration // a run that nobody has worked on for so long is taken over
	Most   int           // runs at once, beside those that are taken over; 0 is no limit
	Fault  fault.Fault

	mu     sync.Mutex
	closed chan struct{} // nil until the first run; closed by Close
	ended  bool
	all    sync.WaitGroup

	working  atomic.Int64
	admitted chan struct{} // holds one for each run that was admitted; nil until the first
}

// Admit waits until there is room for another run, lets it be made, and begins it: so nothing is kept that waits for its turn longer than its
// lease, and who says more than can be worked on is slowed down.
func (a *Agent) Admit(ctx context.Context, made func() (chat.Run, error)) (chat.Run, error) {
	if a.Most == 0 {
		run, err := made()
		if err == nil {
			a.Begin(ctx, run)
		}
		return run, err
	}
	room := a.room()
	select {
	case room <- struct{}{}:
	case <-ctx.Done():
		return chat.Run{}, ctx.Err()
	}
	run, err := made()
	if err != nil {
		<-room
		return run, err
	}
	a.begin(ctx, run, func() { <-room })
	return run, nil
}

func (a *Agent) room() chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.admitted == nil {
		a.admitted = make(chan struct{}, a.Most)
	}
	return a.admitted
}

// Begin works on a run in the background. While the agent ends nothing begins: the run is released.
func (a *Agent) Begin(ctx context.Context, run chat.Run) { a.begin(ctx, run, func() {}) }

func (a *Agent) begin(ctx context.Context, run chat.Run, ended func()) {
	ctx = context.WithoutCancel(ctx) // it goes on when the request has ended
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		a.give(ctx, run)
		ended()
		return
	}
	closed := a.closing()
	a.working.Add(1)
	a.all.Go(func() {
		defer ended()
		defer a.working.Add(-1)
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		go func() {
			select {
			case <-closed:
				cancel()
			case <-ctx.Done():
			}
		}()
		switch err := a.work(ctx, run); {
		case err == nil, errors.Is(err, errTaken):
		case ctx.Err() != nil:
			a.give(context.WithoutCancel(ctx), run)
		default: // the lease ends, and it is tried again
			slog.Error("run failed", "run", run.ID, "error", err)
		}
	})
}

// closing is closed when the agent ends. The lock is held.
func (a *Agent) closing() chan struct{} {
	if a.closed == nil {
		a.closed = make(chan struct{})
	}
	return a.closed
}

func (a *Agent) give(ctx context.Context, run chat.Run) {
	if err := a.Runs.Release(ctx, run.ID); err != nil {
		slog.Error("release a run", "run", run.ID, "error", err)
	}
}

// Watch takes over what other instances left undone, until the context ends.
func (a *Agent) Watch(ctx context.Context) {
	ticks := time.NewTicker(max(a.Lease/4, 10*time.Millisecond))
	defer ticks.Stop()
	for {
		runs, err := a.Runs.Abandoned(ctx)
		if err != nil && ctx.Err() == nil {
			slog.Error("look for abandoned runs", "error", err)
		}
		for _, run := range runs {
			slog.Info("takes over", "run", run.ID)
			a.Begin(ctx, run)
		}
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return
		}
	}
}

// Working is how many runs are being worked on.
func (a *Agent) Working() int64 { return a.working.Load() }

// Wait waits until nothing is being worked on.
func (a *Agent) Wait() { a.all.Wait() }

// Close ends the work; what was begun is released for others. It waits until that is done, or the context has ended.
func (a *Agent) Close(ctx context.Context) error {
	a.mu.Lock()
	if !a.ended {
		a.ended = true
		close(a.closing())
	}
	a.mu.Unlock()
	done := make(chan struct{})
	go func() { defer close(done); a.all.Wait() }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// answer is what the agent has found.
func answer(text string, earlier int) string {
	words := "1 word"
	if n := len(strings.Fields(text)); n != 1 {
		words = fmt.Sprintf("%d words", n)
	}
	return fmt.Sprintf("That was %s. Messages before it in this thread: %d.", words, earlier)
}
