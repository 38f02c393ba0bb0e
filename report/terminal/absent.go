package terminal

import (
	"fmt"
	"slices"
	"strings"

	"testrunner/report"
	"testrunner/report/event"
	"testrunner/report/text"
)

// absence is everything that did not run for one reason.
type absence struct {
	reason   event.Reason
	accepted string
	wholes   []string // categories and suites
	tests    int
	from     []string // the suites of the tests
	such     []string // the first tests
}

// absences groups what did not run by why, what nobody accepted first, else in the order of the summary. What stands in a category or suite that did not
// run as a whole is not told again.
func absences(sum report.Summary) []*absence {
	type why struct {
		reason   event.Reason
		accepted string
	}
	var all []*absence
	known := map[why]*absence{}
	because := func(r event.Reason, accepted string) *absence {
		a := known[why{r, accepted}]
		if a == nil {
			a = &absence{reason: r, accepted: accepted}
			known[why{r, accepted}], all = a, append(all, a)
		}
		return a
	}
	for i := range sum.Categories {
		if n := sum.Categories[i].NotRun; n != nil {
			a := because(n.Reason, n.Accepted)
			a.wholes = append(a.wholes, text.Line(sum.Categories[i].Name))
		}
	}
	for _, h := range suites(sum) {
		if h.category.NotRun != nil {
			continue
		}
		name := text.Line(h.category.Name) + ": " + text.Line(h.suite.Name)
		if n := h.suite.NotRun; n != nil {
			a := because(n.Reason, n.Accepted)
			a.wholes = append(a.wholes, name)
			continue
		}
		for _, k := range h.suite.Cases {
			if k.Outcome != event.NotRan {
				continue
			}
			a := because(k.Reason, k.Accepted)
			if a.tests++; len(a.such) < maxAlike {
				a.such = append(a.such, text.Line(k.Test.ID))
			}
			if !slices.Contains(a.from, name) {
				a.from = append(a.from, name)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *absence) int { return rank(a) - rank(b) })
	return all
}

// rank puts what nobody accepted first.
func rank(a *absence) int {
	if a.accepted != "" {
		return 1
	}
	return 0
}

func (c *closing) absent(sum report.Summary) {
	all := absences(sum)
	if len(all) == 0 {
		return
	}
	c.title("Did not run")
	for i, a := range all {
		if i == maxNames {
			c.prose("", caution, fmt.Sprintf("and more, for %s, all %s", count(len(all)-i, "other reason"), c.everything()))
			return
		}
		c.absence(a)
	}
}

func (c *closing) absence(a *absence) {
	mark := inked(bad, failMark)
	if a.accepted != "" {
		mark = inked(caution, skipMark)
	}
	said := []string{}
	if len(a.wholes) > 0 {
		said = append(said, listed(a.wholes, maxNames))
	}
	if a.tests > 0 {
		said = append(said, fmt.Sprintf("%s of %s", count(a.tests, "test"), listed(a.from, maxSuites)))
	}
	why := firstLine(a.reason.Text)
	if why == "" {
		why = text.Line(a.reason.Code)
	}
	prose := strings.Join(said, ", and ") + ": " + why
	if a.accepted != "" {
		prose += " (accepted by " + text.Line(a.accepted) + ")"
	}
	c.add(c.screen.paragraph(mark.add(normal, " "), normal, c.bounded(prose))...)
	for _, id := range a.such {
		c.copied(inked(faint, "      "+id))
	}
	if n := a.tests - len(a.such); n > 0 {
		c.prose("      ", faint, fmt.Sprintf("… %d more, all %s", n, c.everything()))
	}
	c.add(remedy(a.reason.Remedy)...)
}

func listed(names []string, most int) string {
	n := len(names) - most
	if n <= 0 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), n)
}
