// Package junit writes a Summary as JUnit XML that the common readers agree about.
//
// The document is flat: testsuites > testsuite > testcase, one testsuite a category, and a second one, "<category> (collection)",
// for the files that could not be loaded. What went wrong lies in a testcase, never in an attribute or a suite alone, because
// that is all that most readers look at. Sums are taken from the cases that are written.
// The package knows report.Summary and nothing of how a run came about. Why a rule is there, which is mostly what some reader
// does, stands at its place.
package junit

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"time"

	"testrunner/report"
	"testrunner/report/event"
)

// document is the whole report before it is written, with one small entry a testcase.
type document struct {
	summary report.Summary
	verdict report.Verdict
	suites  []testsuite
	part    string // "2 of 3" when it is one of several files
}

type testsuite struct {
	id       int
	name     string
	category string
	fidelity event.Fidelity // "" when nothing of it ran
	elapsed  time.Duration
	entries  []entry
}

// entry is one testcase. There may be a million, so it is small: what few have is behind a pointer.
type entry struct {
	case_  *report.Case
	*rare         // of what is no case, or is not like the others; never nil
	number uint32 // from 2: the place among those of the same class and name
	index  uint32 // in its testsuite
}

// rare is what most entries have in common, and all of one that is no case: one of broken and notRun.
type rare struct {
	broken   *report.Broken
	notRun   *event.NotRun
	tool     string         // of the suite that did not run
	fidelity event.Fidelity // where it differs from the testsuite's
}

// outcome is which child a testcase has, if any.
type outcome int

const (
	passed outcome = iota
	failure
	errored
	skipped
)

func compose(s report.Summary) *document {
	d := &document{summary: s, verdict: s.Verdict()}
	for i := range s.Categories {
		d.add(&s.Categories[i])
	}
	if len(d.suites) == 0 {
		d.suites = []testsuite{{name: "runner"}} // something must bear the verdict
	}
	for i := range d.suites {
		d.suites[i].id = i
		for k := range d.suites[i].entries {
			d.suites[i].entries[k].index = uint32(k)
		}
	}
	d.distinguish()
	return d
}

func (d *document) add(c *report.Category) {
	main := testsuite{name: c.Name, category: c.Name}
	collection := testsuite{name: c.Name + " (collection)", category: c.Name}
	for i := range c.Suites {
		s := &c.Suites[i]
		main.elapsed += s.Elapsed
		if s.Fidelity == event.Stub || main.fidelity == "" {
			main.fidelity = s.Fidelity // the least real one
		}
	}
	if c.NotRun != nil {
		main.entries = append(main.entries, entry{rare: &rare{notRun: c.NotRun}})
	}
	for i := range c.Suites {
		s := &c.Suites[i]
		if s.NotRun != nil {
			main.entries = append(main.entries, entry{rare: &rare{notRun: s.NotRun, tool: s.Tool}})
		}
		common := &rare{}
		if s.Fidelity != main.fidelity {
			common.fidelity = s.Fidelity
		}
		main.entries = slices.Grow(main.entries, len(s.Cases))
		for k := range s.Cases {
			main.entries = append(main.entries, entry{case_: &s.Cases[k], rare: common})
		}
		for k := range s.Collection {
			collection.entries = append(collection.entries, entry{rare: &rare{broken: &s.Collection[k]}})
		}
	}
	if main.elapsed == 0 {
		for _, e := range main.entries {
			if e.case_ != nil {
				main.elapsed += max(0, e.case_.Elapsed)
			}
		}
	}
	if collection.fidelity = main.fidelity; len(main.entries) > 0 || len(collection.entries) == 0 {
		d.suites = append(d.suites, main)
	}
	if len(collection.entries) > 0 {
		d.suites = append(d.suites, collection)
	}
}

