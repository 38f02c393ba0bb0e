package lease

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"testrunner/runner/process"
)

// Fate is whether the owner of an inventory lives.
type Fate string

// The fates. Only what is of a Dead one may be removed.
const (
	Alive   Fate = "alive"
	Dead    Fate = "dead"
	Passing Fate = "passing" // its owner is dead, and somebody else removes what it left just now
	Foreign Fate = "foreign" // another machine's, or unreadable: nobody can tell from here
)

// Remains are what an inventory names, and what became of it.
type Remains struct {
	Run    string
	Path   string // of the inventory
	About  string // what it belongs to: the results folder
	Host   string
	Owner  process.ID
	Fate   Fate
	Why    string     // of Foreign: what of it is not ours to judge
	Things []Thing    // made, or about to be, and not forgotten
	Gone   []Thing    // were there and were removed; of a look without effect: are there and would be
	Left   []Leftover // could not be removed: the inventory stays
}

// young is how old an inventory without a word in it must be to be that of a run that died at once.
const young = time.Minute

// parseInventory reads what can be read: a line that was torn by a crash or a full disk is left out.
func parseInventory(b []byte) (r Remains, of machine) {
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var l record
		if json.Unmarshal(lines.Bytes(), &l) != nil {
			continue
		}
		t := Thing{Kind: Kind(l.Kind), Name: l.What, ID: l.Key, Engine: l.Engine, Process: l.ID}
		switch l.Op {
		case opRun:
			r.Run, r.Owner, r.Host, r.About = l.What, l.ID, l.Host, l.About
			of = machine{Host: l.Host, Machine: l.Machine, Boot: bootOf(l.ID.Born)}
		case opOwn:
			r.Things = append(r.Things, t)
		case opOwned:
			r.Things = made(r.Things, t)
		case opForget:
			r.Things = without(r.Things, t.Kind, t.Name)
		}
	}
	return r, of
}

// Inventories looks at all inventories of a state folder, sorted by their runs' ids, and changes nothing. A folder that is not there
// has none.
func Inventories(state string) ([]Remains, error) {
	paths, err := inventories(state)
	if err != nil {
		return nil, err
	}
	var out []Remains
	for _, path := range paths {
		r, lock, err := examine(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if lock != nil {
			lock.Close()
		}
		out = append(out, r)
	}
	return out, nil
}

// Living are the ids of the runs and kept sets whose owners live, or may live on another machine.
func Living(state string) (map[string]bool, error) {
	all, err := Inventories(state)
	living := make(map[string]bool)
	for _, r := range all {
		if r.Fate != Dead {
			living[r.Run] = true
		}
	}
	return living, err
}

func inventories(state string) ([]string, error) {
	entries, err := os.ReadDir(runsDir(state))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var paths []string
	for _, e := range entries { // sorted by name
		if e.Type().IsRegular() && strings.HasSuffix(e.Name(), ".jsonl") {
			paths = append(paths, filepath.Join(runsDir(state), e.Name()))
		}
	}
	return paths, err
}

// examine reads an inventory and judges its owner. Of a dead one the lock is held afterwards. fs.ErrNotExist: it is gone, or is only
// just being made.
func examine(path string) (Remains, *os.File, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return unreadable(path, err), nil, err
	}
	r, of := parseInventory(b)
	if r.Run == "" && len(r.Things) > 0 {
		return unreadable(path, errors.New("its first line can't be read")), nil, nil
	}
	r.Path = path
	if r.Run != "" && !thisMachine().same(of) {
		r.Fate, r.Why = Foreign, "it is of the machine "+of.Host
		return r, nil, nil
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return unreadable(path, err), nil, err
	}
	held, err := tryLock(f)
	switch {
	case err != nil:
		f.Close()
		return unreadable(path, err), nil, err
	case !held:
		f.Close()
		if r.Fate = Alive; r.Owner.Pid > 0 && !r.Owner.Alive() {
			r.Fate = Passing
		}
		return r, nil, nil
	}
	return inherited(path, f)
}

// inherited is the inventory of a dead owner, as it stands now that nobody writes it any more.
func inherited(path string, f *os.File) (Remains, *os.File, error) {
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return unreadable(path, err), nil, err
	}
	b, err := os.ReadFile(path)
	if err != nil {
		f.Close()
		return unreadable(path, err), nil, err
	}
	r, _ := parseInventory(b)
	r.Path, r.Fate = path, Dead
	if r.Run == "" {
		if time.Since(info.ModTime()) < young {
			f.Close()
			return r, nil, fs.ErrNotExist // its owner is about to take the lock
		}
		r.Run = strings.TrimSuffix(filepath.Base(path), ".jsonl")
	}
	return r, f, nil
}

func unreadable(path string, err error) Remains {
	return Remains{Path: path, Run: strings.TrimSuffix(filepath.Base(path), ".jsonl"), Fate: Foreign, Why: err.Error()}
}

// pick is those of the things that are of one of these kinds.
func pick(things []Thing, is func(Thing) bool) []Thing {
	return slices.DeleteFunc(slices.Clone(things), func(t Thing) bool { return !is(t) })
}
