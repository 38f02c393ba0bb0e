package env

import (
	"fmt"

	"testrunner/report/event"
)

// Decide says in which mode the run happens, and which suites may run. Nothing here needs a service yet, so the mode is
// always no-docker, and only a missing tool or installation keeps a suite back.
func Decide(asked Asked, needs Needs) Decision {
	d := Decision{Asked: asked.Env, Mode: event.NoDocker}
	if d.Asked == "" {
		d.Asked = "auto"
	}
	if d.Asked == "auto" {
		d.Why = append(d.Why, "nothing that was selected needs a service, so Docker was not looked at")
	} else {
		d.Why = append(d.Why, fmt.Sprintf("asked for by %s", asked.EnvFrom))
	}
	for _, s := range needs.Suites {
		d.Admissions = append(d.Admissions, admit(s))
	}
	return d
}

func admit(s SuiteNeeds) event.Admission {
	a := event.Admission{Category: s.Category, Suite: s.Suite, Admitted: true}
	for _, f := range s.Findings {
		if f.Status != event.Fail {
			continue
		}
		a.Admitted = false
		a.Reason = event.Reason{Code: event.ReasonBlocked, Text: f.Detail, Remedy: f.Remedy, Finding: f.ID}
		break
	}
	return a
}

// Admission finds the admission of a suite; a suite that the decision does not know is not admitted.
func (d Decision) Admission(category, suite string) event.Admission {
	for _, a := range d.Admissions {
		if a.Category == category && a.Suite == suite {
			return a
		}
	}
	return event.Admission{Category: category, Suite: suite, Reason: event.Reason{Code: event.ReasonBlocked, Text: "the decision does not name this suite"}}
}
