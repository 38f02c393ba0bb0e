package lease

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"
)

// Stack is what this process has to remove before it ends, in the opposite order of its making. An entry stands on it, and in the
// inventory, before its thing is made. Close empties it once, however the run ends. Its methods are safe for use by many goroutines.
type Stack struct {
	inventory *Inventory
	budget    time.Duration

	mu     sync.Mutex
	levels []*Level
	closed bool
	done   chan struct{} // closed when left is known
	left   []Leftover
}

// Level is a part of a Stack whose entries are removed side by side.
type Level struct {
	stack *Stack
	held  []*Held
}

// Entry is a thing and how it goes away. Remove must end with its context, and a thing that is not there is no error.
type Entry struct {
	Thing
	Remove func(context.Context) error
}

// Held is an entry on a Stack. After Add, one of Made and Drop must be called: Close waits for it.
type Held struct {
	level   *Level
	entry   Entry
	settled chan struct{} // closed when it was made, or was not
	once    sync.Once
	why     error // the thing is still there
}

// ErrClosed says that the run ends, so that nothing may be made any more.
var ErrClosed = errors.New("the run ends, so nothing is made any more")

// NewStack makes a stack whose Close takes no longer than the budget. The inventory may be nil: then nothing is written down.
func NewStack(inventory *Inventory, budget time.Duration) *Stack {
	return &Stack{inventory: inventory, budget: budget, done: make(chan struct{})}
}

// Level begins a level above those that are there: what is on it is removed before what is below.
func (s *Stack) Level() *Level {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &Level{stack: s}
	s.levels = append(s.levels, l)
	return l
}

// Add writes down that a thing is about to be made. An error, which is ErrClosed, or an *UnwritableError where the inventory can't be
// written, means that it must not be made.
func (l *Level) Add(e Entry) (*Held, error) {
	h := &Held{level: l, entry: e, settled: make(chan struct{})}
	s := l.stack
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, fmt.Errorf("make %s: %w", e.Thing, ErrClosed)
	}
	l.held = append(l.held, h)
	s.mu.Unlock()
	if s.inventory == nil {
		return h, nil
	}
	if err := s.inventory.Own(e.Thing); err != nil {
		h.leave()
		return nil, fmt.Errorf("make %s: %w", e.Thing, err)
	}
	return h, nil
}

// Made writes down that the thing was made: its id in its engine, or as a process. An error means that a kill would leave a process
// behind; anything else is still known by its name.
func (h *Held) Made(t Thing) error {
	s := h.level.stack
	s.mu.Lock()
	h.entry.ID, h.entry.Process = t.ID, t.Process
	made := h.entry.Thing
	s.mu.Unlock()
	defer h.settle()
	if s.inventory == nil || made.ID == "" && made.Process.Pid == 0 {
		return nil
	}
	return s.inventory.Owned(made)
}

// Thing is what is held, with its id if that is known.
func (h *Held) Thing() Thing {
	h.level.stack.mu.Lock()
	defer h.level.stack.mu.Unlock()
	return h.entry.Thing
}

// Drop takes the entry off the stack, and out of the inventory: the thing was not made, or is gone.
func (h *Held) Drop() error {
	h.leave()
	if s := h.level.stack; s.inventory != nil {
		return s.inventory.Forget(h.entry.Kind, h.entry.Name)
	}
	return nil
}

func (h *Held) settle() { h.once.Do(func() { close(h.settled) }) }

func (h *Held) leave() {
	h.settle()
	l := h.level
	l.stack.mu.Lock()
	defer l.stack.mu.Unlock()
	for i, other := range l.held {
		if other == h {
			l.held = append(l.held[:i:i], l.held[i+1:]...)
			return
		}
	}
}

// Remove removes the thing now, and drops the entry if it is gone.
func (h *Held) Remove(ctx context.Context) (err error) {
	defer func() {
		if fault := recover(); fault != nil { // one removal that panics must not keep the others from theirs
			err = fmt.Errorf("remove %s: %v", h.Thing(), fault)
		}
	}()
	if err := h.entry.Remove(ctx); err != nil {
		return err
	}
	_ = h.Drop() // a line that is missing names what is gone: the next sweep finds nothing
	return nil
}

// Close removes everything, the newest level first, the entries of a level side by side, and returns what is left. The context's values
// are used and its end is not: the run that ends has cancelled it. A level that hangs leaves a tenth of the budget to each level below.
// A second call waits for the first, and returns the same. Nothing can be added afterwards.
func (s *Stack) Close(ctx context.Context) []Leftover {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	levels := append([]*Level(nil), s.levels...)
	s.mu.Unlock()
	if !first {
		<-s.done
		return s.left
	}
	defer close(s.done)
	ctx = context.WithoutCancel(ctx)
	end := time.Now().Add(s.budget)
	for i := len(levels) - 1; i >= 0; i-- {
		levels[i].clear(ctx, end.Add(-s.budget/10*time.Duration(min(i, 5))))
	}
	for i := len(levels) - 1; i >= 0; i-- {
		s.left = append(s.left, levels[i].leftovers()...)
	}
	return s.left
}

// clear removes what is on one level.
func (l *Level) clear(ctx context.Context, until time.Time) {
	l.stack.mu.Lock()
	held := append([]*Held(nil), l.held...)
	l.stack.mu.Unlock()
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	var wait sync.WaitGroup
	for _, h := range held {
		wait.Go(func() { h.clear(ctx) })
	}
	wait.Wait()
}

// clear removes one entry, or lets it be when the time is over.
func (h *Held) clear(ctx context.Context) {
	deadline, _ := ctx.Deadline()
	making := time.NewTimer(time.Until(deadline) / 2)
	defer making.Stop()
	select {
	case <-h.settled:
	case <-making.C: // it hangs while it is made; what is there by now may still go
	}
	removed := make(chan error, 1)
	go func() { removed <- h.Remove(ctx) }()
	var err error
	select {
	case err = <-removed:
	case <-ctx.Done():
		select {
		case err = <-removed: // it heeds its context
		case <-time.After(lastWords):
			err = errors.New("removing it takes too long")
		}
	}
	s := h.level.stack
	s.mu.Lock()
	defer s.mu.Unlock()
	h.why = err
}

// lastWords is how long a removal may take to say why it failed when its time is over.
const lastWords = 50 * time.Millisecond

// leftovers are the entries that are still on the level.
func (l *Level) leftovers() []Leftover {
	l.stack.mu.Lock()
	defer l.stack.mu.Unlock()
	var out []Leftover
	for _, h := range l.held {
		out = append(out, Leftover{Thing: h.entry.Thing, Err: h.why, Command: h.entry.ByHand(runtime.GOOS)})
	}
	return out
}
