package preflight

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"testrunner/env"
	"testrunner/report/event"
)

// How often a service is asked, so that one slow answer decides nothing, and for how long at most beside the time that one answer may take.
const (
	latencyRounds = 5
	latencyBudget = 5 * time.Second
)

func (v visitor) budget() time.Duration { return latencyBudget + v.address.Latency.Fail }

// latency asks again and judges the median. The answer before it has paid for the connection, and perhaps woken the service up.
func (v visitor) latency(ctx context.Context, does string, ask func(context.Context) error) event.Finding {
	bound := v.address.Latency
	f := event.Finding{ID: v.id + ".latency", Status: event.OK, Threshold: boundWords(bound), Unit: event.Seconds}
	within, cancel := context.WithTimeout(ctx, v.budget())
	defer cancel()
	begun := v.now()
	var took []time.Duration
	for len(took) < latencyRounds && within.Err() == nil {
		start := v.now()
		err := ask(within)
		spent := v.now().Sub(start)
		v.tell("latency", start, err)
		switch {
		case within.Err() != nil && len(took) > 0: // cut off: how long it would have taken is not known, and there are others
		case err != nil && !errors.Is(err, context.DeadlineExceeded):
			f.Status, f.Unit = event.Fail, ""
			f.Detail = fmt.Sprintf("%s %s once, and not again: %v", v.address.Name, does, err)
			return f
		default:
			took = append(took, spent)
		}
	}
	f.Millis = v.since(begun)
	if len(took) == 0 {
		f.Status, f.Unit, f.Detail = event.Unknown, "", "there was no time left to measure it"
		return f
	}
	slices.Sort(took)
	median := took[len(took)/2]
	f.Value, f.Number = millis(median), median.Seconds()
	f.Detail = fmt.Sprintf("%s %s in %s, the median of %d", v.address.Name, does, f.Value, len(took))
	switch {
	case bound.Fail > 0 && median > bound.Fail:
		f.Status = event.Fail
		f.Detail += fmt.Sprintf(": more than %s, which runner.yaml bears at most", written(bound.Fail))
	case bound.Warn > 0 && median > bound.Warn:
		f.Status = event.Warn
		f.Detail += fmt.Sprintf(": more than %s, from which on runner.yaml warns", written(bound.Warn))
	}
	return f
}

// millis is a time as people compare it: "0.3 ms", "420 ms".
func millis(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.1f ms", max(0.1, float64(d)/1e6))
	}
	return fmt.Sprintf("%d ms", d.Round(time.Millisecond).Milliseconds())
}

// written is a bound as runner.yaml has it: "2s", "1m30s", "1h".
func written(d time.Duration) string {
	s := d.String()
	for _, nothing := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, nothing) {
			s = strings.TrimSuffix(s, nothing[1:])
		}
	}
	return s
}

// boundWords are the bounds in words: "warn 300ms, fail 2s"; "" is none.
func boundWords(l env.Latency) string {
	var words []string
	if l.Warn > 0 {
		words = append(words, "warn "+written(l.Warn))
	}
	if l.Fail > 0 {
		words = append(words, "fail "+written(l.Fail))
	}
	return strings.Join(words, ", ")
}
