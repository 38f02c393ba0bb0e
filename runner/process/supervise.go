package process

import (
	"context"
	"slices"
	"time"
)

// supervise follows the program until its leader ended, then ends what is left.
func (p *Process) supervise(ctx context.Context, leader <-chan struct{}) {
	defer close(p.done)
	defer p.group.release()
	track := time.NewTicker(p.look)
	defer track.Stop()
	cancelled := ctx.Done()
	for {
		kill, giveUp := p.killTimer()
		select {
		case <-leader:
			p.conclude()
			return
		case <-giveUp:
			p.exit = Exit{Code: -1, Wall: time.Since(p.begun), Held: true}
			for _, m := range p.group.members() {
				p.exit.Orphans = append(p.exit.Orphans, m.String()+" (can't be killed)")
			}
			p.out.cut()
			return
		case <-cancelled:
			cancelled = nil
			p.Stop(p.grace)
		case <-track.C:
			p.group.track()
		case <-kill:
			p.group.kill()
		case <-p.wake:
		}
	}
}

// killTimer fires when it is time to kill, again and again, and when it is time to lose hope.
func (p *Process) killTimer() (kill, giveUp <-chan time.Time) {
	at := p.deadline(time.Time{})
	if at.IsZero() {
		return nil, nil
	}
	return time.After(max(time.Until(at), killAgain)), time.After(time.Until(at) + hopeless)
}

// deadline is when all must be killed: at, or sooner if a Stop said so.
func (p *Process) deadline(at time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at.IsZero() || !p.killAt.IsZero() && p.killAt.Before(at) {
		return p.killAt
	}
	return at
}

// conclude ends what outlived the leader and reaps it. The leader's zombie holds the ids of the process and of the group
// until then, so neither can have become a stranger's.
func (p *Process) conclude() {
	wall := time.Since(p.begun)
	orphans, held := p.endRest()
	p.exit = p.group.reap(p.cmd)
	p.exit.Wall, p.exit.Orphans, p.exit.Held = wall, orphans, held
}

// endRest waits for what ends by itself, asks the rest to end, kills it at the deadline, and returns who that was.
func (p *Process) endRest() (orphans []string, held bool) {
	ended := time.Now()
	settled := ended.Add(min(settleFor, p.grace/2))
	known := map[int]string{}
	alone := ended // since when nobody of ours is left
	for pause := time.Millisecond; ; pause = min(2*pause, 40*time.Millisecond) {
		rest := p.group.survivors()
		drained := p.drained(pause)
		if len(rest) == 0 && !drained {
			rest = p.group.holders(p.out.pipes)
		}
		if len(rest) == 0 && drained {
			break
		}
		now, deadline := time.Now(), p.deadline(ended.Add(p.grace))
		if len(rest) > 0 {
			alone = now
		}
		if now.After(deadline.Add(hopeless)) {
			for _, m := range rest {
				known[m.pid] = m.String() + " (can't be killed)"
			}
			held = !drained
			break
		}
		if now.After(settled) || now.After(deadline) {
			for _, m := range rest {
				if text := m.String(); len(text) > len(known[m.pid]) { // one that is ending has no command line any more
					known[m.pid] = text
				}
			}
		}
		switch {
		case now.After(deadline) && now.Sub(alone) > settleFor:
			// Nobody of ours is left, what they wrote has been read, and yet the pipe is held: by a process that we may not touch.
			p.out.cut()
			p.drained(hopeless)
			return list(known), p.out.held()
		case now.After(deadline):
			p.group.kill()
			p.group.end(rest)
		case now.After(settled):
			p.group.ask(rest)
		}
		p.pause(pause, drained)
	}
	return list(known), held
}

// drained waits a moment for the end of the output.
func (p *Process) drained(wait time.Duration) bool {
	select {
	case <-p.out.drained:
		return true
	case <-time.After(wait):
		return false
	}
}

// pause waits until something may have changed.
func (p *Process) pause(wait time.Duration, drained bool) {
	end := p.out.drained
	if drained {
		end = nil
	}
	select {
	case <-end:
	case <-p.wake:
	case <-time.After(wait):
	}
}

func list(known map[int]string) []string {
	pids := make([]int, 0, len(known))
	for pid := range known {
		pids = append(pids, pid)
	}
	slices.Sort(pids)
	var out []string
	for _, pid := range pids {
		out = append(out, known[pid])
	}
	return out
}
