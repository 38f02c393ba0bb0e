package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"testrunner/categories"
	"testrunner/env"
	"testrunner/env/lease"
	"testrunner/report"
	"testrunner/report/event"
	"testrunner/runner"
	"testrunner/runner/tool"
)

// faulty is an adapter that panics as soon as its tool says a word.
type faulty struct{}

func (faulty) Name() string                                             { return "faulty" }
func (faulty) Discover(tool.Tree) []tool.Project                        { return nil }
func (faulty) Check(context.Context, tool.Target, tool.Host) tool.Found { return tool.Found{} }
func (faulty) Cores(tool.Target) int                                    { return 1 }
func (faulty) Decode(tool.Target, event.Emit) tool.Decoder              { return faulty{} }
func (faulty) Line([]byte)                                              { panic("the adapter has a bug") }
func (faulty) End(tool.Exit) tool.Conclusion                            { return tool.Conclusion{Cause: event.Done} }

func (faulty) Command(t tool.Target) (tool.Command, error) {
	return tool.Command{Argv: []string{"sh", "-c", "echo a word; exec tail -f " + filepath.Join(t.Root, "a")}, Channel: tool.Stdout}, nil
}

// runWithBug is a run of two suites of the faulty adapter, one after the other.
func runWithBug(ctx context.Context, w World) int {
	// It starts its own program as its watchdog, as runner does.
	if len(w.Args) > 0 && w.Args[0] == lease.WatchdogArg {
		return watchdog(w.Args[1:], w)
	}
	if err := os.WriteFile(filepath.Join(w.Dir, "a"), nil, 0o600); err != nil {
		return report.Usage
	}
	r := prepared{
		place:    place{root: w.Dir, start: w.Dir, scope: ".", results: filepath.Join(w.Dir, "runner-results")},
		decision: env.Decision{Asked: "auto", Mode: event.NoDocker, Why: []string{"nothing needs a service"}},
		clock:    runner.NewClock(time.Now),
	}
	c := categories.Category{Name: "unit"}
	for _, name := range []string{"panics", "never"} {
		t := tool.Target{Root: w.Dir, Dir: ".", Category: "unit", Suite: name}
		c.Suites = append(c.Suites, categories.Suite{Name: name, Tool: "faulty", Target: t})
		r.decision.Admissions = append(r.decision.Admissions, event.Admission{Category: "unit", Suite: name, Admitted: true})
	}
	r.plan = runner.BuildPlan(categories.Selection{Categories: []categories.Category{c}}, r.decision, runner.Settings{Slots: 1, Tools: []tool.Tool{faulty{}}})
	code, err := execute(ctx, r, w)
	if err != nil {
		return complain(w.Stderr, err)
	}
	return code
}

// A fault that kept itself out of the reports counts all the same; one that a signal followed does not hide the signal.
func TestBlame(t *testing.T) {
	fault := &runner.Fault{Where: "telling an event", What: "a sink has a bug", Stack: "goroutine 1"}
	for _, c := range []struct {
		fault error
		code  int
		want  int
	}{
		{nil, report.Failed, report.Failed}, {fault, report.Passed, report.Bug}, {fault, report.Failed, report.Bug},
		{fault, report.Bug, report.Bug}, {fault, report.Interrupted, report.Interrupted}, {errors.Join(fault), report.Terminated, report.Terminated},
	} {
		var said strings.Builder
		if got := blame(&said, c.fault, c.code); got != c.want || (c.fault != nil) != strings.Contains(said.String(), "goroutine 1") {
			t.Errorf("blame(%v, %d) = %d, %q", c.fault, c.code, got, said.String())
		}
	}
}
