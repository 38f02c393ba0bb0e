// Package runner turns a selection and a decision into a Plan, and runs it: which job starts when and with how many
// cores, what its tool says, when it hangs, and how it ends. It tells everything as events and keeps no result itself.
// It knows tools only through runner/tool's seam, and neither reports nor the terminal.
package runner

import (
	"cmp"
	"slices"
	"time"

	"testrunner/categories"
	"testrunner/env"
	"testrunner/report/event"
	"testrunner/runner/tool"
)

// Plan is everything that will happen, as a value that can be printed.
type Plan struct {
	Planned event.Planned
	NotRun  []event.NotRun // known before the first job: blocked suites and categories
	Jobs    []Job          // in the order in which they are offered to the scheduler
	Slots   int            // core slots
	Capped  bool           // a person named the slots: no job runs beyond them, however idle the cores are
}

// Job is one process to start for a suite.
type Job struct {
	Tool      tool.Tool
	Target    tool.Target   // complete but for Share and Scratch
	Exclusive bool          // runs alone
	Timeout   time.Duration // of its suite or category; 0 is none
	Cores     int           // the most slots that it could keep busy
	Last      Timing        // from the previous run; zero when unknown
	Of        string        // the suite's key, where the suite is split into several jobs
	Services  []string      // that it needs: it waits for them, and for no others; sorted
	Fidelity  event.Fidelity
}

// Settings is what a plan needs to know beside the selection and the decision.
type Settings struct {
	Slots    int               // core slots, at least 1
	Capped   bool              // as Plan.Capped
	Accepted []string          // names given to --allow-not-run, normalised
	Programs map[string]string // what Check found, by SuiteKey
	Tools    []tool.Tool
	Timings  Timings
	Cache    string
	Debug    bool
	Ordered  bool // runner.yaml fixes the order of the categories

	Variables []string // NAME=VALUE of the environment that was asked for, for every job; a suite's own come after them
}

// SuiteKey names a suite in the whole selection.
func SuiteKey(category, suite string) string { return category + "/" + suite }

// BuildPlan is pure: the same selection, decision and settings give the same plan.
func BuildPlan(sel categories.Selection, d env.Decision, s Settings) Plan {
	p := Plan{Slots: max(1, s.Slots), Capped: s.Capped}
	for _, c := range sel.Categories {
		p.addCategory(c, d, s)
	}
	if s.Debug {
		p.Slots = 1
	}
	sortJobs(p.Jobs, s.Ordered)
	return p
}

func (p *Plan) addCategory(c categories.Category, d env.Decision, s Settings) {
	planned := event.PlannedCategory{Name: c.Name, Critical: c.Critical}
	if slices.Contains(s.Accepted, c.Name) {
		planned.Accepted = "--allow-not-run " + c.Name
	}
	var blocked []event.NotRun
	for _, suite := range c.Suites {
		a := d.Admission(c.Name, suite.Name)
		if a.LeftOut {
			continue
		}
		planned.Suites = append(planned.Suites, suite.Name)
		if !a.Admitted {
			blocked = append(blocked, event.NotRun{Category: c.Name, Suite: suite.Name, Reason: a.Reason, Accepted: cmp.Or(a.Accepted, planned.Accepted)})
			continue
		}
		jobs := newJobs(c, suite, s)
		for i := range jobs {
			jobs[i].Services, jobs[i].Fidelity = needed(a.Services)
			jobs[i].Target.Served = len(jobs[i].Services) > 0
		}
		planned.Jobs += len(jobs)
		p.Jobs = append(p.Jobs, jobs...)
	}
	if len(planned.Suites) == 0 {
		return // all of it is left out
	}
	// A category of which nothing may run is one entry, not one a suite; what nobody accepts speaks for it.
	if planned.Jobs == 0 && len(blocked) > 0 {
		whole := blocked[0]
		if i := slices.IndexFunc(blocked, func(n event.NotRun) bool { return n.Accepted == "" }); i >= 0 {
			whole = blocked[i]
		}
		whole.Suite = ""
		blocked = []event.NotRun{whole}
	}
	p.NotRun = append(p.NotRun, blocked...)
	p.Planned.Categories = append(p.Planned.Categories, planned)
}

// needed are the names of what serves a suite, and how real that is: as its least real service.
func needed(served []event.Served) (names []string, fidelity event.Fidelity) {
	fidelity = event.Real
	for _, s := range served {
		names = append(names, s.Service)
		if s.Fidelity == event.Stub {
			fidelity = event.Stub
		}
	}
	slices.Sort(names)
	return names, fidelity
}

func newJob(c categories.Category, suite categories.Suite, s Settings) Job {
	t := suite.Target
	t.Job = SuiteKey(c.Name, suite.Name)
	t.Program, t.Env = s.Programs[t.Job], slices.Concat(s.Variables, t.Env)
	t.Cache, t.Debug, t.Attempt, t.Cores = s.Cache, s.Debug, 1, max(1, s.Slots)
	j := Job{Target: t, Exclusive: c.Exclusive || suite.Exclusive, Last: s.Timings[t.Job]}
	for _, each := range s.Tools {
		if each.Name() == suite.Tool {
			j.Tool = each
		}
	}
	j.Cores = max(1, j.Tool.Cores(t))
	j.Timeout = shorter(duration(c.Timeout), duration(suite.Timeout))
	return j
}

// duration reads a duration that the configuration has checked already.
func duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0
	}
	return d
}

// shorter is the smaller of two durations of which 0 means none.
func shorter(a, b time.Duration) time.Duration {
	if a == 0 || (b != 0 && b < a) {
		return b
	}
	return a
}

// sortJobs puts the longest job of the previous run first, since it decides when the run ends. Jobs that never ran count
// as longest: nobody knows. Jobs that run alone come last, as each makes all others wait. Where runner.yaml orders the
// categories, only jobs of one category change places.
func sortJobs(jobs []Job, ordered bool) {
	rank := map[string]int{}
	for _, j := range jobs {
		if _, ok := rank[j.Target.Category]; !ok {
			rank[j.Target.Category] = len(rank)
		}
	}
	slices.SortStableFunc(jobs, func(a, b Job) int {
		if ordered && a.Target.Category != b.Target.Category {
			return rank[a.Target.Category] - rank[b.Target.Category]
		}
		if a.Exclusive != b.Exclusive {
			if b.Exclusive {
				return -1
			}
			return 1
		}
		if (a.Last.MS == 0) != (b.Last.MS == 0) {
			if a.Last.MS == 0 {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.Last.MS, a.Last.MS)
	})
}
