package env

import (
	"slices"

	"testrunner/report/event"
)

// Decide says in which mode the run happens, and for each suite whether it may run, with what serves it or why it may not.
// The rules are those of design section 7. A mode that was asked for by name is obeyed or refused, never swapped; for a fixed mode
// one more failing finding never admits more. asked.AllowNotRun must hold canonical names.
func Decide(asked Asked, needs Needs, findings []event.Finding) Decision {
	s := situation{asked: asked, needs: needs, findings: findings}
	d := s.choose()
	d.Asked, d.strict = asked.Env, asked.Strict
	if d.Asked == "" {
		d.Asked = string(Auto)
	}
	d.Admissions = s.admissions(d.Mode)
	if sum := s.sum(d); sum != "" {
		d.Why = append(d.Why, sum)
	}
	return d
}

// situation is everything that a decision rests on.
type situation struct {
	asked    Asked
	needs    Needs
	findings []event.Finding
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

// Categories are the admissions of whole categories, in the order of the needs: admitted, in part, or not.
func (d Decision) Categories() []event.Admission {
	var out []event.Admission
	for _, a := range d.Admissions {
		i := slices.IndexFunc(out, func(c event.Admission) bool { return c.Category == a.Category })
		if i < 0 {
			a.Suite = ""
			out = append(out, a)
			continue
		}
		c := &out[i]
		if c.Admitted != a.Admitted {
			c.Part = true
		}
		if !a.Admitted && c.Reason == (event.Reason{}) {
			c.Reason = a.Reason
		}
		c.Admitted = c.Admitted || a.Admitted
		c.LeftOut = c.LeftOut && a.LeftOut
		if c.Accepted == "" {
			c.Accepted = a.Accepted
		}
		c.Services = merged(c.Services, a.Services)
	}
	return out
}

// merged joins two lists of what serves, by name; the less real one counts.
func merged(a, b []event.Served) []event.Served {
	out := slices.Clone(a)
	for _, s := range b {
		i := slices.IndexFunc(out, func(o event.Served) bool { return o.Service == s.Service })
		switch {
		case i < 0:
			out = append(out, s)
		case s.Fidelity == event.Stub:
			out[i] = s
		}
	}
	slices.SortFunc(out, func(x, y event.Served) int { return compare(x.Service, y.Service) })
	return out
}

// Told are the admissions that are worth an event: all but those of suites that need nothing and may run.
func (d Decision) Told() []event.Admission {
	return slices.DeleteFunc(slices.Clone(d.Admissions), func(a event.Admission) bool { return a.Admitted && len(a.Services) == 0 })
}

// Code is the exit code that a run of the decision would have before its first test: 5 where something may not run and nobody
// accepts that, 4 where nothing may run, else 0 (design, section 6).
func (d Decision) Code() int {
	runs := false
	code := 0
	for _, a := range d.Admissions {
		switch {
		case a.Admitted:
			runs = true
			if d.strict && slices.ContainsFunc(a.Services, func(s event.Served) bool { return s.Fidelity == event.Stub }) {
				code = incompleteCode
			}
		case a.LeftOut:
		case a.Accepted == "" || d.strict:
			code = incompleteCode
		}
	}
	if code == 0 && !runs {
		return emptyCode
	}
	return code
}

// The exit codes of design section 6 that a decision can come to.
const (
	emptyCode      = 4
	incompleteCode = 5
)
