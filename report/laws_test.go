package report_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"testrunner/report"
	"testrunner/report/event"
	"testrunner/report/junit"
)

// fate is what a plain reading of the stream says of one test.
type fate struct {
	outcomes []event.Outcome
	started  bool
	open     int  // the attempt in which it is open, 0 if it is not
	left     bool // an attempt ended with it open
}

// fates reads the stream once more, in the simplest way, to check the ledger against.
func fates(events []event.Event) map[[2]string]*fate {
	all, attempts := map[[2]string]*fate{}, map[string]int{}
	of := func(job, id string) *fate {
		k := [2]string{job, id}
		if all[k] == nil {
			all[k] = &fate{}
		}
		return all[k]
	}
	for _, e := range events {
		switch b := e.Body.(type) {
		case event.JobStarted:
			attempts[b.Job]++
		case event.TestsCollected:
			for _, k := range b.Tests {
				of(b.Job, k.ID)
			}
		case event.TestStarted:
			f := of(b.Job, b.Test.ID)
			f.left = f.left || f.open != 0 && f.open != attempts[b.Job]
			f.open, f.started = attempts[b.Job], true
		case event.TestFinished:
			f := of(b.Job, b.Test.ID)
			f.left = f.left || f.open != 0 && f.open != attempts[b.Job]
			f.open, f.outcomes = 0, append(f.outcomes, b.Outcome)
		}
	}
	for _, f := range all {
		f.left = f.left || f.open != 0
	}
	return all
}

// want counts what must come out for the tests that started or have a result: for them the ledger has no choice.
func want(all map[[2]string]*fate) (c report.Counts, unstarted int) {
	for _, f := range all {
		has := func(o event.Outcome) bool { return slices.Contains(f.outcomes, o) }
		switch {
		case has(event.Failed):
			c.Failed++
		case has(event.Errored) || f.left:
			c.Errored++
		case has(event.NotRan):
			c.NotRun++
		case has(event.Skipped):
			c.Skipped++
		case has(event.Passed):
			c.Passed++
		default:
			unstarted++
		}
	}
	return c, unstarted
}

func secretStream(bodies []event.Body, sinks ...event.Handler) []event.Event {
	s, r := report.NewStream(clock(), report.Secrets([]string{"A_TOKEN=hunter2hunter2"}, nil)), &recorder{}
	s.Add(r, "recorder")
	for _, h := range sinks {
		s.Add(h, "sink")
	}
	for _, b := range bodies {
		s.Emit(b)
	}
	return r.events
}

func TestLedgerAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := secretStream(runs().Draw(t, "run"))
		s := foldEvents(events)
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		known, unstarted := want(fates(events))
		synthetic, neverRan := 0, 0
		for c := range allCases(s) {
			if c.Test.ID == "" {
				synthetic++
			}
			if c.Type == string(event.MissingResultType) {
				neverRan++
			}
		}
		got := s.Counts
		if got.Passed != known.Passed || got.Skipped != known.Skipped || got.Failed != known.Failed {
			t.Fatalf("the ledger says %+v, the stream %+v", got, known)
		}
		if got.Errored != known.Errored+neverRan+synthetic {
			t.Fatalf("%d errored, the stream has %d, %d had no result and %d jobs ended badly", got.Errored, known.Errored, neverRan, synthetic)
		}
		if n := got.NotRun - known.NotRun + neverRan + got.Lost; n != unstarted {
			t.Fatalf("%d of %d tests that never started are accounted for", n, unstarted)
		}
		if t2 := got.Totals(); t2.Tests != got.Expected()+got.CollectionErrors+got.Blocked {
			t.Fatalf("%+v", t2)
		}
	})
}

func allCases(s report.Summary) func(func(report.Case) bool) {
	return func(yield func(report.Case) bool) {
		for _, c := range s.Categories {
			for _, suite := range c.Suites {
				for _, k := range suite.Cases {
					if !yield(k) {
						return
					}
				}
			}
		}
	}
}

// strength orders codes as design section 6 does.
func strength(code int) int {
	return slices.Index([]int{0, 4, 5, 124, 6, 3, 1, 70, 143, 130}, code)
}

func TestVerdictLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bodies := runs().Draw(t, "run")
		s := fold(bodies...)
		v := s.Verdict()
		if v.Code == report.Passed {
			c := s.Counts
			if c.Executed() == 0 || c.Failed+c.Errored+c.CollectionErrors > 0 || c.NotRun+c.Blocked != c.Accepted || s.Strict && c.Accepted > 0 || len(s.Leftovers) > 0 {
				t.Fatalf("green with %+v: %s", c, v.Line)
			}
			for _, j := range s.Jobs {
				if j.Finished == nil || j.Finished.Cause != event.Done {
					t.Fatalf("green with a job that did not end well: %+v", j)
				}
			}
		}
		if s.Counts.Failed > 0 && strength(v.Code) < strength(report.Failed) {
			t.Fatalf("a test failed, and the verdict is %s", v.Line)
		}
		totals := s.Counts.Totals()
		if !strings.Contains(v.Line, fmt.Sprintf("%d passed, %d failed, ", totals.Passed, totals.Failures)) || strings.ContainsAny(v.Line, "\n\r\x1b\x00") {
			t.Fatalf("%q", v.Line)
		}
		var jobs []int
		for i, b := range bodies {
			if _, ok := b.(event.JobStarted); ok {
				jobs = append(jobs, i)
			}
		}
		if len(jobs) == 0 {
			return
		}
		at := rapid.SampledFrom(jobs).Draw(t, "job")
		o := rapid.SampledFrom([]event.Outcome{event.Failed, event.Errored}).Draw(t, "outcome")
		worse := slices.Insert(slices.Clone(bodies), at+1, event.Body(event.TestFinished{Job: bodies[at].(event.JobStarted).Job, Test: someTest(t), Outcome: o}))
		if w := fold(worse...).Verdict(); strength(w.Code) < strength(v.Code) {
			t.Fatalf("a further %s test turned\n%s into\n%s", o, v.Line, w.Line)
		}
	})
}

// TestAllSinksTellTheSame drives random runs through everything: ledger, junit.xml, events.jsonl, runner.log and back.
func TestAllSinksTellTheSame(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		l := report.NewLedger()
		path, logPath := filepath.Join(dir, "events.jsonl"), filepath.Join(dir, "runner.log")
		jsonl, err := report.CreateJSONL(path)
		if err != nil {
			t.Fatal(err)
		}
		log, err := report.CreateLog(logPath)
		if err != nil {
			t.Fatal(err)
		}
		secretStream(runs().Draw(t, "run"), l, jsonl, log)
		for _, c := range []io.Closer{jsonl, log} {
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
		}
		live := l.Summary()
		saved, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		logged, err := os.ReadFile(logPath)
		if err != nil {
			t.Fatal(err)
		}
		replayed, err := report.Render(bytes.NewReader(saved))
		if err != nil {
			t.Fatal(err)
		}
		if a, b := live.Verdict(), replayed.Verdict(); a != b {
			t.Fatalf("live %+v, replayed %+v", a, b)
		}
		for _, dialect := range []junit.Dialect{junit.Common, junit.Strict} {
			a, b := render(t, live, dialect), render(t, replayed, dialect)
			if !bytes.Equal(a, b) {
				t.Fatalf("live\n%s\nreplayed\n%s", a, b)
			}
			if got := readXML(t, a); got != live.Counts.Totals() {
				t.Fatalf("%s: the XML is %+v, the ledger %+v", dialect, got, live.Counts.Totals())
			}
			saved = append(saved, a...)
		}
		for _, text := range []string{string(saved), string(logged), live.Verdict().Line} {
			for _, secret := range []string{"hunter2hunter2", "swordfish99"} {
				if strings.Contains(text, secret) {
					t.Fatalf("%s left in\n%s", secret, text)
				}
			}
		}
		if i := bytes.IndexFunc(logged, func(r rune) bool { return r != '\n' && r != '\t' && (r < ' ' || r == 0x7f) }); i >= 0 {
			t.Fatalf("a control character in the log: %s", strconv.Quote(string(logged)))
		}
	})
}

func render(t *rapid.T, s report.Summary, d junit.Dialect) []byte {
	var b bytes.Buffer
	if err := junit.Write(&b, s, d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestDeadRunTellsTheSameFromBothSides: the watchdog's Summary is that of the stream which it leaves.
func TestDeadRunTellsTheSameFromBothSides(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.jsonl")
	rapid.Check(t, func(t *rapid.T) {
		events := secretStream(runs().Draw(t, "run"))
		var text []byte
		for _, e := range events {
			text, _ = event.Append(text, e)
			text = append(text, '\n')
		}
		first := bytes.IndexByte(text, '\n') + 1
		text = text[:rapid.IntRange(first, len(text)).Draw(t, "cut")]
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		dead, err := report.FinishDead(path)
		if err != nil {
			t.Fatal(err)
		}
		after, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		replayed, err := report.Render(bytes.NewReader(after))
		if err != nil {
			t.Fatal(err)
		}
		if v := dead.Verdict(); v != replayed.Verdict() || strength(v.Code) < strength(report.Failed) {
			t.Fatalf("%s\n%s", v.Line, replayed.Verdict().Line)
		}
		if a, b := render(t, dead, junit.Common), render(t, replayed, junit.Common); !bytes.Equal(a, b) {
			t.Fatalf("%s\n%s", a, b)
		}
	})
}
