package service

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"testrunner/report/event"
)

// node is one service of a set, and its way.
type node struct {
	Planned
	provider Provider           // nil: nobody serves it
	awaited  map[Condition]bool // what others wait for
	requests chan struct{}      // to start it anew
	stopped  chan struct{}      // closed when Close is done with it

	// The Environment's lock guards what follows.
	gone      chan struct{} // closed when nobody works on it any more
	state     State
	message   string
	notices   []string // of the provider
	instance  Instance
	remains   []Instance // of earlier lives, which could not be stopped
	release   context.CancelCauseFunc
	lives     int         // so many times it was started
	had       map[int]int // the ports of its last life, as Spec.Wanted has them
	restarts  int
	prepared  bool
	started   bool
	ready     bool // its probes held, in this life: what waits for it may go on
	steady    bool // and a moment later it was still the same
	completed bool
	everReady bool
	failure   *Failure
	told      bool // the failure was
	probed    Probed
	note      string
	seen      map[string]life // of what it depends on, as it was when this life began
	times     times
}

// life tells one start of a service from the next.
type life struct {
	number  int
	address string
}

func newNode(p Planned, provider Provider) *node {
	return &node{
		Planned: p, provider: provider, awaited: map[Condition]bool{}, requests: make(chan struct{}, 1), gone: make(chan struct{}),
		stopped: make(chan struct{}), state: StatePreparing,
	}
}

// run takes a service from its preparation to its end.
func (e *Environment) run(n *node, gone chan struct{}) {
	defer close(gone)
	if n.provider == nil {
		e.fail(n, fmt.Errorf("nobody serves it here: there is no provider %q", n.By))
		return
	}
	e.enter(n, StatePreparing, "", nil)
	prepared := make(chan struct{})
	go func() { defer close(prepared); e.prepare(n) }()
	defer func() { <-prepared }()
	if err := e.hold(e.ctx, n); err != nil {
		e.fail(n, err)
		return
	}
	e.live(n)
}

// prepare gets what comes before the start, on its own clock.
func (e *Environment) prepare(n *node) {
	e.mu.Lock()
	done := n.prepared
	e.mu.Unlock()
	if done { // it is started anew after a failure
		return
	}
	ctx, cancel := context.WithTimeout(e.ctx, e.settings.Prepare)
	defer cancel()
	err := n.provider.Prepare(ctx, n.Spec, func(line string) { e.hear(n, line) })
	switch {
	case err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) && e.ctx.Err() == nil:
		e.fail(n, fmt.Errorf("not prepared within %s: %w", e.settings.Prepare, err))
	case err != nil:
		e.fail(n, n.while("prepare", err))
	default:
		e.update(func() { n.prepared, n.times.prepared = true, time.Now() })
	}
}

// hold waits until a service may start: it is prepared, and its edges hold.
func (e *Environment) hold(ctx context.Context, n *node) error {
	told := false
	for {
		waits := ""
		err := e.await(ctx, func() (bool, error) {
			switch {
			case ctx.Err() != nil:
				return false, context.Cause(ctx)
			case n.failure != nil:
				return false, n.failure
			}
			missing, err := e.missing(n)
			if err != nil {
				return false, err
			}
			if len(missing) > 0 && n.prepared && !told {
				waits = strings.Join(missing, ", ")
				return true, nil // to tell it, without the lock
			}
			if len(missing) == 0 && n.times.held.IsZero() {
				n.times.held = time.Now()
			}
			return len(missing) == 0 && n.prepared, nil
		})
		if err != nil || waits == "" {
			return err
		}
		told = true
		e.enter(n, StateWaiting, "waits for "+waits, nil)
	}
}

// missing are the services whose condition does not hold yet. The error is that of one whose condition never will.
func (e *Environment) missing(n *node) ([]string, error) {
	var names []string
	for _, edge := range n.edges() {
		to := e.nodes[edge.To]
		switch {
		case to == nil && edge.Optional:
		case to == nil:
			return nil, fmt.Errorf("it depends on %s, which is not among the services of this run", edge.To)
		case to.failure != nil && edge.Optional:
		case to.failure != nil:
			e.fails(n, to.failure.of(n.Name))
			return nil, n.failure
		case !e.holds(edge.Condition, to):
			names = append(names, edge.To)
		}
	}
	return names, nil
}

