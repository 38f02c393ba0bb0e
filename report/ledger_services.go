package report

import (
	"fmt"
	"slices"
	"time"

	"testrunner/report/event"
)

// result is one of a job that needs services, of which one was perhaps gone meanwhile: the test's own fault or merit it is then not.
type result struct {
	row    *row
	at     time.Time
	micros int64
	passed bool
}

// served keeps the last state of each service. Progress within a state is for who watches.
func (l *Ledger) served(b event.ServiceChanged) {
	i := slices.IndexFunc(l.told.Services, func(s event.ServiceChanged) bool { return s.Service == b.Service })
	if i < 0 {
		l.told.Services = append(l.told.Services, b)
		return
	}
	last := l.told.Services[i]
	if b.State == "ended" && (last.State == "failed" || last.State == "ready" || last.State == "completed") {
		return // that a service was stopped at the end is no news
	}
	l.told.Services[i] = b
}

// seenLate is how much later than its effects a service's end may be seen: a connection breaks before anybody is told that who held it has
// ended.
const seenLate = 500 * time.Millisecond

// overlapping are the tests of the job that ran while a service which it needs was gone, with what is to be said of it. One that passed
// all the same is left as it is where the service alone was gone: its test may have meant that. Where the engine died it proves nothing.
func (j *job) overlapping(lost []event.ServiceLost) map[*row]string {
	if len(lost) == 0 || len(j.results) == 0 {
		return nil
	}
	out := map[*row]string{}
	for _, r := range j.results {
		begun := r.at.Add(-time.Duration(max(0, r.micros)) * time.Microsecond)
		for _, gone := range lost {
			from := gone.From.Add(-seenLate)
			if r.passed {
				from = gone.From
			}
			if !slices.Contains(j.started().Services, gone.Service) || r.passed && !gone.Engine || r.at.Before(from) || !gone.To.IsZero() && begun.After(gone.To) {
				continue
			}
			what := gone.Service
			if gone.Engine {
				what = "the engine under " + gone.Service
			}
			out[r.row] = fmt.Sprintf("%s was gone while this test ran: %s", what, gone.Detail)
			break
		}
	}
	return out
}
