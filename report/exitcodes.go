package report

import (
	"cmp"
	"slices"

	"testrunner/report/event"
)

// The exit codes, for those who end the program without a Summary. ExitCodes says what each means.
const (
	Passed      = 0
	Failed      = 1
	Usage       = 2
	BrokenFiles = 3
	Empty       = 4
	Incomplete  = 5
	Invalid     = 6
	Bug         = 70
	Timeout     = 124
	Interrupted = 130
	Terminated  = 143
)

// ExitCode is one row of the table of exit codes.
type ExitCode struct {
	Code  int
	Word  string
	Means string
}

// ExitCodes is the table that drives the verdict, `runner help exit-codes` and the README, by code.
func ExitCodes() []ExitCode {
	var codes []ExitCode
	for _, r := range verdictTable() {
		codes = append(codes, r.ExitCode)
	}
	slices.SortFunc(codes, func(a, b ExitCode) int { return cmp.Compare(a.Code, b.Code) })
	return codes
}

// verdictRow is an exit code and what makes it hold. A code without holds is never a run's: the program ends with it alone.
type verdictRow struct {
	ExitCode
	holds func(Summary) bool
}

// verdictTable is the one table of exit codes, strongest first: when several hold, the first row counts (design, section 6).
// So a code that teams tolerate or retry promises that nothing stronger happened.
func verdictTable() []verdictRow {
	return []verdictRow{
		{ExitCode{Interrupted, "INTERRUPTED", "ended by Ctrl-C (SIGINT)"}, Summary.interrupted},
		{ExitCode{Terminated, "INTERRUPTED", "ended by SIGTERM or SIGHUP"}, Summary.terminated},
		{ExitCode{Bug, "BUG", "a fault of runner's own"}, Summary.faulty},
		{ExitCode{Usage, "USAGE", "command line or configuration"}, nil},
		{ExitCode{Failed, "FAILED", "tests failed or errored, crashed, or a tool ended without its end-of-run word"}, Summary.failed},
		{ExitCode{BrokenFiles, "BROKEN", "collection errors, and no test failed"}, Summary.broken},
		{ExitCode{Invalid, "INVALID", "a report could not be written, counts contradict, or something was left behind"}, Summary.invalid},
		{ExitCode{Timeout, "TIMEOUT", "the deadline of the run, a category or a suite passed (a tool's own per-test timeout is 1)"}, Summary.timedOut},
		{ExitCode{Incomplete, "INCOMPLETE", "the environment was not ready, or something was blocked; what ran, passed"}, Summary.incomplete},
		{ExitCode{Empty, "EMPTY", "no test was executed"}, Summary.empty},
		{ExitCode{Passed, "PASSED", "all that was selected ran and passed, or its absence was accepted"}, func(Summary) bool { return true }},
	}
}

// Which of two signals came first decides between 130 and 143.
func (s Summary) signal() string {
	for _, st := range s.Stopping {
		if st.Why == stopInterrupted || st.Why == stopTerminated {
			return st.Why
		}
	}
	return ""
}

func (s Summary) interrupted() bool { return s.signal() == stopInterrupted }
func (s Summary) terminated() bool  { return s.signal() == stopTerminated }

// faulty says whether runner itself panicked. A panic behind the reports ends the program with the code alone.
func (s Summary) faulty() bool {
	return slices.ContainsFunc(s.Stopping, func(st event.Stopping) bool { return st.Why == stopBug })
}

// failed leaves out two kinds of error that say nothing against the test: one that was open when a deadline of ours passed
// (TIMEOUT says that) and one that overlapped the death of an engine or service (INCOMPLETE says that).
func (s Summary) failed() bool {
	if s.Counts.Failed > 0 || s.died() {
		return true
	}
	for _, j := range s.Jobs {
		if j.Finished == nil {
			return true
		}
		switch j.Finished.Cause {
		case event.Crashed, event.Vanished, event.Contradiction:
			return true
		}
	}
	return s.errored(func(kind event.ErrorType) bool {
		return kind != event.TimeoutType && kind != event.EnvironmentType
	})
}

// died says whether runner itself was killed.
func (s Summary) died() bool {
	return slices.ContainsFunc(s.Stopping, func(st event.Stopping) bool { return st.Why == stopRunnerDied })
}

func (s Summary) errored(is func(event.ErrorType) bool) bool {
	if s.Counts.Errored == 0 {
		return false
	}
	for c := range s.cases() {
		if c.Outcome == event.Errored && is(event.ErrorType(c.Type)) {
			return true
		}
	}
	return false
}

func (s Summary) broken() bool { return s.Counts.CollectionErrors > 0 }

func (s Summary) invalid() bool {
	return len(s.Failures) > 0 || len(s.Leftovers) > 0 || s.Check() != nil
}

func (s Summary) timedOut() bool {
	if slices.ContainsFunc(s.Stopping, func(st event.Stopping) bool { return st.Why == stopDeadline }) {
		return true
	}
	if slices.ContainsFunc(s.Jobs, func(j Job) bool { return j.Finished != nil && j.Finished.Cause == event.TimedOut }) {
		return true
	}
	for c := range s.cases() {
		if c.Outcome == event.NotRan && c.Reason.Code == event.ReasonDeadline {
			return true
		}
	}
	return s.errored(func(kind event.ErrorType) bool { return kind == event.TimeoutType })
}

func (s Summary) incomplete() bool {
	c := s.Counts
	if c.NotRun+c.Blocked > c.Accepted || len(s.strictness()) > 0 {
		return true
	}
	return s.errored(func(kind event.ErrorType) bool { return kind == event.EnvironmentType })
}

func (s Summary) empty() bool { return s.Counts.Executed() == 0 }

// strictness is what --strict does not let pass. What was not run and not accepted needs no --strict.
func (s Summary) strictness() []string {
	if !s.Strict {
		return nil
	}
	var why []string
	if s.Counts.Accepted > 0 {
		why = append(why, "something was not run")
	}
	if len(s.stubbed()) > 0 {
		why = append(why, "stubs served")
	}
	return why
}

// stubbed names the categories whose results stand on a stub.
func (s Summary) stubbed() []string {
	var names []string
	for _, c := range s.Categories {
		if slices.ContainsFunc(c.Suites, func(s Suite) bool { return s.Fidelity == event.Stub }) {
			names = append(names, c.Name)
		}
	}
	return names
}