func (e *Environment) holds(c Condition, to *node) bool {
	switch c {
	case Started:
		return to.started || to.completed
	case Completed:
		return to.completed
	}
	return to.ready && e.sound(to)
}

// fail ends a service for good, and tells it. The first reason stays. Where the set was closed or its context has ended, that is no fault
// of the service.
func (e *Environment) fail(n *node, err error) {
	var f *Failure
	if cause := context.Cause(e.ctx); cause != nil {
		err = cause
	}
	if errors.As(err, &f); f == nil || f.Chain[0] != n.Name {
		f = &Failure{Service: n.Name, Chain: []string{n.Name}, Cause: err, Engine: errors.Is(err, ErrEngine)}
	}
	e.mu.Lock()
	in := n.instance
	e.mu.Unlock()
	var died *Died
	switch {
	case f.Service != n.Name:
	case in != nil:
		f.Log = in.Log(logLines)
	case errors.As(err, &died):
		f.Log = died.Log
	}
	told := false
	e.update(func() {
		e.fails(n, f)
		f, told, n.told = n.failure, n.told, true
	})
	if !told {
		e.tell(n, f.Error(), f.Log)
	}
}

// fails notes a failure, with the lock held. One that comes from another service is noted in the moment in which that one's is seen, so
// that both can be taken back together.
func (e *Environment) fails(n *node, f *Failure) {
	if n.failure != nil {
		return
	}
	n.failure, n.state, n.message = f, StateFailed, f.Error()
	n.started, n.ready, n.steady = false, false, false
	if e.ctx.Err() != nil {
		n.state = StateEnded
	} else if n.everReady {
		e.outage(n, f.Error(), f.Engine)
	}
	e.wake()
}

// start calls the provider. The context that it gets lives as long as the service: what was started may hang on it.
func (e *Environment) start(n *node, begun time.Time) (Instance, error) {
	within := n.within(n.By)
	ctx, cancel := context.WithCancelCause(e.ctx)
	timer := time.AfterFunc(within, func() { cancel(fmt.Errorf("not started within %s", within)) })
	peers := map[string]Instance{}
	e.enter(n, StateStarting, "", func() {
		n.times.begun, n.seen = begun, map[string]life{}
		for name, other := range e.nodes {
			if other.started && other.instance != nil {
				peers[name] = other.instance
			}
		}
		for _, edge := range n.edges() {
			if to := e.nodes[edge.To]; to != nil {
				n.seen[edge.To] = to.life(n.By)
			}
		}
	})
	in, err := n.provider.Start(ctx, n.again(), peers, func(line string) { e.hear(n, line) })
	timer.Stop()
	if err != nil {
		if cause := context.Cause(ctx); cause != nil && e.ctx.Err() == nil {
			err = cause
		}
		cancel(nil)
		return nil, n.while("start", err)
	}
	adrift := false
	e.update(func() {
		n.instance, n.release, n.lives, n.started, n.times.started = in, cancel, n.lives+1, true, time.Now()
		n.had = portsOf(in.Address())
		adrift = e.adrift
	})
	if adrift { // Close has gone already, and can't stop what it never saw
		e.discard(n)
	}
	return in, nil
}

// said is an error with other words.
type said struct {
	error
	text string
}

func (s said) Error() string { return s.text }
func (s said) Unwrap() error { return s.error }

// while is a provider's error with what it was at, which is told once, and without the service's name, which stands before it anyway.
func (n *node) while(what string, err error) error {
	return said{err, what + ": " + withoutName(strings.TrimPrefix(err.Error(), what+" "), n.Name)}
}

func withoutName(line, name string) string { return strings.TrimPrefix(line, name+": ") }

// again is what a life is started with. A further one wants the ports of the one before: the tests that run know no others.
func (n *node) again() Spec {
	s := n.Spec
	if len(n.had) > 0 {
		s.Wanted = n.had
	}
	return s
}

// portsOf are the ports of a life, for the next one.
func portsOf(a Address) map[int]int {
	out := maps.Clone(a.Ports)
	if out == nil {
		out = map[int]int{}
	}
	out[0] = a.Port
	return out
}

// life is this life as one of another provider's sees it: by its name where both are on one network, else by its address here.
func (n *node) life(by event.Provider) life {
	l := life{number: n.lives}
	if n.instance == nil {
		return l
	}
	a := n.instance.Address()
	l.address = a.at(0)
	if by == event.ByDocker && n.By == event.ByDocker {
		l.address = a.Inner
	}
	return l
}
