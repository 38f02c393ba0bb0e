package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"testrunner/runner/process"
)

// connected is an engine with its client.
func (m machine) connected(t *testing.T, args ...string) (Engine, State, Place) {
	t.Helper()
	m.engine(t, args...)
	s := m.until(t, Up)
	place := Here(m.environ(), nil)
	engine, err := Connect(place, s.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	return engine, s, place
}

// A real engine takes the probe, several times, and nothing is left.
func TestProbe(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		engine, s, place := m.connected(t)
		me := Me(place, "20261122-024501-3f9a")
		told := 0
		f := Try(t.Context(), engine, s, Probe{Repeat: 3, Me: me, Token: "3f9a", Tell: func(Round) { told++ }})
		if f.Succeeded != 3 || f.Rate() != 1 || f.First() != nil || len(f.Leftovers) != 0 || f.P50 <= 0 || f.P95 < f.P50 || told != 3 || f.Untried != "" {
			t.Fatalf("%+v", f)
		}
		if images, err := engine.Images(t.Context()); err != nil || len(images) != 0 {
			t.Errorf("images are left: %v, %v", images, err)
		}
	})
}

// What a dead process left is removed; what lives, or is another machine's, is not.
func TestLeftovers(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		engine, s, place := m.connected(t)
		me := Me(place, "20261122-024501-3f9a")
		gone := exec.CommandContext(t.Context(), "sleep", "60")
		if err := gone.Start(); err != nil {
			t.Fatal(err)
		}
		dead := Maker{Run: "20261122-014501-aaaa", Host: me.Host}
		dead.ID, _ = process.Identify(gone.Process.Pid)
		_ = gone.Process.Kill()
		_ = gone.Wait() // it was killed, which is an error
		if dead.ID.Pid == 0 || dead.ID.Alive() {
			t.Fatalf("%+v", dead)
		}
		reborn := me // the same id, given to another process
		reborn.Run, reborn.ID.Born = "20261122-014501-bbbb", me.ID.Born+"1"
		rebooted := me
		rebooted.Run, rebooted.ID.Born = "20261121-014501-cccc", "00000000/1/5"
		far := me
		far.Run, far.Host = "20261122-014501-dddd", "elsewhere"
		space := me // another process namespace of this boot: a runner in a container
		boot, _, _ := strings.Cut(me.ID.Born, "/")
		space.Run, space.ID.Born = "20261122-014501-eeee", boot+"/1/5"

		layer, err := probeLayer(s.Info.Architecture)
		if err != nil {
			t.Fatal(err)
		}
		if err := engine.ImportImage(t.Context(), "runner-probe:dead", dead.Labels("probe"), bytes.NewReader(layer)); err != nil {
			t.Fatal(err)
		}
		for i, maker := range []Maker{me, dead, reborn, rebooted, far, space} {
			name := "left-" + strconv.Itoa(i)
			network, err := engine.CreateNetwork(t.Context(), name, maker.Labels("probe"))
			if err != nil {
				t.Fatal(err)
			}
			id, err := engine.CreateContainer(t.Context(), Blueprint{
				Name: name, Image: "runner-probe:dead", Command: []string{answerProgram}, Labels: maker.Labels("probe"), Network: network,
			})
			if err != nil {
				t.Fatal(err)
			}
			if maker == dead {
				if err := engine.StartContainer(t.Context(), id); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err := engine.CreateNetwork(t.Context(), "left-nobody", nil); err != nil {
			t.Fatal(err)
		}
		all, err := Leftovers(t.Context(), engine, s.Host, me)
		if err != nil {
			t.Fatal(err)
		}
		if got := fates(all); !slices.Equal(got, []string{
			"container left-0 alive", "container left-1 dead", "container left-2 dead", "container left-3 dead", "container left-4 foreign", "container left-5 foreign",
			"image runner-probe:dead dead",
			"network left-0 alive", "network left-1 dead", "network left-2 dead", "network left-3 dead", "network left-4 foreign", "network left-5 foreign",
		}) {
			t.Fatalf("%q", got)
		}
		removed, err := Sweep(t.Context(), engine, all)
		// The image is still used by containers of those who live.
		if err == nil || !strings.Contains(err.Error(), "image") || len(removed) != 6 {
			t.Errorf("removed %q, %v", fates(removed), err)
		}
		networks, err := engine.Networks(t.Context())
		if names := networkNames(networks); err != nil || !slices.Equal(names, []string{"bridge", "host", "left-0", "left-4", "left-5", "left-nobody", "none"}) {
			t.Errorf("%v: %q", err, names)
		}

		// From another machine, nothing here can be judged.
		remote := Host{URL: "tcp://10.0.0.7:2375"}
		if got := fate(rebooted, me, remote.Local(), process.Identify); got != Foreign {
			t.Errorf("another boot on a shared engine is %s", got)
		}
	})
}

func fates(all []Leftover) []string {
	var out []string
	for _, l := range all {
		out = append(out, l.Kind+" "+l.Name+" "+string(l.Fate))
	}
	slices.Sort(out)
	return out
}

func networkNames(all []Network) []string {
	var out []string
	for _, n := range all {
		out = append(out, n.Name)
	}
	slices.Sort(out)
	return out
}

// An engine without a subnet left, and one without disk: the probe fails, says why and with which remedy, and leaves nothing.
func TestProbeFails(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		engine, s, place := m.connected(t, "--default-address-pool", "base=10.99.0.0/24,size=24", "--bip", "10.98.0.1/24")
		me := Me(place, "20261122-024501-3f9a")
		if _, err := engine.CreateNetwork(t.Context(), "the-only-one", nil); err != nil {
			t.Fatal(err)
		}
		f := Try(t.Context(), engine, s, Probe{Me: me, Token: "3f9a"})
		fault, ok := Explain(f.First())
		if f.Succeeded != 0 || !ok || fault.Name != PoolEmpty || fault.Remedy != "docker network prune" || len(f.Leftovers) != 0 || f.P95 != 0 {
			t.Fatalf("%+v: %+v", f, fault)
		}
		run(t, "sh", "-c", "yes | docker network prune")
		if f := Try(t.Context(), engine, s, Probe{Me: me, Token: "4f9a"}); f.First() != nil {
			t.Fatalf("after %s: %v", fault.Remedy, f.First())
		}

		var layer bytes.Buffer
		w := tar.NewWriter(&layer)
		data := make([]byte, 200<<20)
		if err := errors.Join(w.WriteHeader(&tar.Header{Name: "large", Mode: 0o644, Size: int64(len(data))}), second(w.Write(data)), w.Close()); err != nil {
			t.Fatal(err)
		}
		fault, ok = Explain(engine.ImportImage(t.Context(), "", nil, &layer))
		if !ok || fault.Name != DiskFull || fault.Remedy != "docker system prune" {
			t.Errorf("%+v", fault)
		}
	})
}

// A probe that is cut short is tidied up all the same.
func TestProbeCutShort(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		engine, s, place := m.connected(t)
		ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
		defer cancel()
		f := Try(ctx, engine, s, Probe{Repeat: 50, Me: Me(place, "20261122-024501-3f9a"), Token: "3f9a"})
		if len(f.Rounds) >= 50 || f.Succeeded == len(f.Rounds) && len(f.Rounds) > 2 || len(f.Leftovers) != 0 {
			t.Errorf("%+v", f)
		}
		all, err := engine.Containers(t.Context())
		if err != nil || len(all) != 0 {
			t.Errorf("left: %v, %v", all, err)
		}
	})
}
