package terminal

import (
	"hash/maphash"
	"time"

	"testrunner/report/event"
)

// job is what is shown of a running job. It counts for display alone; the ledger counts for the verdict.
type job struct {
	id      string
	suite   suiteKey
	again   bool // another attempt: the rest, apart from what broke
	started time.Time
	known   bool // some tests were collected, so a total means something

	seed   maphash.Seed
	tests  map[uint64]progress // by the hash of the ID: a large run has a million of them
	open   []openTest          // in the order of their start; ended ones are taken out lazily
	opened int                 // how many of open have not ended
	last   string              // the ID of the last test that ended

	done, passed, failed, errored, skipped int
	broken                                 int // files that could not be collected
	deselected                             int // tests that the selection left out
}

type openTest struct {
	key uint64
	id  string
}

// progress is how far one test has come.
type progress uint8

const (
	expected progress = 1 << iota
	running
	ended
	wrong   // ended, and not well
	passed  // ended, and passed
	skipped // ended as skipped
)

func newJob(id string, now time.Time) *job {
	return &job{id: id, started: now, seed: maphash.MakeSeed(), tests: map[uint64]progress{}}
}

func (j *job) total() int { return len(j.tests) }

// wrongs is how many tests did not end well.
func (j *job) wrongs() int { return j.failed + j.errored }

// notRun is how many tests have a result that says that they were not run.
func (j *job) notRun() int { return j.done - j.passed - j.failed - j.errored - j.skipped }

func (j *job) collect(tests []event.Test) {
	j.known = j.known || len(tests) > 0
	for _, t := range tests {
		j.tests[maphash.String(j.seed, t.ID)] |= expected
	}
}

func (j *job) start(id string) {
	key := maphash.String(j.seed, id)
	state := j.tests[key]
	j.tests[key] = state | expected | running
	if state&running != 0 {
		return
	}
	j.open = append(j.open, openTest{key, id})
	if j.opened++; len(j.open) > 2*j.opened+16 {
		j.compact()
	}
}

// end counts one result and says whether it is the test's first one that is not well.
func (j *job) end(id string, outcome event.Outcome) bool {
	key := maphash.String(j.seed, id)
	state := j.tests[key]
	if state&running != 0 {
		j.opened--
	}
	now := (state | expected | ended) &^ running
	bad := outcome == event.Failed || outcome == event.Errored
	switch outcome {
	case event.Failed, event.Errored:
		now |= wrong
	case event.Passed:
		now |= passed
	case event.Skipped:
		now |= skipped
	}
	j.tests[key], j.last = now, id
	for len(j.open) > 0 && j.tests[j.open[len(j.open)-1].key]&running == 0 {
		j.open = j.open[:len(j.open)-1]
	}
	j.count(state, outcome, bad)
	return bad && state&wrong == 0
}

// count adds the result. A second result of a test that ended, such as a broken teardown, only counts when it is worse.
func (j *job) count(before progress, outcome event.Outcome, bad bool) {
	if before&ended != 0 {
		if !bad || before&wrong != 0 {
			return
		}
		switch {
		case before&passed != 0:
			j.passed--
		case before&skipped != 0:
			j.skipped--
		}
	} else {
		j.done++
	}
	switch outcome {
	case event.Failed:
		j.failed++
	case event.Errored:
		j.errored++
	case event.Skipped:
		j.skipped++
	case event.Passed:
		j.passed++
	}
}

func (j *job) compact() {
	kept := j.open[:0]
	for _, o := range j.open {
		if j.tests[o.key]&running != 0 {
			kept = append(kept, o)
		}
	}
	j.open = kept
}

// current is the test that started last of those that run, else the one that ended last, else "".
func (j *job) current() string {
	if n := len(j.open); n > 0 {
		return j.open[n-1].id
	}
	return j.last
}
