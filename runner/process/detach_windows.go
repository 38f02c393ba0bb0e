package process

import (
	"errors"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/windows"
)

// startDetached leaves the job that we may be in ourselves (a CI service's), if that job allows it.
func startDetached(cmd *exec.Cmd) error {
	flags := uint32(windows.DETACHED_PROCESS | windows.CREATE_NEW_PROCESS_GROUP)
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: flags | windows.CREATE_BREAKAWAY_FROM_JOB}
	first := *cmd
	err := cmd.Start()
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		*cmd = first
		cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: flags}
		err = cmd.Start()
	}
	return err
}

// closeInherited has nothing to do: a program gets the handles that it is given by name, and no other.
func closeInherited() {}

// terminateTrees ends what is left; the kernel has ended the jobs of a dead runner before. There are no groups here, and no TERM
// without a common console.
func terminateTrees(owners []ID, _ bool, _ time.Duration) []string {
	all := table()
	roots := map[int]proc{}
	for _, p := range all {
		if slices.Contains(owners, p.id()) {
			roots[p.pid] = p
		}
	}
	known := map[int]string{}
	for _, p := range family(all, roots, nil, nil) {
		known[p.pid] = p.String()
		if err := terminateProcess(p); err != nil {
			known[p.pid] += " (can't be killed)"
		}
	}
	return list(known)
}

// terminateProcess ends that very process: while the handle is open, the id can't be another's.
func terminateProcess(p proc) error {
	h, err := windows.OpenProcess(windows.PROCESS_TERMINATE|windows.PROCESS_QUERY_LIMITED_INFORMATION|windows.SYNCHRONIZE, false, uint32(p.pid))
	if err != nil {
		return err
	}
	defer windows.CloseHandle(h)
	now := proc{pid: p.pid}
	if !now.measure() || !now.same(p) {
		return nil // it has ended
	}
	return windows.TerminateProcess(h, killedCode)
}
