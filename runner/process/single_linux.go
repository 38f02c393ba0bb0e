package process

import (
	"bytes"
	"os"
	"strconv"
	"time"
)

// age counts from the start, which is ticks since the boot.
func age(p proc) time.Duration {
	b, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return 0
	}
	first, _, _ := bytes.Cut(b, []byte(" "))
	up, err := strconv.ParseFloat(string(first), 64)
	if err != nil {
		return 0
	}
	return max(time.Duration(up*float64(time.Second))-time.Duration(p.start)*clockTick, 0)
}
