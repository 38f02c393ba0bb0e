//go:build unix

package process

import (
	"testing"
	"time"
)

func TestEnd_kills_what_does_not_listen(t *testing.T) {
	_, g := begin(t, "deaf")
	begun := time.Now()
	if killed, err := End(t.Context(), g.ID, 300*time.Millisecond); !killed || err != nil || g.Alive() || time.Since(begun) < 300*time.Millisecond {
		t.Errorf("%v, %v after %s", killed, err, time.Since(begun))
	}
}

// A process that is stopped takes TERM only when it is continued.
func TestEnd_of_a_stopped_process(t *testing.T) {
	p, g := begin(t, "sleep")
	if err := p.Pause(); err != nil {
		t.Fatal(err)
	}
	for now := g; !now.Stopped; {
		var err error
		if now, err = LookAt(g.Pid); err != nil {
			t.Fatal(err)
		}
	}
	if killed, err := End(t.Context(), g.ID, time.Minute); killed || err != nil || g.Alive() {
		t.Errorf("%v, %v", killed, err)
	}
}

// Its children are others, and stay.
func TestEnd_spares_children(t *testing.T) {
	p, g := begin(t, "parent")
	var child proc
	for child.pid == 0 {
		for _, m := range p.group.members() {
			if m.pid != g.Pid {
				child = m
			}
		}
	}
	if _, err := End(t.Context(), g.ID, time.Minute); err != nil {
		t.Fatal(err)
	}
	if !child.id().Alive() {
		t.Error("the child was ended, too")
	}
}
