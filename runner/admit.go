package runner

import "context"

// spareRAM is kept free when a further job would start beside others.
const spareRAM = 256 << 20

// startWhatFits starts jobs in their order, as long as there are slots and memory. The first that does not fit holds up
// the rest: else a large or exclusive job would wait for ever.
func (s *scheduler) startWhatFits(ctx context.Context) {
	for len(s.waiting) > 0 && s.free > 0 {
		j := s.waiting[0]
		if len(s.live) > 0 && (j.Exclusive || s.live[0].job.Exclusive || !s.memoryFor(j)) {
			return
		}
		s.waiting = s.waiting[1:]
		share := s.share(j)
		s.free -= share
		r := newRunning(j, share, s)
		s.live = append(s.live, r)
		go r.run(ctx, s.done)
	}
}

// share is how many slots a job gets: alone all that it can use, else its part of what is free, at least one. One slot
// is kept for each job behind it that could start beside it.
func (s *scheduler) share(j Job) int {
	others := 0
	for _, w := range s.waiting {
		if j.Exclusive || w.Exclusive {
			break
		}
		others++
	}
	return min(max(1, s.free-others), max(1, j.Cores), s.free)
}

// memoryFor says whether a further job may start beside those that run: what it took the last time must be free now, and
// must be left of all the memory when those that run have taken what they took. A job that has just started has not.
func (s *scheduler) memoryFor(j Job) bool {
	if s.opt.FreeRAM == nil {
		return true
	}
	free := s.opt.FreeRAM()
	s.ram = max(s.ram, free)
	need := spareRAM + j.Last.memory()
	promised := need
	for _, r := range s.live {
		promised += r.job.Last.memory()
	}
	return free >= need && s.ram >= promised
}
