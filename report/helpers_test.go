package report_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"testrunner/report"
	"testrunner/report/event"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares with a file of testdata, or rewrites it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (rewrite it with -update, and read it):\n%s", name, got)
	}
}

// clock ticks 100 ms at each look.
func clock() func() time.Time {
	at := time.Date(2026, 11, 22, 0, 31, 55, 0, time.UTC)
	return func() time.Time {
		at = at.Add(100 * time.Millisecond)
		return at
	}
}

// recorder keeps the stream.
type recorder struct{ events []event.Event }

func (r *recorder) Handle(e event.Event) error {
	r.events = append(r.events, e)
	return nil
}

// stream sends the bodies through a Stream, as a run does.
func stream(bodies ...event.Body) []event.Event {
	s, r := report.NewStream(clock(), report.Secrets(nil, nil)), &recorder{}
	s.Add(r, "recorder")
	for _, b := range bodies {
		s.Emit(b)
	}
	return r.events
}

// fold is the Summary of the bodies.
func fold(bodies ...event.Body) report.Summary { return foldEvents(stream(bodies...)) }

func foldEvents(events []event.Event) report.Summary {
	l := report.NewLedger()
	for _, e := range events {
		if err := l.Handle(e); err != nil {
			panic(err)
		}
	}
	return l.Summary()
}

// lines is the stream as events.jsonl has it.
func lines(t testing.TB, events []event.Event) []byte {
	t.Helper()
	var b []byte
	for _, e := range events {
		var err error
		if b, err = event.Append(b, e); err != nil {
			t.Fatal(err)
		}
		b = append(b, '\n')
	}
	return b
}

// dump is a Summary as text: equal where nothing but nil and empty slices differ.
func dump(t testing.TB, s report.Summary) string {
	t.Helper()
	b, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "null", "[]")
}

func test(id string) event.Test { return event.Test{ID: id} }

func passed(job, id string) event.Body {
	return event.TestFinished{Job: job, Test: test(id), Outcome: event.Passed, Micros: 1000}
}

func finished(job, id string, o event.Outcome) event.Body {
	return event.TestFinished{Job: job, Test: test(id), Outcome: o, Micros: 1000, Message: string(o) + " because"}
}

func collectedTests(job string, ids ...string) event.Body {
	c := event.TestsCollected{Job: job}
	for _, id := range ids {
		c.Tests = append(c.Tests, test(id))
	}
	return c
}

// started starts the first attempt of a job "category/suite".
func started(job string) event.Body { return attempt(job, 1) }

func attempt(job string, n int) event.Body {
	category, suite, _ := strings.Cut(job, "/")
	return event.JobStarted{Job: job, Category: category, Suite: suite, Tool: suite, Fidelity: event.Real, Argv: []string{suite}, Dir: ".", Share: 1, Attempt: n}
}

func ended(job string, c event.Cause) event.Body {
	return event.JobFinished{Job: job, Cause: c, Micros: 5000}
}

func planned(names ...string) event.Body {
	var p event.Planned
	for _, name := range names {
		category, suite, _ := strings.Cut(name, "/")
		p.Categories = append(p.Categories, event.PlannedCategory{Name: category, Suites: []string{suite}, Jobs: 1})
	}
	return p
}

// findCase is the one case of that name in the whole run.
func findCase(t *testing.T, s report.Summary, name string) report.Case {
	t.Helper()
	var found []report.Case
	for _, c := range s.Categories {
		for _, suite := range c.Suites {
			for _, k := range suite.Cases {
				if k.Test.Name == name {
					found = append(found, k)
				}
			}
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d cases are named %q", len(found), name)
	}
	return found[0]
}
