package runner

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"testrunner/categories"
	"testrunner/env"
	"testrunner/report/event"
	"testrunner/runner/tool"
)

// wide is a tool that could keep many cores busy.
type wide struct{ player }

func (wide) Name() string          { return "wide" }
func (wide) Cores(tool.Target) int { return 6 }

func suite(name, toolName string) categories.Suite {
	return categories.Suite{Name: name, Tool: toolName, Target: tool.Target{Root: "/r", Dir: ".", Suite: name, Category: "filled in by the catalog"}}
}

func admit(yes bool, category string, suites ...string) []event.Admission {
	var out []event.Admission
	for _, s := range suites {
		a := event.Admission{Category: category, Suite: s, Admitted: yes}
		if !yes {
			a.Reason = event.Reason{Code: event.ReasonBlocked, Text: s + " is missing"}
		}
		out = append(out, a)
	}
	return out
}

func TestBuildPlan(t *testing.T) {
	settings := Settings{Slots: 4, Tools: []tool.Tool{player{}, wide{}}, Programs: map[string]string{"unit/go": "/bin/go"}, Cache: "/cache", Timings: Timings{"unit/go": {MS: 7, RSSKB: 9}}}
	unit := categories.Category{Name: "unit", Critical: true, Timeout: "10m", Suites: []categories.Suite{suite("go", "wide"), suite("py", "player")}}
	unit.Suites[1].Timeout, unit.Suites[1].Exclusive = "2m", true
	e2e := categories.Category{Name: "e2e", Exclusive: true, Suites: []categories.Suite{suite("web", "player"), suite("api", "player")}}
	sel := categories.Selection{Categories: []categories.Category{unit, e2e}}

	t.Run("all admitted", func(t *testing.T) {
		d := env.Decision{Admissions: slices.Concat(admit(true, "unit", "go", "py"), admit(true, "e2e", "web", "api"))}
		p := BuildPlan(sel, d, settings)
		want := []string{"unit/go 6 false 10m0s", "unit/py 1 true 2m0s", "e2e/web 1 true 0s", "e2e/api 1 true 0s"}
		if got := described(p); !slices.Equal(got, want) {
			t.Errorf("jobs %q, want %q", got, want)
		}
		j := p.Jobs[0]
		if j.Target.Program != "/bin/go" || j.Target.Cache != "/cache" || j.Target.Attempt != 1 || j.Target.Cores != 4 || !reflect.DeepEqual(j.Last, Timing{MS: 7, RSSKB: 9}) {
			t.Errorf("%+v", j)
		}
		planned := []event.PlannedCategory{{Name: "unit", Critical: true, Suites: []string{"go", "py"}, Jobs: 2}, {Name: "e2e", Suites: []string{"web", "api"}, Jobs: 2}}
		if !reflect.DeepEqual(p.Planned.Categories, planned) || len(p.NotRun) != 0 || p.Slots != 4 {
			t.Errorf("%+v", p)
		}
		if !reflect.DeepEqual(p, BuildPlan(sel, d, settings)) {
			t.Error("the same twice is not the same")
		}
	})
	t.Run("a blocked suite is named, a blocked category once", func(t *testing.T) {
		d := env.Decision{Admissions: slices.Concat(admit(true, "unit", "go"), admit(false, "unit", "py"), admit(false, "e2e", "web", "api"))}
		s := settings
		s.Accepted = []string{"e2e"}
		p := BuildPlan(sel, d, s)
		reason := func(what string) event.Reason {
			return event.Reason{Code: event.ReasonBlocked, Text: what + " is missing"}
		}
		want := []event.NotRun{{Category: "unit", Suite: "py", Reason: reason("py")}, {Category: "e2e", Reason: reason("web"), Accepted: "--allow-not-run e2e"}}
		if !reflect.DeepEqual(p.NotRun, want) {
			t.Errorf("not run %+v", p.NotRun)
		}
		if c := p.Planned.Categories[1]; c.Jobs != 0 || c.Accepted != "--allow-not-run e2e" || len(c.Suites) != 2 {
			t.Errorf("%+v", c)
		}
	})
	t.Run("debug", func(t *testing.T) {
		s := settings
		s.Debug, s.Slots = true, 0
		p := BuildPlan(categories.Selection{Categories: []categories.Category{{Name: "unit", Suites: []categories.Suite{suite("go", "wide")}}}}, env.Decision{Admissions: admit(true, "unit", "go")}, s)
		if p.Slots != 1 || !p.Jobs[0].Target.Debug || p.Jobs[0].Target.Cores != 1 {
			t.Errorf("%+v", p)
		}
	})
}

// A job that talks to services says so to its tool, which then takes no answer from a cache.
func TestBuildPlan_served(t *testing.T) {
	admitted := admit(true, "unit", "go", "py")
	admitted[1].Services = []event.Served{{Service: "redis", Fidelity: event.Real}}
	unit := categories.Category{Name: "unit", Suites: []categories.Suite{suite("go", "wide"), suite("py", "player")}}
	p := BuildPlan(categories.Selection{Categories: []categories.Category{unit}}, env.Decision{Admissions: admitted}, Settings{Tools: []tool.Tool{player{}, wide{}}})
	if p.Jobs[0].Target.Served || !p.Jobs[1].Target.Served {
		t.Errorf("%+v", p.Jobs)
	}
}

func described(p Plan) []string {
	var out []string
	for _, j := range p.Jobs {
		out = append(out, fmt.Sprint(j.Target.Job, " ", j.Cores, " ", j.Exclusive, " ", j.Timeout))
	}
	return out
}

func TestSortJobs(t *testing.T) {
	make := func(name, category string, ms int64, exclusive bool) Job {
		return Job{Target: tool.Target{Job: name, Category: category}, Last: Timing{MS: ms}, Exclusive: exclusive}
	}
	jobs := []Job{
		make("short", "a", 5, false), make("new", "a", 0, false), make("alone", "a", 90, true),
		make("long", "b", 70, false), make("also new", "b", 0, false), make("as long", "b", 70, false),
	}
	for _, c := range []struct {
		ordered bool
		want    []string
	}{
		{false, []string{"new", "also new", "long", "as long", "short", "alone"}},
		{true, []string{"new", "short", "alone", "also new", "long", "as long"}},
	} {
		sorted := slices.Clone(jobs)
		sortJobs(sorted, c.ordered)
		var got []string
		for _, j := range sorted {
			got = append(got, j.Target.Job)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("ordered %v: %q, want %q", c.ordered, got, c.want)
		}
	}
}

func TestShorter(t *testing.T) {
	for _, c := range [][3]time.Duration{{0, 0, 0}, {0, 5, 5}, {5, 0, 5}, {5, 3, 3}, {3, 5, 3}} {
		if got := shorter(c[0], c[1]); got != c[2] {
			t.Errorf("shorter(%d, %d) = %d", c[0], c[1], got)
		}
	}
	if duration("90s") != 90*time.Second || duration("") != 0 || duration("soon") != 0 {
		t.Error("duration")
	}
}
