package runner

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
)

func TestClockStandsStillWhileSuspended(t *testing.T) {
	now := time.Unix(0, 0)
	c := NewClock(func() time.Time { return now })
	expect := func(want time.Duration) {
		t.Helper()
		if got := c.Elapsed(); got != want {
			t.Errorf("elapsed %s, want %s", got, want)
		}
	}
	now = now.Add(5 * time.Second)
	expect(5 * time.Second)
	c.Pause()
	now = now.Add(time.Hour)
	c.Pause()
	expect(5 * time.Second)
	now = now.Add(time.Hour)
	c.Resume()
	c.Resume()
	expect(5 * time.Second)
	now = now.Add(time.Second)
	expect(6 * time.Second)
}

func TestTimings(t *testing.T) {
	cache := filepath.Join(t.TempDir(), "deep", "cache")
	if got := ReadTimings(cache); len(got) != 0 {
		t.Errorf("none yet: %v", got)
	}
	if err := (Timings{"a": {MS: 1, RSSKB: 2}, "b": {MS: 3}}).Merge(cache); err != nil {
		t.Fatal(err)
	}
	if err := (Timings{"b": {MS: 4}}).Merge(cache); err != nil {
		t.Fatal(err)
	}
	if got, want := ReadTimings(cache), (Timings{"a": {MS: 1, RSSKB: 2}, "b": {MS: 4}}); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	left, err := os.ReadDir(cache)
	if err != nil || len(left) != 1 {
		t.Errorf("left beside it: %v, %v", left, err)
	}
	if err := os.WriteFile(filepath.Join(cache, timingsFile), []byte(`{"a": `), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := ReadTimings(cache); len(got) != 0 {
		t.Errorf("of a torn file: %v", got)
	}
	if err := (Timings{"a": {MS: 1}}).Merge(filepath.Join(cache, timingsFile)); err == nil {
		t.Error("a file in the folder's place: no error")
	}
}
