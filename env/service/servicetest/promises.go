package servicetest

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"testrunner/env/service"
)

// life is one service from its start to its end.
func (k Kit) life(t *testing.T) {
	p := k.Provider(t)
	in := k.Start(t, p)
	if a := in.Address(); a.Host == "" || a.Port == 0 {
		t.Errorf("it serves at no address: %+v", a)
	}
	if first, second := in.Identity(), in.Identity(); first == "" || first != second {
		t.Errorf("one life, and the identities %q and %q", first, second)
	}
	if ended(in) {
		t.Error("Done is closed while it serves")
	}
	if k.Remains != nil && !k.Foreign && !k.InProcess && len(k.Remains(t)) == 0 {
		t.Error("nothing is there while it serves: Remains can't see leftovers, so this test can't either")
	}
	k.logged(t, in)
	k.inside(t, in)
	following := k.follow(t, in)
	k.stop(t, in)
	k.stop(t, in)
	if k.Foreign {
		following.cancel()
	}
	select {
	case err := <-following.done:
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("follow: %v", err)
		}
	case <-time.After(Patience):
		t.Error("Follow does not end with the service")
	}
	if text := following.text(); !strings.Contains(text, k.Says) {
		t.Errorf("Follow wrote no %q, but %q", k.Says, text)
	}
	if log := strings.Join(in.Log(1000), "\n"); !strings.Contains(log, k.Says) {
		t.Errorf("the log is gone with it: no %q in %q", k.Says, log)
	}
	k.gone(t, p, in)
}

// logged checks that Log comes to hold what the service says, and no more lines than asked for.
func (k Kit) logged(t *testing.T, in service.Instance) {
	t.Helper()
	for deadline := time.Now().Add(Patience); !strings.Contains(strings.Join(in.Log(1000), "\n"), k.Says); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %q in the log: %q", k.Says, in.Log(1000))
		}
	}
	if lines := in.Log(1); len(lines) > 1 {
		t.Errorf("asked for 1 line, got %q", lines)
	}
}

// inside checks Exec: output and status of a command that fails, or that there is no inside.
func (k Kit) inside(t *testing.T, in service.Instance) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	if len(k.Inside) == 0 {
		if _, _, err := in.Exec(ctx, []string{"true"}, nil); !errors.Is(err, service.ErrNoInside) {
			t.Errorf("exec: %v, want ErrNoInside", err)
		}
		return
	}
	out, code, err := in.Exec(ctx, k.Inside, nil)
	if err != nil || code != k.InsideCode || !strings.Contains(out, k.InsideSays) {
		t.Errorf("exec %q: code %d (%v), output %q; want code %d and %q", k.Inside, code, err, out, k.InsideCode, k.InsideSays)
	}
}

// followed is a Follow that runs beside the test.
type followed struct {
	done   chan error
	cancel context.CancelFunc
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (f *followed) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.buffer.Write(b)
}

func (f *followed) text() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.buffer.String()
}

// follow follows twice: one that is cancelled must return at once, the other is given back.
func (k Kit) follow(t *testing.T, in service.Instance) *followed {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	short := make(chan error, 1)
	go func() { short <- in.Follow(ctx, &bytes.Buffer{}) }()
	cancel()
	select {
	case <-short:
	case <-time.After(Patience):
		t.Fatal("Follow does not end with its context")
	}
	ctx, cancel = context.WithCancel(t.Context())
	t.Cleanup(cancel)
	f := &followed{done: make(chan error, 1), cancel: cancel}
	go func() { f.done <- in.Follow(ctx, f) }()
	return f
}

func (k Kit) stoppedByMany(t *testing.T) {
	p := k.Provider(t)
	in := k.Start(t, p)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			k.stop(t, in)
			if !k.Foreign && !ended(in) {
				t.Error("one of the calls returned before it had ended")
			}
		})
	}
	all.Wait()
	k.gone(t, p, in)
}

// sideBySide checks that two runs share nothing: the end of one is not the other's.
func (k Kit) sideBySide(t *testing.T) {
	if k.Foreign {
		t.Skip("one address is one service, whoever asks for it")
	}
	first, second := k.Provider(t), k.Provider(t)
	a, b := k.Start(t, first), k.Start(t, second)
	if a.Identity() == b.Identity() {
		t.Errorf("two instances are both %q", a.Identity())
	}
	if a.Address().Host == b.Address().Host && a.Address().Port == b.Address().Port {
		t.Errorf("two instances share %s:%d", a.Address().Host, a.Address().Port)
	}
	k.stop(t, a)
	k.close(t, first)
	if err := k.ask(t, b); err != nil || ended(b) {
		t.Errorf("the end of one run ended the other's service: %v", err)
	}
	k.stop(t, b)
	k.gone(t, second, b)
}

func (k Kit) again(t *testing.T) {
	p := k.Provider(t)
	a := k.Start(t, p)
	k.stop(t, a)
	b := k.Start(t, p)
	if !k.Foreign && a.Identity() == b.Identity() {
		t.Errorf("two lives are both %q", a.Identity())
	}
	k.stop(t, b)
	k.gone(t, p, b)
}

// contextOfCall checks that the context of Start does not bound the life of what it started.
func (k Kit) contextOfCall(t *testing.T) {
	p := k.Provider(t)
	ctx, cancel := context.WithCancel(t.Context())
	tell := func(string) {}
	if err := p.Prepare(ctx, k.Spec, tell); err != nil {
		t.Fatal(err)
	}
	in, err := p.Start(ctx, k.Spec, k.Peers, tell)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.stop(t, in) })
	cancel()
	k.serving(t, in)
	k.stop(t, in)
	k.gone(t, p, in)
}

// cancelled cancels Prepare and Start at many moments. Each time nothing may be left, and the provider must still be of use.
func (k Kit) cancelled(t *testing.T) {
	p := k.Provider(t)
	tell := func(string) {}
	dead, cancel := context.WithCancel(t.Context())
	cancel()
	_ = p.Prepare(dead, k.Spec, tell) // may or may not notice; what counts is that the next one works
	for _, after := range []time.Duration{0, time.Millisecond, 5 * time.Millisecond, 20 * time.Millisecond, 60 * time.Millisecond, 150 * time.Millisecond} {
		own := k.Provider(t)
		if err := own.Prepare(t.Context(), k.Spec, tell); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), after)
		in, err := own.Start(ctx, k.Spec, k.Peers, tell)
		cancel()
		if err == nil {
			k.stop(t, in) // it was faster
		} else if in != nil {
			t.Errorf("cancelled after %s: an error and an instance", after)
		}
		k.close(t, own)
		k.nothing(t)
	}
	in := k.Start(t, p)
	k.stop(t, in)
	k.gone(t, p, in)
}

// killed checks that an end from outside is seen and told, and that what is left then is still removed.
func (k Kit) killed(t *testing.T) {
	p := k.Provider(t)
	in := k.Start(t, p)
	k.Kill(t, in)
	select {
	case <-in.Done():
	case <-time.After(Patience):
		t.Fatal("it was killed, and Done is not closed")
	}
	if end := in.End(); end == (service.End{}) {
		t.Error("it was killed, and End says that it ended with 0")
	}
	k.stop(t, in)
	k.gone(t, p, in)
}
