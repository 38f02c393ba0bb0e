package report_test

import (
	"fmt"
	"strings"
	"testing"

	"testrunner/report"
	"testrunner/report/event"
)

// Each process of a split suite loads the same conftest: it is one thing that is broken, on any number of cores.
func TestSplitSuiteCountsWhatIsBrokenOnce(t *testing.T) {
	start := func(job string) event.Body {
		return event.JobStarted{Job: job, Category: "unit", Suite: "py", Tool: "pytest", Fidelity: event.Real, Dir: ".", Share: 1, Attempt: 1}
	}
	for _, n := range []int{1, 2, 5} {
		var broken, unusable []event.Body
		for i := range n {
			job := fmt.Sprintf("unit/py#%d", n-i)
			broken = append(broken, start(job), event.CollectionFailed{Job: job, Path: "conftest.py", Line: 3, Reason: "conftest", Message: "boom"}, ended(job, event.BadUsage))
			unusable = append(unusable, start(job), ended(job, event.BadUsage))
		}
		broken = append(broken, event.CollectionFailed{Job: "unit/py#1", Path: "test_a.py", Reason: "syntax", Message: "boom"})
		for _, c := range []struct {
			bodies []event.Body
			want   int
		}{{broken, 2}, {unusable, 1}} {
			s := fold(c.bodies...)
			if want := (report.Counts{CollectionErrors: c.want}); s.Counts != want {
				t.Errorf("%d processes: counts are %+v, want %+v", n, s.Counts, want)
			}
			if got := s.Categories[0].Suites[0].Collection[0].Job; got != "unit/py#1" {
				t.Errorf("%d processes: told by %s", n, got)
			}
			if v := s.Verdict(); v.Code != report.BrokenFiles {
				t.Errorf("%d processes: %+v", n, v)
			}
		}
	}
}

// The verdict names a tool that ended badly once for its suite, and suites in the same order whichever of them started first.
func TestVerdictNamesEachCrashOnce(t *testing.T) {
	lines := map[string]bool{}
	for _, jobs := range [][]string{{"a#1", "a#2", "b"}, {"b", "a#2", "a#1"}} {
		var bodies []event.Body
		for _, job := range jobs {
			bodies = append(bodies, event.JobStarted{Job: "unit/" + job, Category: "unit", Suite: job[:1], Tool: "node", Dir: ".", Share: 1, Attempt: 1})
		}
		for _, job := range jobs {
			bodies = append(bodies, passed("unit/"+job, job+".js::t"), event.JobFinished{Job: "unit/" + job, Cause: event.Crashed, Exit: 3, Problem: "boom"})
		}
		line := fold(bodies...).Verdict().Line
		if strings.Count(line, "unit: a: the tool crashed") != 1 || strings.Count(line, "unit: b: the tool crashed") != 1 {
			t.Errorf("%s", line)
		}
		lines[line] = true
	}
	if len(lines) != 1 {
		t.Errorf("%v", lines)
	}
}
