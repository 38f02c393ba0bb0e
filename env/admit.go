package env

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"testrunner/report/event"
)

// admissions says for each suite whether it may run in the mode.
func (s situation) admissions(mode event.Mode) []event.Admission {
	out := make([]event.Admission, len(s.needs.Suites))
	small := s.fitting(mode)
	for i, n := range s.needs.Suites {
		out[i] = s.admit(n, mode, small[i])
	}
	return out
}

// admit asks in the order in which a person would: is it for this mode at all, are its services there, is there memory for them, is
// its tool there.
func (s situation) admit(n SuiteNeeds, mode event.Mode, memory *event.Reason) event.Admission {
	a := event.Admission{Category: n.Category, Suite: n.Suite}
	if s.leftOut(n, mode) {
		a.LeftOut, a.Reason = true, s.foreign(n, mode)
		return a
	}
	if reason := s.unwritten(n, mode); reason != nil {
		a.Reason, a.Accepted = *reason, s.acceptedUnwritten(n)
		return a
	}
	if len(n.Needs) > 0 {
		served, reason := s.serve(n, mode)
		if reason == nil {
			reason = memory
		}
		if reason != nil {
			a.Reason, a.Accepted = s.hinted(*reason, n, mode), s.accepted(n, true)
			return a
		}
		a.Services = served
	}
	for _, f := range n.Findings {
		if f.Status == event.Fail {
			a.Services = nil
			a.Reason = event.Reason{Code: event.ReasonBlocked, Text: f.Detail, Remedy: f.Remedy, Finding: f.ID}
			a.Accepted = s.accepted(n, false)
			return a
		}
	}
	a.Admitted = true
	return a
}

// leftOut says whether the suite counts as not selected: nobody named it, and it can't be meant in this mode. Staging that was asked for
// leaves out all that does not list it; the other modes leave out what is for staging alone.
func (s situation) leftOut(n SuiteNeeds, mode event.Mode) bool {
	if n.Named || len(n.Needs) == 0 || n.allows(mode) {
		return false
	}
	if mode == event.Staging {
		return s.asked.Mode() == event.Staging
	}
	return !n.allows(event.Docker) && !n.allows(event.NoDocker)
}

func (s situation) foreign(n SuiteNeeds, mode event.Mode) event.Reason {
	names := make([]string, len(n.modes()))
	for i, m := range n.modes() {
		names[i] = string(m)
	}
	return event.Reason{Code: event.ReasonBlocked, Text: fmt.Sprintf("needs %s and does not run in %s: its modes are %s", strings.Join(n.Needs, ", "), mode, strings.Join(names, ", "))}
}

// hinted adds the way out that every machine has: without Docker, what can run does. It is no remedy, since it mends nothing.
func (s situation) hinted(r event.Reason, n SuiteNeeds, mode event.Mode) event.Reason {
	if s.asked.Mode() != Auto || mode != event.NoDocker || s.asked.Kept != nil || s.needs.startedFor(s.asked) == "" {
		return r
	}
	if f, works := s.engine(); !works && n.allows(event.Docker) {
		r = event.Reason{
			Code: r.Code, Finding: f.ID, Remedy: f.Remedy,
			Text: fmt.Sprintf("%s; Docker: %s; what can't run is accepted with: runner --no-docker", r.Text, cmp.Or(f.Detail, f.Value, string(f.Status))),
		}
	}
	return r
}

// accepted says who accepts that a suite does not run. Without Docker by name, a missing service is no surprise; a critical category
// is accepted by its own name alone (law 3).
func (s situation) accepted(n SuiteNeeds, service bool) string {
	switch {
	case slices.Contains(s.asked.AllowNotRun, n.Category):
		return "--allow-not-run " + n.Category
	case service && !n.Critical && s.asked.Kept == nil && s.asked.Mode() == event.NoDocker && !s.asked.RealServices:
		return cmp.Or(s.asked.EnvFrom, string(event.NoDocker))
	}
	return ""
}

// serve says what serves the suite's services in the mode, or why that can't be.
func (s situation) serve(n SuiteNeeds, mode event.Mode) ([]event.Served, *event.Reason) {
	if !n.allows(mode) {
		r := s.foreign(n, mode)
		return nil, &r
	}
	if r := s.unwritten(n, mode); r != nil {
		return nil, r
	}
	l := ladder{situation: s, suite: n, mode: mode, tried: map[string]bool{}}
	for _, name := range n.Needs {
		if reason := l.climb(name); reason != nil {
			return nil, reason
		}
	}
	slices.SortFunc(l.served, func(a, b event.Served) int { return compare(a.Service, b.Service) })
	return l.served, nil
}

// ladder tries for each service the rungs of a mode.
type ladder struct {
	situation
	suite  SuiteNeeds
	mode   event.Mode
	served []event.Served
	tried  map[string]bool // services on the way: each is served once
}

