package runner

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"testrunner/categories"
	"testrunner/env"
	"testrunner/report"
	"testrunner/report/event"
	"testrunner/runner/tool"
)

// situation is a selection with its needs, and what was asked and found.
type situation struct {
	selection categories.Selection
	needs     env.Needs
	asked     env.Asked
	findings  []event.Finding
}

func situations() *rapid.Generator[situation] {
	names := []string{"unit", "e2e", "mission-critical"}
	return rapid.Custom(func(t *rapid.T) situation {
		s := situation{needs: env.Needs{Services: []env.Service{{Name: "db", Compose: true}, {Name: "cache", Compose: true, Stub: true}}}}
		for _, name := range names {
			c := categories.Category{Name: name, Critical: name == "mission-critical"}
			for i := range rapid.IntRange(0, 2).Draw(t, name) {
				n := env.SuiteNeeds{
					Category: name, Suite: fmt.Sprint(i), Critical: c.Critical, Named: rapid.Bool().Draw(t, "named"), Stubs: []string{"cache"},
					Needs: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"db", "cache"}), 0, 2, rapid.ID[string]).Draw(t, "needs"),
					Modes: rapid.SliceOfNDistinct(rapid.SampledFrom(env.Modes()), 0, 3, rapid.ID[event.Mode]).Draw(t, "modes"),
				}
				if rapid.IntRange(0, 5).Draw(t, "tool") == 0 {
					n.Findings = []event.Finding{{ID: "tool.x", Status: event.Fail, Detail: "no tool"}}
				}
				s.needs.Suites = append(s.needs.Suites, n)
				each := suite(n.Suite, "player")
				each.Target.Category = name
				c.Suites = append(c.Suites, each)
			}
			if len(c.Suites) > 0 {
				s.selection.Categories = append(s.selection.Categories, c)
			}
		}
		if mode := rapid.SampledFrom(append(env.Modes(), env.Auto)).Draw(t, "mode"); mode != env.Auto {
			s.asked.Environment.Mode, s.asked.EnvFrom = mode, "--env "+string(mode)
		}
		s.asked.RealServices, s.asked.Strict = rapid.Bool().Draw(t, "real"), rapid.Bool().Draw(t, "strict")
		s.asked.AllowNotRun = rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 2, rapid.ID[string]).Draw(t, "allowed")
		for _, id := range []string{event.DockerEngine, "local.db", "local.cache", "staging.db.health", "staging.cache.health"} {
			s.findings = append(s.findings, event.Finding{ID: id, Status: rapid.SampledFrom([]event.Status{event.OK, event.Fail}).Draw(t, id), Detail: id})
		}
		return s
	})
}

// The whole way from findings to the exit code, with jobs that all pass: what the decision promises is what the run ends with; a
// critical category that did not run is never 0 without its --allow-not-run; nothing executed is never 0.
func TestDecisionsEndAsTheyPromise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := situations().Draw(t, "situation")
		d := env.Decide(s.asked, s.needs, s.findings)
		p := BuildPlan(s.selection, d, Settings{Slots: 2, Accepted: s.asked.AllowNotRun, Tools: []tool.Tool{player{}}})
		verdict := passing(t, s.asked, d, p)
		if verdict.Code != d.Code() {
			t.Fatalf("the decision promises %d, the run ends with: %s\n%+v", d.Code(), verdict.Line, d.Admissions)
		}
		if len(p.Jobs) == 0 && verdict.Code == 0 {
			t.Fatalf("nothing ran: %s", verdict.Line)
		}
		for i, a := range d.Admissions {
			if n := s.needs.Suites[i]; !a.Admitted && !a.LeftOut && n.Critical && !slices.Contains(s.asked.AllowNotRun, n.Category) && verdict.Code != 5 {
				t.Fatalf("%s did not run: %s", n.Category, verdict.Line)
			}
		}
	})
}

// passing is the verdict of a run of the plan in which every job passes.
func passing(t *rapid.T, asked env.Asked, d env.Decision, p Plan) report.Verdict {
	ledger := report.NewLedger()
	at := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	seq := int64(0)
	tell := func(b event.Body) {
		seq++
		if err := ledger.Handle(event.Event{Seq: seq, At: at, Body: b}); err != nil {
			t.Fatal(err)
		}
	}
	tell(event.RunStarted{Version: event.Version, Strict: asked.Strict})
	tell(event.Decided{Asked: d.Asked, Mode: d.Mode, Why: d.Why, Rules: d.Rules, Admissions: d.Told()})
	tell(p.Planned)
	for _, n := range p.NotRun {
		tell(n)
	}
	for _, j := range p.Jobs {
		test := event.Test{ID: j.Target.Job + ".py::test"}
		tell(event.JobStarted{Job: j.Target.Job, Category: j.Target.Category, Suite: j.Target.Suite, Tool: "player", Fidelity: event.Real, Attempt: 1})
		tell(event.TestFinished{Job: j.Target.Job, Test: test, Outcome: event.Passed})
		tell(event.JobFinished{Job: j.Target.Job, Cause: event.Done})
	}
	tell(event.Leftovers{})
	return ledger.Summary().Verdict()
}
