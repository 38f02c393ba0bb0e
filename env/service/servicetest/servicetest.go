// Package servicetest is the conformance test of providers: what service.Provider and service.Instance promise, asked of a real one.
// Each provider's own tests run it with a service that they can start and ask.
package servicetest

import (
	"context"
	"testing"
	"time"

	"testrunner/env/service"
)

// Patience is how long anything that must happen is waited for. It bounds a failing test, and is no measure of speed.
const Patience = 20 * time.Second

// Kit is what a provider's tests give to the conformance test.
type Kit struct {
	// New makes a provider for a run of its own. Run calls it more than once: two providers are two runs side by side.
	New func(t *testing.T) service.Provider

	// Spec is a service that the provider can serve. Peers are what it gets as such.
	Spec  service.Spec
	Peers map[string]service.Instance

	// Serves asks the service as a client does: nil once it answers. The context has a short deadline.
	Serves func(context.Context, service.Address) error

	// Says is a text that its output holds once it serves; "" is none: Log and Follow are only called.
	Says string

	// Inside is a command that ends with InsideCode, which must not be 0, and prints InsideSays. Empty: Exec must be ErrNoInside.
	Inside     []string
	InsideCode int
	InsideSays string

	// Foreign is set where nobody here starts the service: then it must serve after Stop as before, and never end.
	Foreign bool

	// Kill ends the service from outside, as a crash does; nil: it can't be ended so.
	Kill func(*testing.T, service.Instance)

	// Remains names all that providers of New left on the machine: processes, containers, networks, folders. It must be empty after
	// Close, and must not be while the service runs, unless it is Foreign or nothing is made outside this process. nil: not asked.
	Remains func(*testing.T) []string

	// InProcess is set where the service is part of this process, so that Remains may be empty while it runs.
	InProcess bool
}

// Run runs the conformance test: each promise is a subtest.
func Run(t *testing.T, k Kit) {
	t.Run("life", k.life)
	t.Run("stopped by many at once", k.stoppedByMany)
	t.Run("two runs side by side", k.sideBySide)
	t.Run("started again", k.again)
	t.Run("the context is the call's", k.contextOfCall)
	t.Run("cancelled in the middle", k.cancelled)
	if k.Kill != nil {
		t.Run("killed", k.killed)
	}
}

// Start prepares and starts the kit's service, and waits until it serves.
func (k Kit) Start(t *testing.T, p service.Provider) service.Instance {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*Patience)
	defer cancel()
	tell := func(line string) { t.Log(line) }
	if err := p.Prepare(ctx, k.Spec, tell); err != nil {
		t.Fatalf("prepare: %v", err)
	}
	in, err := p.Start(ctx, k.Spec, k.Peers, tell)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(func() { k.stop(t, in) }) // also when the test failed
	k.serving(t, in)
	return in
}

// Provider makes a provider that is closed at the test's end.
func (k Kit) Provider(t *testing.T) service.Provider {
	t.Helper()
	p := k.New(t)
	if p.Name() == "" {
		t.Error("the provider has no name")
	}
	t.Cleanup(func() { k.close(t, p) })
	return p
}

// serving waits until the service answers.
func (k Kit) serving(t *testing.T, in service.Instance) {
	t.Helper()
	deadline := time.Now().Add(Patience)
	for {
		err := k.ask(t, in)
		if err == nil {
			return
		}
		if ended(in) {
			t.Fatalf("it ended before it served: %+v; %v\n%q", in.End(), err, in.Log(50))
		}
		if time.Now().After(deadline) {
			t.Fatalf("it never served: %v\n%q", err, in.Log(50))
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (k Kit) ask(t *testing.T, in service.Instance) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*time.Second)
	defer cancel()
	return k.Serves(ctx, in.Address())
}

// stop stops an instance within the patience of a test.
func (k Kit) stop(t *testing.T, in service.Instance) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), Patience)
	defer cancel()
	if err := in.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func (k Kit) close(t *testing.T, p service.Provider) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), Patience)
	defer cancel()
	if err := p.Close(ctx); err != nil {
		t.Errorf("close: %v", err)
	}
}

// gone checks that a stopped instance has ended, answers nobody, and that nothing is left once the provider is closed.
func (k Kit) gone(t *testing.T, p service.Provider, in service.Instance) {
	t.Helper()
	if k.Foreign {
		if ended(in) {
			t.Error("it is somebody's, and Done is closed after Stop")
		}
		if err := k.ask(t, in); err != nil {
			t.Errorf("it is somebody's, and does not serve after Stop: %v", err)
		}
	} else {
		if !ended(in) {
			t.Error("Stop returned before it had ended")
		}
		if err := k.ask(t, in); err == nil {
			t.Error("it serves after Stop")
		}
	}
	k.close(t, p)
	k.nothing(t)
}

// nothing checks that nothing is left.
func (k Kit) nothing(t *testing.T) {
	t.Helper()
	if k.Remains == nil {
		return
	}
	if left := k.Remains(t); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func ended(in service.Instance) bool {
	select {
	case <-in.Done():
		return true
	default:
		return false
	}
}
