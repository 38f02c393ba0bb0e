package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"testrunner/report/event"
	"testrunner/runner/process"
	"testrunner/runner/tool"
)

// patience is how long anything may take before a test gives it up; nothing waits for it in vain.
const patience = 30 * time.Second

// player is a test tool whose jobs do what their play says.
type player struct {
	play    string // steps of perform; "" starts no program
	command func(tool.Target) (tool.Command, error)
	decode  func(tool.Target, event.Emit) tool.Decoder
}

var _ tool.Tool = player{}

func (player) Name() string                                                 { return "player" }
func (player) Discover(tool.Tree) []tool.Project                            { return nil }
func (player) Check(context.Context, tool.Target, tool.Host) (f tool.Found) { return f }
func (player) Cores(tool.Target) int                                        { return 1 }

func (p player) Command(t tool.Target) (tool.Command, error) {
	if p.command != nil {
		return p.command(t)
	}
	self, err := os.Executable()
	// Built with the race detector, a program sleeps a second at its end without GORACE.
	return tool.Command{Argv: []string{self}, Env: []string{playVar + "=" + p.play, "GORACE=atexit_sleep_ms=0"}, Channel: tool.Stdout}, err
}

func (p player) Decode(t tool.Target, emit event.Emit) tool.Decoder {
	if p.decode != nil {
		return p.decode(t, emit)
	}
	return &spoken{job: t.Job, emit: emit}
}

// spoken reads the channel of a player: "run a" opens the test a, "pass a" and "fail a" end it, "over" is the end-of-run
// word. Anything else was printed by a test.
type spoken struct {
	job  string
	emit event.Emit
	over bool
}

func (s *spoken) Line(line []byte) {
	word, name, _ := strings.Cut(string(line), " ")
	test := event.Test{ID: "file::" + name}
	switch word {
	case "run":
		s.emit(event.TestStarted{Job: s.job, Test: test})
	case "pass":
		s.emit(event.TestFinished{Job: s.job, Test: test, Outcome: event.Passed})
	case "fail":
		s.emit(event.TestFinished{Job: s.job, Test: test, Outcome: event.Failed})
	case "over":
		s.over = true
	case "panic":
		panic("the decoder has a bug")
	}
}

func (s *spoken) End(e tool.Exit) tool.Conclusion {
	switch {
	case e.Err != "":
		return tool.Conclusion{Cause: event.NotStarted, Problem: e.Err}
	case e.Stopped != "":
		return tool.Conclusion{Cause: e.Stopped, Problem: "ended from outside"}
	case !s.over || e.Code != 0:
		return tool.Conclusion{Cause: event.Crashed, Problem: fmt.Sprint("exit ", e.Code)}
	}
	return tool.Conclusion{Cause: event.Done}
}

func (s *spoken) Words(line []byte) string {
	if word, _, _ := strings.Cut(string(line), " "); word == "run" || word == "pass" {
		return ""
	}
	return string(line) + "\n"
}

func (s *spoken) Stacks(text string) string { return text }

// stage is a run of jobs, with what it told.
type stage struct {
	t       *testing.T
	plan    Plan
	opt     Options
	signals chan process.Signal

	ahead atomic.Int64 // how far the run's clock is ahead of the real one

	mu      sync.Mutex
	told    []event.Body
	changed chan struct{}
	ids     map[string]process.ID // job -> the process that was recorded last
	open    int                   // recorded, not forgotten
}

func newStage(t *testing.T, jobs ...Job) *stage {
	t.Helper()
	s := &stage{t: t, signals: make(chan process.Signal), changed: make(chan struct{}), ids: map[string]process.ID{}}
	s.plan = Plan{Jobs: jobs, Slots: 2}
	clock := NewClock(func() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) })
	s.opt = Options{
		Emit: s.tell, Environ: os.Environ(), Clock: clock, Grace: 500 * time.Millisecond,
		Stall:   1000 * time.Hour, // an hour that passes at once is no silence
		Scratch: t.TempDir() + "/scratch", Signals: s.signals, Record: s.record, Forget: s.forget,
	}
	return s
}

// pass lets time pass on the run's clock.
func (s *stage) pass(d time.Duration) { s.ahead.Add(int64(d)) }

// job is a job of a category "c" that plays.
func job(name, play string) Job { return toolJob(name, player{play: play}) }

