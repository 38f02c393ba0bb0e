//go:build unix

package local

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"testrunner/env/service/servicetest"
)

// told gathers what a provider tells.
type told struct {
	mu    sync.Mutex
	lines []string
}

func (w *told) tell(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, line)
}

func (w *told) has(part string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.lines, func(l string) bool { return strings.Contains(l, part) })
}

// answers waits until a question to a service has an answer.
func answers(t *testing.T, ask func(context.Context) (string, error)) string {
	t.Helper()
	for deadline := time.Now().Add(servicetest.Patience); ; time.Sleep(5 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		got, err := ask(ctx)
		cancel()
		if err == nil {
			return got
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func closed(t *testing.T, pl *place, p *Provider) {
	t.Helper()
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if left := pl.remains(t); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}
