package process

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// caught: SIGTERM is what the Go runtime makes of a console window that is closed, a logoff, a shutdown.
func caught() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM} }

func translate(s os.Signal) Signal {
	switch s {
	case os.Interrupt:
		return Interrupt
	case syscall.SIGTERM:
		return Terminate
	}
	return 0
}

// SuspendSelf is not to be had here: there is no Ctrl-Z.
func SuspendSelf() error { return fmt.Errorf("stop runner: %w", errors.ErrUnsupported) }
