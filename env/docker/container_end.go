package docker

import (
	"context"
	"fmt"
	"time"

	"testrunner/env/service"
)

// remove removes the container with its anonymous volumes. The caller holds stopping, or is alone.
func (i *instance) remove(ctx context.Context) error {
	i.leaving.Store(true)
	if err := i.p.s.Engine.RemoveContainer(ctx, i.id); err != nil {
		i.leaving.Store(false)
		return fmt.Errorf("remove the container of %s: %w", i.service, err)
	}
	i.removed = true
	i.stopLog()
	i.watch.remove(i)
	i.finish(service.End{})
	return i.p.s.Keeper.Forget("container", i.name)
}

// Stop ends the container as the compose file says, by its signal and its time, and removes it with its anonymous volumes.
func (i *instance) Stop(ctx context.Context) error {
	i.stopping.Lock()
	defer i.stopping.Unlock()
	if i.removed {
		return nil
	}
	if err := i.p.answers(ctx); err != nil {
		return fmt.Errorf("remove the container of %s: %w", i.service, err)
	}
	grace := i.grace
	if deadline, ok := ctx.Deadline(); ok { // the removal needs a second, too; and the engine takes whole seconds
		grace = min(grace, time.Until(deadline)-time.Second)
	}
	select {
	case <-i.done:
	default:
		if grace < time.Second && grace < i.grace {
			break // the removal kills it
		}
		if err := i.p.s.Engine.StopContainer(ctx, i.id, grace); err == nil {
			i.watch.settle(ctx, i, false)
		} // else the removal kills it, or fails and says why
	}
	return i.remove(ctx)
}

// finish notes how it ended, once: its last lines are read before anybody hears of it.
func (i *instance) finish(end service.End) {
	i.once.Do(func() {
		select {
		case <-i.logged:
		case <-time.After(logClock):
		}
		i.watch.remove(i)
		i.end = end
		close(i.done)
	})
}
