package lease

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"testrunner/report/event"
	"testrunner/runner/process"
)

func identify(t *testing.T, pid int) process.ID {
	t.Helper()
	id, err := process.Identify(pid)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func sweepAll(t *testing.T, s Sweeping) []Remains {
	t.Helper()
	all, err := Sweep(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// After a kill -9 of runner and watchdog the next start removes it all: the process and its child, the container, the folder.
func TestSweep_removes_what_a_killed_run_left(t *testing.T) {
	t.Parallel()
	h := startHolder(t)
	look := sweepAll(t, Sweeping{State: h.state, Engines: shelf{}})
	if len(look) != 1 || look[0].Fate != Alive || len(look[0].Gone) > 0 {
		t.Fatalf("the owner lives: %+v", look)
	}
	h.kill(t)
	look = sweepAll(t, Sweeping{State: h.state, Engines: shelf{}, Look: true})
	if len(look) != 1 || look[0].Fate != Dead || len(look[0].Gone) != 3+h.processes() || len(look[0].Left) > 0 {
		t.Fatalf("a look: %+v", look)
	}
	if running(h.service) != (h.processes() > 0) || len(shelved(h.engine)) != 2 {
		t.Fatal("a look has removed something")
	}
	swept := sweepAll(t, Sweeping{State: h.state, Engines: shelf{}})
	if len(swept) != 1 || len(swept[0].Gone) != 3+h.processes() || len(swept[0].Left) > 0 {
		t.Errorf("swept: %+v", swept)
	}
	h.nothingIsLeft(t)
	if again := sweepAll(t, Sweeping{State: h.state, Engines: shelf{}}); len(again) > 0 {
		t.Errorf("again: %+v", again)
	}
}

// A process that its runner does not take with it when it dies, which on Windows is one that is in no job object.
func TestSweep_ends_a_process_that_outlived_its_run(t *testing.T) {
	state := t.TempDir()
	cmd := command("sleep", "")
	tell(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	thing := Thing{Kind: Process, Name: "service", Process: identify(t, cmd.Process.Pid)}
	stranger := Thing{Kind: Process, Name: "us, as if we had got its id later", Process: process.ID{Pid: os.Getpid(), Born: "before"}}
	v := inventory(t, state, testRun)
	tell(t, v.Own(thing), v.Own(stranger), v.file.Close())
	look := sweepAll(t, Sweeping{State: state, Look: true})
	if len(look) != 1 || !slices.Equal(look[0].Gone, []Thing{thing}) || !thing.Process.Alive() {
		t.Fatalf("a look: %+v", look)
	}
	swept := sweepAll(t, Sweeping{State: state})
	if len(swept) != 1 || !slices.Equal(swept[0].Gone, []Thing{thing}) || len(swept[0].Left) > 0 {
		t.Errorf("swept: %+v", swept)
	}
	if err := <-ended; err == nil {
		t.Error("it ended by itself")
	}
}

func TestSweep_two_at_once(t *testing.T) {
	t.Parallel()
	h := startHolder(t)
	h.kill(t)
	errs := make(chan error, 4)
	for range cap(errs) {
		go func() {
			_, err := Sweep(t.Context(), Sweeping{State: h.state, Engines: shelf{}})
			errs <- err
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	h.nothingIsLeft(t)
}

// What can't be removed is named with the command that does, and its inventory stays; the rest goes.
func TestSweep_names_what_stays(t *testing.T) {
	t.Parallel()
	h := startHolder(t)
	h.kill(t)
	tell(t, os.WriteFile(filepath.Join(h.engine, "off"), nil, 0o644))
	swept := sweepAll(t, Sweeping{State: h.state, Engines: shelf{}})
	if len(swept) != 1 || len(swept[0].Left) != 2 || len(swept[0].Gone) != 1+h.processes() || running(h.service) {
		t.Fatalf("%+v", swept)
	}
	if got := swept[0].Left[0].String(); got != "network net: the engine does not answer; try: docker -H "+event.ShellQuote(h.engine)+" network rm net" {
		t.Errorf("%s", got)
	}
	tell(t, os.Remove(filepath.Join(h.engine, "off")))
	shelve(t, h.engine, "container "+testRun+" stuck-one")
	swept = sweepAll(t, Sweeping{State: h.state, Engines: shelf{}})
	if len(swept) != 1 || len(swept[0].Left) != 1 || swept[0].Left[0].Name != "stuck-one" || len(swept[0].Gone) != 2 {
		t.Fatalf("%+v", swept)
	}
	tell(t, os.Remove(filepath.Join(h.engine, "container "+testRun+" stuck-one")))
	sweepAll(t, Sweeping{State: h.state, Engines: shelf{}})
	h.nothingIsLeft(t)
}

// The engine may still be making what was asked for when the run died.
func TestSweep_waits_for_what_was_about_to_be_made(t *testing.T) {
	state, engine := t.TempDir(), t.TempDir()
	v := inventory(t, state, testRun)
	tell(t, v.Own(Thing{Kind: Container, Name: "late", Engine: engine}), v.file.Close())
	go func() {
		time.Sleep(settle / 4)
		shelve(t, engine, "container "+testRun+" late")
	}()
	swept := sweepAll(t, Sweeping{State: state, Engines: shelf{}})
	if len(swept) != 1 || len(swept[0].Gone) != 1 || len(shelved(engine)) > 0 {
		t.Errorf("%+v, there: %v", swept, shelved(engine))
	}
}

// Another machine's inventory in a shared home, and one whose owner can't be told, are nobody's here.
func TestSweep_leaves_other_machines_alone(t *testing.T) {
	me := thisMachine()
	self := identify(t, os.Getpid())
	other := func(m machine) string {
		born := self.Born
		if m.Boot != me.Boot {
			born = m.Boot + "/x/1"
		}
		return fmt.Sprintf(`{"op":"run","pid":%d,"born":"%s","what":"%s","host":"%s","machine":"%s"}`, 1<<30, born, testRun, m.Host, m.Machine)
	}
	for name, c := range map[string]struct {
		first string
		fate  Fate
	}{
		"another name":                         {other(machine{me.Host + "x", me.Machine, me.Boot}), Foreign},
		"no name":                              {other(machine{"", me.Machine, me.Boot}), Foreign},
		"another id":                           {other(machine{me.Host, me.Machine + "x", me.Boot}), Foreign},
		"another boot of a machine with no id": {other(machine{me.Host, "", "boot"}), Foreign},
		"a first line that is torn":            {`{"op":"run","pid":4`, Foreign},
		"this one":                             {other(me), Dead},
	} {
		t.Run(name, func(t *testing.T) {
			state, engine := t.TempDir(), t.TempDir()
			shelve(t, engine, "container "+testRun+" db")
			path := inventoryPath(state, testRun)
			own := fmt.Sprintf(`{"op":"own","kind":"container","what":"db","engine":%q,"id":"db"}`, engine)
			tell(t, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(c.first+"\n"+own+"\n"), 0o644))
			swept := sweepAll(t, Sweeping{State: state, Engines: shelf{}})
			if len(swept) != 1 || swept[0].Fate != c.fate || (swept[0].Why == "") == (c.fate == Foreign) {
				t.Fatalf("%+v", swept)
			}
			_, err := os.Stat(path)
			if stays := len(shelved(engine)) == 1 && err == nil; stays != (c.fate == Foreign) {
				t.Errorf("there: %v, the inventory: %v", shelved(engine), err)
			}
		})
	}
	if m := (machine{me.Host, "id", "earlier"}); !m.same(machine{me.Host, "id", "later"}) {
		t.Error("after a restart of the machine its own leftovers are nobody's")
	}
}

func TestSweep_without_a_state_folder_finds_nothing(t *testing.T) {
	if all, err := Sweep(t.Context(), Sweeping{State: filepath.Join(t.TempDir(), "none")}); err != nil || len(all) > 0 {
		t.Errorf("%v, %v", all, err)
	}
}

// An inventory that is only just being made has no line yet.
func TestSweep_leaves_an_inventory_alone_that_is_being_made(t *testing.T) {
	state := t.TempDir()
	path := inventoryPath(state, testRun)
	tell(t, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, 0o644))
	if all := sweepAll(t, Sweeping{State: state}); len(all) > 0 {
		t.Errorf("%+v", all)
	}
	old := time.Now().Add(-time.Hour)
	tell(t, os.Chtimes(path, old, old))
	sweepAll(t, Sweeping{State: state})
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("one of a run that died at once stays: %v", err)
	}
}

// Whatever inventories there are, a sweep touches nothing of a run that lives and nothing of another machine, and leaves nothing of a
// dead one that it says is gone.
func TestSweep_touches_only_what_dead_runs_of_this_machine_made(t *testing.T) {
	base := t.TempDir()
	me := thisMachine()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		state, temp := filepath.Join(base, fmt.Sprint(n), "state"), filepath.Join(base, fmt.Sprint(n), "temp")
		engines := &world{there: map[string]map[string][]Thing{}}
		fates, want, made := map[string]Fate{}, map[string]bool{}, map[string]int{}
		for i := range rapid.IntRange(0, 4).Draw(t, "runs") {
			run := fmt.Sprintf("20261122-00000%d-0000", i)
			fates[run] = rapid.SampledFrom([]Fate{Alive, Dead, Foreign}).Draw(t, "fate")
			v, err := OpenInventory(state, run, "")
			if err != nil {
				t.Fatal(err)
			}
			if fates[run] == Foreign { // as if another machine had written it
				v.file.Truncate(0)
				_ = v.write(record{Op: opRun, ID: process.ID{Pid: 1, Born: me.Boot + "/1/1"}, What: run, Host: me.Host + "x"}, false)
			}
			for j := range rapid.IntRange(0, 4).Draw(t, "things") {
				thing := Thing{Name: fmt.Sprintf("%s-%d", run, j), Kind: rapid.SampledFrom([]Kind{Container, Network, Volume, Folder}).Draw(t, "kind")}
				owner := run
				if rapid.IntRange(0, 3).Draw(t, "lies") == 0 { // it names what is another's
					owner = "20261122-00000" + fmt.Sprint((i+1)%5) + "-0000"
				}
				if thing.Kind == Folder {
					thing.Name = filepath.Join(temp, ScratchName(owner), fmt.Sprint(i, j))
					if err := os.MkdirAll(thing.Name, 0o755); err != nil {
						t.Fatal(err)
					}
					want[thing.Name] = owner == run && fates[run] == Dead
				} else {
					thing.Engine = rapid.SampledFrom([]string{"one", "two", "dead"}).Draw(t, "engine")
					thing.ID = thing.Name
					if engines.there[thing.Engine] == nil {
						engines.there[thing.Engine] = map[string][]Thing{}
					}
					engines.there[thing.Engine][owner] = append(engines.there[thing.Engine][owner], thing)
					made[thing.Engine+owner]++
				}
				if err := v.Own(thing); err != nil {
					t.Fatal(err)
				}
			}
			if fates[run] != Alive {
				v.file.Close()
			} else {
				defer v.file.Close()
			}
		}
		swept, err := Sweep(context.Background(), Sweeping{State: state, Engines: engines})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range swept {
			if r.Fate != fates[r.Run] {
				t.Fatalf("%s is %s, want %s", r.Run, r.Fate, fates[r.Run])
			}
			if r.Fate != Dead && (len(r.Gone) > 0 || len(r.Left) > 0) {
				t.Fatalf("%+v", r)
			}
			_, err := os.Stat(r.Path)
			if stays := err == nil; stays != (r.Fate != Dead || len(r.Left) > 0) {
				t.Fatalf("the inventory of %s stays: %v: %+v", r.Run, stays, r)
			}
		}
		for path, gone := range want {
			if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) != gone {
				t.Fatalf("%s: %v, want gone: %v", path, err, gone)
			}
		}
		for address, runs := range engines.there {
			for run, things := range runs {
				named := fates[run] == Dead && !strings.HasPrefix(address, "dead") && slices.ContainsFunc(swept, func(r Remains) bool {
					return r.Run == run && slices.ContainsFunc(r.Things, func(o Thing) bool { return o.Engine == address })
				})
				if want := made[address+run]; named && len(things) > 0 || !named && len(things) != want {
					t.Fatalf("%s holds %d things of %s (%s), of %d", address, len(things), run, fates[run], want)
				}
			}
		}
	})
}
