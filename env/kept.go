package env

import (
	"fmt"
	"slices"
	"strings"

	"testrunner/report/event"
)

// keptFits says whether there is a set that is up, in a mode that nobody contradicts (law 1).
func (s situation) keptFits() bool {
	k := s.asked.Kept
	return k.Mode != "" && (s.asked.Mode() == Auto || s.asked.Mode() == k.Mode)
}

// kept serves from the set that is up. What of it somebody would have to start, or would serve less really than was asked for, is refused.
func (l *ladder) kept(name string) *event.Reason {
	k := l.asked.Kept
	set := event.Finding{ID: event.Kept, Remedy: "runner services down"}
	if k.Mode == "" {
		return l.byFinding(name, event.ByLocal, event.Kept)
	}
	if !l.keptFits() {
		return blocked(fmt.Sprintf("needs %s, and the services that are up are in mode %s, which %s does not ask for", name, k.Mode, l.asked.EnvFrom), set)
	}
	i := slices.IndexFunc(k.Services, func(s event.Served) bool { return s.Service == name })
	if i < 0 && k.Project != "" {
		return l.byFinding(name, event.ByDocker, event.Kept+"."+name)
	}
	if i < 0 {
		return blocked(fmt.Sprintf("needs %s, which is not among the services that are up (%s)", name, strings.Join(k.names(), ", ")), set)
	}
	served := k.Services[i]
	if served.Fidelity == event.Stub && (l.asked.RealServices || l.asked.Strict || !slices.Contains(l.suite.Stubs, name)) {
		return blocked(fmt.Sprintf("needs %s, and of the services that are up it is a stub", name), set)
	}
	if reason := l.byFinding(name, served.By, event.Kept+"."+name); reason != nil {
		return reason
	}
	if slices.Contains(k.Apart, name) && slices.Contains(l.suite.Needs, name) {
		return l.apart(name)
	}
	l.served[len(l.served)-1].Fidelity = served.Fidelity
	if served.By != event.ByDocker && served.By != event.ByLocal {
		return nil // it stands alone
	}
	for _, d := range l.needs.Service(name).DependsOn {
		if !slices.Contains(k.names(), d) {
			continue
		}
		if reason := l.climb(d); reason != nil {
			return reason
		}
	}
	return nil
}

// apart refuses to a test what only the peers of a service can reach.
func (l *ladder) apart(name string) *event.Reason {
	l.served = l.served[:len(l.served)-1]
	i := slices.IndexFunc(l.findings, func(f event.Finding) bool { return f.ID == event.Kept+"."+name })
	return blocked("needs "+name+": "+l.findings[i].Detail, l.findings[i])
}

func (k *Kept) names() []string {
	names := make([]string, len(k.Services))
	for i, s := range k.Services {
		names[i] = s.Service
	}
	return names
}
