package report

import (
	"fmt"
	"slices"

	"testrunner/report/event"
)

// absence is why something did not run, and all of which that is true.
type absence struct {
	names []string
	why   string
}

// absences names what did not run and nobody accepted, and what did not run and who accepted it: each reason once.
func (s Summary) absences() (refused, accepted []string) {
	var of [2][]*absence
	note := func(name, by string, r event.Reason) {
		to, why := &of[0], because(r)
		if by != "" {
			to, why = &of[1], fmt.Sprintf(" (by %s: %s)", by, shorten(r.Text))
		}
		i := slices.IndexFunc(*to, func(a *absence) bool { return a.why == why })
		if i < 0 {
			i, *to = len(*to), append(*to, &absence{why: why})
		}
		(*to)[i].names = append((*to)[i].names, name)
	}
	for _, c := range s.Categories {
		if c.NotRun != nil {
			note(c.Name, c.NotRun.Accepted, c.NotRun.Reason)
		}
		for _, suite := range c.Suites {
			if suite.NotRun != nil {
				note(c.Name+": "+suite.Name, suite.NotRun.Accepted, suite.NotRun.Reason)
			}
			tests := map[[2]string]int{}
			for _, k := range suite.Cases {
				if k.Outcome != event.NotRan {
					continue
				}
				tests[[2]string{k.Reason.Code, k.Accepted}]++
			}
			for _, k := range suite.Cases {
				key := [2]string{k.Reason.Code, k.Accepted}
				if n := tests[key]; k.Outcome == event.NotRan && n > 0 {
					note(plural(n, "test")+" of "+c.Name+": "+suite.Name, k.Accepted, k.Reason)
					tests[key] = 0
				}
			}
		}
	}
	return worded(of[0]), worded(of[1])
}

func worded(all []*absence) []string {
	var out []string
	for _, a := range all {
		out = append(out, list(a.names)+a.why)
	}
	return out
}

func because(r event.Reason) string {
	switch {
	case r.Text == "" && r.Remedy == "":
		return " (" + r.Code + ")"
	case r.Remedy == "":
		return " (" + shorten(r.Text) + ")"
	default:
		return " (" + shorten(r.Text) + ": " + r.Remedy + ")"
	}
}
