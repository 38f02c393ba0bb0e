//go:build unix

package process

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func startDetached(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd.Start()
}

// closeInherited closes all but the three streams that is open and would be handed on: what Go opens itself is not, and what was not
// handed on is not here.
func closeInherited() {
	names, err := os.ReadDir("/dev/fd")
	if err != nil {
		return
	}
	for _, name := range names {
		fd, err := strconv.Atoi(name.Name())
		if err != nil || fd <= 2 {
			continue
		}
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && flags&unix.FD_CLOEXEC == 0 {
			_ = unix.Close(fd)
		}
	}
}

func terminateTrees(owners []ID, byGroup bool, grace time.Duration) []string {
	roots, groups := map[int]proc{}, map[int]bool{}
	for _, id := range owners {
		p, err := readStat(id.Pid)
		same := err == nil && p.id() == id
		if same {
			roots[id.Pid] = p
		}
		if id.Pid > 1 && (same && p.pgid == id.Pid || byGroup && err != nil) {
			groups[id.Pid] = true
		}
	}
	known, asked := map[int]string{}, map[int]proc{}
	deadline := time.Now().Add(grace)
	looks := 0 // in which nobody was there, one after the other
	for pause := time.Millisecond; ; pause = min(2*pause, 40*time.Millisecond) {
		rest := family(table(), roots, groups, map[int]bool{os.Getpid(): true})
		now := time.Now()
		// A look takes some time: who was started in it, by one that ended before it was looked at, is seen by the next.
		if looks++; len(rest) > 0 {
			looks = 0
		}
		if looks > 1 || now.After(deadline.Add(hopeless)) {
			for _, p := range rest {
				known[p.pid] += " (can't be killed)"
			}
			return list(known)
		}
		for _, p := range rest {
			roots[p.pid] = p // it stays ours when its parent is gone
			if !asked[p.pid].same(p) {
				asked[p.pid], known[p.pid] = p, p.String()
				askOne(p)
			}
			if now.After(deadline) {
				_ = send(p, unix.SIGKILL)
			}
		}
		time.Sleep(pause)
	}
}
