package process

import "time"

// age counts from the start, which is microseconds of the calendar.
func age(p proc) time.Duration { return time.Since(time.UnixMicro(int64(p.start))) }
