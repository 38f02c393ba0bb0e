// Package report is what a run tells: the stream of its events, and the folds over it.
//
// Stream numbers, masks and hands out events; Ledger folds them into a Summary; Summary.Verdict is the one outcome;
// JSONL and Log keep the stream; Render and FinishDead fold a saved stream again, into the same bytes.
// The package decides nothing about what runs, knows no tool and no process, and imports report/event alone.
package report

import (
	"time"

	"testrunner/report/event"
)

// Counts is a ledger's numbers. Expected = Passed + Failed + Errored + Skipped + NotRun at every level.
// Collection errors and lost tests stand beside it, in no sum.
type Counts struct {
	Passed, Failed, Errored, Skipped, NotRun int

	CollectionErrors int // files or packages
	Deselected       int // left out by the selection; in no sum
	Blocked          int // "[not run]" cases: categories or suites that did not run as a whole; in no sum
	Accepted         int // of NotRun and Blocked together: how many absences somebody accepted; in no sum
	Lost             int // named, then lost with the file or package that could not be loaded; others may be unknown; in no sum
}

// Expected is the number of tests that the selection asked for, as far as they are known by name.
func (c Counts) Expected() int { return c.Passed + c.Failed + c.Errored + c.Skipped + c.NotRun }

// Executed is the number of tests that really ran. A skipped test did not.
func (c Counts) Executed() int { return c.Passed + c.Failed + c.Errored }

// Add returns the sum of both.
func (c Counts) Add(o Counts) Counts {
	c.Passed += o.Passed
	c.Failed += o.Failed
	c.Errored += o.Errored
	c.Skipped += o.Skipped
	c.NotRun += o.NotRun
	c.CollectionErrors += o.CollectionErrors
	c.Deselected += o.Deselected
	c.Blocked += o.Blocked
	c.Accepted += o.Accepted
	c.Lost += o.Lost
	return c
}

// Totals is the ledger as JUnit's root states it: Tests = Passed + Failures + Errors + Skipped.
type Totals struct {
	Tests, Passed, Failures, Errors, Skipped int
}

// Totals turns the ledger into JUnit's numbers (design, section 10): what did not run and was not accepted is an error,
// what was accepted is skipped, a collection error and a "[not run]" case are one test each.
func (c Counts) Totals() Totals {
	return Totals{
		Tests:    c.Expected() + c.CollectionErrors + c.Blocked,
		Passed:   c.Passed,
		Failures: c.Failed,
		Errors:   c.Errored + c.NotRun + c.CollectionErrors + c.Blocked - c.Accepted,
		Skipped:  c.Skipped + c.Accepted,
	}
}

// Summary is the whole run as the fold of its events: what every report is written from.
type Summary struct {
	Run        event.RunStarted
	Decided    event.Decided
	Findings   []event.Finding
	Notes      []event.Noted
	Start, End time.Time  // the first event's, and the last one's that belongs to the run itself (see Ledger)
	Categories []Category // in running order
	Jobs       []Job      // in the order of their start
	Counts     Counts     // the sum of the categories; Deselected also has what the plan itself left out
	Stopping   []event.Stopping
	Services   []event.ServiceChanged // the last of each, in the order of their first; without progress
	Lost       []event.ServiceLost
	Leftovers  []string // nil: never counted, because the run died first
	Kept       []string // services that stay up because that was asked for
	Failures   []event.ReportFailed
	Strict     bool

	// Contradictions are what the stream says against itself: missing events, unknown outcomes, results after a job's end.
	Contradictions []string
}

// Category is one selected category.
type Category struct {
	Name     string
	Critical bool
	Accepted string        // who accepts its absence; "" is nobody
	NotRun   *event.NotRun // the category as a whole did not run
	Suites   []Suite
	Counts   Counts
}

// Suite is one tool's part of a category.
type Suite struct {
	Name       string
	Tool       string
	Fidelity   event.Fidelity // the least real of its jobs; "" when none started
	NotRun     *event.NotRun  // the suite as a whole did not run
	Cases      []Case         // sorted by file, line, name
	Collection []Broken       // sorted by path
	Counts     Counts
	Elapsed    time.Duration // of its jobs, added up
}

// Case is one test's result. Its Test is complete: name, class and file are filled in from the ID where the tool left them out.
//
// A job that ended badly with no test to carry that is a case too, so that it can't be overlooked: its name is
// "[crashed] category: suite" (or vanished, contradiction, timeout, interrupted, runner-died), its ID is "", it is errored.
type Case struct {
	Test     event.Test
	Outcome  event.Outcome
	Elapsed  time.Duration
	*Trouble // never nil: cases with nothing to say share one
}

// Trouble is what a test has to say beside its outcome: most have nothing, and there may be a million of them.
type Trouble struct {
	Type     string // an event.ErrorType or the tool's own
	Message  string
	Detail   string
	Output   string
	Note     string
	Reason   event.Reason // when Outcome is NotRan
	Accepted string       // who accepted that it did not run; "" is nobody
	Command  string       // where it is not the test's own: the runner line for Rerun
}

// Rerun is the runner line that reruns exactly this test.
func (c *Case) Rerun() string {
	if c.Command != "" {
		return c.Command
	}
	return Rerun(c.Test)
}

// Broken is one file or package whose tests could not be loaded. Where a whole tool could not be used and no file is to blame,
// Path is the tool's name and Reason is "usage" or "not-started".
type Broken struct {
	event.CollectionFailed
	Rerun string
}

// Job is how one job went. With several attempts, Started and Finished are the last one's.
type Job struct {
	Started        event.JobStarted
	Finished       *event.JobFinished // nil while it runs, or when runner died
	Stalls         []event.JobStalled
	Stdout, Stderr string // tails
}
