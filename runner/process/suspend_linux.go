package process

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// stopSelf stops this process, or its whole group. The signal for this process is aimed at this very thread, or it could run on
// for a moment while another thread takes the signal; hence a group is stopped one by one, this process last.
func stopSelf(group bool) error {
	if group {
		own := unix.Getpgrp()
		for _, p := range table() {
			if p.pgid == own && p.pid != os.Getpid() {
				_ = send(p, unix.SIGSTOP)
			}
		}
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGSTOP); err != nil {
		return fmt.Errorf("stop runner: %w", err)
	}
	return nil
}
