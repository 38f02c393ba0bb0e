package process

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// clockTick is USER_HZ: 100 on every architecture that Go runs on (man 2 times; the kernel never changed it).
const clockTick = 10 * time.Millisecond

// epoch tells this boot and this process namespace from others: start times count from the boot, ids belong to a namespace.
func epoch() string {
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	ns, _ := os.Readlink("/proc/self/ns/pid")
	id, _, _ := strings.Cut(string(boot), "-")
	return id + "/" + strings.TrimSuffix(strings.TrimPrefix(ns, "pid:["), "]") + "/"
}

// look returns one running process; a zombie is not there.
func look(pid int) (proc, error) {
	p, err := readStat(pid)
	if err == nil && p.zombie {
		err = fs.ErrNotExist
	}
	return p, err
}

func readStat(pid int) (proc, error) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		// ESRCH is the answer when the process ends between open and read.
		return proc{}, fmt.Errorf("%w (%v)", fs.ErrNotExist, err)
	}
	return parseStat(b)
}

// parseStat reads /proc/<pid>/stat (man 5 proc). The name stands in parentheses and may hold any byte, so fields count
// from the last one that closes.
func parseStat(b []byte) (proc, error) {
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 2 || end < open {
		return proc{}, fmt.Errorf("read the process table: a line without a name: %q", b)
	}
	f := bytes.Fields(b[end+1:]) // f[0] is field 3, the state
	if len(f) < 22 {
		return proc{}, fmt.Errorf("read the process table: a line of %d fields: %q", len(f)+2, b)
	}
	num := func(i int) int64 {
		n, _ := strconv.ParseInt(string(f[i-3]), 10, 64)
		return n
	}
	pid, err := strconv.Atoi(string(bytes.TrimSpace(b[:open])))
	if err != nil {
		return proc{}, fmt.Errorf("read the process table: %w", err)
	}
	start, err := strconv.ParseUint(string(f[22-3]), 10, 64)
	if err != nil {
		return proc{}, fmt.Errorf("read the process table: %w", err)
	}
	state := f[0][0]
	return proc{
		pid: pid, ppid: int(num(4)), pgid: int(num(5)), sid: int(num(6)), start: start,
		zombie: state == 'Z' || state == 'X', stopped: state == 'T',
		name: string(b[open+1 : end]), cpu: time.Duration(num(14)+num(15)) * clockTick,
		rssKB: num(24) * int64(os.Getpagesize()) / 1024,
	}, nil
}

// table returns every process that we can see.
func table() []proc {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	var out []proc
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if p, err := readStat(pid); err == nil {
			out = append(out, p)
		}
	}
	return out
}

// commandLine is the arguments, with spaces between.
func commandLine(pid int) string {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, string(b)))
}

// childrenOf asks the kernel for the children of each thread; ok is false where it does not tell (no CONFIG_PROC_CHILDREN).
func childrenOf(pid int) (children []int, ok bool) {
	base := "/proc/" + strconv.Itoa(pid) + "/task"
	tasks, err := os.ReadDir(base)
	if err != nil {
		return nil, true // it has ended
	}
	for _, t := range tasks {
		b, err := os.ReadFile(filepath.Join(base, t.Name(), "children"))
		if err != nil {
			continue
		}
		ok = true
		for _, f := range bytes.Fields(b) {
			if child, err := strconv.Atoi(string(f)); err == nil {
				children = append(children, child)
			}
		}
	}
	if !ok {
		_, err := os.Stat(base)
		ok = err != nil
	}
	return children, ok
}

// below returns the roots that still run and all that descends from them, by walking from the roots: the whole table costs
// far more on a busy machine.
func below(roots []proc) []proc {
	known := make(map[int]bool, len(roots))
	queue := make([]proc, 0, len(roots))
	for _, r := range roots {
		if now, err := readStat(r.pid); err == nil && now.same(r) && !known[r.pid] {
			known[r.pid] = true
			queue = append(queue, now)
		}
	}
	var out []proc
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		if !p.zombie {
			out = append(out, p)
		}
		children, ok := childrenOf(p.pid)
		if !ok {
			return family(table(), byPid(roots), nil, nil)
		}
		for _, pid := range children {
			if known[pid] {
				continue
			}
			// A child that is not (or no more) this parent's was reparented, or its id is another's by now.
			if c, err := readStat(pid); err == nil && c.ppid == p.pid {
				known[pid] = true
				queue = append(queue, c)
			}
		}
	}
	return out
}
