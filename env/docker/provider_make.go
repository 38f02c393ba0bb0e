package docker

import (
	"context"
	"time"
)

// The clocks of making one thing.
const (
	makeClock = 20 * time.Second // an engine under load needs seconds for a container
	lateClock = 2 * time.Second  // how long the answer is waited for once the caller has given up
)

// unbroken has the engine make a thing. The call is not cut short when the context ends, since the engine would go on and make it, and
// nobody would know: its answer is waited for a little, and the thing is undone, later if need be.
func unbroken(ctx context.Context, create func(context.Context) (string, error), undo func(ctx context.Context, id string) error) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	type answer struct {
		id  string
		err error
	}
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), makeClock)
	got := make(chan answer, 1)
	go func() {
		defer cancel()
		id, err := create(own)
		got <- answer{id, err}
	}()
	select {
	case a := <-got:
		return a.id, a.err
	case <-ctx.Done():
	}
	removal := func(a answer) {
		if a.err != nil {
			return
		}
		later, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeClock)
		defer cancel()
		_ = undo(later, a.id) // what stays is in the inventory, and bears our labels
	}
	select {
	case a := <-got:
		removal(a)
	case <-time.After(lateClock):
		go func() { removal(<-got) }()
	}
	return "", ctx.Err()
}
