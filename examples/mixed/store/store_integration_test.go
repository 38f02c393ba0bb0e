//go:build integration

package store

import (
	"sync"
	"testing"
)

func TestManyWritersAtOnce(t *testing.T) {
	s := new(Store)
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			if err := s.Add("note"); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if got := len(s.Find("note")); got != 50 {
		t.Fatalf("%d notes, want 50", got)
	}
}
