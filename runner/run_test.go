package runner

import (
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"

	"testrunner/report/event"
	"testrunner/runner/tool"
)

const passes = "say run a\nsay pass a\nsay over\n"

func TestRunTellsEachJobOnce(t *testing.T) {
	s := newStage(t, job("one", passes), job("two", "say run b\nsay fail b\nsay over\n"), job("three", "exit 3\n"))
	timings, err := s.run()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]event.Cause{"one": event.Done, "two": event.Done, "three": event.Crashed} {
		if got := finishedJob(s, name); got.Cause != want {
			t.Errorf("%s ended with %+v, want %s", name, got, want)
		}
	}
	if len(timings) != 2 || timings["c/one"].MS < 1 || timings["c/three"].MS != 0 {
		t.Errorf("timings of what ended well: %v", timings)
	}
}

// A job narrowed to some tests says nothing about how long it takes.
func TestTimingsOfWholeJobsOnly(t *testing.T) {
	some, filtered := job("some", passes), job("filtered", passes)
	some.Target.Tests, filtered.Target.Filter = []string{"file::a"}, "a"
	timings, _ := newStage(t, some, filtered).run()
	if len(timings) != 0 {
		t.Errorf("kept %v", timings)
	}
}

func TestWhatCanNotStartIsToldAndTheRestRuns(t *testing.T) {
	refuse := player{command: func(tool.Target) (tool.Command, error) { return tool.Command{}, io.ErrUnexpectedEOF }}
	missing := player{command: func(tool.Target) (tool.Command, error) {
		return tool.Command{Argv: []string{"no-such-program-anywhere"}, Channel: tool.Stdout}, nil
	}}
	nowhere := job("nowhere", passes)
	nowhere.Target.Dir = "no/such/folder"
	s := newStage(t, toolJob("refuses", refuse), toolJob("missing", missing), nowhere, job("fine", passes))
	if _, err := s.run(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]event.Cause{"refuses": event.BadUsage, "missing": event.NotStarted, "nowhere": event.NotStarted, "fine": event.Done} {
		if got := finishedJob(s, name); got.Cause != want || want != event.Done && got.Problem == "" {
			t.Errorf("%s ended with %+v, want %s and why", name, got, want)
		}
	}
}

// The rest is run again, apart from what broke, under the same name; one that leaves out no more ends the job.
func TestAgain(t *testing.T) {
	var attempts []tool.Target
	again := player{}
	again.command = func(t tool.Target) (tool.Command, error) {
		attempts = append(attempts, t)
		return player{play: passes}.Command(t)
	}
	again.decode = func(t tool.Target, emit event.Emit) tool.Decoder {
		return &repeats{spoken: spoken{job: t.Job, emit: emit}, target: t}
	}
	s := newStage(t, toolJob("job", again))
	if _, err := s.run(); err != nil {
		t.Fatal(err)
	}
	var told []bool
	for _, f := range all[event.JobFinished](s) {
		told = append(told, f.Again)
	}
	if !slices.Equal(told, []bool{true, true, false}) {
		t.Errorf("again: %v, want twice and an end", told)
	}
	for i, st := range all[event.JobStarted](s) {
		if st.Attempt != i+1 || attempts[i].Attempt != i+1 || st.Job != "c/job" || attempts[i].Share != 1 {
			t.Errorf("attempt %d is %+v of %+v", i+1, st, attempts[i])
		}
		if i > 0 && attempts[i].Scratch == attempts[i-1].Scratch {
			t.Error("two attempts share a scratch folder")
		}
	}
}

// repeats leaves out two files, one after the other, and then asks for the same again for ever.
type repeats struct {
	spoken
	target tool.Target
}

func (r *repeats) End(e tool.Exit) tool.Conclusion {
	c, next := r.spoken.End(e), r.target
	next.LeaveOut = []string{"a", "b"}[:min(r.target.Attempt, 2)]
	c.Again = &next
	return c
}

