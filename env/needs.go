package env

import (
	"slices"

	"testrunner/report/event"
)

// Needs is what the selection needs of the environment.
type Needs struct {
	Suites   []SuiteNeeds
	Services []Service // all that are known, sorted by name
}

// SuiteNeeds is what one suite of the selection needs.
type SuiteNeeds struct {
	Category string
	Suite    string
	Critical bool
	Named    bool            // its category, or a path or test of it, was named on the command line
	Needs    []string        // services, as runner.yaml names them; none: the suite runs in every mode
	Stubs    []string        // services of which a stub will do, where stubs may serve at all
	Modes    []event.Mode    // the modes in which it may run; none: DefaultModes
	Writes   string          // where it is said that its tests write to what they test: "runner.yaml:9:31"; "" is nowhere
	Why      string          // where that is said: "runner.yaml:4:18", "assumed from compose.yaml"
	Findings []event.Finding // what Check said of its tool and installation
}

func (s SuiteNeeds) modes() []event.Mode {
	if len(s.Modes) == 0 {
		return DefaultModes()
	}
	return s.Modes
}

func (s SuiteNeeds) allows(m event.Mode) bool { return slices.Contains(s.modes(), m) }

// Service finds a service by its name; one that nobody describes has its name alone.
func (n Needs) Service(name string) Service {
	for _, s := range n.Services {
		if s.Name == name {
			return s
		}
	}
	return Service{Name: name}
}

// Closure is the names and all that they depend on, sorted, each once. What stops says of a service that it stands alone.
func (n Needs) Closure(names []string, stops func(Service) bool) []string {
	var out []string
	var visit func(name string)
	visit = func(name string) {
		if slices.Contains(out, name) {
			return
		}
		out = append(out, name)
		s := n.Service(name)
		if stops != nil && stops(s) {
			return
		}
		for _, d := range s.DependsOn {
			visit(d)
		}
	}
	for _, name := range names {
		visit(name)
	}
	slices.Sort(out)
	return out
}

// startedFor is the first service that somebody would have to start, "" where all that is needed is at addresses and may be used there
// without Docker.
func (n Needs) startedFor(asked Asked) string {
	for _, s := range n.Suites {
		for _, name := range s.Needs {
			if !asked.Elsewhere(name) || !s.allows(event.NoDocker) {
				return name
			}
		}
	}
	return ""
}

// Look is which of the modes come into question, so that nothing else is looked at.
type Look struct {
	Docker  bool
	Local   bool
	Staging bool
}

// Any says whether anything has to be looked at.
func (l Look) Any() bool { return l.Docker || l.Local || l.Staging }

// LookAt says what the decision will have to know. Where nothing that is selected needs a service, that is nothing.
func LookAt(asked Asked, needs Needs) Look {
	var l Look
	starts := needs.startedFor(asked) != ""
	for _, s := range needs.Suites {
		if len(s.Needs) == 0 {
			continue
		}
		switch asked.Mode() {
		case event.Docker:
			l.Docker = l.Docker || s.allows(event.Docker)
		case event.NoDocker:
			l.Local = l.Local || s.allows(event.NoDocker)
		case event.Staging:
			l.Staging = l.Staging || s.allows(event.Staging) && asked.mayWrite(s)
		default:
			l.Docker = l.Docker || s.allows(event.Docker) && starts
			l.Local = l.Local || s.allows(event.NoDocker)
			l.Staging = l.Staging || starts && asked.Fallback != nil && s.allows(event.Staging) && asked.mayWrite(s)
		}
	}
	return l
}

// Wanted are the services that the modes of the look would have to serve, to the suites that may run in them, sorted: with all that they
// depend on, and for staging those that are named alone. A look at nothing is at what all suites name.
func (n Needs) Wanted(l Look) []string {
	named := n.Named(func(s SuiteNeeds) bool {
		return !l.Any() || l.Docker && s.allows(event.Docker) || l.Local && s.allows(event.NoDocker) || l.Staging && s.allows(event.Staging)
	})
	if l.Docker || l.Local {
		return n.Closure(named, nil)
	}
	return named
}

// InDocker are the services that docker mode would have to start, sorted: with all that they depend on, without those that somebody else
// runs at an address, and what only those depend on. A set that is up has them all.
func (n Needs) InDocker(asked Asked) []string {
	if asked.Kept != nil {
		return nil
	}
	all := n.Closure(n.Named(func(s SuiteNeeds) bool { return s.allows(event.Docker) }), func(s Service) bool { return asked.Elsewhere(s.Name) })
	return slices.DeleteFunc(all, asked.Elsewhere)
}

// Named are the services that suites name, sorted; of which suites, the caller says. nil is all.
func (n Needs) Named(of func(SuiteNeeds) bool) []string {
	var named []string
	for _, s := range n.Suites {
		if of == nil || of(s) {
			named = append(named, s.Needs...)
		}
	}
	slices.Sort(named)
	return slices.Compact(named)
}
