package preflight

import (
	"context"
	"fmt"
	"time"

	"testrunner/env/host"
	"testrunner/report/event"
)

// loadInterval is how long the cores are watched. Beside the other checks it costs a run nothing that they would not cost anyway.
const loadInterval = 200 * time.Millisecond

// hostChecks look at this machine.
func hostChecks(w Wants) []Check {
	checks := []Check{
		{ID: event.HostMemory, Look: func(ctx context.Context) []event.Finding { return memory(ctx, w.Thresholds.FreeMemory) }},
		{ID: event.HostDisk, Look: func(ctx context.Context) []event.Finding { return disk(ctx, w.Dir, w.Thresholds.FreeDisk) }},
	}
	if w.Brief {
		return checks
	}
	return append(checks, Check{ID: event.HostLoad, Look: func(ctx context.Context) []event.Finding { return load(ctx, w.Thresholds.Load) }})
}

// unforeseen is a measurement that failed: nobody knows, and nobody says ok.
func unforeseen(id string, err error) []event.Finding {
	return []event.Finding{{ID: id, Status: event.Unknown, Detail: err.Error()}}
}

func memory(ctx context.Context, least uint64) []event.Finding {
	m, err := host.ReadMemory(ctx)
	if err != nil {
		return unforeseen(event.HostMemory, err)
	}
	f := atLeast(event.HostMemory, m.Free, least)
	f.Detail = fmt.Sprintf("of %s on this machine", event.Size(m.Total))
	if m.From != "machine" {
		f.Detail = fmt.Sprintf("of %s that %s grants", event.Size(m.Total), m.From)
	}
	return []event.Finding{f}
}

func disk(ctx context.Context, dir string, least uint64) []event.Finding {
	d, err := host.ReadDisk(ctx, dir)
	if err != nil {
		return unforeseen(event.HostDisk, err)
	}
	f := atLeast(event.HostDisk, d.Free, least)
	f.Detail = fmt.Sprintf("of %s at %s", event.Size(d.Total), d.Path)
	if d.Inodes > 0 && d.InodesFree*100 < d.Inodes {
		f.Status, f.Detail = event.Warn, fmt.Sprintf("%d of %d files can still be made at %s", d.InodesFree, d.Inodes, d.Path)
	}
	return []event.Finding{f}
}

func load(ctx context.Context, most float64) []event.Finding {
	busy, err := host.ReadLoad(ctx, loadInterval)
	if err != nil {
		return unforeseen(event.HostLoad, err)
	}
	f := event.Finding{
		ID: event.HostLoad, Status: event.OK, Value: fmt.Sprintf("%.0f %%", busy.Percent), Threshold: fmt.Sprintf("at most %.0f %%", most),
		Detail: fmt.Sprintf("of %d cores, over %s", host.Cores(), busy.Over), Number: busy.Percent, Unit: event.Percent,
	}
	if busy.Percent > most {
		f.Status = event.Warn
	}
	return []event.Finding{f}
}

// atLeast holds a size against its threshold. Less warns: what really does not fit is the decision's own arithmetic.
func atLeast(id string, free, least uint64) event.Finding {
	f := event.Finding{
		ID: id, Status: event.OK, Value: event.Size(free) + " free", Threshold: "at least " + event.Size(least), Number: float64(free), Unit: event.Bytes,
	}
	if free < least {
		f.Status = event.Warn
	}
	return f
}
