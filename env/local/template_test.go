//go:build unix

package local

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"testrunner/env/lease"
)

func TestTemplate_is_made_once_by_two_at_once(t *testing.T) {
	pl := newPlace(t)
	pl.cache = filepath.Join(pl.dir, "cache")
	var made told
	var all sync.WaitGroup
	for range 2 {
		p, _ := pl.provider(t)
		all.Go(func() {
			if err := p.Prepare(t.Context(), postgresSpec("postgres"), made.tell); err != nil {
				t.Error(err)
			}
			if err := p.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	once := slices.DeleteFunc(made.lines, func(l string) bool { return !strings.Contains(l, "makes a template") })
	if len(once) != 1 {
		t.Errorf("made %d times: %q", len(once), made.lines)
	}
	// Who uses it keeps it from being cleaned.
	long := time.Now().Add(-time.Hour)
	age(t, pl.cache, long.Add(-time.Hour))
	if old, err := CleanTemplates(pl.cache, long, true); err != nil || len(old) != 1 {
		t.Errorf("old: %v, %v", old, err)
	}
	p, _ := pl.provider(t)
	if err := errors.Join(p.Prepare(t.Context(), postgresSpec("postgres"), nil), p.Close(t.Context())); err != nil {
		t.Error(err)
	}
	if gone, err := CleanTemplates(pl.cache, long, false); err != nil || len(gone) != 0 {
		t.Errorf("removed although it is of use: %v, %v", gone, err)
	}
	age(t, pl.cache, long.Add(-time.Hour))
	if gone, err := CleanTemplates(pl.cache, long, false); err != nil || len(gone) != 1 {
		t.Errorf("not removed: %v, %v", gone, err)
	}
	if left := pl.remains(t); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// between is a context that does something the first time that it is asked whether it has ended.
type between struct {
	context.Context
	do *sync.Once
	it func()
}

func (b between) Err() error {
	b.do.Do(b.it)
	return b.Context.Err()
}

func TestTemplate_of_one_service_leaves_alone_that_of_another(t *testing.T) {
	pl := newPlace(t)
	pl.cache = filepath.Join(pl.dir, "cache")
	p, n := pl.provider(t)
	one, other := filepath.Join(pl.dir, "one"), filepath.Join(pl.dir, "other")
	for _, folder := range []string{pl.cache, one, other} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	path := func(name string) string { return filepath.Join(pl.cache, templatePrefix+name+".tar") }
	packing := between{t.Context(), new(sync.Once), func() {
		for _, of := range n.open {
			if !strings.HasPrefix(filepath.Base(of.Name), lease.ScratchName(p.set.Run)+"-") {
				t.Errorf("%s would not be removed with the run", of.Name)
			}
		}
		if err := p.shelve(t.Context(), other, path("other")); err != nil {
			t.Errorf("the other: %v", err)
		}
	}}
	if err := p.shelve(packing, one, path("one")); err != nil {
		t.Errorf("while another one was finished: %v", err)
	}
	if !isFile(path("one")) || !isFile(path("other")) {
		t.Error("not both are there")
	}
	closed(t, pl, p)
}

// age makes all files of a folder as old as that.
func age(t *testing.T, folder string, at time.Time) {
	t.Helper()
	paths, _ := filepath.Glob(filepath.Join(folder, "*"))
	for _, path := range paths {
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTemplate_that_was_cut_short_is_never_used(t *testing.T) {
	pl := newPlace(t)
	pl.cache = filepath.Join(pl.dir, "cache")
	p, n := pl.provider(t)
	s := postgresSpec("postgres")
	for _, at := range []string{"initdb", pl.cache} { // when that is written down: the cluster begins, the copy to the cache begins
		ctx, cancel := context.WithCancel(t.Context())
		n.refuse = func(t lease.Thing) error {
			if strings.Contains(t.Name, at) {
				cancel()
			}
			return nil
		}
		if err := p.Prepare(ctx, s, nil); err == nil {
			t.Errorf("cut short at %s, and all is well", at)
		}
		cancel()
		if found, _ := filepath.Glob(filepath.Join(pl.cache, "*")); len(found) > 0 {
			t.Errorf("cut short at %s, the cache has %q", at, found)
		}
	}
	// The lock of a run that died, and one that was never finished, stop nobody.
	lock := filepath.Join(pl.cache, "x.lock")
	if err := os.WriteFile(lock, []byte(`{"pid":1,"born":"long ago"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if unlock, err := lockTemplate(lock); unlock != nil || err != nil {
		t.Errorf("the first try only removes it: %v", err)
	}
	unlock, err := lockTemplate(lock)
	if unlock == nil || err != nil {
		t.Fatalf("the lock of a dead run holds: %v", err)
	}
	if other, err := lockTemplate(lock); other != nil || err != nil {
		t.Errorf("the lock of a live one does not hold: %v", err)
	}
	unlock()
	closed(t, pl, p)
}
