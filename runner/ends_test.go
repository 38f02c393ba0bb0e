package runner

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"testrunner/report/event"
	"testrunner/runner/process"
	"testrunner/runner/tool"
)

// D -> TERM, D + grace -> KILL, and all is over well before D + grace + 5 s.
func TestDeadline(t *testing.T) {
	const deadline, grace = time.Hour, 1200 * time.Millisecond
	s := newStage(t, job("deaf", "deaf\nsay last words\nsay run a\nhang\n"), job("polite", "say run b\nhang\n"), job("waits", passes))
	s.opt.Deadline, s.opt.Grace = deadline, grace
	end := s.start()
	s.untilRuns("a")
	s.untilRuns("b")
	start := time.Now()
	s.pass(deadline)
	if _, err := end(); err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	t.Logf("ended %s after the deadline, with a grace of %s", took, grace)
	if took < grace || took > grace+5*time.Second {
		t.Errorf("ended %s after the deadline", took)
	}
	deaf, polite := finishedJob(s, "deaf"), finishedJob(s, "polite")
	if deaf.Cause != event.TimedOut || deaf.Signal != "SIGKILL" || polite.Cause != event.TimedOut || polite.Signal != "SIGTERM" {
		t.Errorf("deaf: %+v\npolite: %+v", deaf, polite)
	}
	if got := s.notRun(); !slices.Equal(got, []string{"waits: deadline"}) || !slices.Equal(s.stopped(), []string{"deadline"}) {
		t.Errorf("not run %v, stopped %v", got, s.stopped())
	}
	for _, st := range all[event.JobStalled](s) {
		if st.Why != "deadline" || len(st.Tree) == 0 || st.Job == "c/deaf" && (st.Tail != "last words" || !slices.Equal(st.Tests, []string{"file::a"})) {
			t.Errorf("%+v", st)
		}
	}
}

// sore is a tool that sees one of its processes crash when it is asked to end.
type sore struct{ spoken }

func (s *sore) Line(line []byte) {
	if string(line) == "asked to end" {
		s.emit(event.TestFinished{Job: s.job, Test: event.Test{ID: "file::a"}, Outcome: event.Errored, Type: string(event.NotFinishedType), Message: "ended by SIGSEGV"})
		return
	}
	s.spoken.Line(line)
}

// What crashes while our deadline ends the job was open at the deadline, and did not end by itself.
func TestDeadline_and_a_crash(t *testing.T) {
	crashes := toolJob("sore", player{play: "deaf\nsay run a\nhang\n", decode: func(t tool.Target, emit event.Emit) tool.Decoder {
		return &sore{spoken{job: t.Job, emit: emit}}
	}})
	s := newStage(t, crashes)
	s.opt.Deadline, s.opt.Grace = time.Hour, 1200*time.Millisecond
	end := s.start()
	s.untilRuns("a")
	s.pass(time.Hour)
	if _, err := end(); err != nil {
		t.Fatal(err)
	}
	if got := all[event.TestFinished](s); len(got) != 1 || got[0].Type != string(event.TimeoutType) || got[0].Message != "open at the deadline: ended by SIGSEGV" {
		t.Errorf("%+v", got)
	}
}

// A category's or suite's timeout ends its job alone, and counts over all of its attempts.
func TestJobTimeout(t *testing.T) {
	slow := job("slow", "say run a\nhang\n")
	slow.Timeout = time.Hour
	s := newStage(t, slow, job("other", passes))
	end := s.start()
	s.untilRuns("a")
	s.pass(time.Hour)
	if _, err := end(); err != nil {
		t.Fatal(err)
	}
	if got := finishedJob(s, "slow"); got.Cause != event.TimedOut {
		t.Errorf("%+v", got)
	}
	if got := finishedJob(s, "other"); got.Cause != event.Done || len(s.stopped()) != 0 {
		t.Errorf("%+v, stopped %v", got, s.stopped())
	}
}

