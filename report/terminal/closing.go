package terminal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"testrunner/report"
	"testrunner/report/event"
	"testrunner/report/text"
)

// closing writes the end of a run, the worst first, so that what scrolls away is what matters least, and the verdict
// stands last, next to the prompt.
type closing struct {
	opts   Options
	screen *screen
	lines  []line
	told   map[string]bool // texts that were shown in full: no second time
}

func (s *screen) closing(o Options, sum report.Summary, v report.Verdict) {
	c := closing{opts: o, screen: s, told: map[string]bool{}}
	c.troubles(collectionTroubles(sum), "could not be collected", "file")
	c.troubles(failureTroubles(sum), "failed", "test")
	c.tools(sum.Jobs)
	c.absent(sum)
	if !o.Quiet {
		c.slowest(sum)
	}
	c.leftovers(sum.Leftovers)
	c.lost(sum.Failures)
	if !o.Quiet {
		c.reports()
	}
	if len(c.lines) > 0 {
		c.add(line{})
	}
	c.add(verdict(v))
	s.kept = append(s.kept, c.lines...)
	s.frame(nil)
}

func verdict(v report.Verdict) line {
	i := bad
	switch v.Code {
	case 0:
		i = good
	case 4, 5, 130, 143: // nothing was proven wrong
		i = caution
	}
	said := text.Line(v.Line)
	word, rest := v.Word, ""
	if r, ok := strings.CutPrefix(said, v.Word); ok && v.Word != "" {
		rest = r
	} else {
		word = said
	}
	l := inked(i, word).add(normal, rest)
	l.whole = true
	return l
}

func (c *closing) add(lines ...line) { c.lines = append(c.lines, lines...) }

func (c *closing) title(s string) {
	if len(c.lines) > 0 || !c.opts.Quiet {
		c.add(line{})
	}
	c.add(inked(strong, s))
}

// prose is text behind an indent, wrapped on a terminal.
func (c *closing) prose(indent string, i ink, s string) {
	c.add(c.screen.paragraph(bare(indent), i, c.bounded(s))...)
}

// copied is a line that somebody will copy or click on: never broken.
func (c *closing) copied(l line) {
	l.whole = true
	c.add(l)
}

// maxBroken is into how many lines one line of foreign text is broken.
const maxBroken = 5

func (c *closing) bounded(s string) string {
	if !c.screen.live {
		return s
	}
	return cut(s, maxBroken*c.screen.columns())
}

// excerpt shows foreign text once.
func (c *closing) excerpt(indent, title, foreign string, head, tail int) {
	key := strings.TrimSpace(foreign)
	if key == "" || c.told[key] {
		return
	}
	c.told[key] = true
	if title != "" {
		c.add(bare(indent + title))
	}
	for _, l := range excerpt(indent, foreign, head, tail, c.opts.Reports.JUnit) {
		head, said := line{pieces: l.pieces[:1]}, line{pieces: l.pieces[1:]}.String()
		if !c.screen.live {
			c.add(l)
			continue
		}
		room := c.screen.columns() - 1 - cells(head.String())
		for _, part := range wrap(c.bounded(said), room) {
			c.add(head.add(normal, part))
		}
	}
}

// everything is where all of something stands, for what is not shown here.
func (c *closing) everything() string {
	if c.opts.Reports.JUnit == "" {
		return "in the JUnit report"
	}
	return "in " + text.Line(c.opts.Reports.JUnit)
}

// maxTools bounds the tools that ended badly and are shown.
const maxTools = 10

func (c *closing) tools(jobs []report.Job) {
	var ended []report.Job
	for _, j := range jobs {
		if j.Finished != nil && j.Finished.Cause != event.Done {
			ended = append(ended, j)
		}
	}
	if len(ended) == 0 {
		return
	}
	c.title(fmt.Sprintf("%s did not end well", count(len(ended), "job")))
	for _, j := range ended[:min(len(ended), maxTools)] {
		f := j.Finished
		c.copied(inked(bad, failMark).add(strong, " "+text.Line(j.Started.Job)).add(normal, " "+cause(*f)))
		if p := firstLine(f.Problem); p != "" {
			c.prose("    ", normal, p)
		}
		said := f.Detail
		if said == "" && f.Cause != event.Interrupted && f.Cause != event.TimedOut {
			said = j.Stderr
		}
		c.excerpt("    ", "", said, 3, 8)
	}
	if n := len(ended) - maxTools; n > 0 {
		c.add(bare(fmt.Sprintf("  and %d more, all %s", n, c.everything())))
	}
}

// The slowest tests are shown from this time on, and this many of them.
const (
	slowFrom   = time.Second
	maxSlowest = 5
)

func (c *closing) slowest(sum report.Summary) {
	type slow struct {
		id      string
		elapsed time.Duration
	}
	var all []slow
	for _, s := range suites(sum) {
		for _, k := range s.suite.Cases {
			if k.Elapsed >= slowFrom {
				all = append(all, slow{k.Test.ID, k.Elapsed})
			}
		}
	}
	// A test is not slow for holding a slow one: Go counts subtests in their parents.
	parents := map[string]bool{}
	for _, s := range all {
		for i := strings.LastIndexByte(s.id, '/'); i > 0; i = strings.LastIndexByte(s.id[:i], '/') {
			parents[s.id[:i]] = true
		}
	}
	all = slices.DeleteFunc(all, func(s slow) bool { return parents[s.id] })
	if len(all) == 0 {
		return
	}
	slices.SortStableFunc(all, func(a, b slow) int {
		if a.elapsed != b.elapsed {
			return int(b.elapsed - a.elapsed)
		}
		return strings.Compare(a.id, b.id)
	})
	c.title("Slowest")
	for _, s := range all[:min(len(all), maxSlowest)] {
		c.copied(bare(fmt.Sprintf("  %6s  %s", lasted(s.elapsed), text.Line(s.id))))
	}
}

// maxNames bounds lists of names.
const maxNames = 20

func (c *closing) leftovers(names []string) {
	if len(names) == 0 {
		return
	}
	c.title(fmt.Sprintf("%s left behind", count(len(names), "thing")))
	for _, n := range names[:min(len(names), maxNames)] {
		c.copied(inked(bad, failMark).add(normal, " "+text.Line(n)))
	}
	if n := len(names) - maxNames; n > 0 {
		c.add(bare(fmt.Sprintf("  and %d more", n)))
	}
}

func (c *closing) lost(failed []event.ReportFailed) {
	if len(failed) == 0 {
		return
	}
	c.title(fmt.Sprintf("%s could not be written", count(len(failed), "report")))
	for _, f := range failed {
		c.copied(inked(bad, failMark).add(normal, " "+text.Line(f.Path)+": "+firstLine(f.Err)))
	}
}

func (c *closing) reports() {
	r := c.opts.Reports
	if r == (Reports{}) {
		return
	}
	c.title("Reports")
	for _, p := range []struct{ name, path string }{{"junit", r.JUnit}, {"events", r.Events}, {"log", r.Log}} {
		if p.path != "" {
			c.copied(bare(fmt.Sprintf("  %-7s %s", p.name, text.Line(p.path))))
		}
	}
}

// home is a suite and the category that it belongs to.
type home struct {
	category *report.Category
	suite    *report.Suite
}

func (h home) String() string { return text.Line(h.category.Name) + ", " + text.Line(h.suite.Name) }

func suites(sum report.Summary) []home {
	var all []home
	for i := range sum.Categories {
		for j := range sum.Categories[i].Suites {
			all = append(all, home{&sum.Categories[i], &sum.Categories[i].Suites[j]})
		}
	}
	return all
}
