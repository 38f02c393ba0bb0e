package lease

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"
)

// inventoried tells whether the run has an inventory.
func (w Watching) inventoried(run string) bool {
	if w.State == "" || run == "" {
		return false
	}
	_, err := os.Stat(inventoryPath(w.State, run))
	return !errors.Is(err, fs.ErrNotExist)
}

// Lingers tells whether the inventory of a run that is over names something in an engine: it did not answer when that was to be removed.
func Lingers(state, run string) bool {
	r, lock, err := examine(inventoryPath(state, run))
	if err != nil || lock == nil {
		return false
	}
	defer lock.Close()
	return slices.ContainsFunc(r.Things, func(t Thing) bool { return t.Kind.inEngine() })
}

// sweep removes what the dead run's inventory names. The lock of a process that is just dying is waited for, and so is an engine that
// does not answer: it may be the one whose death has taken the runner with it.
func (w Watching) sweep(run string) error {
	patience := w.Patience
	if patience <= 0 {
		patience = DefaultPatience
	}
	// The watchdog has nobody above it who could end it: its own clock does.
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	died := time.Now()
	for fresh := true; w.inventoried(run); {
		all, err := Sweep(ctx, Sweeping{State: w.State, Engines: w.Engines, Run: run, Fresh: fresh})
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return nil
		}
		r, pause := all[0], askAgain
		switch {
		case r.Fate == Foreign:
			return fmt.Errorf("remove what run %s left: %s", run, r.Why)
		case r.Fate == Alive && time.Since(died) > dying:
			return nil // another process owns it by now
		case r.Fate != Dead:
			pause = 10 * time.Millisecond
		case len(r.Left) == 0:
			return nil
		default:
			fresh = false // the ids of groups may be given away by now
			err = fmt.Errorf("remove what run %s left: %s", run, r.Left[0])
			if w.Engines == nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, fmt.Errorf("runner clean removes it when that is mended: %w", ctx.Err()))
		case <-time.After(pause):
		}
	}
	return nil
}
