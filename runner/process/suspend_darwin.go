package process

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// stopSelf stops this process, or its whole group.
func stopSelf(group bool) error {
	pid := os.Getpid()
	if group {
		pid = 0
	}
	if err := unix.Kill(pid, unix.SIGSTOP); err != nil {
		return fmt.Errorf("stop runner: %w", err)
	}
	return nil
}
