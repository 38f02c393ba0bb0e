package host

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shirou/gopsutil/v3/cpu"
	"github.com/shirou/gopsutil/v3/load"
)

// Load is how busy the cores are, all together.
type Load struct {
	Percent float64 // 0 to 100
	Over    time.Duration
}

// ReadLoad measures how busy the cores are over an interval; it takes that long. On macOS a runner that was built without cgo can't: there
// it tells the load average of the last minute, and Over says so.
func ReadLoad(ctx context.Context, interval time.Duration) (Load, error) {
	busy, err := cpu.PercentWithContext(ctx, interval, false)
	if err == nil && len(busy) == 1 {
		return Load{Percent: busy[0], Over: interval}, nil
	}
	if err == nil {
		err = errors.New("the system tells no figures")
	}
	if ctx.Err() == nil {
		if average, noAverage := load.AvgWithContext(ctx); noAverage == nil {
			return Load{Percent: min(100, 100*average.Load1/float64(Cores())), Over: time.Minute}, nil
		}
	}
	return Load{}, fmt.Errorf("measure the load of the cores: %w", err)
}
