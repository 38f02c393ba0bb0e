package host

import (
	"context"
	"runtime"

	"github.com/shirou/gopsutil/v3/cpu"
)

// Idle tells how many cores nobody used. It is for one goroutine.
type Idle struct {
	cores int
	last  cpu.TimesStat
}

// WatchIdle begins to watch the cores of this machine. Where a control group grants fewer than the machine has, its idle cores are not
// ours to use, and none is told.
func WatchIdle(ctx context.Context) *Idle {
	w := &Idle{cores: runtime.NumCPU()}
	if Cores() < w.cores {
		w.cores = 0
	}
	w.Cores(ctx)
	return w
}

// Cores is how many cores were idle, on the average since the call before: 0 where that can't be known.
func (w *Idle) Cores(ctx context.Context) float64 {
	now, err := cpu.TimesWithContext(ctx, false)
	if err != nil || len(now) != 1 {
		return 0
	}
	before := w.last
	w.last = now[0]
	idle := now[0].Idle + now[0].Iowait - before.Idle - before.Iowait
	all := total(now[0]) - total(before)
	if before == (cpu.TimesStat{}) || all <= 0 {
		return 0
	}
	return max(0, idle/all) * float64(w.cores)
}

func total(t cpu.TimesStat) float64 {
	// Guest time is part of user time (man 5 proc).
	return t.User + t.System + t.Nice + t.Idle + t.Iowait + t.Irq + t.Softirq + t.Steal
}
