package agent

import (
	"context"
	"time"

	"example.com/chat/internal/chat"
	"example.com/chat/internal/fault"
	"example.com/chat/internal/live"
)

// step is one event of a run, and what is done for it.
type step struct {
	event string
	data  func(context.Context, chat.Run) (map[string]any, error)
}

func (a *Agent) steps() []step {
	out := []step{
		{Started, func(_ context.Context, r chat.Run) (map[string]any, error) {
			return map[string]any{"message": r.Message, "said": r.Text}, nil // for the user's other windows, which don't know it yet
		}},
		{Thinking, nothing},
		{ToolExecuting, func(context.Context, chat.Run) (map[string]any, error) { return map[string]any{"tool": "count"}, nil }},
		{ToolCompleted, a.count},
		{Completed, a.complete},
	}
	switch a.Fault {
	case fault.LoseEvent:
		out = append(out[:3], out[4])
	case fault.SwapEvents:
		out[2], out[3] = out[3], out[2]
	}
	return out
}

func nothing(context.Context, chat.Run) (map[string]any, error) { return nil, nil }

func (a *Agent) count(ctx context.Context, r chat.Run) (map[string]any, error) {
	n, err := a.Runs.Count(ctx, r)
	return map[string]any{"tool": "count", "messages": n}, err
}

// complete keeps the answer before the user is told of it, so that who asks for it then finds it.
func (a *Agent) complete(ctx context.Context, r chat.Run) (map[string]any, error) {
	n, err := a.Runs.Count(ctx, r)
	if err != nil {
		return nil, err
	}
	text := answer(r.Text, n)
	return map[string]any{"text": text}, a.Runs.Answer(ctx, r, text)
}

// work does the steps of a run that were not done yet.
func (a *Agent) work(ctx context.Context, run chat.Run) error {
	done, err := a.done(ctx, run)
	if err != nil {
		return err
	}
	renewed := time.Now()
	for i, s := range a.steps() {
		if done[s.event] {
			continue
		}
		if i > 0 {
			if err := pause(ctx, a.Pace); err != nil {
				return err
			}
		}
		if time.Since(renewed) > a.Lease/3 {
			ours, err := a.Runs.Renew(ctx, run.ID)
			if err != nil {
				return err
			}
			if !ours {
				return errTaken
			}
			renewed = time.Now()
		}
		data, err := s.data(ctx, run)
		if err != nil {
			return err
		}
		if err := a.Stream.Append(ctx, run.User, live.Event{Type: s.event, Thread: run.Thread, Run: run.ID, Data: live.Object(data)}); err != nil {
			return err
		}
	}
	return a.Runs.Finish(ctx, run.ID)
}

// done are the events that the user was sent already, by whoever worked on the run before.
func (a *Agent) done(ctx context.Context, run chat.Run) (map[string]bool, error) {
	out := map[string]bool{}
	if !run.Taken {
		return out, nil
	}
	for last := live.First; ; {
		events, err := a.Stream.After(ctx, run.User, last)
		if err != nil || len(events) == 0 {
			return out, err
		}
		for _, e := range events {
			last = e.ID
			if e.Run == run.ID {
				out[e.Type] = true
			}
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
