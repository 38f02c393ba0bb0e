package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// watch looks after a service that is ready, until something happens to it or to what it depends on.
func (e *Environment) watch(n *node, in Instance) ending {
	for {
		e.mu.Lock()
		changed, why, broken := e.changed, e.doubt(n), e.broken(n)
		e.mu.Unlock()
		switch {
		case e.ctx.Err() != nil:
			return ending{byClose, context.Cause(e.ctx)}
		case broken != nil:
			return ending{fatal, broken}
		case why != "":
			return e.again(n, in, why)
		}
		select {
		case <-in.Done():
			return e.over(n, in)
		case <-n.requests:
			return ending{asked, errors.New("it was asked to start again")}
		case <-changed:
		case <-e.ctx.Done():
		}
	}
}

// broken is the failure of something that the service can't do without, which makes it the service's own.
func (e *Environment) broken(n *node) error {
	for _, edge := range n.edges() {
		if to := e.nodes[edge.To]; to != nil && !edge.Optional && edge.Condition != Completed && to.failure != nil {
			e.fails(n, to.failure.of(n.Name))
			return n.failure
		}
	}
	return nil
}

// doubt says why a service must be asked again: what it depends on is not ready any more, or has begun another life. "" is no doubt.
func (e *Environment) doubt(n *node) string {
	for _, edge := range n.edges() {
		to := e.nodes[edge.To]
		if to == nil || edge.Condition == Completed || to.failure != nil || to.completed {
			continue
		}
		if to.lives != n.seen[edge.To].number {
			return edge.To + " was started again"
		}
		if edge.Condition == Healthy && !(to.ready && e.sound(to)) {
			return edge.To + " is not ready any more"
		}
	}
	return ""
}

// sound says whether nothing that a service depends on gives a reason to ask it again. Where a circle would lead back, nothing is ready.
func (e *Environment) sound(n *node) bool { return n.completed || e.doubt(n) == "" }

// again waits until what a service depends on is ready again. Then the service is started anew, where the compose file says so (restart:
// true) or what it was told at its start is true no more; else it is asked again.
func (e *Environment) again(n *node, in Instance, why string) ending {
	e.enter(n, StateStarted, why+": it is asked again", func() {
		n.ready, n.steady = false, false
		e.outage(n, why, false)
	})
	ctx, cancel := context.WithCancelCause(e.ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-in.Done():
			cancel(errEnded)
		case <-ctx.Done():
		}
	}()
	err := e.hold(ctx, n)
	if err != nil {
		return e.unready(n, in, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, edge := range n.edges() {
		to := e.nodes[edge.To]
		if to == nil {
			continue
		}
		was, is := n.seen[edge.To], to.life(n.By)
		if n.seen[edge.To] = is; was.number != is.number && (edge.Restart || was.address != is.address) {
			return ending{asked, fmt.Errorf("%s was started again", edge.To)}
		}
	}
	return ending{how: doubted}
}

// unready judges why a service is not ready. Its first life must become so; a later one, and one that lost what it depends on, is tried
// again within the budget.
func (e *Environment) unready(n *node, in Instance, err error) ending {
	if e.ctx.Err() != nil {
		return ending{byClose, context.Cause(e.ctx)}
	}
	if in != nil && errors.Is(err, errEnded) {
		return e.over(n, in)
	}
	gone := e.engineGone(in) // before the service is blamed
	e.mu.Lock()
	defer e.mu.Unlock()
	if broken := e.broken(n); broken != nil {
		return ending{fatal, broken}
	}
	switch {
	case gone != "":
		return ending{fatal, said{ErrEngine, fmt.Sprintf("%s: %v", gone, err)}}
	case errors.Is(err, ErrEngine):
		return ending{fatal, err}
	}
	var f *Failure
	if errors.As(err, &f) || !n.everReady && e.doubt(n) == "" {
		return ending{fatal, err}
	}
	return ending{crashed, err}
}

// over judges a service that has ended by itself.
func (e *Environment) over(n *node, in Instance) ending {
	if e.ctx.Err() != nil {
		return ending{byClose, context.Cause(e.ctx)}
	}
	end := in.End()
	_, asks := Wire(n.Spec, n.By, in.Address())
	check, _ := n.healthcheck(n.By, in, asks)
	idle := !asks && check == nil && n.ReadyLog == "" && len(n.ReadyCommand) == 0 && !n.awaited[Healthy] // a task that nobody waits for
	if end.Code == 0 && end.Signal == "" && !end.Engine && (n.awaited[Completed] || idle) {
		e.enter(n, StateCompleted, "ended with 0", func() {
			n.completed, n.ready, n.times.ready = true, true, time.Now()
			e.outageOver(n)
		})
		e.steady(n)
		return ending{how: accomplished}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	broken := e.broken(n)
	switch {
	case end.Engine:
		if n.everReady {
			e.outageAt(n, end.At, end.String(), true)
		}
		return ending{fatal, said{ErrEngine, end.String()}}
	case broken != nil:
		return ending{fatal, broken}
	case n.everReady:
		e.outageAt(n, end.At, end.String(), false) // and not only since its last lines were read
		return ending{crashed, errors.New(end.String())}
	case end.Chance:
		return ending{crashed, errors.New(end.String())}
	case n.awaited[Completed] && !n.awaited[Healthy]:
		return ending{fatal, fmt.Errorf("%s, and others wait until it has completed with 0", end)}
	case e.doubt(n) != "":
		return ending{crashed, fmt.Errorf("%s, while %s", end, e.doubt(n))}
	}
	return ending{fatal, fmt.Errorf("%s before it was ready", end)}
}

// String says how it ended: "ended with 1", "ended by SIGKILL (out of memory)". What becomes of it when its engine dies nobody can know.
func (e End) String() string {
	if e.Engine && e.Code == 0 && e.Signal == "" {
		return cmp.Or(e.Why, ErrEngine.Error())
	}
	text := fmt.Sprintf("ended with %d", e.Code)
	if e.Signal != "" {
		text = "ended by " + e.Signal
	}
	if e.Why != "" {
		text += " (" + e.Why + ")"
	}
	return text
}

// Outage is a time in which a service that had been ready was not. Results that overlap it prove nothing of the tests.
type Outage struct {
	Service string
	From    time.Time
	To      time.Time // zero: it is not over
	Why     string
	Engine  bool // the engine under it died
}

// Outages are all so far, in the order in which they began.
func (e *Environment) Outages() []Outage {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]Outage(nil), e.outages...)
}

// outage opens one, or adds to the one that is open that the engine died.
func (e *Environment) outage(n *node, why string, engine bool) {
	e.outageAt(n, time.Time{}, why, engine)
}

// outageAt is outage, of a time that is known; zero is now.
func (e *Environment) outageAt(n *node, at time.Time, why string, engine bool) {
	if now := time.Now(); at.IsZero() || at.After(now) {
		at = now
	}
	for i := range e.outages {
		if o := &e.outages[i]; o.Service == n.Name && o.To.IsZero() {
			o.Engine = o.Engine || engine
			return
		}
	}
	e.outages = append(e.outages, Outage{Service: n.Name, From: at, Why: why, Engine: engine})
}

func (e *Environment) outageOver(n *node) {
	for i := range e.outages {
		if o := &e.outages[i]; o.Service == n.Name && o.To.IsZero() {
			o.To = time.Now()
		}
	}
}
