package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// The pauses between two probes grow from the first to the last, give or take a quarter by chance, so that many services are not
// asked in step.
const (
	firstPause = 5 * time.Millisecond
	lastPause  = 100 * time.Millisecond
	spread     = 0.25
)

// errEnded says that a service ended while its readiness was awaited.
var errEnded = errors.New("it ended before it was ready")

// pauses are 5, 10, 20, 40, 80 and then 100 ms, give or take a quarter.
func pauses() *backoff.ExponentialBackOff {
	return &backoff.ExponentialBackOff{InitialInterval: firstPause, Multiplier: 2, MaxInterval: lastPause, RandomizationFactor: spread}
}

// Await asks until all probes hold: the first question at once, then after growing pauses. It ends at once when the service does, at an
// error that waiting can't heal, and when Within has passed since started. The error names the probe and its last answer. Probed is
// filled as far as it came.
func (r Readiness) Await(ctx context.Context, in Instance, started time.Time) (Probed, error) {
	ctx, cancel := context.WithDeadline(ctx, started.Add(r.Within))
	defer cancel()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	go func() {
		select {
		case <-in.Done():
			end(errEnded)
		case <-ctx.Done():
		}
	}()
	var seen Probed
	waited := false
	for _, p := range r.Probes {
		failed, err := r.await(ctx, p, &seen)
		if err != nil {
			return seen, err
		}
		if failed || !waited { // what held at once did not come last, where something before it had to be waited for
			seen.Last = p.Name
		}
		waited = waited || failed
	}
	select {
	case <-in.Done():
		return seen, errEnded
	default:
	}
	seen.Ready = time.Since(started)
	return seen, nil
}

// await asks one probe until it holds, and says whether it ever failed.
func (r Readiness) await(ctx context.Context, p Probe, seen *Probed) (failed bool, err error) {
	pause, last := pauses(), error(nil)
	var lastAsked time.Time
	for {
		asked := time.Now()
		seen.Probes++
		err := p.once(ctx)
		switch {
		case err == nil:
			if last != nil {
				seen.Lag = time.Since(lastAsked)
			}
			return last != nil, nil
		case IsPermanent(err):
			return true, fmt.Errorf("%s: %w", p.Name, err)
		case ctx.Err() != nil && last == nil, ctx.Err() == nil:
			last, lastAsked = err, asked // one that was cut short says less than the one before
		}
		timer := time.NewTimer(pause.NextBackOff())
		select {
		case <-ctx.Done():
			timer.Stop()
			return true, r.gaveUp(ctx, p, last)
		case <-timer.C:
		}
	}
}

// gaveUp says why the wait ended before the probe held.
func (r Readiness) gaveUp(ctx context.Context, p Probe, last error) error {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errEnded):
		return errEnded
	case errors.Is(cause, context.DeadlineExceeded):
		return fmt.Errorf("not ready within %s: %s: %w", r.Within, p.Name, last)
	default:
		return cause
	}
}

// once asks once, on the probe's own clock.
func (p Probe) once(ctx context.Context) error {
	switch {
	case p.Within < 0:
		return p.Ask(ctx)
	case p.Within == 0:
		p.Within = probeClock
	}
	one, cancel := context.WithTimeout(ctx, p.Within)
	defer cancel()
	err := p.Ask(one)
	if err != nil && one.Err() != nil && ctx.Err() == nil {
		return fmt.Errorf("no answer within %s", p.Within)
	}
	return err
}
