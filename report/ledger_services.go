package report

import (
	"fmt"
	"slices"
	"time"

	"testrunner/report/event"
)

// red is a result that may not be the test's own fault: a service that its job needs was perhaps gone.
type red struct {
	row    *row
	at     time.Time
	micros int64
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

// overlapping are the failed tests of the job that ran while a service which it needs was gone, with what is to be said of it. Tests
// that passed all the same are left as they are.
func (j *job) overlapping(lost []event.ServiceLost) map[*row]string {
	if len(lost) == 0 || len(j.reds) == 0 {
		return nil
	}
	out := map[*row]string{}
	for _, r := range j.reds {
		begun := r.at.Add(-time.Duration(max(0, r.micros)) * time.Microsecond)
		for _, gone := range lost {
			if !slices.Contains(j.started().Services, gone.Service) || r.at.Before(gone.From.Add(-seenLate)) || !gone.To.IsZero() && begun.After(gone.To) {
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
