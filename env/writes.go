package env

import (
	"cmp"
	"fmt"
	"slices"

	"testrunner/report/event"
)

// mayWrite says whether the suite may run where others work: it writes nothing, or the environment of staging allows it.
func (a Asked) mayWrite(n SuiteNeeds) bool { return n.Writes == "" || a.staging().Writes }

// InStaging says whether a suite may run in staging at all.
func (a Asked) InStaging(n SuiteNeeds) bool {
	return (len(n.Needs) == 0 || n.allows(event.Staging)) && a.mayWrite(n)
}

// staging is the environment that a run against staging is of: the one that was asked for, or the fallback of auto.
func (a Asked) staging() Environment {
	if a.Mode() == Auto && a.Fallback != nil {
		return *a.Fallback
	}
	return a.Environment
}

// unwritten is why a suite must not run because it writes; nil where it may. One that may not run in staging at all has that reason.
func (s situation) unwritten(n SuiteNeeds, mode event.Mode) *event.Reason {
	if mode != event.Staging || s.asked.mayWrite(n) || len(n.Needs) > 0 && !n.allows(mode) {
		return nil
	}
	text := fmt.Sprintf("its tests write, and the environment %s does not say allow_writes: true", cmp.Or(s.asked.staging().Name, string(mode)))
	return &event.Reason{Code: event.ReasonBlocked, Text: text, Remedy: elsewhere(n)}
}

// elsewhere is the command that runs a suite's category in another mode than staging, "" where it may run in no other.
func elsewhere(n SuiteNeeds) string {
	for _, m := range DefaultModes() {
		if len(n.Needs) == 0 || n.allows(m) {
			return "runner --env " + string(m) + " -c " + event.ShellQuote(n.Category)
		}
	}
	return ""
}

// acceptedUnwritten says who accepts that a suite does not run because it writes: whoever wrote in the configuration that it does, where
// staging was asked for by name. A path that was named is meant; under a fallback nobody meant staging; and a critical category is
// accepted by its own name alone (law 3).
func (s situation) acceptedUnwritten(n SuiteNeeds) string {
	switch {
	case slices.Contains(s.asked.AllowNotRun, n.Category):
		return "--allow-not-run " + n.Category
	case !n.Critical && len(s.asked.Paths) == 0 && s.asked.Mode() == event.Staging:
		return n.Writes
	}
	return ""
}
