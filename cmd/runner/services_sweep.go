package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"testrunner/env/docker"
	"testrunner/env/keeper"
	"testrunner/env/lease"
)

// sweep removes what a set left whose keeper is gone, and looks that nothing is there any more: by its inventory, and by the journal of
// the folder, which is taken for that moment.
func (r servicesRoom) sweep(ctx context.Context, last keeper.State) (swept, left []string, err error) {
	if err := r.folder.Make(); err != nil {
		return nil, nil, err
	}
	held, err := lease.Open(string(r.folder), newSetID())
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, held.Close()) }()
	if held.Beside() != "" {
		return nil, nil, notReady{text: "other services are just being started in this tree"}
	}
	swept = held.Swept()
	state, err := stateDir(r.world)
	if err != nil {
		return nil, nil, err
	}
	patience := passing
	if last.Phase.Over() { // its keeper has tried in vain: the watchdog waits for the engine
		patience = time.Second
	}
	remains, err := remainsOf(ctx, patience, lease.Sweeping{State: state, Engines: docker.Remover{Place: docker.Here(r.world.Environ, nil)}, Run: last.Set})
	for _, each := range remains {
		for _, t := range each.Gone {
			swept = append(swept, t.String())
		}
		for _, l := range each.Left {
			left = append(left, l.String())
		}
		switch each.Fate {
		case lease.Passing:
			for _, t := range each.Things {
				left = append(left, t.String()+" (the watchdog removes it when its engine answers, or runner clean does)")
			}
		case lease.Foreign:
			left = append(left, fmt.Sprintf("what %s names: %s", each.Path, each.Why))
		}
	}
	return swept, left, err
}

// remains is what the set's inventory still names, and what became of it. Where another process removes that just now, its watchdog, that
// is waited for, but not for ever: it may wait for an engine.
func remainsOf(ctx context.Context, patience time.Duration, sweeping lease.Sweeping) ([]lease.Remains, error) {
	for until := time.Now().Add(patience); ; {
		all, err := lease.Sweep(ctx, sweeping)
		busy := slices.ContainsFunc(all, func(each lease.Remains) bool { return each.Fate == lease.Passing })
		if err != nil || !busy || time.Now().After(until) {
			return all, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}
