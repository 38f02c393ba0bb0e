package report

import (
	"cmp"
	"fmt"
	"slices"

	"testrunner/report/event"
)

// Summary is the fold of all events so far, as if the stream ended here: a job without an end died with runner.
// It does not share memory that later events change.
func (l *Ledger) Summary() Summary {
	s := l.told
	s.Findings, s.Notes = slices.Clone(s.Findings), slices.Clone(s.Notes)
	s.Stopping, s.Failures = slices.Clone(s.Stopping), slices.Clone(s.Failures)
	s.Services, s.Lost = slices.Clone(s.Services), slices.Clone(s.Lost)
	s.Contradictions = slices.Clone(s.Contradictions)
	f := frame{ledger: l, planned: map[string]event.PlannedCategory{}}
	f.build()
	s.Categories = f.categories
	for _, j := range l.jobs {
		if len(j.attempts) > 0 {
			s.Jobs = append(s.Jobs, Job{
				Started: j.started(), Finished: j.attempts[j.at()].finished,
				Stalls: slices.Clone(j.stalls), Stdout: j.stdout, Stderr: j.stderr,
			})
		}
	}
	for i := range s.Categories {
		s.Categories[i].Counts = s.Categories[i].sum()
		s.Counts = s.Counts.Add(s.Categories[i].Counts)
	}
	s.Counts.Deselected += l.plan.Deselected
	return s
}

// frame is a Summary's categories while they are built.
type frame struct {
	ledger     *Ledger
	planned    map[string]event.PlannedCategory
	categories []Category
}

func (f *frame) build() {
	for _, p := range f.ledger.plan.Categories {
		f.planned[p.Name] = p
		c := f.category(p.Name)
		for _, suite := range p.Suites {
			f.suite(c, suite)
		}
	}
	for _, j := range f.ledger.jobs {
		f.addJob(j)
	}
	f.addNotRun()
	f.addSilent()
	for i := range f.categories {
		for k := range f.categories[i].Suites {
			f.categories[i].Suites[k].finish()
		}
	}
}

// category finds a category, by index because the slices grow. One that was not planned comes last.
func (f *frame) category(name string) int {
	if i := slices.IndexFunc(f.categories, func(c Category) bool { return c.Name == name }); i >= 0 {
		return i
	}
	p := f.planned[name]
	f.categories = append(f.categories, Category{Name: name, Critical: p.Critical, Accepted: p.Accepted})
	return len(f.categories) - 1
}

func (f *frame) suite(category int, name string) *Suite {
	c := &f.categories[category]
	i := slices.IndexFunc(c.Suites, func(s Suite) bool { return s.Name == name })
	if i < 0 {
		c.Suites = append(c.Suites, Suite{Name: name})
		i = len(c.Suites) - 1
	}
	return &c.Suites[i]
}

func (f *frame) addJob(j *job) {
	started := j.started()
	category := f.category(started.Category)
	s := f.suite(category, started.Suite)
	if started.Tool != "" {
		s.Tool = started.Tool
	}
	if s.Fidelity != event.Stub && started.Fidelity != "" {
		s.Fidelity = started.Fidelity
	}
	c := closing{
		cases: s.Cases, job: j, stopping: f.ledger.told.Stopping, notRun: f.ledger.notRunOf(j),
		category: f.planned[started.Category], tool: s.Tool, environment: j.overlapping(f.ledger.told.Lost),
	}
	c.close()
	s.Cases, s.Collection = c.cases, append(s.Collection, c.broken...)
	s.Counts.Deselected += j.deselected
	s.Counts.Lost += c.lost
	s.Elapsed += j.elapsed()
	if s.NotRun == nil {
		s.NotRun = c.whole
	}
}

// notRunOf is what was last said of the job's own tests.
func (l *Ledger) notRunOf(j *job) *event.NotRun {
	for _, n := range slices.Backward(l.notRun) {
		if n.Job == j.name {
			return &n
		}
	}
	return nil
}

// addNotRun takes what did not run as a whole: a category, a suite, or a job that never started, which is its suite's.
func (f *frame) addNotRun() {
	for _, n := range f.ledger.notRun {
		if j, known := f.ledger.byName[n.Job]; n.Job != "" && known && len(j.attempts)+len(j.rows) > 0 {
			continue // its tests carry it
		}
		category := f.category(n.Category)
		n.Accepted = acceptance(f.planned[n.Category], n.Reason, n.Accepted)
		if n.Suite == "" {
			if f.categories[category].NotRun == nil {
				f.categories[category].NotRun = &n
			}
			continue
		}
		if s := f.suite(category, n.Suite); s.NotRun == nil {
			s.NotRun = &n
		}
	}
	for i := range f.categories {
		if f.categories[i].NotRun == nil {
			continue
		}
		for k := range f.categories[i].Suites {
			f.categories[i].Suites[k].NotRun = nil // the category says it for all of them
		}
	}
}

