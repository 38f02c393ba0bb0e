package docker

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"testrunner/env/service"
	"testrunner/env/service/servicetest"
)

// What all providers promise.
func TestContainersConform(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		d := newDock(t, m)
		s := spec("web", func(c *service.Container) {
			c.Mounts = []service.Mount{{Kind: "volume", Source: "data", Target: "/data"}, {Kind: "volume", Target: "/anonymous"}}
		})
		servicetest.Run(t, servicetest.Kit{
			New: func(t *testing.T) service.Provider { return d.provider(t, nil) }, Spec: s, Serves: served, Says: "serving",
			Inside: []string{"/witness", "exit", "9"}, InsideCode: 9, InsideSays: "last words",
			Kill:    func(t *testing.T, in service.Instance) { d.cli(t, nil, "kill", in.(*instance).id) },
			Remains: d.remains,
		})
		if volumes, err := d.engine.Volumes(t.Context()); err != nil || len(volumes) > 0 {
			t.Errorf("volumes are left: %v, %v", volumes, err)
		}
	})
}

// How services end, and that it is told at once.
func TestEnds(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		d := newDock(t, m)
		p := d.provider(t, nil)
		for name, c := range map[string]struct {
			change func(*service.Container)
			want   service.End
		}{
			"code":   {func(c *service.Container) { c.Command = []string{"exit", "5"} }, service.End{Code: 5}},
			"zero":   {func(c *service.Container) { c.Command = []string{"exit", "0"} }, service.End{}},
			"memory": {func(c *service.Container) { c.Command, c.Memory, c.MemorySwap = []string{"eat"}, 16<<20, 16<<20 }, service.End{Code: 137, Signal: "SIGKILL", Why: "out of memory"}},
		} {
			in := d.start(t, p, spec(name, c.change), nil)
			if got := ended(t, in, 10*time.Second); got != c.want {
				t.Errorf("%s: %+v, want %+v", name, got, c.want)
			}
			if log := in.Log(10); name != "memory" && !slices.Equal(log, []string{"last words"}) {
				t.Errorf("%s: log %q", name, log)
			}
			if _, _, err := in.Exec(t.Context(), []string{"/witness"}, nil); err == nil {
				t.Errorf("%s: a command was run in what has ended", name)
			}
		}

		in := d.start(t, p, spec("killed", nil), nil)
		waitServed(t, in)
		d.cli(t, nil, "kill", in.id)
		begun := time.Now()
		if got := ended(t, in, 5*time.Second); got != (service.End{Code: 137, Signal: "SIGKILL"}) {
			t.Errorf("killed: %+v", got)
		}
		t.Logf("a death was seen after %s", time.Since(begun))
		removed := d.start(t, p, spec("removed", nil), nil)
		d.cli(t, nil, "rm", "-f", removed.id)
		if got := ended(t, removed, 5*time.Second); got.Engine || got.Code != 137 && !strings.Contains(got.Why, "not by this run") {
			t.Errorf("removed: %+v", got)
		}

		// The signal and the time are the compose file's.
		for name, c := range map[string]struct {
			change func(*service.Container)
			want   int
			least  time.Duration
			most   time.Duration
		}{
			"signal": {func(c *service.Container) { c.StopSignal = "SIGUSR1" }, 7, 0, 4 * time.Second},
			"deaf":   {func(c *service.Container) { c.Env = []string{"DEAF=1"} }, 137, defaultGrace, 5 * time.Second},
			"short":  {func(c *service.Container) { c.Env, c.StopGrace = []string{"DEAF=1"}, time.Second }, 137, time.Second, 2500 * time.Millisecond},
		} {
			in := d.start(t, p, spec(name, c.change), nil)
			waitServed(t, in)
			begun := time.Now()
			stop(t, in)
			if took := time.Since(begun); took < c.least || took > c.most {
				t.Errorf("%s: it took %s to stop", name, took)
			}
			if got := in.End(); got.Code != c.want {
				t.Errorf("%s: %+v, want the code %d", name, got, c.want)
			}
		}

		// Many lines are kept in their order.
		in = d.start(t, p, spec("flood", func(c *service.Container) { c.Command = []string{"flood", "3000"} }), nil)
		waitServed(t, in)
		for deadline := time.Now().Add(10 * time.Second); !slices.Equal(in.Log(1), []string{"serving"}) && time.Now().Before(deadline); {
			time.Sleep(5 * time.Millisecond)
		}
		if log := in.Log(5000); len(log) != keptLines || log[keptLines-2] != "line 2999" || log[0] != "line 2001" {
			t.Errorf("%d lines, from %q to %q", len(log), log[0], log[len(log)-1])
		}
	})
}

// What can't be written down is not made.
func TestNothingIsMadeUnwritten(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		d := newDock(t, m)
		s := spec("web", func(c *service.Container) {
			c.Mounts = []service.Mount{{Kind: "volume", Source: "data", Target: "/data"}, {Kind: "bind", Content: []byte("x"), Target: "/run/x"}}
		})
		for _, kind := range []string{"container", "network", "volume", "folder"} {
			p := d.provider(t, func(s *Supply) { s.Keeper.(*notes).refuse = kind })
			_, err := p.Start(t.Context(), s, nil, d.tell)
			if !errors.Is(err, errFull) {
				t.Errorf("%s: %v", kind, err)
			}
			for _, left := range d.remains(t) {
				if strings.HasPrefix(left, kind) {
					t.Errorf("%s is there", left)
				}
			}
			if err := p.Close(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
}

// Eight runs at once, on one engine: none disturbs another, and each removes its own alone.
func TestRunsSideBySide(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		d := newDock(t, m)
		type run struct {
			p  *Provider
			in service.Instance
		}
		runs := make([]run, 8)
		var all sync.WaitGroup
		for i := range runs {
			runs[i].p = d.provider(t, nil)
			all.Go(func() {
				s := spec("web", func(c *service.Container) {
					c.Env, c.Mounts = []string{"WHO=" + strconv.Itoa(i)}, []service.Mount{{Kind: "volume", Source: "data", Target: "/data"}}
				})
				in, err := runs[i].p.Start(t.Context(), s, nil, d.tell)
				if err != nil {
					t.Error(err)
					return
				}
				runs[i].in = in
			})
		}
		all.Wait()
		if t.Failed() {
			return
		}
		for _, r := range runs {
			waitServed(t, r.in)
		}
		for i := range runs {
			if i%2 == 0 {
				all.Go(func() {
					stop(t, runs[i].in)
					if err := runs[i].p.Close(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
		for i := 1; i < len(runs); i += 2 {
			waitServed(t, runs[i].in)
			stop(t, runs[i].in)
			if err := runs[i].p.Close(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if left := d.remains(t); len(left) > 0 {
			t.Errorf("left: %q", left)
		}
	})
}
