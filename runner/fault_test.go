package runner

import (
	"slices"
	"strings"
	"testing"

	"testrunner/report/event"
	"testrunner/runner/process"
	"testrunner/runner/tool"
)

// bugs is a decoder with one.
type bugs struct {
	spoken
	atEnd bool
}

func (b *bugs) End(e tool.Exit) tool.Conclusion {
	if b.atEnd {
		panic("the end has a bug")
	}
	return b.spoken.End(e)
}

// A panic of an adapter costs its own job; the rest of what runs is let end, nothing new starts, nothing is left behind.
func TestAnAdaptersPanicEndsAsABug(t *testing.T) {
	end := player{play: passes, decode: func(t tool.Target, emit event.Emit) tool.Decoder {
		return &bugs{spoken: spoken{job: t.Job, emit: emit}, atEnd: true}
	}}
	for name, faulty := range map[string]Job{
		"Line":    job("faulty", "deaf\nsay run a\nsay panic\nhang\n"),
		"End":     toolJob("faulty", end),
		"Command": toolJob("faulty", player{command: func(tool.Target) (tool.Command, error) { panic("the command has a bug") }}),
		"Decode":  toolJob("faulty", player{play: passes, decode: func(tool.Target, event.Emit) tool.Decoder { panic("decode has a bug") }}),
		"Cancel":  toolJob("faulty", player{play: passes, decode: func(tool.Target, event.Emit) tool.Decoder { panic(t.Context()) }}),
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, faulty, job("behind", passes))
			s.plan.Slots = 1
			_, err := s.run()
			f := aFault(t, err)
			if !strings.Contains(f.Error(), "bug in runner") || !strings.Contains(f.Error(), "c/faulty") || !strings.Contains(f.Stack, "fault_test.go") && !strings.Contains(f.Stack, "stage_test.go") {
				t.Errorf("%v\n%s", f, f.Stack)
			}
			if got := finishedJob(s, "faulty"); got.Cause != event.Crashed || !strings.Contains(got.Problem, "bug in runner") {
				t.Errorf("%+v", got)
			}
			if !slices.Equal(s.stopped(), []string{"bug"}) || !slices.Equal(s.notRun(), []string{"behind: crashed"}) {
				t.Errorf("stopped %v, not run %v", s.stopped(), s.notRun())
			}
		})
	}
}

func TestWhatRunsBesideABugEnds(t *testing.T) {
	dir := t.TempDir()
	s := newStage(t, job("faulty", "say run a\nsay panic\nhang\n"), job("beside", "await "+dir+"/go\n"+passes), job("release", "touch "+dir+"/go\n"))
	s.plan.Slots = 3
	if _, err := s.run(); err == nil {
		t.Fatal("no error")
	}
	if got := finishedJob(s, "beside"); got.Cause != event.Done {
		t.Errorf("%+v", got)
	}
}

// A report that panics must not take the run down, nor keep processes alive.
func TestASinksPanicEndsAsABug(t *testing.T) {
	s := newStage(t, job("a", "say run a\nsay pass a\nsay over\n"))
	tell := s.opt.Emit
	s.opt.Emit = func(b event.Body) {
		if _, ok := b.(event.TestFinished); ok {
			panic("the sink has a bug")
		}
		tell(b)
	}
	_, err := s.run()
	if f := aFault(t, err); !strings.Contains(f.Error(), "telling an event") || !slices.Equal(s.stopped(), []string{"bug"}) {
		t.Errorf("%v, stopped %v", f, s.stopped())
	}
}

// A panic of the scheduler itself kills what runs: nobody would watch over it.
func TestASchedulersPanicKillsWhatRuns(t *testing.T) {
	s := newStage(t, job("hangs", "deaf\nsay run a\nhang\n"), job("next", passes))
	asked := make(chan struct{})
	s.opt.FreeRAM = func() uint64 {
		select {
		case <-asked:
			panic("the scheduler has a bug")
		default:
			return 0
		}
	}
	end := s.start()
	s.untilRuns("a")
	close(asked)
	_, err := end()
	if f := aFault(t, err); !strings.Contains(f.Error(), "scheduling") {
		t.Error(f)
	}
	if got := finishedJob(s, "hangs"); got.Signal != "SIGKILL" || !slices.Equal(s.stopped(), []string{"bug"}) || !slices.Equal(s.notRun(), []string{"next: crashed"}) {
		t.Errorf("%+v, stopped %v, not run %v", got, s.stopped(), s.notRun())
	}
}

func TestAJournalsPanicEndsAsABug(t *testing.T) {
	s := newStage(t, job("a", passes))
	s.opt.Record = func(string, process.ID, string) { panic("the journal has a bug") }
	s.opt.Forget = nil
	_, err := s.run()
	if f := aFault(t, err); !strings.Contains(f.Error(), "journal") || finishedJob(s, "a").Cause != event.Done {
		t.Errorf("%v\n%s", f, s)
	}
}
