package env

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"testrunner/report/event"
)

// nothingNeeded is the reason of every run that has no service to think about.
const nothingNeeded = "nothing that was selected needs a service, so Docker was not looked at"

// choose finds the mode. Under auto the rules are tried in order, and the first that holds decides.
func (s situation) choose() Decision {
	if k := s.asked.Kept; k != nil && len(s.needing()) > 0 && s.keptFits() {
		why := fmt.Sprintf("asked for by %s: the services that are up, in the mode that they are in", k.From)
		if k.Project != "" {
			why = fmt.Sprintf("asked for by %s: the compose project %s that is up, as it is", k.From, k.Project)
		}
		return Decision{Mode: k.Mode, Project: k.Project, Why: []string{why}, Rules: []event.Rule{{Mode: k.Mode, Name: "the services that are up", Taken: true, Why: why}}}
	}
	if mode := s.asked.Mode(); mode != Auto {
		why := "asked for by " + cmp.Or(s.asked.EnvFrom, string(mode))
		d := Decision{Mode: mode, Why: []string{why}}
		d.Rules = []event.Rule{{Mode: mode, Name: string(mode) + " by name", Taken: true, Why: why + ": obeyed or refused, never swapped for another mode"}}
		return d
	}
	rules := []func() event.Rule{s.idle}
	if len(s.asked.Environment.Addresses) > 0 {
		rules = append(rules, s.allElsewhere)
	}
	if s.asked.Kept != nil { // there are none, or they can't be used: nobody looks for others
		rules = append(rules, s.whatIsLeft)
	}
	rules = append(rules, s.inDocker, s.allLocal, s.inFallback, s.whatIsLeft)
	var d Decision
	for _, rule := range rules {
		r := rule()
		d.Rules = append(d.Rules, r)
		if r.Taken {
			d.Mode = r.Mode
			break
		}
	}
	d.Why = []string{d.Rules[len(d.Rules)-1].Why}
	if f, works := s.engine(); !works && d.lost(event.Docker) {
		d.Why = append(d.Why, "Docker does not work: "+said(f))
	}
	return d
}

// needing are the suites that need a service.
func (s situation) needing() []SuiteNeeds {
	return slices.DeleteFunc(slices.Clone(s.needs.Suites), func(n SuiteNeeds) bool { return len(n.Needs) == 0 })
}

func (s situation) idle() event.Rule {
	r := event.Rule{Mode: event.NoDocker, Name: "nothing needs a service", Taken: true, Why: nothingNeeded}
	if needing := s.needing(); len(needing) > 0 {
		first := needing[0]
		r.Taken, r.Why = false, fmt.Sprintf("%s needs %s (%s)", first.Category, strings.Join(first.Needs, ", "), first.Why)
	}
	return r
}

// allElsewhere is taken where somebody else runs all that is needed: then nothing is started, and nobody has to look at Docker.
func (s situation) allElsewhere() event.Rule {
	r := event.Rule{Mode: event.NoDocker, Name: "all at addresses", Taken: true, Why: "all that is needed is served at addresses, so Docker was not looked at"}
	if name := s.needs.startedFor(s.asked); name != "" {
		r.Taken, r.Why = false, name+" has no address"
	}
	return r
}

// lost says whether a rule of the mode was lost by a finding.
func (d Decision) lost(mode event.Mode) bool {
	return slices.ContainsFunc(d.Rules, func(r event.Rule) bool { return r.Mode == mode && !r.Taken && r.Finding != "" })
}

func (s situation) inDocker() event.Rule {
	r := event.Rule{Mode: event.Docker, Name: "docker"}
	if !slices.ContainsFunc(s.needing(), func(n SuiteNeeds) bool { return n.allows(event.Docker) }) {
		r.Why = "no suite that needs a service may run in docker (modes)"
		return r
	}
	f, works := s.engine()
	if !works {
		r.Why, r.Finding = said(f), f.ID
		return r
	}
	r.Taken, r.Why = true, "Docker works"
	if f.Detail != "" {
		r.Why += ": " + f.Detail
	}
	return r
}

// allLocal is taken only where it leaves nothing out: else a fallback may do better.
func (s situation) allLocal() event.Rule {
	r := event.Rule{Mode: event.NoDocker, Name: "no-docker with real local services", Taken: true, Why: "all that is needed can be served by this machine itself"}
	for _, n := range s.needing() {
		if _, reason := s.serve(n, event.NoDocker); reason != nil {
			r.Taken, r.Why, r.Finding = false, n.Category+": "+reason.Text, reason.Finding
			return r
		}
	}
	return r
}

func (s situation) inFallback() event.Rule {
	r := event.Rule{Mode: event.Staging, Name: "staging as the fallback"}
	if s.asked.Fallback == nil {
		r.Why = "the configuration lists no fallback"
		return r
	}
	r.Name = fmt.Sprintf("the fallback %s", s.asked.Fallback.Name)
	there, here := 0, 0
	var lost *event.Reason
	for _, n := range s.needing() {
		if _, reason := s.serve(n, event.Staging); reason == nil {
			there++
		} else if lost == nil {
			lost = reason
		}
		if _, reason := s.serve(n, event.NoDocker); reason == nil {
			here++
		}
	}
	if there > here {
		r.Taken, r.Why = true, fmt.Sprintf("%s lists it, and it serves %d of the %d suites that need a service (this machine alone: %d)", s.asked.Fallback.Where, there, len(s.needing()), here)
		return r
	}
	r.Why = fmt.Sprintf("it serves %d of the %d suites that need a service, this machine alone %d", there, len(s.needing()), here)
	if lost != nil {
		r.Why, r.Finding = lost.Text, lost.Finding
	}
	return r
}

func (s situation) whatIsLeft() event.Rule {
	return event.Rule{Mode: event.NoDocker, Name: "no-docker with what there is", Taken: true, Why: "what this machine can't serve itself is not run"}
}

// DockerWorks says whether the findings speak for Docker, so that nobody has to look for a way without it.
func DockerWorks(findings []event.Finding) bool {
	_, works := situation{findings: findings}.engine()
	return works
}

// engine is the finding that speaks for or against Docker, and whether it works. What nobody looked at does not work. A port that a
// container holds is no fault of the engine: it costs the service that wants it.
func (s situation) engine() (event.Finding, bool) {
	engine := event.Finding{ID: event.DockerEngine, Status: event.Unknown, Detail: "Docker was not looked at"}
	known := false
	for _, f := range s.findings {
		below := strings.HasPrefix(f.ID, "docker.") && !strings.HasPrefix(f.ID, event.DockerProjects+".")
		if below && f.Status == event.Fail || f.ID == event.DockerEngine && !well(f) {
			return f, false
		}
		if f.ID == event.DockerEngine && !known {
			engine, known = f, true
		}
	}
	return engine, known
}

func well(f event.Finding) bool { return f.Status == event.OK || f.Status == event.Warn }

// said is a finding in one line.
func said(f event.Finding) string {
	return cmp.Or(f.Detail, f.Value, string(f.Status)) + " (" + f.ID + ")"
}

func compare(a, b string) int { return strings.Compare(a, b) }
