package docker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"testrunner/runner/process"
)

// leaseNames begins the names that keep an image for a run: "runner-use/20261122-024501-3f9a:HOST-ORIGIN-PID-BORN-IMAGE". While an image
// has such a name of a run that lives, nobody's cleaning takes it. It stands in the engine, so it holds for all its users.
const leaseNames = "runner-use/"

// leaseLife is how long a lease counts whose owner can't be seen from here.
const leaseLife = 24 * time.Hour

// leaseOf is the name by which a process keeps images.
func leaseOf(me Maker) string {
	boot, space := origin(me.ID.Born)
	tag := []string{digits(me.Host), digits(boot + "/" + space), strconv.Itoa(me.ID.Pid), digits(me.ID.Born)}
	return leaseNames + imageName(me.Run) + ":" + strings.Join(tag, "-")
}

func digits(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

// leaseFate judges the owner of a lease, as fate judges the maker of a container. One that can't be seen is foreign for leaseLife.
func leaseFate(reference string, me Maker, now time.Time, identify func(pid int) (process.ID, error)) Fate {
	run, tag, _ := strings.Cut(strings.TrimPrefix(reference, leaseNames), ":")
	parts := strings.Split(tag, "-")
	if len(parts) == 5 {
		boot, space := origin(me.ID.Born)
		pid, err := strconv.Atoi(parts[2])
		if err == nil && parts[0] == digits(me.Host) && parts[1] == digits(boot+"/"+space) {
			if f := seen(pid, func(now process.ID) bool { return digits(now.Born) == parts[3] }, identify); f != Foreign {
				return f
			}
		}
	}
	if len(run) >= 15 {
		if begun, err := time.Parse("20060102-150405", run[:15]); err == nil && now.Sub(begun) < leaseLife {
			return Foreign
		}
	}
	return Dead
}

// keep gives an image this run's lease.
func (b *Builder) keep(ctx context.Context, id string) error {
	// An image may have many names, but a name has one image: the image is part of it.
	reference := leaseOf(b.Me) + "-" + strings.TrimPrefix(id, "sha256:")[:keyDigits]
	if err := b.Engine.TagImage(ctx, id, reference); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.leases == nil {
		b.leases = map[string]bool{}
	}
	b.leases[reference] = true
	return nil
}

// Close gives the images free that this run kept. The images stay.
func (b *Builder) Close(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var errs []error
	if len(b.leases) > 0 {
		if err := answersSoon(ctx, b.Engine); err != nil {
			return fmt.Errorf("give the built images free: %w; the next runner clean --images does", err)
		}
	}
	for reference := range b.leases {
		if err := b.Engine.RemoveImage(ctx, reference); err != nil {
			errs = append(errs, err)
			continue
		}
		delete(b.leases, reference)
	}
	if len(errs) > 0 {
		return fmt.Errorf("give the built images free: %w; the next runner clean --images does", errors.Join(errs...))
	}
	return nil
}
