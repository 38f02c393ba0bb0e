package service

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// A service that ends while it should run is started again, at most so many times within so long. More is a crash loop.
const (
	restartBudget     = 3
	restartWindow     = time.Minute
	firstRestartPause = 100 * time.Millisecond
	lastRestartPause  = 2 * time.Second
	removeClock       = 15 * time.Second // to take an earlier life away before the next begins
)

// ending is how one life of a service ended.
type ending struct {
	how ended
	err error // why
}

type ended int

const (
	byClose      ended = iota + 1
	accomplished       // with 0, as others wait for
	fatal              // for good
	crashed            // it is started again, within the budget
	asked              // it is started again, and that costs nothing
	doubted            // it goes on, and must be asked again
)

// live starts a service again and again, until it ends for good.
func (e *Environment) live(n *node) {
	pause := &backoff.ExponentialBackOff{
		InitialInterval: firstRestartPause, Multiplier: 2, MaxInterval: lastRestartPause, RandomizationFactor: spread,
	}
	var crashes []time.Time
	for {
		end := e.oneLife(n)
		switch end.how {
		case accomplished:
			return
		case byClose, fatal:
			e.fail(n, end.err)
			return
		case crashed:
			if crashes = within(append(crashes, time.Now()), restartWindow); len(crashes) > restartBudget {
				e.fail(n, fmt.Errorf("ended %d times within %s and is not started again: %w", len(crashes), restartWindow, end.err))
				return
			}
			if len(crashes) == 1 {
				pause.Reset()
			}
			e.restarting(n, end.err, pause.NextBackOff())
		case asked:
			e.restarting(n, end.err, 0)
		}
		e.discard(n)
		if err := e.hold(e.ctx, n); err != nil {
			e.fail(n, err)
			return
		}
	}
}

// within keeps the times that are not older than a window before the last one.
func within(all []time.Time, window time.Duration) []time.Time {
	last := all[len(all)-1]
	for len(all) > 0 && last.Sub(all[0]) > window {
		all = all[1:]
	}
	return all
}

// restarting tells why a service is started again, with its last lines, and pauses.
func (e *Environment) restarting(n *node, why error, pause time.Duration) {
	var log []string
	e.mu.Lock()
	in := n.instance
	e.mu.Unlock()
	if in != nil && pause > 0 {
		log = in.Log(logLines)
	}
	message := why.Error()
	if pause > 0 {
		verb := "started again"
		if in != nil && in.Address().Foreign { // that is for whoever started it
			verb = "looked for again"
		}
		message = fmt.Sprintf("%s; it is %s in %s", message, verb, pause.Round(time.Millisecond))
	}
	e.update(func() {
		n.state, n.message, n.started, n.ready, n.steady = StateRestarting, message, false, false, false
		n.restarts++
		if n.everReady {
			e.outage(n, why.Error(), false)
		}
	})
	e.tell(n, message, log)
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-e.ctx.Done():
	}
}

// discard takes an earlier life away. What can't be removed is tried again by Close, and named there.
func (e *Environment) discard(n *node) {
	e.mu.Lock()
	in, release := n.instance, n.release
	e.mu.Unlock()
	if in == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(e.ctx), removeClock)
	defer cancel()
	err := in.Stop(ctx)
	release(nil)
	e.update(func() {
		if n.instance = nil; err != nil {
			n.remains = append(n.remains, in)
		}
	})
}

// oneLife is a service from its start to its end.
func (e *Environment) oneLife(n *node) ending {
	begun := time.Now()
	in, err := e.start(n, begun)
	if err != nil {
		return e.unready(n, nil, err)
	}
	if n.awaited[Completed] && !n.awaited[Healthy] {
		return e.task(n, in)
	}
	r := ReadinessOf(n.Spec, n.By, in, e.settings.Run)
	e.enter(n, StateStarted, "", func() { n.note = r.Note })
	for first := true; ; first = false {
		probed, err := r.Await(e.ctx, in, begun)
		if err == nil && first {
			err = e.complete(n, in)
		}
		if err != nil {
			return e.unready(n, in, err)
		}
		same, err := e.settle(n, in, len(r.Probes) > 0)
		if err != nil {
			return e.unready(n, in, err)
		}
		if same {
			e.enter(n, StateReady, "", func() {
				n.ready, n.everReady, n.probed = true, true, probed
				e.outageOver(n)
			})
			e.steady(n)
			if end := e.watch(n, in); end.how != doubted {
				return end
			}
		}
		begun = time.Now()
	}
}

// steady lets go on who waits for a service that is ready: not before that was told, so that no job's start is told first.
func (e *Environment) steady(n *node) {
	e.update(func() { n.steady = n.state == StateReady || n.state == StateCompleted })
}

// settle lets a moment pass in which the service must stay the same. What waits for it goes on at once where it was asked something: a
// chain of services pays for the moment once, and one that dies in it is started again, and its dependants are asked again.
func (e *Environment) settle(n *node, in Instance, asked bool) (same bool, err error) {
	identity := in.Identity()
	if asked {
		e.update(func() {
			n.ready = true
			if n.times.ready.IsZero() {
				n.times.ready = time.Now()
			}
		})
	}
	timer := time.NewTimer(stability)
	defer timer.Stop()
	select {
	case <-in.Done():
		return false, errEnded
	case <-e.ctx.Done():
		return false, context.Cause(e.ctx)
	case <-timer.C:
	}
	if in.Identity() != identity {
		e.update(func() { n.ready = false })
		return false, nil
	}
	e.update(func() {
		if n.times.ready.IsZero() {
			n.times.ready = time.Now()
		}
	})
	return true, nil
}

// task waits for the end of a one-shot.
func (e *Environment) task(n *node, in Instance) ending {
	limit := n.ReadyWithin
	if limit == 0 {
		limit = taskClock
	}
	e.enter(n, StateStarted, "", nil)
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-in.Done():
		return e.over(n, in)
	case <-e.ctx.Done():
		return ending{byClose, context.Cause(e.ctx)}
	case <-timer.C:
		return ending{fatal, fmt.Errorf("others wait until it has completed, and it has not ended within %s", limit)}
	}
}

// complete does what comes once in a life, when a service is ready and before anybody uses it: the user's hook, and a template of its
// databases for the jobs.
func (e *Environment) complete(n *node, in Instance) error {
	one := Served{Service: n.Service, Container: n.Container, By: n.By, Address: in.Address()}
	if len(n.Before) > 0 {
		if e.settings.Run == nil {
			return permanent("before: nothing runs commands here")
		}
		argv := one.fill(n.Before)
		e.tell(n, "runs "+strings.Join(argv, " "), nil)
		output, code, err := e.settings.Run(e.ctx, argv, Variables(e.Served(), e.settings.Mode))
		if err := judgeCommand(output, code, err); err != nil {
			return permanent("before: %s: %w", strings.Join(argv, " "), err)
		}
	}
	if n.Divide {
		if err := makeTemplate(e.ctx, one); err != nil && e.ctx.Err() == nil {
			e.tell(n, "jobs get no databases of their own: "+err.Error(), nil)
		}
	}
	return nil
}
