package service

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// times are when a service came how far, the first time.
type times struct {
	held     time.Time // its edges held
	prepared time.Time
	begun    time.Time // its start was called
	started  time.Time // its start came back
	ready    time.Time // its probes held, or it had completed
}

// Step is one service on the way that took longest.
type Step struct {
	Service string
	Prepare time.Duration // from when what it depends on held (else from the beginning) until its start was called
	Start   time.Duration // its start, until that came back
	Ready   time.Duration // from then until the next step could go on
}

// String is the step in one line: "postgres 1.3s (prepare 300ms, start 200ms, ready 800ms)".
func (s Step) String() string {
	ms := func(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
	return fmt.Sprintf("%s %s (prepare %s, start %s, ready %s)", s.Service, ms(s.Prepare+s.Start+s.Ready), ms(s.Prepare), ms(s.Start), ms(s.Ready))
}

// CriticalPath is the chain of services that the whole set had to wait for, as measured, first one first: of the service that was ready
// last, back over whatever it waited for last. It is empty before the first service is ready.
func (e *Environment) CriticalPath() []Step {
	e.mu.Lock()
	defer e.mu.Unlock()
	var last *node
	for _, name := range e.names {
		if n := e.nodes[name]; !n.times.ready.IsZero() && (last == nil || n.times.ready.After(last.times.ready)) {
			last = n
		}
	}
	var path []Step
	var on time.Time
	for last != nil {
		t := last.times
		if on.IsZero() {
			on = t.ready
		}
		from, before := e.waitedFor(last, on)
		if t.prepared.After(from) { // its preparation came after all that it depends on: the way begins here
			from, before = e.begun, nil
		}
		path = append(path, Step{Service: last.Name, Prepare: max(0, t.begun.Sub(from)), Start: t.started.Sub(t.begun), Ready: max(0, on.Sub(t.started))})
		last, on = before, from
	}
	slices.Reverse(path)
	return path
}

// waitedFor is what of a service's dependencies held last, and when; nil is none.
func (e *Environment) waitedFor(n *node, before time.Time) (at time.Time, last *node) {
	at = e.begun
	for _, edge := range n.edges() {
		to := e.nodes[edge.To]
		if to == nil {
			continue
		}
		if held := to.times.of(edge.Condition); held.After(at) && held.Before(before) {
			at, last = held, to
		}
	}
	return at, last
}

// of is when a condition held.
func (t times) of(c Condition) time.Time {
	if c == Started {
		return t.started
	}
	return t.ready
}

// watchTime warns, once, when the set is ready and took longer than it should.
func (e *Environment) watchTime() {
	if e.Wait(e.ctx) != nil || e.settings.Warn == nil {
		return
	}
	took := time.Since(e.begun)
	if took <= e.settings.Slow {
		return
	}
	var steps []string
	for _, s := range e.CriticalPath() {
		steps = append(steps, s.String())
	}
	e.settings.Warn(fmt.Sprintf("the services took %s to be ready; longest was %s", took.Round(100*time.Millisecond), strings.Join(steps, ", then ")))
}
