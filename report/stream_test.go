package report_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"testrunner/report"
	"testrunner/report/event"
)

func TestStreamNumbersAndStamps(t *testing.T) {
	zone := time.FixedZone("elsewhere", 3600)
	times := []time.Time{time.Unix(100, 5).In(zone), time.Unix(50, 0), time.Unix(101, 0)}
	now := func() time.Time {
		at := times[0]
		times = times[1:]
		return at
	}
	s, r := report.NewStream(now, nil), &recorder{}
	s.Add(r, "r")
	for range 3 {
		s.Emit(event.Logged{Text: "x"})
	}
	var got []string
	for _, e := range r.events {
		got = append(got, fmt.Sprintf("%d %s", e.Seq, e.At.Format(time.RFC3339Nano)))
	}
	want := []string{"1 1970-01-01T00:01:40.000000005Z", "2 1970-01-01T00:01:40.000000005Z", "3 1970-01-01T00:01:41Z"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q: a clock that goes back must not take the stream with it", got, want)
	}
}

// failing fails at its nth event, and would count what it gets afterwards.
type failing struct{ at, got int }

func (f *failing) Handle(event.Event) error {
	f.got++
	if f.got >= f.at {
		return errors.New("disk full, token=hunter2hunter2")
	}
	return nil
}

func TestFailingHandlerNeverStarvesTheNext(t *testing.T) {
	s := report.NewStream(clock(), report.Secrets([]string{"TOKEN=hunter2hunter2"}, nil))
	first, second, third := &failing{at: 2}, &failing{at: 2}, &recorder{}
	s.Add(first, "a.log")
	s.Add(second, "b.log")
	s.Add(third, "c.log")
	for range 4 {
		s.Emit(event.Noted{Level: "info", Text: "x"})
	}
	var kinds []string
	for i, e := range third.events {
		if e.Seq != int64(i+1) {
			t.Errorf("event %d has seq %d", i+1, e.Seq)
		}
		text := e.Body.Kind()
		if b, ok := e.Body.(event.ReportFailed); ok {
			text += " " + b.Path + " " + b.Err
		}
		kinds = append(kinds, text)
	}
	want := "noted, noted, report-failed a.log disk full, token=***, report-failed b.log disk full, token=***, noted, noted"
	if got := strings.Join(kinds, ", "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if first.got != 2 || second.got != 2 {
		t.Errorf("the failed handlers got %d and %d events, want 2 and 2", first.got, second.got)
	}
}

func TestStreamOrdersManyGoroutines(t *testing.T) {
	s, r, l := report.NewStream(clock(), report.Secrets([]string{"TOKEN=hunter2hunter2"}, nil)), &recorder{}, report.NewLedger()
	s.Add(r, "r")
	s.Add(l, "l")
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			job := fmt.Sprintf("unit/go:%d", g)
			s.Emit(started(job))
			for i := range 200 {
				s.Emit(passed(job, fmt.Sprintf("hunter2hunter2%d/x.go::T%d", g, i)))
			}
			s.Emit(ended(job, event.Done))
		})
	}
	all.Wait()
	for i, e := range r.events {
		if e.Seq != int64(i+1) {
			t.Fatalf("event %d has seq %d", i+1, e.Seq)
		}
	}
	if sum := l.Summary(); sum.Counts != (report.Counts{Passed: 1600}) || sum.Check() != nil {
		t.Errorf("%+v %v", sum.Counts, sum.Check())
	}
}

func TestManyCollectedTestsBecomeSeveralEvents(t *testing.T) {
	var ids []string
	for i := range 2500 {
		ids = append(ids, fmt.Sprintf("a.py::t%d", i))
	}
	events := stream(started("unit/pytest"), collectedTests("unit/pytest", ids...))
	var sizes []int
	for _, e := range events[1:] {
		sizes = append(sizes, len(e.Body.(event.TestsCollected).Tests))
	}
	if !reflect.DeepEqual(sizes, []int{1000, 1000, 500}) {
		t.Errorf("sizes are %d", sizes)
	}
	if s := foldEvents(events); s.Counts.Expected() != 2500 {
		t.Errorf("%+v", s.Counts)
	}
}