// distinguish numbers the testcases of one class and name, in the order of the document: GitLab shows the first of them alone.
// A number that would make a name which another test really has is passed over.
func (d *document) distinguish() {
	type key struct{ class, name string }
	if d.distinct() {
		return
	}
	taken := map[key]bool{}
	for _, s := range d.suites {
		for _, e := range s.entries {
			taken[key{e.class(), e.name()}] = true
		}
	}
	seen := map[key]uint32{}
	for i := range d.suites {
		for n := range d.suites[i].entries {
			e := &d.suites[i].entries[n]
			k := key{e.class(), e.name()}
			if seen[k]++; seen[k] == 1 {
				continue
			}
			for {
				e.number = seen[k]
				if renamed := (key{k.class, e.fullName()}); !taken[renamed] {
					taken[renamed] = true
					break
				}
				seen[k]++
			}
		}
	}
}

// distinct says, as good as always rightly and never wrongly, that no two testcases have one class and name. There may be a
// million, so it looks at hashes: a map of their names would be the largest thing in memory.
func (d *document) distinct() bool {
	n := 0
	for _, s := range d.suites {
		n += len(s.entries)
	}
	hashes := make([]uint64, 0, n)
	seed := maphash.MakeSeed()
	for _, s := range d.suites {
		for i := range s.entries {
			e := &s.entries[i]
			hashes = append(hashes, maphash.Comparable(seed, [2]string{e.class(), e.name()}))
		}
	}
	slices.Sort(hashes)
	return len(slices.Compact(hashes)) == n
}

// totals counts entries by their child.
func totals(entries []entry) report.Totals {
	t := report.Totals{Tests: len(entries)}
	for i := range entries {
		switch entries[i].outcome() {
		case passed:
			t.Passed++
		case failure:
			t.Failures++
		case errored:
			t.Errors++
		case skipped:
			t.Skipped++
		}
	}
	return t
}

func (d *document) totals() report.Totals {
	var sum report.Totals
	for _, s := range d.suites {
		t := totals(s.entries)
		sum.Tests += t.Tests
		sum.Passed += t.Passed
		sum.Failures += t.Failures
		sum.Errors += t.Errors
		sum.Skipped += t.Skipped
	}
	return sum
}

// check compares what would be written with what the ledger says (law: the ledger equals junit.xml's sums).
func (d *document) check() error {
	if is, says := d.totals(), d.summary.Counts.Totals(); is != says {
		return fmt.Errorf("the cases of the report are %+v, the ledger says %+v", is, says)
	}
	return nil
}

// properties of a testsuite. The first one of a document also bears the run's own.
func (d *document) properties(i int) [][2]string {
	s := &d.suites[i]
	collection, notRun := 0, 0
	for k := range s.entries {
		e := &s.entries[k]
		if e.broken != nil {
			collection++
		}
		if e.notRun != nil || e.case_ != nil && e.case_.Outcome == event.NotRan {
			notRun++
		}
	}
	var list [][2]string
	add := func(name, value string) {
		if value != "" {
			list = append(list, [2]string{name, value})
		}
	}
	add("runner.category", s.category)
	add("runner.mode", string(d.summary.Decided.Mode))
	add("runner.project", d.summary.Decided.Project)
	add("runner.fidelity", string(s.fidelity))
	add("runner.collection_errors", strconv.Itoa(collection))
	add("runner.not_run", strconv.Itoa(notRun))
	for _, p := range d.admitted(s.category) {
		add(p[0], p[1])
	}
	if i == 0 {
		leftovers := "unknown"
		if d.summary.Leftovers != nil {
			leftovers = strconv.Itoa(len(d.summary.Leftovers))
		}
		add("runner.collection_errors_total", strconv.Itoa(d.summary.Counts.CollectionErrors))
		add("runner.verdict", d.verdict.Word)
		add("runner.leftovers", leftovers)
		add("runner.run", d.summary.Run.Run)
		add("runner.part", d.part)
		for _, p := range d.decision() {
			add(p[0], p[1])
		}
	}
	return list
}

func (e *entry) fullName() string {
	if e.number == 0 {
		return e.name()
	}
	return e.name() + " [" + strconv.FormatUint(uint64(e.number), 10) + "]"
}

// dotted turns a path into the name that a module there would have.
func dotted(path string) string {
	if slash, dot := strings.LastIndexByte(path, '/'), strings.LastIndexByte(path, '.'); dot > slash+1 {
		path = path[:dot]
	}
	return strings.ReplaceAll(strings.Trim(path, "/"), "/", ".")
}
