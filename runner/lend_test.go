package runner

import (
	"io"
	"testing"
	"time"

	"testrunner/report/event"
	"testrunner/runner/tool"
)

// A job that mostly waited the last time gets all the cores that it can use, and takes from the others what it used.
func TestShareOfAJobThatWaits(t *testing.T) {
	for name, c := range map[string]struct {
		last          Timing
		share, charge int
	}{
		"never ran":             {Timing{}, 1, 1},
		"bound by the core":     {Timing{MS: 10000, CPUMS: 9000, Share: 1}, 1, 1},
		"slept":                 {Timing{MS: 10000, CPUMS: 400, Share: 1}, 4, 0},
		"half a core of two":    {Timing{MS: 10000, CPUMS: 6000, Share: 2}, 4, 1},
		"too short to be known": {Timing{MS: 200, CPUMS: 10, Share: 1}, 1, 1},
		"of an older version":   {Timing{MS: 10000}, 1, 1},
	} {
		s := &scheduler{free: 2, plan: Plan{Slots: 4}}
		share, charge := s.share(Job{Cores: 8, Last: c.last}, []Job{{}, {}})
		if share != c.share || charge != c.charge {
			t.Errorf("%s: %d slots, %d taken from the others", name, share, charge)
		}
	}
}

// In a first run idle cores show that the jobs wait: one more starts after a while, and nothing when the cores are busy,
// when an exclusive job has them, or when there is a crowd already.
func TestLend(t *testing.T) {
	for name, c := range map[string]struct {
		idle  float64
		live  []Job
		next  Job
		since time.Duration
		want  bool
	}{
		"idle":                 {1.8, []Job{{}, {}}, Job{}, time.Second, true},
		"busy":                 {0.2, []Job{{}, {}}, Job{}, time.Second, false},
		"too soon":             {1.8, []Job{{}, {}}, Job{}, time.Millisecond, false},
		"one that runs alone":  {1.8, []Job{{Exclusive: true}}, Job{}, time.Second, false},
		"one that shall do so": {1.8, []Job{{}, {}}, Job{Exclusive: true}, time.Second, false},
		"a crowd":              {1.8, make([]Job, 8), Job{}, time.Second, false},
	} {
		s := newScheduler(Plan{Slots: 2}, Options{Clock: NewClock(time.Now), Scratch: t.TempDir(), Emit: func(event.Body) {}, Idle: func() float64 { return c.idle }})
		s.free = 0
		for _, j := range c.live {
			s.live = append(s.live, &running{job: j})
		}
		refusing := player{command: func(tool.Target) (tool.Command, error) { return tool.Command{}, io.EOF }}
		exclusive := c.next.Exclusive
		c.next = toolJob("next", refusing)
		c.next.Exclusive = exclusive
		s.waiting = []Job{c.next}
		s.lent = time.Now().Add(-c.since)
		before := len(s.live)
		s.lend(t.Context())
		if got := len(s.live) > before; got != c.want {
			t.Errorf("%s: started %v", name, got)
		} else if got {
			<-s.done
			if s.free != 0 {
				t.Errorf("%s: a lent core was charged", name)
			}
		}
	}
}
