package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"testrunner/env/service"
)

// Prepare waits until the service's own healthcheck has had its say.
func (a *Attached) Prepare(ctx context.Context, s service.Spec, tell service.Tell) error {
	now, err := a.wait(ctx, s, false)
	if err != nil {
		return a.p.blame(ctx, err)
	}
	if now.Note != "" {
		tell(now.Note)
	}
	return nil
}

// wait looks until the service runs and is not starting any more. What does not run is an error at once; one that ran when it was handed
// out may be on its way back, and is waited for.
func (a *Attached) wait(ctx context.Context, s service.Spec, again bool) (Standing, error) {
	begun := time.Now()
	for {
		now, _, err := a.now(ctx, s)
		var gone *ServiceError
		switch {
		case err != nil && (!again || !errors.As(err, &gone)):
			return now, err
		case err == nil && (now.Stand == StandsReady || now.Stand == StandsDone):
			return now, nil
		case err == nil && now.Stand != StandsStarting:
			err = &ServiceError{Fault: Fault{Detail: now.Detail, Remedy: now.Remedy}}
			if !again {
				return now, err
			}
		}
		if err != nil && time.Since(begun) > a.s.Patience {
			// Not again and again: whoever ended it has not brought it back.
			return now, &service.Failure{Service: s.Name, Chain: []string{s.Name}, Cause: fmt.Errorf("not waited for beyond %s: %w", a.s.Patience, err)}
		}
		select {
		case <-ctx.Done():
			return now, context.Cause(ctx)
		case <-time.After(lookAgain):
		}
	}
}

func (a *Attached) now(ctx context.Context, s service.Spec) (Standing, Inspection, error) {
	at, all, err := a.all(ctx)
	if err != nil {
		return Standing{}, Inspection{}, err
	}
	return a.standing(ctx, s, at, all)
}

// Start hands out the service as it is. Nothing is started: one that somebody else ended is waited for.
func (a *Attached) Start(ctx context.Context, s service.Spec, _ map[string]service.Instance, tell service.Tell) (service.Instance, error) {
	a.mu.Lock()
	again := a.used[s.Name]
	a.mu.Unlock()
	in, err := a.take(ctx, s, again)
	if err != nil {
		return nil, a.p.blame(ctx, err)
	}
	a.mu.Lock()
	a.used[s.Name] = true
	a.mu.Unlock()
	if had, has := s.Wanted[0], in.Address().Port; again && had != 0 && has != 0 && has != had {
		tell(fmt.Sprintf("it is at %s now, and no longer at port %d", net.JoinHostPort(in.Address().Host, strconv.Itoa(has)), had))
	}
	return in, nil
}

func (a *Attached) take(ctx context.Context, s service.Spec, again bool) (*attached, error) {
	w, err := a.p.watching(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := a.wait(ctx, s, again); err != nil {
		return nil, err
	}
	now, seen, err := a.now(ctx, s)
	if err != nil {
		return nil, err
	}
	i := &instance{
		p: a.p, watch: w, service: s.Name, id: seen.ID, name: seen.Name, terminal: seen.Terminal, started: seen.Started, address: now.Address,
		done: make(chan struct{}), starved: make(chan struct{}), logged: make(chan struct{}),
	}
	var listening context.Context
	listening, i.stopLog = context.WithCancel(context.WithoutCancel(ctx))
	go i.listenOn(listening)
	w.add(i)
	w.settle(ctx, i, false) // it may have ended before it was watched
	return &attached{i}, nil
}

// listenOn reads the last lines of a container that has run for long, and what follows.
func (i *instance) listenOn(ctx context.Context) {
	defer close(i.logged)
	if err := i.p.s.Engine.LogsSince(ctx, i.id, i.terminal, keptLines, &i.log); err != nil && ctx.Err() == nil {
		i.p.s.Place.log("docker: the output of " + i.service + " is not read on: " + err.Error())
	}
}

// attached is a life of a container that somebody else started.
type attached struct{ *instance }

var (
	_ service.Instance = (*attached)(nil)
	_ service.Checked  = (*attached)(nil)
	_ service.Hosted   = (*attached)(nil)
)

// Healthcheck is none: the engine runs the container's own, and what it says is looked at before the service is handed out.
func (in *attached) Healthcheck() *service.Healthcheck { return nil }

// Exec refuses: nothing is run in what somebody else started.
func (in *attached) Exec(context.Context, []string, []string) (string, int, error) {
	return "", -1, fmt.Errorf("run a command in %s, which somebody else has started: %w", in.service, service.ErrNoInside)
}

// Follow writes the output from now on: what was written before belongs to no run.
func (in *attached) Follow(ctx context.Context, w io.Writer) error {
	err := in.p.s.Engine.LogsSince(ctx, in.id, in.terminal, 0, w)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// End says how it ended. One that was started again, or removed, has no status that could be taken for success.
func (in *attached) End() service.End {
	end := in.instance.End()
	if end.Why != "" && end.Code == 0 && end.Signal == "" && !end.Engine {
		end.Code = -1
	}
	return end
}

// Stop ends the look at it, and nothing else: it has not ended.
func (in *attached) Stop(context.Context) error {
	in.stopLog()
	in.watch.remove(in.instance)
	return nil
}
