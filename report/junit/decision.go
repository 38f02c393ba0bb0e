package junit

import (
	"slices"
	"strings"

	"testrunner/report/event"
)

// The decision as properties: on the document's first testsuite what was asked, why the mode is what it is and what preflight found
// amiss; on each category's what served it, and whether all of it was admitted.

// decision lists the properties of the whole run, as name and value.
func (d *document) decision() [][2]string {
	decided := d.summary.Decided
	if len(decided.Rules) == 0 {
		return nil // a stream from before there were rules
	}
	var amiss []string
	for _, f := range d.summary.Findings {
		if f.Status != event.OK {
			amiss = append(amiss, f.ID+"="+string(f.Status))
		}
	}
	slices.Sort(amiss)
	return [][2]string{
		{"runner.asked", decided.Asked},
		{"runner.why", strings.Join(decided.Why, "; ")},
		{"runner.findings", strings.Join(slices.Compact(amiss), ", ")},
	}
}

// admitted lists the properties of one category. One that needs nothing and was not refused has none.
func (d *document) admitted(category string) [][2]string {
	yes, no := false, false
	var served []string
	for _, a := range d.summary.Decided.Admissions {
		if a.Category != category || a.LeftOut {
			continue
		}
		yes, no = yes || a.Admitted, no || !a.Admitted
		for _, s := range a.Services {
			served = append(served, s.Service+"="+string(s.By))
		}
	}
	if !yes && !no {
		return nil
	}
	slices.Sort(served)
	return [][2]string{{"runner.admitted", d.extent(category, yes, no)}, {"runner.services", strings.Join(slices.Compact(served), ", ")}}
}

// extent is yes, no or "in part". Suites that need nothing and may run stand in no admission, but they stand in the plan.
func (d *document) extent(category string, yes, no bool) string {
	if !no {
		return "yes"
	}
	for _, c := range d.summary.Categories {
		refused := 0
		for _, a := range d.summary.Decided.Admissions {
			if a.Category == category && !a.Admitted && !a.LeftOut {
				refused++
			}
		}
		if c.Name == category && refused < len(c.Suites) {
			yes = true
		}
	}
	if yes {
		return "in part"
	}
	return "no"
}
