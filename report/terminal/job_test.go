package terminal

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"testrunner/report/event"
)

func TestJobCounts(t *testing.T) {
	const a, b, c = "f::a", "f::b", "f::c"
	for _, k := range []struct {
		name string
		do   func(*job)
		want string
	}{
		{"collected twice is one", func(j *job) { j.collect(tests(a, b)); j.collect(tests(b)) }, "0 tests, 2 without a result"},
		{"started joins the total", func(j *job) { j.collect(tests(a)); j.start(b) }, "0 tests, 2 without a result"},
		{"a result without a start counts", func(j *job) { j.end(a, event.Skipped) }, "1 test, 1 skipped"},
		{"a broken teardown turns a pass", func(j *job) { j.end(a, event.Passed); j.end(a, event.Errored) }, "1 test, 1 errored"},
		{"a failure counts once", func(j *job) { j.end(a, event.Failed); j.end(a, event.Errored) }, "1 test, 1 failed"},
		{"a pass behind a failure turns nothing", func(j *job) { j.end(a, event.Failed); j.end(a, event.Passed) }, "1 test, 1 failed"},
		{"a skip that then errors", func(j *job) { j.end(a, event.Skipped); j.end(a, event.Errored) }, "1 test, 1 errored"},
		{"all kinds", func(j *job) {
			j.end(a, event.Passed)
			j.end(b, event.Failed)
			j.end(c, event.Skipped)
			j.broken++
		}, "3 tests, 1 passed, 1 failed, 1 skipped, 1 file not collected"},
	} {
		t.Run(k.name, func(t *testing.T) {
			j := newJob("unit/go:.", newClock().Now())
			k.do(j)
			if got := tally(j); got != k.want {
				t.Errorf("got %q, want %q", got, k.want)
			}
		})
	}
}

func TestCurrentTestIsTheLastThatRuns(t *testing.T) {
	j := newJob("unit/go:.", newClock().Now())
	is := func(want string) {
		t.Helper()
		if got := j.current(); got != want {
			t.Errorf("current is %q, want %q", got, want)
		}
	}
	is("")
	j.start("f::parent")
	j.start("f::parent/one")
	is("f::parent/one")
	j.end("f::parent/one", event.Passed)
	is("f::parent")
	j.start("f::x")
	j.end("f::parent", event.Passed)
	is("f::x")
	j.end("f::x", event.Passed)
	is("f::x") // the last that ended, while nothing runs
}

// Two tests at a time, and never none: the list of open tests must not grow with the run.
func TestOpenTestsStayFew(t *testing.T) {
	j := newJob("unit/go:.", newClock().Now())
	j.start("f::0")
	for i := range 10_000 {
		j.start(fmt.Sprintf("f::%d", i+1))
		j.end(fmt.Sprintf("f::%d", i), event.Passed)
	}
	if len(j.open) > 64 || j.opened != 1 {
		t.Errorf("%d kept, %d open", len(j.open), j.opened)
	}
	if got := j.current(); got != "f::10000" {
		t.Errorf("current is %q", got)
	}
}

// What the terminal costs a run, a test.
func BenchmarkHandle(b *testing.B) {
	sink := untimed(Options{Out: io.Discard, IsTerminal: true})
	ids := make([]string, 100_000)
	for i := range ids {
		ids[i] = fmt.Sprintf("pkg/store/store_test.go::TestPut/case_%d", i)
	}
	b.ReportAllocs()
	for i := range b.N {
		id := ids[i%len(ids)]
		if err := sink.Handle(event.Event{Body: event.TestStarted{Job: "unit/go:.", Test: event.Test{ID: id}}}); err != nil {
			b.Fatal(err)
		}
		if err := sink.Handle(event.Event{Body: event.TestFinished{Job: "unit/go:.", Test: event.Test{ID: id}, Outcome: event.Passed}}); err != nil {
			b.Fatal(err)
		}
	}
}

// What the selection left out is counted, and a job in which nothing ran is no green one.
func TestJobEndingIsHonestAboutWhatDidNotRun(t *testing.T) {
	var out strings.Builder
	sink := untimed(Options{Out: &out, Now: newClock().Now})
	show(t, sink,
		event.JobStarted{Job: "unit/a", Attempt: 1}, event.JobStarted{Job: "unit/b", Attempt: 1},
		event.TestsDeselected{Job: "unit/a", Count: 3}, event.TestsDeselected{Job: "unit/a", Count: 4},
		event.TestFinished{Job: "unit/a", Test: event.Test{ID: "f::a"}, Outcome: event.Passed},
		event.JobFinished{Job: "unit/a", Cause: event.Done}, event.JobFinished{Job: "unit/b", Cause: event.Done},
	)
	for _, want := range []string{passMark + " unit/a: 1 test, 1 passed, 7 deselected", warnMark + " unit/b: 0 tests in"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
}