// TestNothingSecretPassesTheStream puts the secret into every text of every kind that has a way around Map.
func TestNothingSecretPassesTheStream(t *testing.T) {
	const secret = "hunter2hunter2"
	s, r := report.NewStream(clock(), report.Secrets([]string{"API_TOKEN=" + secret}, nil)), &recorder{}
	s.Add(r, "r")
	k := reflect.TypeFor[event.Test]()
	hot := []reflect.Type{reflect.TypeFor[event.TestStarted](), reflect.TypeFor[event.TestFinished]()}
	sent := 0
	for _, kind := range hot {
		for i := range kind.NumField() {
			b := reflect.New(kind).Elem()
			switch f := kind.Field(i); {
			case f.Name == "Job" || f.Name == "Outcome":
				continue // keys of the fold
			case f.Type == k:
				for n := range k.NumField() {
					if k.Field(n).Type.Kind() == reflect.String {
						b = reflect.New(kind).Elem()
						b.Field(i).Field(n).SetString("a " + secret + " b")
						s.Emit(b.Interface().(event.Body))
						sent++
					}
				}
				continue
			case f.Type.Kind() == reflect.String:
				b.Field(i).SetString("a " + secret + " b")
			default:
				continue
			}
			s.Emit(b.Interface().(event.Body))
			sent++
		}
	}
	if sent != 4+4+5 {
		t.Errorf("%d fields were tried: a new one needs a place in Stream.clean", sent)
	}
	for _, e := range r.events {
		if text := string(lines(t, []event.Event{e})); strings.Contains(text, secret) || !strings.Contains(text, "a *** b") {
			t.Errorf("not masked: %s", text)
		}
	}
}

func TestMaskedIDsStayApart(t *testing.T) {
	const j = "unit/pytest"
	s, l := report.NewStream(clock(), report.Secrets([]string{"A_TOKEN=hunter2hunter2", "B_TOKEN=swordfish99"}, nil)), report.NewLedger()
	s.Add(l, "l")
	one, two := "a.py::t[hunter2hunter2]", "a.py::t[swordfish99]"
	s.Emit(started(j))
	s.Emit(collectedTests(j, one, two))
	s.Emit(event.TestStarted{Job: j, Test: test(two)})
	s.Emit(passed(j, one))
	s.Emit(event.TestOutput{Job: j, Test: two, Text: "said two"})
	s.Emit(event.JobStalled{Job: j, Why: "stall", Tests: []string{two}, Tail: "hangs"})
	s.Emit(ended(j, event.Crashed))
	sum := l.Summary()
	if want := (report.Counts{Passed: 1, Errored: 1}); sum.Counts != want {
		t.Fatalf("counts are %+v, want %+v", sum.Counts, want)
	}
	if k := findCase(t, sum, "t[***]"); k.Outcome != event.Passed {
		t.Errorf("%+v", k)
	}
	if k := findCase(t, sum, "t[***] [2]"); k.Outcome != event.Errored || k.Output != "said two" || k.Detail != "hangs" {
		t.Errorf("%+v", k)
	}
}

func TestStreamHoldsValidUTF8(t *testing.T) {
	events := stream(event.Logged{Text: "a\xff\xfeb"}, passed("j", "a\xff.py::t"), passed("j", "a\xfe.py::t"))
	if text := events[0].Body.(event.Logged).Text; text != "a\uFFFD\uFFFDb" {
		t.Errorf("%q", text)
	}
	if n := foldEvents(events).Counts.Expected(); n != 2 {
		t.Errorf("%d tests, want 2: their IDs differ in bad bytes alone", n)
	}
}

// BenchmarkPassedTest is one passed test through Stream and Ledger, as a run of go tests sends them.
func BenchmarkPassedTest(b *testing.B) {
	const each = 5000
	bodies := make([]event.Body, b.N)
	for i := range bodies {
		bodies[i] = event.TestFinished{
			Job:     "unit/go",
			Test:    event.Test{ID: fmt.Sprintf("internal/package%d/file_test.go::TestSomething/case_%d", i/each, i), Class: fmt.Sprintf("example.com/internal/package%d", i/each)},
			Outcome: event.Passed, Micros: 12,
		}
	}
	s, l := report.NewStream(time.Now, report.Secrets([]string{"API_TOKEN=hunter2hunter2", "DATABASE_URL=postgres://u:swordfish99@h/db"}, nil)), report.NewLedger()
	s.Add(l, "ledger")
	s.Emit(started("unit/go"))
	b.ReportAllocs()
	b.ResetTimer()
	for _, body := range bodies {
		s.Emit(body)
	}
}

// BenchmarkSummary is the closing of a run of 100,000 passed tests.
func BenchmarkSummary(b *testing.B) {
	l := report.NewLedger()
	for i := range 100_000 {
		_ = l.Handle(event.Event{Body: passed("unit/go", fmt.Sprintf("p%d/file_test.go::TestSomething/case_%d", i/500, i))})
	}
	b.ReportAllocs()
	for b.Loop() {
		if s := l.Summary(); s.Counts.Passed != 100_000 {
			b.Fatal(s.Counts)
		}
	}
}
