//go:build unix

package process

import (
	"os"
	"syscall"
)

func caught() []os.Signal {
	return []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGTSTP, syscall.SIGCONT}
}

func translate(s os.Signal) Signal {
	switch s {
	case syscall.SIGINT:
		return Interrupt
	case syscall.SIGTERM, syscall.SIGHUP:
		return Terminate
	case syscall.SIGTSTP:
		return Suspend
	case syscall.SIGCONT:
		return Resume
	}
	return 0
}
