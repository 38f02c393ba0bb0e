package docker

import (
	"context"
	"testing"

	"testrunner/env/service"
)

// oneBox is an engine with one container.
type oneBox struct {
	Engine
	seen Inspection
}

func (oneBox) Fresh(context.Context) error { return nil }
func (o oneBox) InspectContainer(context.Context, string) (Inspection, error) {
	return o.seen, nil
}
func (o oneBox) Containers(context.Context, ...string) ([]Container, error) {
	return []Container{{ID: o.seen.ID, State: o.seen.Status}}, nil
}

// A container that its restart policy starts again has ended: whether the engine tells of it, or a look finds it between two of its lives.
func TestRestartingHasEnded(t *testing.T) {
	const ofItsPolicy = "its restart policy starts it again"
	for name, c := range map[string]struct {
		seen   Inspection
		want   service.End
		alive  bool
		unseen bool // by a look at all of them
	}{
		"it runs":          {Inspection{Running: true, Status: "running", Started: "one"}, service.End{}, true, false},
		"it runs again":    {Inspection{Running: true, Status: "running", Started: "two"}, service.End{Why: "its container was started again, and not by this run"}, false, true},
		"between two":      {Inspection{Running: true, Status: "restarting", Started: "one", Code: 7}, service.End{Code: 7, Why: ofItsPolicy}, false, false},
		"it was killed":    {Inspection{Running: true, Status: "restarting", Started: "one", Code: 137, OOM: true}, service.End{Code: 137, Signal: "SIGKILL", Why: "out of memory, and " + ofItsPolicy}, false, false},
		"it has ended":     {Inspection{Status: "exited", Started: "one", Code: 7}, service.End{Code: 7}, false, false},
		"it was made only": {Inspection{Status: "created"}, service.End{}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			c.seen.ID = "id"
			for how, look := range map[string]func(*watch, *instance){
				"told":  func(w *watch, i *instance) { w.settle(t.Context(), i, false) },
				"found": func(w *watch, _ *instance) { _ = w.glance(t.Context()) },
			} {
				p := NewProvider(Supply{Engine: oneBox{seen: c.seen}})
				w := &watch{p: p, live: map[string]*instance{}}
				i := &instance{p: p, watch: w, id: "id", started: "one", done: make(chan struct{}), starved: make(chan struct{}), logged: make(chan struct{})}
				close(i.logged)
				w.add(i)
				look(w, i)
				alive := c.alive || c.unseen && how == "found"
				select {
				case <-i.done:
					if alive || i.end != c.want {
						t.Errorf("%s: it has ended with %+v", how, i.end)
					}
				default:
					if !alive {
						t.Errorf("%s: it lives", how)
					}
				}
			}
		})
	}
}
