package tool

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"testrunner/report/event"
)

// pytestExpect is expect.json: what a situation counts, and what is told of single cases.
type pytestExpect struct {
	Passed           int         `json:"passed"`
	Failed           int         `json:"failed"`
	Errored          int         `json:"errored"`
	Skipped          int         `json:"skipped"`
	NotRun           int         `json:"not_run"`
	CollectionErrors int         `json:"collection_errors"`
	Deselected       int         `json:"deselected"`
	Cause            event.Cause `json:"cause"`

	Problem    string                        `json:"problem"` // part of the conclusion's line
	Collection []pytestExpectBroken          `json:"collection"`
	Cases      map[string]pytestExpectedCase `json:"cases"`
	IDs        []string                      `json:"ids"` // all of them
}

type pytestExpectBroken struct {
	Path    string `json:"path"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// pytestExpectedCase is what is told of one test; empty fields are not compared.
type pytestExpectedCase struct {
	Outcome event.Outcome `json:"outcome"`
	Type    string        `json:"type"`
	Message string        `json:"message"`
	Note    string        `json:"note"`
	Name    string        `json:"name"`
	Class   string        `json:"class_"`
	Line    int           `json:"line"`
}

// numbers is what must be equal in every situation.
func (e pytestExpect) numbers() string {
	return fmt.Sprintf("passed %d, failed %d, errored %d, skipped %d, not run %d, collection errors %d, deselected %d; %s",
		e.Passed, e.Failed, e.Errored, e.Skipped, e.NotRun, e.CollectionErrors, e.Deselected, e.Cause)
}

func readPytestExpect(t *testing.T, dir string) pytestExpect {
	t.Helper()
	var want pytestExpect
	text, err := os.ReadFile(filepath.Join(dir, "expect.json"))
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&want); err != nil {
		t.Fatalf("read %s/expect.json: %v", dir, err)
	}
	return want
}

// pytestLedger is the smallest fold that keeps the ledger's rules: what was expected is what was collected, started or
// finished; an open test is errored; one without a start is not run, or missing where the tool ended well.
type pytestLedger struct {
	results map[string]event.TestFinished
	known   map[string]bool
	started map[string]bool
	broken  map[string]event.CollectionFailed
	drop    int
	stopped bool
}

func foldPytest(t *testing.T, o pytestOutcome) (pytestExpect, pytestLedger) {
	t.Helper()
	l := pytestLedger{results: map[string]event.TestFinished{}, known: map[string]bool{}, started: map[string]bool{}, broken: map[string]event.CollectionFailed{}}
	for _, b := range o.events {
		switch b := b.(type) {
		case event.TestsCollected:
			for _, test := range b.Tests {
				l.known[test.ID] = true
			}
		case event.TestStarted:
			l.known[b.Test.ID], l.started[b.Test.ID] = true, true
		case event.TestFinished:
			if _, twice := l.results[b.Test.ID]; twice {
				t.Errorf("two results for %s", b.Test.ID)
			}
			l.known[b.Test.ID], l.results[b.Test.ID] = true, b
		case event.CollectionFailed:
			if _, twice := l.broken[b.Path]; twice {
				t.Errorf("two collection errors for %s", b.Path)
			}
			l.broken[b.Path] = b
		case event.TestsDeselected:
			l.drop += b.Count
		case event.NotRun:
			l.stopped = true
		case event.Noted:
			t.Errorf("noted: %s", b.Text)
		default:
			t.Errorf("unexpected event %s", b.Kind())
		}
	}
	return l.counts(o), l
}

func (l pytestLedger) counts(o pytestOutcome) pytestExpect {
	got := pytestExpect{CollectionErrors: len(l.broken), Deselected: l.drop, Cause: o.cause}
	for id := range l.known {
		r, ok := l.results[id]
		switch {
		case ok && r.Outcome == event.Passed:
			got.Passed++
		case ok && r.Outcome == event.Failed:
			got.Failed++
		case ok && r.Outcome == event.Skipped:
			got.Skipped++
		case ok, l.started[id]:
			got.Errored++
		case o.cause == event.Done && !l.stopped:
			got.Errored++
		default:
			got.NotRun++
		}
	}
	return got
}

// comparePytest reports every difference between what was told and what expect.json says.
func comparePytest(t *testing.T, want pytestExpect, o pytestOutcome) {
	t.Helper()
	got, l := foldPytest(t, o)
	if got.numbers() != want.numbers() {
		t.Errorf("got  %s (%s)\nwant %s", got.numbers(), o.problem, want.numbers())
		for _, b := range o.events {
			text, _ := json.Marshal(b)
			t.Logf("%s %.300s", b.Kind(), text)
		}
		for _, a := range o.attempts {
			t.Logf("status %d %s\n%.2000s\n%.2000s", a.Exit.Code, a.Exit.Signal, a.Exit.Stdout, a.Exit.Stderr)
		}
	}
	if !strings.Contains(o.problem, want.Problem) {
		t.Errorf("the problem is %q, want one with %q", o.problem, want.Problem)
	}
	if (o.problem == "") != (o.cause == event.Done) && len(l.broken) == 0 {
		t.Errorf("cause %s with the problem %q", o.cause, o.problem)
	}
	for _, w := range want.Collection {
		b, ok := l.broken[w.Path]
		message := cmp.Or(w.Message, b.Message)
		if !ok || b.Line != w.Line || b.Column != w.Column || b.Reason != w.Reason || b.Message != message {
			t.Errorf("collection error %s:\ngot  %d:%d %s %q\nwant %d:%d %s %q", w.Path, b.Line, b.Column, b.Reason, b.Message, w.Line, w.Column, w.Reason, message)
		}
		if b.Class == "" || b.Detail == "" {
			t.Errorf("collection error %s without class or detail: %+v", w.Path, b)
		}
	}
	l.compareCases(t, want)
}

func (l pytestLedger) compareCases(t *testing.T, want pytestExpect) {
	t.Helper()
	for _, id := range sortedKeys(want.Cases) {
		w, r := want.Cases[id], l.results[id]
		got := pytestExpectedCase{Outcome: r.Outcome, Type: r.Type, Message: r.Message, Note: r.Note, Name: r.Test.Name, Class: r.Test.Class, Line: r.Test.Line}
		full := pytestExpectedCase{
			Outcome: w.Outcome, Type: cmp.Or(w.Type, got.Type), Message: cmp.Or(w.Message, got.Message), Note: cmp.Or(w.Note, got.Note),
			Name: cmp.Or(w.Name, got.Name), Class: cmp.Or(w.Class, got.Class), Line: cmp.Or(w.Line, got.Line),
		}
		if got != full {
			t.Errorf("%s:\ngot  %+v\nwant %+v", id, got, full)
		}
	}
	if ids := sortedKeys(l.known); want.IDs != nil && !slices.Equal(ids, want.IDs) {
		t.Errorf("got  %q\nwant %q", ids, want.IDs)
	}
	for id, r := range l.results {
		if r.Test.Class == "" || len(r.Detail) > event.Cap+100 || len(r.Output) > event.Cap+100 {
			t.Errorf("%s: class %q, detail %d and output %d bytes", id, r.Test.Class, len(r.Detail), len(r.Output))
		}
		if r.Outcome == event.Failed && r.Detail == "" {
			t.Errorf("%s failed without a text", id)
		}
	}
}

func TestPytestShowsOfASyntaxErrorWhatConcernsIt(t *testing.T) {
	const frames = "/usr/lib/ast.py:50: in parse\n    return compile(source)\n"
	const marked = "E     File \"/r/test_a.py\", line 1\nE       def a(:\nE             ^\nE   SyntaxError: invalid syntax"
	if got := pytestMarked(frames + marked + "\n"); got != marked {
		t.Errorf("got %q", got)
	}
	if got := pytestMarked(frames); got != frames {
		t.Errorf("without marks: %q", got)
	}
}
