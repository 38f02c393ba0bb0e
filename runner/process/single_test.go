package process

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"testing"
	"time"
)

// begin starts a role that says when it is ready.
func begin(t *testing.T, role string) (*Process, Glimpse) {
	t.Helper()
	said := &signalled{ready: make(chan struct{})}
	p, err := Start(context.WithoutCancel(t.Context()), Spec{Argv: []string{os.Args[0]}, Env: append(os.Environ(), roleVar+"="+role, argVar+"=sleep"), Stdout: said})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Kill(); p.Wait() })
	select {
	case <-said.ready:
	case <-p.Done():
		t.Fatalf("%s ended: %+v", role, p.Wait())
	}
	g, err := LookAt(p.Pid())
	if err != nil {
		t.Fatal(err)
	}
	return p, g
}

// signalled tells of the first write.
type signalled struct{ ready chan struct{} }

func (s *signalled) Write(b []byte) (int, error) {
	select {
	case <-s.ready:
	default:
		close(s.ready)
	}
	return len(b), nil
}

func TestLookAt(t *testing.T) {
	_, g := begin(t, "sleep")
	if g.Name == "" || g.Stopped || g.Age <= 0 || g.Age > time.Minute || !g.Alive() {
		t.Errorf("%+v", g)
	}
	named := Named(g.Name)
	if !slices.ContainsFunc(named, func(n Glimpse) bool { return n.ID == g.ID }) || len(Named("no-such-program-runs")) != 0 {
		t.Errorf("%s is not among %+v", g.Name, named)
	}
	if _, err := LookAt(1 << 30); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nobody: %v", err)
	}
}

func TestEnd(t *testing.T) {
	p, g := begin(t, "sleep")
	stranger := g.ID
	stranger.Born += "1"
	if killed, err := End(t.Context(), stranger, time.Minute); killed || err != nil || !g.Alive() {
		t.Fatalf("another process of that id: %v, %v", killed, err)
	}
	if killed, err := End(t.Context(), g.ID, time.Minute); killed || err != nil || g.Alive() {
		t.Errorf("%v, %v", killed, err)
	}
	p.Wait()
	if killed, err := End(t.Context(), g.ID, time.Minute); killed || err != nil {
		t.Errorf("gone already: %v, %v", killed, err)
	}
}
