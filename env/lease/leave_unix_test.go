//go:build unix

package lease

import (
	"os/exec"
	"syscall"
)

// leave gives a child a session of its own.
func leave(cmd *exec.Cmd, session bool) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: session} }
