package docker

import (
	"io/fs"
	"testing"
	"time"

	"testrunner/runner/process"
)

// Only a maker that is known to have ended is dead: not one of another system on this machine, and not one that can't be looked at.
func TestFate(t *testing.T) {
	const linux, windows = "b00t/4026531836/77", "133766"
	here := func(born string) Maker { return Maker{Run: "r", Host: "pc", ID: process.ID{Pid: 7, Born: born}} }
	runs := func(born string) func(int) (process.ID, error) {
		return func(pid int) (process.ID, error) { return process.ID{Pid: pid, Born: born}, nil }
	}
	fails := func(err error) func(int) (process.ID, error) {
		return func(int) (process.ID, error) { return process.ID{}, err }
	}
	far := here(linux)
	far.Host = "elsewhere"
	for name, c := range map[string]struct {
		maker, me Maker
		remote    bool
		identify  func(int) (process.ID, error)
		want      Fate
	}{
		"it runs":                          {here(linux), here(linux), false, runs(linux), Alive},
		"it runs on Windows":               {here(windows), here("133799"), false, runs(windows), Alive},
		"it has ended":                     {here(linux), here(linux), false, fails(fs.ErrNotExist), Dead},
		"its id is another's":              {here(windows), here(windows), false, runs("133799"), Dead},
		"it may not be looked at":          {here(windows), here(windows), false, fails(fs.ErrPermission), Foreign},
		"before a reboot":                  {here("0ld/4026531836/77"), here(linux), false, fails(fs.ErrNotExist), Dead},
		"before a reboot, on a far engine": {here("0ld/4026531836/77"), here(linux), true, fails(fs.ErrNotExist), Foreign},
		"another namespace":                {here("b00t/1/77"), here(linux), false, fails(fs.ErrNotExist), Foreign},
		"another machine":                  {far, here(linux), false, fails(fs.ErrNotExist), Foreign},
		"of Windows, seen from WSL":        {here(windows), here(linux), false, fails(fs.ErrNotExist), Foreign},
		"of WSL, seen from Windows":        {here(linux), here(windows), false, fails(fs.ErrNotExist), Foreign},
	} {
		if got := fate(c.maker, c.me, !c.remote, c.identify); got != c.want {
			t.Errorf("%s: %s, not %s", name, got, c.want)
		}
	}
}

// A lease of somebody who can't be seen counts for a day.
func TestLeaseFate(t *testing.T) {
	me := Maker{Run: "20261122-024501-3f9a", Host: "pc", ID: process.ID{Pid: 7, Born: "133766"}}
	begun := time.Date(2026, 11, 22, 2, 45, 1, 0, time.UTC)
	lease := leaseOf(me) + "-0123456789ab"
	for name, c := range map[string]struct {
		age  time.Duration
		err  error
		want Fate
	}{
		"it runs":                       {leaseLife + time.Hour, nil, Alive},
		"it has ended":                  {time.Hour, fs.ErrNotExist, Dead},
		"it may not be looked at":       {time.Hour, fs.ErrPermission, Foreign},
		"it may not for a day and more": {leaseLife + time.Hour, fs.ErrPermission, Dead},
	} {
		got := leaseFate(lease, me, begun.Add(c.age), func(int) (process.ID, error) { return me.ID, c.err })
		if got != c.want {
			t.Errorf("%s: %s, not %s", name, got, c.want)
		}
	}
}

// Only what nobody owns any more may be swept: neither a process nor the books of a run that lives.
func TestAbandoned(t *testing.T) {
	all := []Leftover{
		{Name: "dead", Maker: Maker{Run: "1"}, Fate: Dead}, {Name: "kept", Maker: Maker{Run: "2"}, Fate: Dead},
		{Name: "alive", Maker: Maker{Run: "1"}, Fate: Alive}, {Name: "foreign", Maker: Maker{Run: "1"}, Fate: Foreign},
	}
	got := Abandoned(all, map[string]bool{"2": true})
	if len(got) != 1 || got[0].Name != "dead" {
		t.Errorf("%v", got)
	}
}
