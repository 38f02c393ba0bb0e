//go:build unix

package process

import (
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// terminal is the terminal whose foreground a program gets for a while. The methods of a nil *terminal do nothing.
type terminal struct {
	fd  int
	own int // our process group
}

// openTerminal returns the terminal at stdin, if we are in its foreground: it is not ours to give otherwise.
func openTerminal() *terminal {
	t := &terminal{fd: int(os.Stdin.Fd()), own: unix.Getpgrp()}
	if !t.has(t.own) {
		return nil
	}
	return t
}

func (t *terminal) has(group int) bool {
	now, err := unix.IoctlGetInt(t.fd, unix.TIOCGPGRP)
	return err == nil && now == group
}

// take puts our own group into the foreground again.
func (t *terminal) take() {
	if t != nil {
		t.give(t.own)
	}
}

// give changes the foreground. Who does that from the background is stopped (SIGTTOU) unless the signal is ignored.
func (t *terminal) give(group int) {
	signal.Ignore(unix.SIGTTOU)
	defer signal.Reset(unix.SIGTTOU)
	_ = unix.IoctlSetPointerInt(t.fd, unix.TIOCSPGRP, group)
}

// suspend hands a stop of the program (Ctrl-Z reaches its group alone) on to the shell's job that we are: our group stops, and
// once the shell continues it, the program gets the foreground back, if we have it, and goes on.
func (t *terminal) suspend(group int) {
	if t == nil {
		return
	}
	t.take()
	stopSelf(true)
	if t.has(t.own) {
		t.give(group)
	}
	_ = unix.Kill(-group, unix.SIGCONT)
}

// SuspendSelf stops this process as Ctrl-Z would have; it returns when somebody (the shell's fg) continues it.
func SuspendSelf() error { return stopSelf(false) }
