package terminal

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"testrunner/report/event"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares got with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (go test ./report/terminal -update writes it)", err)
	}
	want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))
	if got != string(want) {
		t.Errorf("%s differs (go test ./report/terminal -update writes it anew); got:\n%s", path, got)
	}
}

// clock is a time that moves when it is told to.
type clock struct{ now time.Time }

func newClock() *clock { return &clock{time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time          { return c.now }
func (c *clock) advance(d time.Duration) { c.now = c.now.Add(d) }

// fixed is a terminal of always the same width.
func fixed(width int) func() int { return func() int { return width } }

// show handles bodies as one stream.
func show(t testing.TB, sink *Terminal, bodies ...event.Body) {
	t.Helper()
	for i, b := range bodies {
		if err := sink.Handle(event.Event{Seq: int64(i + 1), Body: b}); err != nil {
			t.Fatal(err)
		}
	}
}

var reports = Reports{
	JUnit: "runner-results/junit.xml", Events: "runner-results/events.jsonl", Log: "runner-results/runner.log",
}

func test(id string) event.Test { return event.Test{ID: id} }

func tests(ids ...string) []event.Test {
	all := make([]event.Test, len(ids))
	for i, id := range ids {
		all[i] = test(id)
	}
	return all
}
