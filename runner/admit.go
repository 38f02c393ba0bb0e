package runner

import (
	"context"
	"slices"
	"time"
)

// spareRAM is kept free when a further job would start beside others.
const spareRAM = 256 << 20

// Jobs that wait (for a network, a timer, a child) leave their core to others. What a job did the last time says so
// beforehand; in a first run idle cores show it: after lendEvery of idleness of at least idleCore a further job starts. At
// most crowd jobs a slot run at once, however idle they are; where --jobs names the slots, one job a slot.
const (
	lendEvery = 500 * time.Millisecond
	idleCore  = 0.75
	crowd     = 4
)

// startWhatFits starts jobs in their order, as long as there are slots and memory. The first that does not fit holds up
// the rest: else a large or exclusive job would wait for ever. Jobs that take no slot, since they mostly wait, may pass it.
func (s *scheduler) startWhatFits(ctx context.Context) {
	for i := 0; i < len(s.waiting); {
		j := s.waiting[i]
		share, charge := s.share(j, s.waiting[i+1:])
		if len(s.live) > 0 && (j.Exclusive || s.live[0].job.Exclusive || len(s.live) >= crowd*max(1, s.plan.Slots) || !s.memoryFor(j)) {
			return
		}
		if charge > s.free || s.collides(j) {
			i++ // one behind it may be free of charge
			continue
		}
		s.start(ctx, i, share, charge)
	}
}

func (s *scheduler) start(ctx context.Context, i, share, charge int) {
	j := s.waiting[i]
	s.waiting = slices.Delete(s.waiting, i, i+1)
	s.free -= charge
	s.lent = time.Now()
	if s.opt.Idle != nil {
		s.opt.Idle() // what was idle before this job says nothing of it
	}
	r := newRunning(j, share, charge, s)
	s.live = append(s.live, r)
	go r.run(ctx, s.done)
}

// share is how many slots a job gets, and how many of them the others have to do without. Alone it gets all that it can
// use, else its part of what is free, at least one; one slot is kept for each of the jobs behind it that could start beside
// it. A job that mostly waits gets all that it can use, and takes from the others what it used.
func (s *scheduler) share(j Job, behind []Job) (share, charge int) {
	cores := max(1, j.Cores)
	if j.Last.waits() && !j.Exclusive && !s.plan.Capped {
		share = min(cores, max(1, s.plan.Slots))
		return share, min(share, int((j.Last.CPUMS+j.Last.MS/2)/j.Last.MS))
	}
	others := 0
	for _, w := range behind {
		if j.Exclusive || w.Exclusive {
			break
		}
		if !w.Last.waits() {
			others++
		}
	}
	share = min(max(1, s.free-others), cores, max(1, s.free))
	return share, share
}

// lend starts one more job when the slots are taken and yet cores are idle.
func (s *scheduler) lend(ctx context.Context) {
	if s.opt.Idle == nil || s.plan.Capped || s.free > 0 || len(s.waiting) == 0 || time.Since(s.lent) < lendEvery {
		return
	}
	s.lent = time.Now()
	j := s.waiting[0]
	if s.opt.Idle() < idleCore || s.collides(j) || j.Exclusive || len(s.live) == 0 || s.live[0].job.Exclusive ||
		len(s.live) >= crowd*max(1, s.plan.Slots) || !s.memoryFor(j) {
		return
	}
	s.start(ctx, 0, 1, 0)
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