// climb finds what serves one service and all that it then depends on. What can't be served is asked for anew the next time.
func (l *ladder) climb(name string) (reason *event.Reason) {
	if l.tried[name] {
		return nil
	}
	l.tried[name] = true
	defer func() {
		if reason != nil {
			delete(l.tried, name)
		}
	}()
	if l.asked.Names(name) || l.mode != event.Staging && l.asked.Elsewhere(name) {
		return l.byFinding(name, event.ByAddress, event.Address+"."+name)
	}
	if l.asked.Kept != nil {
		return l.kept(name)
	}
	if l.mode == event.Staging {
		return l.staging(name)
	}
	service := l.needs.Service(name)
	before := len(l.served)
	if l.mode == event.Docker {
		reason = l.docker(service)
	} else {
		reason = l.byFinding(name, event.ByLocal, event.Local+"."+name)
	}
	for _, d := range service.DependsOn {
		if reason != nil {
			break
		}
		reason = l.climb(d)
	}
	if reason == nil || !l.mayStub(service) {
		return reason
	}
	l.stubbed(name, before)
	return nil
}

// stubbed takes back what was to serve a service and what it depends on: a stub stands alone.
func (l *ladder) stubbed(name string, before int) {
	for _, s := range l.served[before:] {
		delete(l.tried, s.Service)
	}
	l.tried[name] = true
	l.served = append(l.served[:before], event.Served{Service: name, By: event.ByStub, Fidelity: event.Stub})
}

// mayStub says whether a stub may serve: only where Docker was declined by name, the suite lists the service, and there is one.
func (l *ladder) mayStub(service Service) bool {
	return l.mode == event.NoDocker && l.asked.Mode() == event.NoDocker && !l.asked.RealServices && !l.asked.Strict &&
		service.Stub && slices.Contains(l.suite.Stubs, service.Name)
}

func (l *ladder) docker(service Service) *event.Reason {
	f, works := l.engine()
	if !works {
		return blocked("needs "+service.Name+"; Docker: "+cmp.Or(f.Detail, f.Value, string(f.Status)), f)
	}
	for _, f := range l.findings {
		if !well(f) && slices.ContainsFunc(service.Ports, func(p Port) bool { return p.is(f.ID) }) {
			return blocked("needs "+service.Name+", whose port can't be had: "+cmp.Or(f.Detail, string(f.Status)), f)
		}
	}
	for _, f := range l.findings {
		if f.ID == event.Compose+"."+service.Name && !well(f) {
			return blocked("needs "+service.Name+": "+f.Detail, f)
		}
	}
	if !service.Compose {
		return blocked("needs "+service.Name+", which no compose file describes", event.Finding{ID: event.Compose + "." + service.Name})
	}
	l.served = append(l.served, event.Served{Service: service.Name, By: event.ByDocker, Fidelity: event.Real})
	return nil
}

// is says whether a finding is of this port.
func (p Port) is(id string) bool {
	subject, number := cutLast(id)
	return (subject == event.HostPort || subject == event.DockerProjects) && number == strconv.Itoa(p.Number)
}

// byFinding serves where the finding of that ID is well. One that nobody made is not.
func (l *ladder) byFinding(name string, by event.Provider, id string) *event.Reason {
	seen := false
	for _, f := range l.findings {
		if f.ID != id {
			continue
		}
		if !well(f) {
			return blocked("needs "+name+": "+cmp.Or(f.Detail, string(f.Status)), f)
		}
		seen = true
	}
	if !seen {
		return blocked("needs "+name+", and nobody looked whether it is there", event.Finding{ID: id})
	}
	l.served = append(l.served, event.Served{Service: name, By: by, Fidelity: event.Real})
	return nil
}

// staging serves what has an address of which every check is well. What stands behind it is staging's own.
func (l *ladder) staging(name string) *event.Reason {
	seen := false
	for _, f := range l.findings {
		subject, _ := cutLast(f.ID)
		if f.ID != event.StagingSecrets && f.ID != event.StagingBefore && subject != event.StagingAddress+"."+name {
			continue
		}
		if !well(f) {
			return blocked("needs "+name+" of staging: "+cmp.Or(f.Detail, string(f.Status)), f)
		}
		seen = seen || subject == event.StagingAddress+"."+name && f.ID != subject+".address"
	}
	if !seen {
		return blocked("needs "+name+" of staging, and nobody looked whether it answers", event.Finding{ID: event.StagingAddress + "." + name})
	}
	l.served = append(l.served, event.Served{Service: name, By: event.ByStaging, Fidelity: event.Real})
	return nil
}

func blocked(text string, f event.Finding) *event.Reason {
	return &event.Reason{Code: event.ReasonBlocked, Text: text, Remedy: f.Remedy, Finding: f.ID}
}

// cutLast cuts an ID before its last word: a service's name may hold dots.
func cutLast(id string) (subject, check string) {
	i := strings.LastIndexByte(id, '.')
	if i < 0 {
		return id, ""
	}
	return id[:i], id[i+1:]
}

// servedWords are services with what serves them: "postgres (docker), redis (docker)".
func servedWords(served []event.Served) string {
	words := make([]string, len(served))
	for i, s := range served {
		words[i] = s.Service + " (" + string(s.By) + ")"
	}
	return strings.Join(words, ", ")
}
