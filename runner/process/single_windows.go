package process

import (
	"time"

	"golang.org/x/sys/windows"
)

func askSingle(p proc) error { return terminateProcess(p) }

func killSingle(p proc) error { return terminateProcess(p) }

// age counts from the start, which is a Filetime.
func age(p proc) time.Duration {
	if p.start == 0 {
		return 0
	}
	born := windows.Filetime{LowDateTime: uint32(p.start), HighDateTime: uint32(p.start >> 32)}
	return time.Since(time.Unix(0, born.Nanoseconds()))
}