func toolJob(name string, t tool.Tool) Job {
	return Job{Tool: t, Cores: 1, Target: tool.Target{Root: os.TempDir(), Dir: ".", Job: "c/" + name, Category: "c", Suite: name, Attempt: 1}}
}

func (s *stage) tell(b event.Body) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, b)
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *stage) record(kind string, id process.ID, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kind == "job" {
		s.ids[what] = id
		s.open++
	}
}

func (s *stage) forget(process.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
}

// run runs the plan to its end.
func (s *stage) run() (Timings, error) {
	s.t.Helper()
	return s.start()()
}

// look finds nothing that the run left behind.
func (s *stage) look() {
	s.t.Helper()
	for what, id := range s.ids {
		if id.Alive() {
			s.t.Errorf("%s is still there", what)
		}
	}
	if s.open != 0 {
		s.t.Errorf("%d processes were not forgotten", s.open)
	}
	if left, err := os.ReadDir(s.opt.Scratch); err == nil && len(left) > 0 {
		s.t.Errorf("left in the scratch folder: %v", left)
	}
	noGoroutines(s.t)
}

// start starts the run; the returned function waits for its end, and looks at what is left.
func (s *stage) start() func() (Timings, error) {
	type result struct {
		timings Timings
		err     error
	}
	end := make(chan result, 1)
	go func() {
		timings, err := Run(s.t.Context(), s.plan, s.opt)
		end <- result{timings, err}
	}()
	return func() (Timings, error) {
		s.t.Helper()
		select {
		case r := <-end:
			s.look()
			return r.timings, r.err
		case <-time.After(patience):
			s.t.Fatalf("the run does not end:\n%s", s)
			return nil, nil
		}
	}
}

// until waits until something was told.
func (s *stage) until(what string, is func(event.Body) bool) {
	s.t.Helper()
	timeout := time.After(patience)
	for {
		s.mu.Lock()
		told, changed := s.told, s.changed
		s.mu.Unlock()
		for _, b := range told {
			if is(b) {
				return
			}
		}
		select {
		case <-changed:
		case <-timeout:
			s.t.Fatalf("%s was not told:\n%s", what, s)
		}
	}
}

func (s *stage) untilRuns(test string) {
	s.t.Helper()
	s.until(test+" started", func(b event.Body) bool {
		e, ok := b.(event.TestStarted)
		return ok && e.Test.ID == "file::"+test
	})
}

func (s *stage) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, body := range s.told {
		fmt.Fprintf(&b, "%s %+v\n", body.Kind(), body)
	}
	return b.String()
}

// all are the bodies of one kind that were told, in their order.
func all[T event.Body](s *stage) []T {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []T
	for _, b := range s.told {
		if t, ok := b.(T); ok {
			out = append(out, t)
		}
	}
	return out
}

// finishedJob is the one end of a job.
func finishedJob(s *stage, name string) event.JobFinished {
	s.t.Helper()
	var found []event.JobFinished
	for _, f := range all[event.JobFinished](s) {
		if f.Job == "c/"+name {
			found = append(found, f)
		}
	}
	if len(found) != 1 {
		s.t.Fatalf("%s ended %d times:\n%s", name, len(found), s)
	}
	return found[0]
}

func (s *stage) stopped() []string {
	var out []string
	for _, st := range all[event.Stopping](s) {
		out = append(out, st.Why)
	}
	return out
}

func (s *stage) notRun() []string {
	var out []string
	for _, n := range all[event.NotRun](s) {
		out = append(out, n.Suite+": "+n.Reason.Code)
	}
	return out
}

// noGoroutines fails if a goroutine of this package outlives its run; one that is just ending may take a moment.
func noGoroutines(t *testing.T) {
	t.Helper()
	buf := make([]byte, 1<<20)
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		var left []string
		for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")[1:] {
			if strings.Contains(g, "testrunner/runner.") && !strings.Contains(g, "testing.tRunner") && !strings.Contains(g, "noGoroutines") ||
				strings.Contains(g, "testrunner/runner/process.") {
				left = append(left, g)
			}
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("goroutines are left:\n%s", strings.Join(left, "\n\n"))
		}
	}
}

// aFault is the fault that a run ended with.
func aFault(t *testing.T, err error) *Fault {
	t.Helper()
	var f *Fault
	if !errors.As(err, &f) {
		t.Fatalf("the run ended with %v, want a fault", err)
	}
	return f
}
