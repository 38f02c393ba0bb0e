package report

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"testrunner/report/event"
)

// Verdict is the one outcome of a run.
type Verdict struct {
	Word string // of ExitCodes
	Code int
	Line string // the last line of the terminal: word, code, the counts of junit.xml's root, and all that qualifies them
}

// Verdict judges the run. It is pure; replays of one stream give the same one.
func (s Summary) Verdict() Verdict {
	for _, r := range verdictTable() {
		if r.holds != nil && r.holds(s) {
			return Verdict{Word: r.Word, Code: r.Code, Line: s.line(r.ExitCode)}
		}
	}
	panic("the last row of the table of exit codes always holds")
}

// Check says how the summary contradicts itself, or nil: numbers that do not add up, and what the ledger saw in the stream.
func (s Summary) Check() error {
	var wrong []error
	for _, c := range s.Contradictions {
		wrong = append(wrong, errors.New(c))
	}
	var root Counts
	for _, c := range s.Categories {
		for _, suite := range c.Suites {
			if sum := suite.sum(); sum != suite.Counts {
				wrong = append(wrong, fmt.Errorf("suite %s/%s says %+v, its cases are %+v", c.Name, suite.Name, suite.Counts, sum))
			}
			if n := suite.Counts.Expected(); n != len(suite.Cases) {
				wrong = append(wrong, fmt.Errorf("suite %s/%s expects %d tests and has %d cases", c.Name, suite.Name, n, len(suite.Cases)))
			}
		}
		if sum := c.sum(); sum != c.Counts {
			wrong = append(wrong, fmt.Errorf("category %s says %+v, its suites are %+v", c.Name, c.Counts, sum))
		}
		root = root.Add(c.Counts)
	}
	root.Deselected = s.Counts.Deselected // the plan's own are in no category
	if root != s.Counts {
		wrong = append(wrong, fmt.Errorf("the run says %+v, its categories are %+v", s.Counts, root))
	}
	if t := s.Counts.Totals(); t.Tests != t.Passed+t.Failures+t.Errors+t.Skipped {
		wrong = append(wrong, fmt.Errorf("%d tests are not the sum of %d passed, %d failed, %d errors, %d skipped", t.Tests, t.Passed, t.Failures, t.Errors, t.Skipped))
	}
	return errors.Join(wrong...)
}

// cases walks all cases in the order of the reports.
func (s Summary) cases() iter.Seq[*Case] {
	return func(yield func(*Case) bool) {
		for i := range s.Categories {
			for k := range s.Categories[i].Suites {
				suite := &s.Categories[i].Suites[k]
				for n := range suite.Cases {
					if !yield(&suite.Cases[n]) {
						return
					}
				}
			}
		}
	}
}

// line writes the verdict line. The parts stand in a fixed order, the counts first.
func (s Summary) line(c ExitCode) string {
	t := s.Counts.Totals()
	parts := []string{fmt.Sprintf("%s: %d passed, %d failed, %s, %d skipped in %s",
		plural(t.Tests, "test"), t.Passed, t.Failures, plural(t.Errors, "error"), t.Skipped, Duration(s.End.Sub(s.Start)))}
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if s.Decided.Mode != "" {
		add("%s%s", s.Decided.Mode, s.instead())
	}
	if n := s.Counts.Deselected; n > 0 {
		add("%d deselected", n)
	}
	if names := s.stubbed(); len(names) > 0 {
		add("on stubs: %s", list(names))
	}
	if names := s.addressed(); len(names) > 0 {
		add("by address: %s", list(names))
	}
	if names := s.attached(); len(names) > 0 {
		add("on compose project %s: %s", s.Decided.Project, list(names))
	}
	if len(s.Kept) > 0 {
		add("kept: %s (runner services down)", list(s.Kept))
	}
	if n := s.Counts.CollectionErrors; n > 0 {
		add("%s not collected (lost: %s)", plural(n, "file"), s.lost())
	}
	if names := s.ended(); len(names) > 0 {
		add("%s", list(names))
	}
	refused, accepted := s.absences()
	if len(refused) > 0 {
		add("not run: %s", list(refused))
	}
	if len(accepted) > 0 {
		add("accepted as not run: %s", list(accepted))
	}
	if s.died() {
		add("runner was killed")
	}
	if s.timedOut() {
		add("the deadline passed")
	}
	if s.empty() && c.Code == Empty {
		add("no test was executed")
	}
	if why := s.strictness(); len(why) > 0 {
		add("--strict: %s", list(why))
	}
	s.faults(add)
	return oneLine(fmt.Sprintf("%s (%d)  %s", c.Word, c.Code, strings.Join(parts, "; ")))
}

