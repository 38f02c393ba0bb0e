package runner

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"testrunner/report/event"
	"testrunner/runner/process"
)

// Ctrl-Z stops the jobs and the clock; fg lets both go on, and the deadline did not come nearer.
func TestSuspend(t *testing.T) {
	dir := t.TempDir()
	s := newStage(t, job("works", "say run a\nawait "+dir+"/go\nsay pass a\nsay over\n"))
	s.opt.Deadline = time.Hour
	stopped := ""
	s.opt.Suspend = func() error {
		stopped = processState(t, s.ids["c/works"].Pid)
		s.pass(24 * time.Hour)
		return nil
	}
	end := s.start()
	s.untilRuns("a")
	s.signals <- process.Suspend
	s.until("that it goes on", func(b event.Body) bool { l, ok := b.(event.Logged); return ok && l.Text == "resumed" })
	if err := os.WriteFile(dir+"/go", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := end(); err != nil {
		t.Fatal(err)
	}
	if got := finishedJob(s, "works"); stopped != "T" || got.Cause != event.Done || len(s.stopped()) != 0 {
		t.Errorf("state %q while suspended, then %+v, stopped %v", stopped, got, s.stopped())
	}
}

// processState is the letter of a process's state, T while it is stopped. A stop is not there at once.
func processState(t *testing.T, pid int) (state string) {
	for deadline := time.Now().Add(patience); state != "T" && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			t.Error(err)
			return state
		}
		state = strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))[0]
	}
	return state
}
