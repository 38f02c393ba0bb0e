package service

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"testrunner/report/event"
)

// Status is a service as it is now.
type Status struct {
	Service  string
	By       event.Provider
	Fidelity event.Fidelity
	State    State
	Ready    bool // it is ready, or has completed, and nothing that it depends on says otherwise
	Probed   Probed
	Address  Address
	Identity string
	Restarts int
	Note     string   // what is not known of its readiness
	Message  string   // the last one; "" where nothing is to be said
	Notices  []string // what people should know of how it is served
}

// Status lists all services, sorted by name.
func (e *Environment) Status() []Status {
	var all []Status
	for _, name := range e.names {
		n := e.nodes[name]
		e.mu.Lock()
		s := Status{
			Service: name, By: n.By, Fidelity: n.Fidelity(), State: n.state, Ready: n.steady && e.sound(n), Probed: n.probed,
			Restarts: n.restarts, Note: n.note, Message: n.message, Notices: slices.Clone(n.notices),
		}
		in := n.instance
		e.mu.Unlock()
		if in != nil {
			s.Address, s.Identity = in.Address(), in.Identity()
		}
		all = append(all, s)
	}
	return all
}

// Instance is the present life of a service, false where there is none.
func (e *Environment) Instance(name string) (Instance, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := e.nodes[name]
	if n == nil || n.instance == nil {
		return nil, false
	}
	return n.instance, true
}

// Ask asks a service on the wire, once, whether it is there. One that can't be asked is there while it runs.
func (e *Environment) Ask(ctx context.Context, name string) error {
	in, ok := e.Instance(name)
	if !ok {
		return fmt.Errorf("%s is not running", name)
	}
	select {
	case <-in.Done():
		return fmt.Errorf("%s %s", name, in.End())
	default:
	}
	p, ok := Wire(e.nodes[name].Spec, e.nodes[name].By, in.Address())
	if !ok {
		return nil
	}
	if err := p.once(ctx); err != nil {
		return fmt.Errorf("%s: %s: %w", name, p.Name, err)
	}
	return nil
}

// The clocks of Settle.
const (
	settleAsks  = time.Second     // for one answer
	settleKnows = 2 * time.Second // for the news of an end, behind the answer that did not come
)

// Settle returns when what happened to the services until now is known, or after a moment: one that counts as ready and does not answer
// has just ended, and its Outage is still to come.
func (e *Environment) Settle(ctx context.Context) {
	var all sync.WaitGroup
	for _, s := range e.Status() {
		if !s.Ready || s.State == StateCompleted {
			continue
		}
		all.Go(func() {
			asking, cancel := context.WithTimeout(ctx, settleAsks)
			defer cancel()
			if e.Ask(asking, s.Service) == nil {
				return
			}
			waiting, stop := context.WithTimeout(ctx, settleKnows)
			defer stop()
			_ = e.await(waiting, func() (bool, error) { return !e.nodes[s.Service].steady, nil }) // it lives, and is only slow
		})
	}
	all.Wait()
}

// Served are the services that run, as Variables and Databases take them; without names: all, sorted.
func (e *Environment) Served(names ...string) []Served {
	if len(names) == 0 {
		names = e.names
	}
	var all []Served
	for _, name := range names {
		if in, ok := e.Instance(name); ok {
			n := e.nodes[name]
			all = append(all, Served{Service: n.Service, Container: n.Container, By: n.By, Address: in.Address()})
		}
	}
	return all
}

// Restart starts a service again, and waits until it and all that depends on it are ready. One that has failed is tried again, and so is
// what failed because of it.
func (e *Environment) Restart(ctx context.Context, name string) error {
	n := e.nodes[name]
	if n == nil {
		return fmt.Errorf("%s is not among the services of this run: %s", name, strings.Join(e.names, ", "))
	}
	e.mu.Lock()
	lives, over := n.lives, n.failure != nil || n.completed
	e.mu.Unlock()
	if over {
		if err := e.revive(ctx, n); err != nil {
			return err
		}
	} else {
		select {
		case n.requests <- struct{}{}:
		default: // it is asked already
		}
	}
	e.mu.Lock()
	affected := []string{name}
	for _, other := range e.names {
		if o := e.nodes[other]; o.failure == nil && e.dependsOn(o, name) { // what failed for another reason stays so
			affected = append(affected, other)
		}
	}
	e.mu.Unlock()
	err := e.await(ctx, func() (bool, error) {
		if n.failure != nil {
			return false, n.failure
		}
		return n.lives > lives, nil
	})
	if err != nil {
		return err
	}
	return e.Wait(ctx, affected...)
}

// revive begins again with what has failed, or completed, and with what failed because of it.
func (e *Environment) revive(ctx context.Context, n *node) error {
	e.reviving.Lock()
	defer e.reviving.Unlock()
	for {
		e.mu.Lock()
		var again []*node
		busy := (chan struct{})(nil)
		for _, name := range e.names {
			other := e.nodes[name]
			if other == n && (n.failure != nil || n.completed) || other.failure != nil && e.dependsOn(other, n.Name) {
				again = append(again, other)
				if !isClosed(other.gone) {
					busy = other.gone
				}
			}
		}
		if busy == nil { // all at once, so that none sees another's old failure
			for _, other := range again {
				other.failure, other.told, other.completed, other.ready, other.steady, other.started = nil, false, false, false, false, false
				other.restarts++
				other.gone = make(chan struct{})
				go e.revived(other, other.gone)
			}
			e.wake()
		}
		e.mu.Unlock()
		if busy == nil {
			return nil
		}
		select {
		case <-busy:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// revived takes the earlier life away and begins again.
func (e *Environment) revived(n *node, gone chan struct{}) {
	e.discard(n)
	e.run(n, gone)
}

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
