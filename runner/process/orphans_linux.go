package process

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// BecomeSubreaper makes this process the parent of every descendant that lost its own, so that none gets away unseen. main
// calls it once, before the first Start. On other systems it does nothing.
func BecomeSubreaper() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("become the parent of orphans (prctl): %w; orphans that leave their group will not be found", err)
	}
	return nil
}

// SweepOrphans ends all processes that were adopted by this one and that no running program of Start or Detach is, with all
// that descends from them: TERM, and KILL after DefaultGrace. It returns those that were running, "pid name command line", and
// reaps what had ended. It is for the end of a run: a program that still runs keeps its descendants, as they are not adopted.
func SweepOrphans() []string {
	known := map[int]string{}
	asked := map[int]proc{}
	deadline := time.Now().Add(DefaultGrace)
	for pause := time.Millisecond; ; pause = min(2*pause, 40*time.Millisecond) {
		adopted, ended := orphans()
		for _, p := range ended {
			reap(p)
		}
		rest := family(table(), byPid(adopted), nil, map[int]bool{os.Getpid(): true})
		late := time.Now().After(deadline)
		if len(rest) == 0 || time.Now().After(deadline.Add(hopeless)) {
			for _, p := range rest {
				known[p.pid] += " (can't be killed)"
			}
			return list(known)
		}
		for _, p := range rest {
			if !asked[p.pid].same(p) {
				asked[p.pid], known[p.pid] = p, p.String()
				askOne(p)
			}
			if late {
				_ = send(p, unix.SIGKILL)
			}
		}
		time.Sleep(pause)
	}
}

// Orphans returns what SweepOrphans would end, as it is now: for a journal, so that it is ended even if this process is killed.
// what is "pid name command line".
func Orphans() (ids []ID, what []string) {
	adopted, _ := orphans()
	if len(adopted) == 0 {
		return nil, nil // the usual case, and the cheap one
	}
	for _, p := range family(table(), byPid(adopted), nil, map[int]bool{os.Getpid(): true}) {
		ids, what = append(ids, p.id()), append(what, p.String())
	}
	return ids, what
}

// orphans returns the children of this process that nobody here started: those that run, and those that ended and wait to be
// reaped. What os/exec started has an open handle (pidfd) until its status is taken, and that is how the two are told apart:
// the kernel keeps that list better than we could.
func orphans() (running, ended []proc) {
	// os/exec holds this lock from the fork until the handle is there, so no child is seen without its handle.
	syscall.ForkLock.RLock()
	children := childrenOfSelf()
	started, ok := handles()
	syscall.ForkLock.RUnlock()
	for _, p := range children {
		switch {
		case started[p.pid]:
		case !ok && p.pid == p.pgid:
			// No handles before Linux 5.4: what leads a group may be ours, as all that is started here does.
		case p.zombie:
			ended = append(ended, p)
		default:
			running = append(running, p)
		}
	}
	return running, ended
}

func childrenOfSelf() []proc {
	var out []proc
	pids, ok := childrenOf(os.Getpid())
	for _, pid := range pids {
		if p, err := readStat(pid); err == nil {
			out = append(out, p)
		}
	}
	if ok {
		return out
	}
	for _, p := range table() {
		if p.ppid == os.Getpid() {
			out = append(out, p)
		}
	}
	return out
}

// handles returns the processes that this one holds a handle of; ok is false where os/exec uses none.
func handles() (pids map[int]bool, ok bool) {
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		return nil, false
	}
	defer self.Release()
	if err := self.WithHandle(func(uintptr) {}); errors.Is(err, os.ErrNoHandle) {
		return nil, false
	}
	fds, err := os.ReadDir("/proc/self/fdinfo")
	if err != nil {
		return nil, false
	}
	pids = make(map[int]bool)
	for _, fd := range fds {
		b, err := os.ReadFile("/proc/self/fdinfo/" + fd.Name())
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(b)) {
			if rest, found := strings.CutPrefix(line, "Pid:"); found {
				if pid, err := strconv.Atoi(strings.TrimSpace(rest)); err == nil {
					pids[pid] = true
				}
			}
		}
	}
	return pids, true
}