func TestFailFastLetsRunningJobsEnd(t *testing.T) {
	dir := t.TempDir()
	go1 := filepath.Join(dir, "go")
	s := newStage(t, job("slow", "say run s\nawait "+go1+"\nsay pass s\nsay over\n"), job("bad", "say run b\nsay fail b\nsay over\n"), job("never", passes), job("nor", passes))
	s.opt.FailFast = true
	// Whoever reads the stream finds the failure before what follows from it, however long it takes to tell it.
	tell := s.opt.Emit
	s.opt.Emit = func(b event.Body) {
		if f, ok := b.(event.TestFinished); ok && f.Outcome == event.Failed {
			<-time.After(3 * watchEvery)
		}
		tell(b)
	}
	end := s.start()
	s.until("the stop", func(b event.Body) bool { _, ok := b.(event.Stopping); return ok })
	if err := os.WriteFile(go1, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := end(); err != nil {
		t.Fatal(err)
	}
	if got := finishedJob(s, "slow"); got.Cause != event.Done {
		t.Errorf("a running job ended with %+v", got)
	}
	if got, want := s.notRun(), []string{"never: fail-fast", "nor: fail-fast"}; !slices.Equal(got, want) {
		t.Errorf("not run: %v, want %v", got, want)
	}
	var order []string
	for _, b := range s.told {
		switch e := b.(type) {
		case event.TestFinished:
			order = append(order, string(e.Outcome))
		case event.Stopping:
			order = append(order, e.Why)
		}
	}
	if !slices.Equal(order, []string{"failed", "fail-fast", "passed"}) {
		t.Errorf("order: %v", order)
	}
}

// With one slot the job behind a failing one never starts, however the two goroutines race.
func TestFailFastIsHeardBeforeTheNextJobStarts(t *testing.T) {
	for range 30 {
		refuse := player{command: func(tool.Target) (tool.Command, error) { return tool.Command{}, io.EOF }}
		s := newStage(t, toolJob("bad", refuse), toolJob("next", refuse))
		s.plan.Slots, s.opt.FailFast = 1, true
		if _, err := s.run(); err != nil {
			t.Fatal(err)
		}
		if got := s.notRun(); !slices.Equal(got, []string{"next: fail-fast"}) {
			t.Fatalf("not run: %v\n%s", got, s)
		}
	}
}

// Ten megabytes in one line, on the channel and beside it: told within bounds, kept within bounds, and said to be cut.
func TestHugeOutput(t *testing.T) {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	before, peak := sample[0].Value.Uint64(), uint64(0)
	longest := 0
	beside := player{command: func(t tool.Target) (tool.Command, error) {
		c, err := player{play: "long 10000000\nsay \nsay end\n"}.Command(t)
		c.Channel = tool.NoChannel
		return c, err
	}}
	channel := player{play: "long 10000000\nsay \n" + passes, decode: func(t tool.Target, emit event.Emit) tool.Decoder {
		return &measuring{spoken: spoken{job: t.Job, emit: emit}, longest: &longest}
	}}
	s := newStage(t, toolJob("beside", beside), toolJob("channel", channel))
	tell := s.opt.Emit
	s.opt.Emit = func(b event.Body) {
		metrics.Read(sample[:1:1])
		tell(b)
		peak = max(peak, sample[0].Value.Uint64())
	}
	s.plan.Slots = 1
	if _, err := s.run(); err != nil {
		t.Fatal(err)
	}
	told, text := 0, ""
	for _, o := range all[event.JobOutput](s) {
		if len(o.Text) > event.Cap+100 {
			t.Errorf("one event has %d bytes", len(o.Text))
		}
		told += len(o.Text)
		text = o.Text
	}
	if told < outputTold || told > outputTold+2*event.Cap || !strings.Contains(text, "bytes left out") || !strings.HasSuffix(text, "end\n") {
		t.Errorf("told %d bytes, at last %.80q … %.80q", told, text, text[max(0, len(text)-80):])
	}
	if got := finishedJob(s, "channel"); got.Cause != event.Done || longest < maxLine || longest > maxLine+100 {
		t.Errorf("%+v, the longest line has %d bytes", got, longest)
	}
	if grown := int64(peak) - int64(before); grown > 48<<20 {
		t.Errorf("the heap grew by %d MB", grown>>20)
	}
}

type measuring struct {
	spoken
	longest *int
}

func (m *measuring) Line(line []byte) {
	*m.longest = max(*m.longest, len(line))
	m.spoken.Line(line)
}

// A hook's file is read to its end, a torn last line too, and lines that come after the job's end are not.
func TestHookFile(t *testing.T) {
	var got []string
	hook := player{command: func(target tool.Target) (tool.Command, error) {
		c, err := player{play: "exit 0\n"}.Command(target)
		c.Channel, c.Files = tool.HookFile, map[string]string{tool.EventsFile: "one\ntwo\nto", "deep/hook.js": "x"}
		return c, err
	}, decode: func(target tool.Target, emit event.Emit) tool.Decoder {
		if data, err := os.ReadFile(filepath.Join(target.Scratch, "deep", "hook.js")); err != nil || string(data) != "x" {
			t.Errorf("the hook's file: %q, %v", data, err)
		}
		return &collects{spoken: spoken{job: target.Job, emit: emit}, lines: &got}
	}}
	if _, err := newStage(t, toolJob("hook", hook)).run(); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, []string{"one", "two", "to"}) {
		t.Errorf("lines: %q", got)
	}
}

type collects struct {
	spoken
	lines *[]string
}

func (c *collects) Line(line []byte) { *c.lines = append(*c.lines, string(line)) }

func TestStaleReportsAreDeletedFirst(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"old.xml", "keep.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stale := player{command: func(target tool.Target) (tool.Command, error) {
		c, err := player{play: passes}.Command(target)
		c.Stale = []string{"*.xml"}
		return c, err
	}}
	j := toolJob("stale", stale)
	j.Target.Root = dir
	s := newStage(t, j)
	if _, err := s.run(); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || !reflect.DeepEqual(left, []string{filepath.Join(dir, "keep.txt")}) {
		t.Errorf("left: %v, %v", left, err)
	}
}
