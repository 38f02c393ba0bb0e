package tool

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"testrunner/report/event"
)

// goExpect is a situation's expect.json: what it is about, what must come out, and what is special about its target.
type goExpect struct {
	Why              string      `json:"why"`
	Passed           int         `json:"passed"`
	Failed           int         `json:"failed"`
	Errored          int         `json:"errored"`
	Skipped          int         `json:"skipped"`
	NotRun           int         `json:"not_run"`
	CollectionErrors int         `json:"collection_errors"`
	Cause            event.Cause `json:"cause"`
	Deselected       int         `json:"deselected,omitempty"`

	Files    []string `json:"files,omitempty"` // default: what discovery finds
	Tests    []string `json:"tests,omitempty"`
	Filter   string   `json:"filter,omitempty"`
	Tags     []string `json:"tags,omitempty"`
	Args     []string `json:"args,omitempty"`
	Env      []string `json:"env,omitempty"`
	KillAt   string   `json:"kill_at,omitempty"`  // the tool is killed when this test starts
	Stranger bool     `json:"stranger,omitempty"` // and not by us

	Argv    []string `json:"argv,omitempty"`    // tool junit
	Reports []string `json:"reports,omitempty"` // tool junit
}

func goReadExpect(t *testing.T, dir string) goExpect {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "expect.json"))
	if err != nil {
		t.Fatal(err)
	}
	var e goExpect
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatalf("%s: %v", dir, err)
	}
	return e
}

// counts are the numbers that the table compares.
func (e goExpect) counts() string {
	return fmt.Sprintf("passed %d, failed %d, errored %d, skipped %d, not run %d, collection errors %d, deselected %d, cause %s",
		e.Passed, e.Failed, e.Errored, e.Skipped, e.NotRun, e.CollectionErrors, e.Deselected, e.Cause)
}

// goFold sums one job's events as the ledger does.
type goFold struct {
	outcome    map[string]event.Outcome // "" is collected, "open" is started
	text       map[string]string
	broken     map[string]string // path -> reason
	deselected int
	bodies     []event.Body
}

const goStillOpen event.Outcome = "open"

func newGoFold() *goFold {
	return &goFold{outcome: map[string]event.Outcome{}, text: map[string]string{}, broken: map[string]string{}}
}

func (f *goFold) emit(b event.Body) {
	f.bodies = append(f.bodies, b)
	switch b := b.(type) {
	case event.TestsCollected:
		for _, t := range b.Tests {
			if _, known := f.outcome[t.ID]; !known {
				f.outcome[t.ID] = ""
			}
		}
	case event.TestStarted:
		f.outcome[b.Test.ID] = goStillOpen
	case event.TestFinished:
		old := f.outcome[b.Test.ID]
		if slices.Index(event.Outcomes(), b.Outcome) >= slices.Index(event.Outcomes(), old) {
			f.outcome[b.Test.ID] = b.Outcome
			f.text[b.Test.ID] = strings.TrimSpace(b.Type + " " + b.Message)
		}
		if b.Note != "" {
			f.text[b.Test.ID] += " (" + b.Note + ")"
		}
	case event.CollectionFailed:
		if f.broken[b.Path] == "" {
			f.broken[b.Path] = fmt.Sprintf("line %d, %s: %s", b.Line, b.Reason, b.Message)
		}
	case event.TestsDeselected:
		f.deselected += b.Count
	}
}

// close settles what is left open, as the ledger does at the end of a job, and gives the counts and a line a result.
func (f *goFold) close(c Conclusion) (goExpect, []string) {
	got := goExpect{Cause: c.Cause, CollectionErrors: len(f.broken), Deselected: f.deselected}
	var lines []string
	for _, id := range sortedKeys(f.outcome) {
		outcome := f.outcome[id]
		switch {
		case outcome == goStillOpen:
			outcome, f.text[id] = event.Errored, "left open"
		case outcome == "" && c.Cause == event.Done:
			outcome, f.text[id] = event.Errored, "collected, and no result"
		case outcome == "":
			outcome, f.text[id] = event.NotRan, "never came to it"
		}
		switch outcome {
		case event.Passed:
			got.Passed++
		case event.Failed:
			got.Failed++
		case event.Errored:
			got.Errored++
		case event.Skipped:
			got.Skipped++
		case event.NotRan:
			got.NotRun++
		}
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %.300s", outcome, id, f.text[id])))
	}
	for _, path := range sortedKeys(f.broken) {
		lines = append(lines, "broken "+path+" "+f.broken[path])
	}
	switch {
	case len(f.outcome) == 0 && c.Cause == event.BadUsage:
		got.CollectionErrors++ // the ledger's own case for a tool that refused to work
	}
	return got, append(lines, strings.TrimSpace(fmt.Sprintf("cause %s %s", c.Cause, c.Problem)))
}

// goSituations lists the folders of a tool's table, sorted.
func goSituations(t *testing.T, tool string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join("testdata", tool))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// goDiff compares line by line.
func goDiff(got, want []string) string {
	var b strings.Builder
	for i := range max(len(got), len(want)) {
		g, w := "", ""
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			fmt.Fprintf(&b, "  got  %s\n  want %s\n", g, w)
		}
	}
	return b.String()
}
