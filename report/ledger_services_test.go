package report_test

import (
	"testing"
	"time"

	"testrunner/report"
	"testrunner/report/event"
)

// A test that passes while the engine under its services is dead proves nothing; one that passes while a service is gone may mean that.
func TestEngineLost(t *testing.T) {
	at := time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		engine bool
		late   time.Duration // of the result, behind the death
		code   int
	}{
		"after the engine's death":  {true, time.Second, report.Incomplete},
		"before the engine's death": {true, -time.Millisecond, report.Passed},
		"after a service's death":   {false, time.Second, report.Passed},
	} {
		t.Run(name, func(t *testing.T) {
			l := report.NewLedger()
			tell := func(at time.Time, b event.Body) {
				if err := l.Handle(event.Event{At: at, Body: b}); err != nil {
					t.Fatal(err)
				}
			}
			tell(at, event.RunStarted{Version: 1})
			tell(at, event.Planned{Categories: []event.PlannedCategory{{Name: "e2e", Suites: []string{"go"}, Jobs: 1}}})
			tell(at, event.JobStarted{Job: "e2e/go", Category: "e2e", Suite: "go", Tool: "go", Fidelity: event.Real, Attempt: 1, Services: []string{"redis"}})
			tell(at.Add(c.late), event.TestFinished{Job: "e2e/go", Test: event.Test{ID: "a::b"}, Outcome: event.Passed, Micros: 1e6})
			tell(at.Add(time.Minute), event.JobFinished{Job: "e2e/go", Cause: event.Done})
			tell(at.Add(time.Minute), event.ServiceLost{Service: "redis", From: at, Detail: "the engine died", Engine: c.engine})
			tell(at.Add(time.Minute), event.Leftovers{})
			s := l.Summary()
			got := s.Categories[0].Suites[0].Cases[0]
			if s.Verdict().Code != c.code || c.code == report.Incomplete && got.Message != "the engine under redis was gone while this test ran: the engine died; it passed, which proves nothing" {
				t.Errorf("%s: %s %q", s.Verdict().Line, got.Type, got.Message)
			}
			if err := s.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A failure in a job whose service was gone at that time is the environment's, and the run INCOMPLETE; any other is the test's own.
func TestServiceLost(t *testing.T) {
	start := time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)
	second := func(n float64) time.Time { return start.Add(time.Duration(n * float64(time.Second))) }
	for name, c := range map[string]struct {
		services []string
		end      int     // when the failure is told
		micros   int64   // how long the test took
		from, to float64 // to 0: it did not come back
		want     event.Outcome
		code     int
	}{
		"in the middle":         {[]string{"redis"}, 15, 1e6, 10, 20, event.Errored, report.Incomplete},
		"begun before, ended":   {[]string{"redis"}, 15, 14e6, 10, 0, event.Errored, report.Incomplete},
		"ended before":          {[]string{"redis"}, 9, 1e6, 10, 20, event.Failed, report.Failed},
		"begun after it came":   {[]string{"redis"}, 30, 1e6, 10, 20, event.Failed, report.Failed},
		"told before the death": {[]string{"redis"}, 10, 1e6, 10, 0, event.Errored, report.Incomplete},
		"the death seen late":   {[]string{"redis"}, 10, 1e6, 10.4, 0, event.Errored, report.Incomplete},
		"another's service":     {[]string{"postgres"}, 15, 1e6, 10, 20, event.Failed, report.Failed},
		"needs none":            {nil, 15, 1e6, 10, 20, event.Failed, report.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			l := report.NewLedger()
			tell := func(at int, b event.Body) {
				if err := l.Handle(event.Event{At: second(float64(at)), Body: b}); err != nil {
					t.Fatal(err)
				}
			}
			tell(0, event.RunStarted{Version: 1})
			tell(0, event.Planned{Categories: []event.PlannedCategory{{Name: "e2e", Suites: []string{"go"}, Jobs: 1}}})
			tell(1, event.JobStarted{Job: "e2e/go", Category: "e2e", Suite: "go", Tool: "go", Fidelity: event.Real, Attempt: 1, Services: c.services})
			tell(2, event.TestFinished{Job: "e2e/go", Test: event.Test{ID: "a::fine"}, Outcome: event.Passed})
			tell(c.end, event.TestFinished{Job: "e2e/go", Test: event.Test{ID: "a::b"}, Outcome: event.Failed, Micros: c.micros, Message: "connection refused"})
			tell(40, event.JobFinished{Job: "e2e/go", Exit: 1, Cause: event.Done})
			lost := event.ServiceLost{Service: "redis", From: second(c.from), Detail: "ended by SIGKILL"}
			if c.to > 0 {
				lost.To = second(c.to)
			}
			tell(41, lost)
			tell(42, event.Leftovers{})
			s := l.Summary()
			got := s.Categories[0].Suites[0].Cases[0]
			if got.Outcome != c.want || s.Verdict().Code != c.code {
				t.Errorf("%s %q, %s", got.Outcome, got.Message, s.Verdict().Line)
			}
			if c.want == event.Errored && (got.Type != string(event.EnvironmentType) || got.Message != "redis was gone while this test ran: ended by SIGKILL; the test said: connection refused") {
				t.Errorf("%s: %s", got.Type, got.Message)
			}
			if err := s.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}