// addSilent names what was planned and never spoken of again (law 3): the run was ended before it.
func (f *frame) addSilent() {
	reason, known := stopped(f.ledger.told.Stopping)
	if !known {
		reason = event.Reason{Code: event.ReasonUnfinished, Text: "nothing of it was started, and nothing says why"}
	}
	for i := range f.categories {
		c := &f.categories[i]
		if c.NotRun != nil {
			continue
		}
		var silent []*Suite
		for k := range c.Suites {
			if s := &c.Suites[k]; s.NotRun == nil && !f.ledger.spoke(c.Name, s.Name) {
				silent = append(silent, s)
			}
		}
		missing := f.planned[c.Name].Jobs - f.ledger.toldJobs(c.Name)
		switch {
		case len(silent) > 0 && len(silent) == len(c.Suites):
			c.NotRun = &event.NotRun{Category: c.Name, Reason: reason}
		case len(silent) > 0:
			for _, s := range silent {
				s.NotRun = &event.NotRun{Category: c.Name, Suite: s.Name, Reason: reason}
			}
		case missing > 0 && !c.cutShort():
			reason.Text = fmt.Sprintf("%d of its jobs never started: %s", missing, reason.Text)
			c.NotRun = &event.NotRun{Category: c.Name, Reason: reason}
		}
	}
}

// cutShort says whether a suite is named as not run though its jobs were planned: any number of them is covered by that.
func (c Category) cutShort() bool {
	return slices.ContainsFunc(c.Suites, func(s Suite) bool {
		return s.NotRun != nil && s.NotRun.Job == "" && s.NotRun.Reason.Code != event.ReasonBlocked
	})
}

// spoke says whether any job of the suite was heard of.
func (l *Ledger) spoke(category, suite string) bool {
	return slices.ContainsFunc(l.jobs, func(j *job) bool {
		at := j.started()
		return at.Category == category && at.Suite == suite && (len(j.attempts) > 0 || len(j.rows) > 0 || len(j.broken) > 0)
	})
}

// toldJobs counts the category's jobs that started, or of which it was said that they never would.
func (l *Ledger) toldJobs(category string) int {
	names := map[string]bool{}
	for _, j := range l.jobs {
		if len(j.attempts) > 0 && j.started().Category == category {
			names[j.name] = true
		}
	}
	for _, n := range l.notRun {
		if n.Category == category && n.Job != "" {
			names[n.Job] = true
		}
	}
	return len(names)
}

// finish sorts a suite and counts it.
func (s *Suite) finish() {
	slices.SortStableFunc(s.Cases, func(a, b Case) int {
		if n := cmp.Compare(a.Test.File, b.Test.File); n != 0 {
			return n
		}
		return cmp.Or(
			cmp.Compare(a.Test.Line, b.Test.Line),
			cmp.Compare(a.Test.Name, b.Test.Name),
			cmp.Compare(a.Test.ID, b.Test.ID),
			cmp.Compare(a.Test.Class, b.Test.Class),
		)
	})
	slices.SortStableFunc(s.Collection, func(a, b Broken) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Job, b.Job))
	})
	// What all processes of a split suite load (a conftest, mocha's --file), each of them tells of: it is one thing that is broken.
	s.Collection = slices.CompactFunc(s.Collection, func(a, b Broken) bool { return a.Path == b.Path && a.Reason == b.Reason })
	s.Counts = s.sum()
}

// sum counts what stands in the suite. Deselected and Lost are no cases and stay.
func (s Suite) sum() Counts {
	c := Counts{Deselected: s.Counts.Deselected, Lost: s.Counts.Lost, CollectionErrors: len(s.Collection)}
	for _, k := range s.Cases {
		switch k.Outcome {
		case event.Passed:
			c.Passed++
		case event.Failed:
			c.Failed++
		case event.Errored:
			c.Errored++
		case event.Skipped:
			c.Skipped++
		case event.NotRan:
			c.NotRun++
			if k.Accepted != "" {
				c.Accepted++
			}
		}
	}
	return c.block(s.NotRun)
}

// sum adds up a category's suites.
func (c Category) sum() Counts {
	var sum Counts
	for _, s := range c.Suites {
		sum = sum.Add(s.Counts)
	}
	return sum.block(c.NotRun)
}

func (c Counts) block(n *event.NotRun) Counts {
	if n != nil {
		c.Blocked++
		if n.Accepted != "" {
			c.Accepted++
		}
	}
	return c
}
