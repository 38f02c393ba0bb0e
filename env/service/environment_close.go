package service

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"testrunner/report/event"
)

// Unstopped is something that Close could not stop or remove.
type Unstopped struct {
	Service string // "" is what belongs to no single service
	By      event.Provider
	Err     error
}

func (u Unstopped) String() string {
	if u.Service == "" {
		return fmt.Sprintf("%s: %v", u.By, u.Err)
	}
	return fmt.Sprintf("%s (%s): %v", u.Service, u.By, u.Err)
}

// Close stops all services: each when what depends on it has stopped, side by side where nothing does; then what the providers made for
// all of them. What could not be stopped until the context ended is returned, sorted by name. A second call waits for the first.
func (e *Environment) Close(ctx context.Context) []Unstopped {
	e.closing.Do(func() {
		defer close(e.closed)
		e.end(errClosed)
		e.unstopped = append(e.stopAll(ctx), e.closeProviders(ctx)...)
	})
	<-e.closed
	return e.unstopped
}

func (e *Environment) stopAll(ctx context.Context) []Unstopped {
	var (
		all  sync.WaitGroup
		mu   sync.Mutex
		left []Unstopped
	)
	for _, name := range e.names {
		n := e.nodes[name]
		all.Go(func() {
			defer close(n.stopped)
			e.awaitDependants(ctx, n)
			if err := e.stop(ctx, n); err != nil {
				mu.Lock()
				left = append(left, Unstopped{Service: n.Name, By: n.By, Err: err})
				mu.Unlock()
			}
		})
	}
	all.Wait()
	slices.SortFunc(left, func(a, b Unstopped) int { return strings.Compare(a.Service, b.Service) })
	return left
}

// awaitDependants waits until everything that depends on a service has stopped; not in a circle, and not for longer than there is time.
func (e *Environment) awaitDependants(ctx context.Context, n *node) {
	for _, name := range e.names {
		for _, edge := range e.nodes[name].edges() {
			if edge.To != n.Name || e.dependsOn(n, name) {
				continue
			}
			select {
			case <-e.nodes[name].stopped:
			case <-ctx.Done():
				return
			}
		}
	}
}

// dependsOn says whether a service depends on another one, directly or not.
func (e *Environment) dependsOn(n *node, name string) bool {
	seen, next := map[string]bool{}, []*node{n}
	for len(next) > 0 {
		for _, edge := range next[0].edges() {
			if edge.To == name {
				return true
			}
			if to := e.nodes[edge.To]; to != nil && !seen[edge.To] {
				seen[edge.To] = true
				next = append(next, to)
			}
		}
		next = next[1:]
	}
	return false
}

// stop ends all lives of a service that are left.
func (e *Environment) stop(ctx context.Context, n *node) error {
	e.mu.Lock()
	gone := n.gone
	e.mu.Unlock()
	select {
	case <-gone:
	case <-ctx.Done(): // a provider does not come back; what it still makes is stopped when it does
		e.update(func() { e.adrift = true })
	}
	e.mu.Lock()
	lives, release := slices.Clone(n.remains), n.release
	if n.instance != nil {
		lives = append(lives, n.instance)
	}
	e.mu.Unlock()
	var err error
	for _, in := range lives {
		if stopErr := in.Stop(ctx); stopErr != nil {
			err = stopErr
		}
	}
	if release != nil {
		release(errClosed)
	}
	select {
	case <-gone:
		e.enter(n, StateEnded, "", nil)
	default:
		if err == nil {
			err = fmt.Errorf("its start has not come back: %w", context.Cause(ctx))
		}
	}
	return err
}

func (e *Environment) closeProviders(ctx context.Context) []Unstopped {
	used := map[event.Provider]bool{}
	for _, n := range e.nodes {
		used[n.By] = n.provider != nil
	}
	var (
		all  sync.WaitGroup
		mu   sync.Mutex
		left []Unstopped
	)
	for by, is := range used {
		if !is {
			continue
		}
		all.Go(func() {
			if err := e.providers[by].Close(ctx); err != nil {
				mu.Lock()
				left = append(left, Unstopped{By: by, Err: err})
				mu.Unlock()
			}
		})
	}
	all.Wait()
	slices.SortFunc(left, func(a, b Unstopped) int { return strings.Compare(string(a.By), string(b.By)) })
	return left
}
