package lease

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// hold puts a thing on a level that is removed by f.
func hold(t *testing.T, l *Level, name string, f func(context.Context) error) *Held {
	t.Helper()
	h, err := l.Add(Entry{Thing: Thing{Kind: Container, Name: name}, Remove: f})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Made(Thing{Kind: Container, Name: name, ID: name}); err != nil {
		t.Fatal(err)
	}
	return h
}

func TestStack_removes_the_newest_level_first_and_each_once(t *testing.T) {
	s := NewStack(nil, time.Minute)
	var mu sync.Mutex
	var gone []string
	note := func(name string) func(context.Context) error {
		return func(ctx context.Context) error {
			mu.Lock()
			defer mu.Unlock()
			gone = append(gone, name)
			return ctx.Err()
		}
	}
	networks, containers := s.Level(), s.Level()
	hold(t, networks, "net", note("net"))
	hold(t, containers, "c", note("c"))
	dropped := hold(t, containers, "dropped", note("dropped"))
	stopped := hold(t, containers, "stopped", note("stopped"))
	tell(t, dropped.Drop(), stopped.Remove(t.Context()))
	over, cancel := context.WithCancel(t.Context())
	cancel() // the run that ends has cancelled its own
	for range 2 {
		if left := s.Close(over); len(left) > 0 {
			t.Errorf("left %v", left)
		}
	}
	if got := strings.Join(gone, " "); got != "stopped c net" {
		t.Errorf("removed: %s", got)
	}
	if _, err := networks.Add(Entry{Thing: Thing{Kind: Network, Name: "late"}}); !errors.Is(err, ErrClosed) {
		t.Errorf("%v", err)
	}
}

// Entries of one level meet: each waits for the other.
func TestStack_removes_a_level_side_by_side(t *testing.T) {
	s := NewStack(nil, time.Minute)
	l := s.Level()
	a, b := make(chan bool), make(chan bool)
	hold(t, l, "a", func(context.Context) error { close(a); <-b; return nil })
	hold(t, l, "b", func(context.Context) error { close(b); <-a; return nil })
	if left := s.Close(t.Context()); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

// Law 6: an engine that hangs costs the budget and no more, and what does not need it goes all the same.
func TestStack_keeps_its_budget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewStack(nil, 5*time.Second)
		folders, containers := s.Level(), s.Level()
		folder, deaf := false, make(chan bool)
		hold(t, folders, "folder", func(ctx context.Context) error { folder = ctx.Err() == nil; return ctx.Err() })
		hold(t, containers, "hangs", func(ctx context.Context) error { <-ctx.Done(); return errors.New("the engine does not answer") })
		hold(t, containers, "deaf", func(context.Context) error { <-deaf; return nil })
		hold(t, containers, "panics", func(context.Context) error { panic("oops") })
		making, err := containers.Add(Entry{Thing: Thing{Kind: Container, Name: "making"}, Remove: func(context.Context) error { return nil }})
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		left := s.Close(t.Context())
		if took := time.Since(begun); took > 5*time.Second+lastWords {
			t.Errorf("it took %s", took)
		}
		if !folder {
			t.Error("the level below had no time left")
		}
		var names []string
		for _, l := range left {
			names = append(names, l.Name)
			if l.Err == nil || l.Command != "docker rm -f -v "+l.Name {
				t.Errorf("%+v", l)
			}
		}
		if got := strings.Join(names, " "); got != "hangs deaf panics" {
			t.Errorf("left: %s", got)
		}
		tell(t, making.Drop()) // too late, and no harm
		close(deaf)
	})
}

// What is just being made when the run ends is waited for, so that it can't appear behind our back.
func TestStack_waits_for_what_is_being_made(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewStack(nil, 5*time.Second)
		there, removed := false, false
		h, err := s.Level().Add(Entry{Thing: Thing{Kind: Container, Name: "c"}, Remove: func(context.Context) error {
			removed = there
			return nil
		}})
		tell(t, err)
		go func() {
			time.Sleep(time.Second)
			there = true
			_ = h.Made(Thing{ID: "1"})
		}()
		if left := s.Close(t.Context()); len(left) > 0 || !removed {
			t.Errorf("left %v, removed %v", left, removed)
		}
	})
}

func TestStack_writes_down_what_it_holds(t *testing.T) {
	state := t.TempDir()
	v := inventory(t, state, testRun)
	s := NewStack(v, time.Minute)
	l := s.Level()
	hold(t, l, "goes", func(context.Context) error { return nil })
	hold(t, l, "stays", func(context.Context) error { return errors.New("no") })
	if open := v.Open(); len(open) != 2 || open[0].ID != "goes" {
		t.Errorf("%+v", open)
	}
	left := s.Close(t.Context())
	if len(left) != 1 || left[0].Name != "stays" || left[0].String() != "container stays: no; try: docker rm -f -v stays" {
		t.Errorf("%v", left)
	}
	if still, err := v.Close(); err != nil || len(still) != 1 || still[0].Name != "stays" {
		t.Errorf("%v, %v", still, err)
	}
}

// A create whose line can't be written is refused, and is not on the stack.
func TestStack_refuses_what_cant_be_written_down(t *testing.T) {
	v := inventory(t, t.TempDir(), testRun)
	tell(t, v.file.Close())
	s := NewStack(v, time.Minute)
	_, err := s.Level().Add(Entry{Thing: Thing{Kind: Container, Name: "c"}, Remove: func(context.Context) error { return errors.New("it was never made") }})
	var refused *UnwritableError
	if !errors.As(err, &refused) {
		t.Errorf("%v", err)
	}
	if left := s.Close(t.Context()); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}
