package docker

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"testrunner/env/lease"
)

// furnish makes a network, a volume and a running container on that network, of a run, and returns what was made.
func furnish(t *testing.T, e Engine, maker Maker, address string) []lease.Thing {
	t.Helper()
	name, labels := "runner-"+maker.Run, maker.Labels("service")
	network, err := e.CreateNetwork(t.Context(), name, labels)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.CreateVolume(t.Context(), VolumeBlueprint{Name: name + "-data", Labels: labels}); err != nil {
		t.Fatal(err)
	}
	container, err := e.CreateContainer(t.Context(), Blueprint{Name: name + "-db", Image: "probe:1", Command: []string{answerProgram}, Labels: labels, Network: network})
	if err == nil {
		err = e.StartContainer(t.Context(), container)
	}
	if err != nil {
		t.Fatal(err)
	}
	return []lease.Thing{
		{Kind: lease.Container, Name: name + "-db", ID: container, Engine: address}, {Kind: lease.Network, Name: name, ID: network, Engine: address},
		{Kind: lease.Volume, Name: name + "-data", ID: name + "-data", Engine: address},
	}
}

// inventoried writes things down as a run does that died afterwards.
func inventoried(t *testing.T, state, run string, things []lease.Thing) {
	t.Helper()
	v, err := lease.OpenInventory(state, run, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, thing := range things {
		if err := v.Own(thing); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := v.Close(); err != nil {
		t.Fatal(err)
	}
}

// standing are the things that are there, of whomever, as "kind name".
func standing(t *testing.T, e Engine, s State) []string {
	t.Helper()
	all, err := Leftovers(t.Context(), e, s.Host, Me(Here(nil, nil), "x"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range all {
		out = append(out, l.Kind+" "+l.Name+" "+l.Maker.Host)
	}
	slices.Sort(out)
	return out
}

// What a dead run made goes, by its labels and in a dead engine's own time; what another run or another machine made stays.
func TestRemover_removes_what_a_dead_run_made(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		daemon := m.engine(t)
		s := m.until(t, Up)
		place := Here(m.environ(), nil)
		e, err := Connect(place, s.Host)
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		layer, err := probeLayer(s.Info.Architecture)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.ImportImage(t.Context(), "probe:1", nil, bytes.NewReader(layer)); err != nil {
			t.Fatal(err)
		}
		state := filepath.Join(m.dir, "state")
		dead, living, abroad := Me(place, "20261122-000001-dead"), Me(place, "20261122-000002-1111"), Me(place, "20261122-000003-2222")
		abroad.Host = "elsewhere"
		made := furnish(t, e, dead, s.Host.URL)
		others := append(furnish(t, e, living, s.Host.URL), furnish(t, e, abroad, s.Host.URL)...)
		want := standing(t, e, s)
		want = slices.DeleteFunc(want, func(line string) bool { return strings.Contains(line, dead.Run) })

		// The container's intent alone was written, and one that was never made; the journal names what is another's, too.
		made[0].ID = ""
		inventoried(t, state, dead.Run, append(append(made, others[0]), lease.Thing{Kind: lease.Container, Name: "never", Engine: s.Host.URL}))
		inventoried(t, state, abroad.Run, others[3:])
		if err := daemon.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = daemon.Wait()
		sweeping := lease.Sweeping{State: state, Engines: Remover{place}}
		off, err := lease.Sweep(t.Context(), sweeping)
		if err != nil || len(off) != 2 || len(off[0].Left) != 5 || len(off[0].Gone) > 0 || off[0].Left[0].Err == nil {
			t.Fatalf("with the engine dead: %+v, %v", off, err)
		}
		m.engine(t)
		m.until(t, Up)
		on, err := lease.Sweep(t.Context(), sweeping)
		if err != nil || len(on) != 2 || len(on[0].Left) > 0 || len(on[0].Gone) != 3 || len(on[1].Gone) > 0 {
			t.Fatalf("with the engine back: %+v, %v", on, err)
		}
		if got := standing(t, e, s); !slices.Equal(got, want) {
			t.Errorf("there are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		typed(t, m, e, s, others[:3])
	})
}

// typed types the commands that are told where runner can't remove something (design, law 10).
func typed(t *testing.T, m machine, e Engine, s State, things []lease.Thing) {
	t.Helper()
	before := len(standing(t, e, s))
	for i, thing := range things {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", thing.ByHand("linux"))
		cmd.Env = m.environ()
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", thing.ByHand("linux"), err, out)
		}
		if after := len(standing(t, e, s)); after != before-i-1 {
			t.Errorf("%s: %s", thing.ByHand("linux"), fmt.Sprintf("%d things before and %d after", before-i, after))
		}
	}
}