// faults adds what makes a run INVALID.
func (s Summary) faults(add func(string, ...any)) {
	if n := len(s.Leftovers); n > 0 {
		add("left behind: %s", list(s.Leftovers))
	}
	for i, f := range s.Failures {
		if i == listed {
			add("and %s more", plural(len(s.Failures)-i, "report"))
			break
		}
		add("report not written: %s (%s)", f.Path, shorten(f.Err))
	}
	if err := s.Check(); err != nil {
		add("counts contradict: %s", shorten(event.FirstLine(err.Error())))
	}
}

// addressed names the services that were used at an address that the user named.
func (s Summary) addressed() []string {
	var names []string
	for _, each := range s.Services {
		if each.By == event.ByAddress {
			names = append(names, each.Service)
		}
	}
	slices.Sort(names)
	return names
}

// attached names the services of the compose project that somebody else brought up.
func (s Summary) attached() []string {
	var names []string
	for _, each := range s.Services {
		if s.Decided.Project != "" && each.By == event.ByDocker {
			names = append(names, each.Service)
		}
	}
	slices.Sort(names)
	return names
}

// instead says which mode was looked for first and was not to be had, and by which finding.
func (s Summary) instead() string {
	for _, r := range s.Decided.Rules {
		if !r.Taken && r.Finding != "" && r.Mode != s.Decided.Mode {
			return fmt.Sprintf(", not %s (%s)", r.Mode, r.Finding)
		}
	}
	return ""
}

func (s Summary) lost() string {
	if s.Counts.Lost > 0 {
		return fmt.Sprintf("%d or more", s.Counts.Lost)
	}
	return "unknown"
}

// ended names the jobs whose tool ended badly, each once, in the same order whichever of them started first.
func (s Summary) ended() []string {
	var names []string
	for _, j := range s.Jobs {
		if j.Finished == nil {
			continue
		}
		switch j.Finished.Cause {
		case event.Crashed, event.Vanished, event.Contradiction:
			text := j.Started.Category + ": " + j.Started.Suite + ": " + ending(attempt{finished: j.Finished})
			names = append(names, shorten(text))
		}
	}
	slices.Sort(names)
	return slices.Compact(names) // the processes of a split suite
}

const listed = 5 // names on the verdict line before "and N more"

func list(names []string) string {
	if len(names) > listed {
		return strings.Join(names[:listed], ", ") + fmt.Sprintf(" and %d more", len(names)-listed)
	}
	return strings.Join(names, ", ")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// shorten keeps a reason to what a line can bear.
func shorten(text string) string {
	const most = 120
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// oneLine writes what is not printable as Go escapes, so that nothing breaks or recolours the line.
func oneLine(text string) string { return printable(strings.ReplaceAll(text, "\n", " ")) }

// Duration writes a time as people read it: 0.3s, 41s, 2m03s, 1h02m.
func Duration(d time.Duration) string {
	d = max(0, d)
	switch {
	case d < 10*time.Second-50*time.Millisecond:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Minute-time.Second/2:
		return fmt.Sprintf("%.0fs", d.Seconds())
	case d < time.Hour-time.Second/2:
		d = d.Round(time.Second)
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	default:
		d = d.Round(time.Minute)
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
}
