package docker

import (
	"context"
	"syscall"
	"testing"
	"time"

	"testrunner/env/service"
)

// An engine that dies, is shut down, is started again or freezes: the services' ends are its own, and nobody waits for ever.
func TestTheEngineDies(t *testing.T) {
	for name, c := range map[string]struct {
		signal syscall.Signal
		why    string
		within time.Duration
	}{
		"killed":    {syscall.SIGKILL, engineDied, 8 * time.Second},
		"shut down": {syscall.SIGTERM, engineDied, 8 * time.Second},
		"frozen":    {syscall.SIGSTOP, engineSilent, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			inside(t, func(t *testing.T, m machine) { engineDies(t, m, c.signal, c.why, c.within) })
		})
	}
}

func engineDies(t *testing.T, m machine, signal syscall.Signal, why string, within time.Duration) {
	d := newDock(t, m)
	p := NewProvider(Supply{Engine: d.engine, Place: d.place, Host: d.state.Host, Me: Me(d.place, "20261122-024501-3f9a"), Silence: 2 * time.Second})
	var all []*instance
	for _, name := range []string{"one", "two"} {
		in, err := p.Start(t.Context(), spec(name, nil), nil, d.tell)
		if err != nil {
			t.Fatal(err)
		}
		waitServed(t, in)
		all = append(all, in.(*instance))
	}
	if err := d.daemon.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	for _, in := range all {
		end := ended(t, in, 15*time.Second)
		if !end.Engine || end.Why != why {
			t.Errorf("%s: %+v, want the engine's end: %s", in.service, end, why)
		}
		if log := in.Log(1); len(log) == 0 {
			t.Errorf("%s: its last lines are gone with the engine", in.service)
		}
	}
	if took := time.Since(begun); took > within {
		t.Errorf("it took %s to see", took)
	} else {
		t.Logf("seen after %s", took)
	}
	// What can't be removed now is said in time.
	begun = time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if err := all[0].Stop(ctx); err == nil && signal != syscall.SIGTERM { // one that shuts down may still do that
		t.Error("a container of a dead engine was removed")
	}
	_, err := p.Start(ctx, spec("three", nil), nil, d.tell)
	if err == nil {
		t.Error("a container was started in a dead engine")
	}
	if took := time.Since(begun); took > 8*time.Second {
		t.Errorf("it took %s to give up", took)
	}

	// The engine is back: what was left goes away.
	if signal == syscall.SIGSTOP {
		if err := d.daemon.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
	} else {
		_ = d.daemon.Wait() // it was ended by a signal
		m.engine(t)
	}
	m.until(t, Up)
	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for p.answers(ctx) != nil && ctx.Err() == nil { // for a moment it counts as silent still
		time.Sleep(20 * time.Millisecond)
	}
	if err := all[0].Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
	if err := p.Close(ctx); err != nil {
		t.Errorf("close: %v", err)
	}
	if left := d.remains(t); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// A stream of events that breaks while the engine lives is taken up again.
func TestEventsBreak(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		d := newDock(t, m)
		cut := &cutting{Engine: d.engine, subscribed: make(chan context.CancelFunc, 10)}
		p := d.provider(t, func(s *Supply) { s.Engine = cut })
		in := d.start(t, p, spec("web", nil), nil)
		waitServed(t, in)
		(<-cut.subscribed)()
		again := <-cut.subscribed
		d.cli(t, nil, "kill", in.id)
		if got := ended(t, in, 10*time.Second); got != (service.End{Code: 137, Signal: "SIGKILL"}) {
			t.Errorf("%+v", got)
		}
		again()
	})
}

// cutting is an engine whose streams of events can be cut.
type cutting struct {
	Engine
	subscribed chan context.CancelFunc
}

func (c *cutting) Events(ctx context.Context, labels ...string) (<-chan Event, <-chan error) {
	ctx, cancel := context.WithCancel(ctx)
	events, fault := c.Engine.Events(ctx, labels...)
	c.subscribed <- cancel
	return events, fault
}
