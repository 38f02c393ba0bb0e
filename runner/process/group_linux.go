package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

const childStopped = 5 // CLD_STOPPED of signal.h

// await returns when the leader has ended, and leaves its zombie: that holds the ids until the rest is ended too.
func (g *group) await() {
	what := unix.WEXITED | unix.WNOWAIT
	if g.terminal != nil {
		what |= unix.WSTOPPED
	}
	for {
		var info unix.Siginfo
		err := unix.Waitid(unix.P_PID, g.root.pid, &info, what, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case err == nil && info.Code == childStopped:
			_ = unix.Waitid(unix.P_PID, g.root.pid, &info, unix.WSTOPPED|unix.WNOHANG, nil)
			g.terminal.suspend(g.root.pid)
		default:
			return
		}
	}
}

// send signals that very process and no other: a handle is opened, and it is looked whether the id still is the one seen.
func send(p proc, sig syscall.Signal) error {
	fd, err := unix.PidfdOpen(p.pid, 0)
	if err == nil {
		defer unix.Close(fd)
	} else if errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("send %s to process %d: %w", unix.SignalName(sig), p.pid, err)
	}
	if now, statErr := readStat(p.pid); statErr != nil || !now.same(p) {
		return fmt.Errorf("send %s to process %d: it has ended: %w", unix.SignalName(sig), p.pid, fs.ErrNotExist)
	}
	if err != nil { // a kernel before 5.3: a race of microseconds is left
		err = unix.Kill(p.pid, sig)
	} else {
		err = unix.PidfdSendSignal(fd, sig, nil, 0)
	}
	if err != nil {
		return fmt.Errorf("send %s to process %d: %w", unix.SignalName(sig), p.pid, err)
	}
	return nil
}

// reapSeen reaps the zombies of descendants that were adopted by us.
func (g *group) reapSeen() {
	for _, p := range g.seen {
		reap(p)
	}
	for _, p := range g.asked {
		reap(p)
	}
}

// reap takes the status of one zombie, if it is an adopted child of ours. A child that was started by os/exec is in none of
// the lists that lead here: it is no descendant of a leader.
func reap(p proc) {
	if now, err := readStat(p.pid); err == nil && now.same(p) && now.zombie && now.ppid == os.Getpid() {
		var status unix.WaitStatus
		_, _ = unix.Wait4(p.pid, &status, unix.WNOHANG, nil)
	}
}

// holders returns the adopted children of ours, born after the leader, that hold a write end of the pipes: a pipe is private
// to the program, so they come from it, although nobody saw how.
func (g *group) holders(pipes []*pipe) []proc {
	names := map[string]bool{}
	for _, p := range pipes {
		if info, err := p.read.Stat(); err == nil {
			if st, ok := info.Sys().(*syscall.Stat_t); ok {
				names["pipe:["+strconv.FormatUint(st.Ino, 10)+"]"] = true
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	adopted, _ := orphans()
	found := map[int]proc{}
	for _, p := range family(table(), byPid(adopted), nil, map[int]bool{os.Getpid(): true}) {
		if p.start >= g.root.start && holds(p.pid, names) {
			found[p.pid] = p
			g.seen[p.pid] = p
		}
	}
	return family(table(), found, nil, nil)
}

func holds(pid int, names map[string]bool) bool {
	dir := "/proc/" + strconv.Itoa(pid) + "/fd"
	fds, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(fds, func(fd os.DirEntry) bool {
		to, err := os.Readlink(dir + "/" + fd.Name())
		return err == nil && strings.HasPrefix(to, "pipe:") && names[to]
	})
}

func maxRSS(u *syscall.Rusage) int64 { return u.Maxrss }
