package lease

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// shelf is an engine that is a folder, so that several processes see one: a thing is a file "KIND RUN NAME". It does not answer while it
// holds a file "off", and things that begin with "stuck" can't be removed.
type shelf struct{}

func (shelf) Find(ctx context.Context, address, run string, _ []Thing) ([]Thing, error) {
	if _, err := os.Stat(filepath.Join(address, "off")); err == nil {
		return nil, errors.New("the engine does not answer")
	}
	entries, err := os.ReadDir(address)
	if err != nil {
		return nil, err
	}
	var out []Thing
	for _, e := range entries {
		words := strings.Fields(e.Name())
		if len(words) == 3 && words[1] == run {
			out = append(out, Thing{Kind: Kind(words[0]), Name: words[2], ID: words[2], Engine: address})
		}
	}
	return out, ctx.Err()
}

func (shelf) Remove(_ context.Context, address string, found []Thing) error {
	var errs []error
	for _, t := range found {
		if strings.HasPrefix(t.Name, "stuck") {
			errs = append(errs, fmt.Errorf("%s is stuck", t))
		}
	}
	for _, name := range shelved(address) {
		for _, t := range found {
			words := strings.Fields(name)
			if words[0] == string(t.Kind) && words[2] == t.Name && !strings.HasPrefix(t.Name, "stuck") {
				errs = append(errs, os.Remove(filepath.Join(address, name)))
			}
		}
	}
	return errors.Join(errs...)
}

// shelved are the things on a shelf.
func shelved(address string) []string {
	entries, _ := os.ReadDir(address)
	var out []string
	for _, e := range entries {
		if strings.Contains(e.Name(), " ") {
			out = append(out, e.Name())
		}
	}
	return out
}

func shelve(t *testing.T, address string, things ...string) {
	t.Helper()
	for _, name := range things {
		if err := os.WriteFile(filepath.Join(address, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// world is an engine in memory, for many quick sweeps.
type world struct {
	mu    sync.Mutex
	there map[string]map[string][]Thing // by address and run
	asked int
}

func (w *world) Find(_ context.Context, address, run string, _ []Thing) ([]Thing, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	if strings.HasPrefix(address, "dead") {
		return nil, errors.New("connection refused")
	}
	return append([]Thing(nil), w.there[address][run]...), nil
}

func (w *world) Remove(_ context.Context, address string, found []Thing) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for run, things := range w.there[address] {
		var kept []Thing
		for _, t := range things {
			hit := false
			for _, f := range found {
				hit = hit || t.is(f)
			}
			if !hit {
				kept = append(kept, t)
			}
		}
		w.there[address][run] = kept
	}
	return nil
}
