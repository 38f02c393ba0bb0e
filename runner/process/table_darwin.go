package process

import (
	"bytes"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const zombieState = 5 // SZOMB of sys/proc.h
const stopState = 4   // SSTOP

// epoch is empty: start times are of the calendar here.
func epoch() string { return "" }

func look(pid int) (proc, error) {
	k, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil || int(k.Proc.P_pid) != pid || k.Proc.P_stat == zombieState {
		return proc{}, fmt.Errorf("%w (%v)", fs.ErrNotExist, err)
	}
	return fromKinfo(*k), nil
}

func readStat(pid int) (proc, error) { return look(pid) }

func fromKinfo(k unix.KinfoProc) proc {
	name, _, _ := bytes.Cut(k.Proc.P_comm[:], []byte{0})
	t := k.Proc.P_starttime
	return proc{
		pid: int(k.Proc.P_pid), ppid: int(k.Eproc.Ppid), pgid: int(k.Eproc.Pgid),
		start:  uint64(t.Sec)*1e6 + uint64(t.Usec),
		zombie: k.Proc.P_stat == zombieState, stopped: k.Proc.P_stat == stopState,
		name: string(name), cpu: time.Duration(k.Proc.P_uticks+k.Proc.P_sticks) * time.Microsecond,
		rssKB: int64(k.Eproc.Xrssize) * 4,
	}
}

func table() []proc {
	all, err := unix.SysctlKinfoProcSlice("kern.proc.all")
	if err != nil {
		return nil
	}
	out := make([]proc, len(all))
	for i, k := range all {
		out[i] = fromKinfo(k)
	}
	return out
}

// commandLine reads kern.procargs2: the number of arguments, the path, zeros, then the arguments.
func commandLine(pid int) string {
	b, err := unix.SysctlRaw("kern.procargs2", pid)
	if err != nil || len(b) < 4 {
		return ""
	}
	n := int(b[0]) | int(b[1])<<8 | int(b[2])<<16
	_, rest, _ := bytes.Cut(b[4:], []byte{0})
	args := bytes.Split(bytes.TrimLeft(rest, "\x00"), []byte{0})
	return strings.TrimSpace(string(bytes.Join(args[:min(n, len(args))], []byte{' '})))
}

func below(roots []proc) []proc { return family(table(), byPid(roots), nil, nil) }
