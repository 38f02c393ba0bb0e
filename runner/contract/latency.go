package contract

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// latency: the last event of a connection comes soon enough after the user's first message. What did not come has no time.
func (j judged) latency() Verdict {
	v := Verdict{Case: CaseLatency}
	want := len(j.expected())
	var took []time.Duration
	j.lines(func(t Talk, connection int, _ string) {
		if at, ok := j.last(t, connection, want); ok {
			took = append(took, at-t.Sent)
		}
	})
	if len(took) == 0 {
		v.Wrong = "not one user got all events, so there is no time to measure"
		return v
	}
	slices.Sort(took)
	p99 := percentile(took, 99)
	v.Note = fmt.Sprintf("p50 %s, p95 %s, p99 %s, max %s (%d measured)",
		shown(percentile(took, 50)), shown(percentile(took, 95)), shown(p99), shown(took[len(took)-1]), len(took))
	switch {
	case j.Latency.Fail > 0 && p99 > j.Latency.Fail:
		v.Broken = append(v.Broken, fmt.Sprintf("p99 is %s, above %s: %s", shown(p99), j.Latency.Fail, v.Note))
	case j.Latency.Warn > 0 && p99 > j.Latency.Warn:
		v.Warn = fmt.Sprintf("p99 is %s, above the warning of %s", shown(p99), j.Latency.Warn)
	}
	return v
}

// last is when the connection had got as many of its own events as it must; one that was lost leaves no time. An event too many
// counts as well as the one whose place it took.
func (j judged) last(t Talk, connection, want int) (time.Duration, bool) {
	n := 0
	for _, r := range t.Got {
		if r.Connection != connection || !j.wanted(r.Name) || j.foreign(t.User, r) != "" {
			continue
		}
		if n++; n == want {
			return r.At, true
		}
	}
	return 0, false
}

// percentile is the nearest rank of sorted times.
func percentile(sorted []time.Duration, p int) time.Duration {
	rank := int(math.Ceil(float64(p) / 100 * float64(len(sorted))))
	return sorted[max(0, rank-1)]
}

// shown is a time with as many digits as a person reads.
func shown(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(time.Microsecond).String()
}
