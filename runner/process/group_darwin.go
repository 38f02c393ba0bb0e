package process

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"golang.org/x/sys/unix"
)

// await returns when the leader has ended, and leaves its zombie. waitid returns for stopped processes too on this system
// (go.dev/issue/19314), so a kernel queue tells. Where it can't, the leader is gone already, or reap waits for it.
func (g *group) await() {
	queue, err := unix.Kqueue()
	if err != nil {
		return
	}
	defer unix.Close(queue)
	var change unix.Kevent_t
	unix.SetKevent(&change, g.root.pid, unix.EVFILT_PROC, unix.EV_ADD|unix.EV_ONESHOT)
	change.Fflags = unix.NOTE_EXIT
	events := make([]unix.Kevent_t, 1)
	for {
		_, err := unix.Kevent(queue, []unix.Kevent_t{change}, events, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// send signals a process if the id still is the one seen; there are no handles here, so a race of microseconds is left.
func send(p proc, sig syscall.Signal) error {
	now, err := look(p.pid)
	if err == nil && !now.same(p) {
		err = fs.ErrNotExist
	}
	if err == nil {
		err = unix.Kill(p.pid, sig)
	}
	if err != nil {
		return fmt.Errorf("send %s to process %d: %w", unix.SignalName(sig), p.pid, err)
	}
	return nil
}

// reapSeen has nothing to do: orphans are adopted and reaped by launchd.
func (g *group) reapSeen() {}

// holders is empty: who holds a pipe is not to be had without special rights.
func (g *group) holders([]*pipe) []proc { return nil }

func maxRSS(u *syscall.Rusage) int64 { return u.Maxrss / 1024 }