// A grandchild that holds stdout is ended and named, and delays the end by no more than the grace.
func TestOrphanWithStdout(t *testing.T) {
	s := newStage(t, job("leaves", "leave\n"+passes))
	start := time.Now()
	if _, err := s.run(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > s.opt.Grace+5*time.Second {
		t.Errorf("took %s", took)
	}
	if got := finishedJob(s, "leaves"); got.Cause != event.Done || len(got.Orphans) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestInterrupt(t *testing.T) {
	s := newStage(t, job("runs", "say run a\nhang\n"), job("too", "say run b\nhang\n"), job("waits", passes))
	end := s.start()
	s.untilRuns("a")
	s.untilRuns("b")
	s.signals <- process.Interrupt
	start := time.Now()
	if _, err := end(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("tidied up for %s", took)
	}
	if got := finishedJob(s, "runs"); got.Cause != event.Interrupted || got.Signal != "SIGTERM" {
		t.Errorf("%+v", got)
	}
	if !slices.Equal(s.stopped(), []string{"interrupted"}) || !slices.Equal(s.notRun(), []string{"waits: interrupted"}) {
		t.Errorf("stopped %v, not run %v", s.stopped(), s.notRun())
	}
}

// Signals within a second of the first are one wish; a later one kills.
func TestSecondInterruptKills(t *testing.T) {
	s := newStage(t, job("deaf", "deaf\nsay run a\nhang\n"))
	s.opt.Grace = time.Minute
	end := s.start()
	s.untilRuns("a")
	s.signals <- process.Interrupt
	s.signals <- process.Terminate
	s.until("that two are one", func(b event.Body) bool {
		l, ok := b.(event.Logged)
		return ok && strings.Contains(l.Text, "so soon")
	})
	<-time.After(secondAfter)
	s.signals <- process.Interrupt
	if _, err := end(); err != nil {
		t.Fatal(err)
	}
	if got := finishedJob(s, "deaf"); got.Signal != "SIGKILL" || got.Cause != event.Interrupted {
		t.Errorf("%+v", got)
	}
	if !slices.Equal(s.stopped(), []string{"interrupted"}) {
		t.Errorf("stopped %v", s.stopped())
	}
}

// Ctrl-C while the deadline's grace runs is told: the verdict is INTERRUPTED.
func TestInterruptAfterTheDeadline(t *testing.T) {
	s := newStage(t, job("deaf", "deaf\nsay run a\nhang\n"))
	s.opt.Deadline, s.opt.Grace = time.Hour, 2*time.Second
	end := s.start()
	s.untilRuns("a")
	s.pass(time.Hour)
	s.until("the deadline", func(b event.Body) bool { _, ok := b.(event.Stopping); return ok })
	s.signals <- process.Terminate
	if _, err := end(); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.stopped(), []string{"deadline", "terminated"}) {
		t.Errorf("stopped %v", s.stopped())
	}
}

func TestCancelledContext(t *testing.T) {
	s := newStage(t, job("runs", "say run a\nhang\n"), job("waits", passes))
	s.plan.Slots = 1
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	end := make(chan error, 1)
	go func() {
		_, err := Run(ctx, s.plan, s.opt)
		end <- err
	}()
	s.untilRuns("a")
	cancel()
	if err := <-end; err != nil {
		t.Fatal(err)
	}
	if got := finishedJob(s, "runs"); got.Cause != event.Interrupted || !slices.Equal(s.notRun(), []string{"waits: interrupted"}) {
		t.Errorf("%+v, not run %v", got, s.notRun())
	}
	s.look()
}

// Silence is told once, with what is known, and ends nothing.
func TestStall(t *testing.T) {
	dir := t.TempDir()
	s := newStage(t, job("quiet", "say run a\nsay hello\ncomplain to stderr\nawait "+dir+"/go\nsay pass a\nsay over\n"))
	s.opt.Stall = time.Hour
	end := s.start()
	s.untilRuns("a")
	s.until("what was printed", func(b event.Body) bool { o, ok := b.(event.JobOutput); return ok && o.Stream == "stderr" })
	s.pass(time.Hour)
	s.until("the stall", func(b event.Body) bool { _, ok := b.(event.JobStalled); return ok })
	if err := os.WriteFile(dir+"/go", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := end(); err != nil {
		t.Fatal(err)
	}
	stalls := all[event.JobStalled](s)
	if len(stalls) != 1 {
		t.Fatalf("told %d times", len(stalls))
	}
	got := stalls[0]
	if got.Why != "stall" || got.IdleMS < 3_500_000 || !slices.Equal(got.Tests, []string{"file::a"}) || !strings.Contains(got.Tail, "hello") || !strings.Contains(got.Tail, "to stderr") || len(got.Tree) != 1 {
		t.Errorf("%+v", got)
	}
	if f := finishedJob(s, "quiet"); f.Cause != event.Done {
		t.Errorf("%+v", f)
	}
}

// What ends a run is told once, in the order in which it came, and not if it changes nothing any more.
func TestStop(t *testing.T) {
	for _, c := range []struct{ happens, told []string }{
		{[]string{whyFailFast, whyFailFast}, []string{whyFailFast}},
		{[]string{whyFailFast, whyDeadline, whyInterrupted}, []string{whyFailFast, whyDeadline, whyInterrupted}},
		{[]string{whyDeadline, whyFailFast, whyDeadline}, []string{whyDeadline}},
		{[]string{whyInterrupted, whyFailFast, whyDeadline, whyBug}, []string{whyInterrupted, whyBug}},
		{[]string{whyTerminated, whyDeadline}, []string{whyTerminated}},
		{[]string{whyBug, whyFailFast, whyDeadline, whyTerminated}, []string{whyBug, whyDeadline, whyTerminated}},
	} {
		st := newStage(t, job("waits", passes))
		s := newScheduler(st.plan, st.opt)
		for _, why := range c.happens {
			s.stop(event.Stopping{Why: why}, "")
		}
		if got := st.stopped(); !slices.Equal(got, c.told) || len(st.notRun()) != 1 {
			t.Errorf("%v: told %v, not run %v", c.happens, got, st.notRun())
		}
	}
}

// A program that does not answer where it hangs is killed in time all the same.
func TestNoAnswerToADump(t *testing.T) {
	silent := player{command: func(target tool.Target) (tool.Command, error) {
		c, err := player{play: "deaf\nsay run a\nhang\n"}.Command(target)
		c.Dump = tool.Dump{Signal: "WINCH", To: process.ToLeader, File: "never-written"} // nobody minds that signal
		return c, err
	}}
	s := newStage(t, toolJob("silent", silent))
	s.opt.Deadline, s.opt.Grace = time.Hour, 2*time.Second
	end := s.start()
	s.untilRuns("a")
	start := time.Now()
	s.pass(time.Hour)
	if _, err := end(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took < s.opt.Grace || took > s.opt.Grace+5*time.Second {
		t.Errorf("killed %s after the deadline, with a grace of %s", took, s.opt.Grace)
	}
	if st := all[event.JobStalled](s); len(st) != 1 || st[0].Stacks != "" || finishedJob(s, "silent").Signal != "SIGKILL" {
		t.Errorf("%s", s)
	}
}
