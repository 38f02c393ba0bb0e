package runner

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"testrunner/report/event"
	"testrunner/runner/tool"
)

// floor is where jobs without a program are at work, until they are let go.
type floor struct {
	mu      sync.Mutex
	working map[string]tool.Target
	gates   map[string]chan struct{}
	entered chan struct{}
	wrong   []string
}

func (f *floor) enter(p Plan, t tool.Target) {
	gate := make(chan struct{})
	f.mu.Lock()
	f.working[t.Job], f.gates[t.Job] = t, gate
	sum := 0
	for _, w := range f.working {
		sum += w.Share
	}
	if sum > p.Slots || t.Share < 1 {
		f.wrong = append(f.wrong, fmt.Sprintf("%d slots are taken of %d, %s has %d", sum, p.Slots, t.Job, t.Share))
	}
	for _, j := range p.Jobs {
		if _, here := f.working[j.Target.Job]; here && j.Exclusive && len(f.working) > 1 {
			f.wrong = append(f.wrong, j.Target.Job+" is not alone")
		}
		if j.Target.Job == t.Job && t.Share > j.Cores {
			f.wrong = append(f.wrong, fmt.Sprintf("%s has %d slots and can use %d", t.Job, t.Share, j.Cores))
		}
	}
	f.mu.Unlock()
	f.entered <- struct{}{}
	<-gate
}

// leave lets one go: the n-th of those at work, by name.
func (f *floor) leave(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var names []string
	for name := range f.working {
		names = append(names, name)
	}
	slices.Sort(names)
	name := names[n%len(names)]
	delete(f.working, name)
	close(f.gates[name])
}

// Slots are never oversubscribed, exclusive jobs run alone, every job runs once, and the run comes to its end, in whatever
// order jobs end and whatever memory is said to be free.
func TestSlotsProperty(t *testing.T) {
	scratch := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		f := &floor{working: map[string]tool.Target{}, gates: map[string]chan struct{}{}, entered: make(chan struct{}, 100)}
		p := Plan{Slots: rapid.IntRange(1, 9).Draw(rt, "slots")}
		work := player{command: func(target tool.Target) (tool.Command, error) {
			f.enter(p, target)
			return tool.Command{}, io.EOF
		}}
		for i := range rapid.IntRange(0, 12).Draw(rt, "jobs") {
			j := toolJob(fmt.Sprint(i), work)
			j.Cores = rapid.IntRange(1, 12).Draw(rt, "cores")
			j.Exclusive = rapid.IntRange(0, 4).Draw(rt, "exclusive") == 0
			j.Last.RSSKB = rapid.SampledFrom([]int64{0, 1 << 10, 1 << 20, 1 << 30}).Draw(rt, "kb")
			p.Jobs = append(p.Jobs, j)
		}
		free := rapid.SampledFrom([]uint64{0, 1 << 28, 1 << 29, 1 << 33}).Draw(rt, "free")
		var mu sync.Mutex
		ended := map[string]int{}
		opt := Options{Clock: NewClock(time.Now), Scratch: scratch, FreeRAM: func() uint64 { return free }, Emit: func(b event.Body) {
			if e, ok := b.(event.JobFinished); ok {
				mu.Lock()
				defer mu.Unlock()
				ended[e.Job]++
			}
		}}
		done := make(chan error, 1)
		go func() {
			_, err := Run(t.Context(), p, opt)
			done <- err
		}()
		inside := 0
		for left := len(p.Jobs); left > 0; left-- {
			for n := rapid.IntRange(0, 9).Draw(rt, "crowd"); inside == 0 || n > 0; n-- {
				wait := 2 * time.Millisecond // for others that may come too
				if inside == 0 {
					wait = patience
				}
				select {
				case <-f.entered:
					inside++
					continue
				case <-time.After(wait):
				}
				if inside == 0 {
					rt.Fatal("nothing starts, and nothing is at work")
				}
				break
			}
			f.leave(rapid.IntRange(0, 8).Draw(rt, "leaves"))
			inside--
		}
		select {
		case err := <-done:
			if err != nil {
				rt.Fatal(err)
			}
		case <-time.After(patience):
			rt.Fatal("the run does not end")
		}
		if len(f.wrong) > 0 {
			rt.Fatal(f.wrong)
		}
		for _, j := range p.Jobs {
			if ended[j.Target.Job] != 1 {
				rt.Fatalf("%s ended %d times", j.Target.Job, ended[j.Target.Job])
			}
		}
	})
}

func TestShare(t *testing.T) {
	shared, alone := Job{Cores: 8}, Job{Cores: 8, Exclusive: true}
	for name, c := range map[string]struct {
		job     Job
		free    int
		waiting []Job
		want    int
	}{
		"alone in the plan":                      {shared, 4, nil, 4},
		"no more than it can use":                {Job{Cores: 2}, 4, nil, 2},
		"one is kept for each behind it":         {shared, 4, []Job{shared, shared}, 2},
		"at least one":                           {shared, 2, []Job{shared, shared, shared}, 1},
		"nothing is kept for exclusive jobs":     {shared, 4, []Job{alone}, 4},
		"nor for those that wait for such a one": {shared, 4, []Job{shared, alone, shared, shared}, 3},
		"an exclusive job has all":               {alone, 4, []Job{shared, shared}, 4},
		"a tool that says nothing has one":       {Job{}, 4, nil, 1},
	} {
		s := &scheduler{free: c.free}
		if got, charge := s.share(c.job, c.waiting); got != c.want || charge != got {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

// A further job needs what it took the last time and a reserve, and what those that run will yet take is not free.
func TestMemoryAdmission(t *testing.T) {
	const gb = 1 << 30
	took := func(kb int64) Job { return Job{Last: Timing{RSSKB: kb}} }
	for name, c := range map[string]struct {
		free []uint64 // at each look, the last one counts
		live []Job
		job  Job
		want bool
	}{
		"plenty":                          {[]uint64{8 * gb}, []Job{took(1 << 20)}, took(1 << 20), true},
		"the reserve would be gone":       {[]uint64{gb}, nil, took(1 << 20), false},
		"just enough":                     {[]uint64{gb + spareRAM}, nil, took(1 << 20), true},
		"one that runs has not grown yet": {[]uint64{3 * gb}, []Job{took(2 << 20)}, took(1 << 20), false},
		"one that runs has grown, and there is less": {[]uint64{4 * gb, 2 * gb}, []Job{took(2 << 20)}, took(1 << 20), true},
		"somebody else took it":                      {[]uint64{8 * gb, gb}, nil, took(1 << 20), false},
		"never measured: the reserve is enough":      {[]uint64{spareRAM}, []Job{{}}, Job{}, true},
	} {
		s := &scheduler{}
		for _, j := range c.live {
			s.live = append(s.live, &running{job: j})
		}
		got := false
		for _, free := range c.free {
			s.opt.FreeRAM = func() uint64 { return free }
			got = s.memoryFor(c.job)
		}
		if got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
