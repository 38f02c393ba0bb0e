package process

import (
	"cmp"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ID is the identity of a process: its id, and when it was born in the kernel's own words. Two IDs are equal only if they
// are the same process, also after the id was given to another, and after a reboot.
type ID struct {
	Pid  int    `json:"pid"`
	Born string `json:"born"` // opaque
}

// Identify returns the identity of a running process. A zombie is not running: the error is fs.ErrNotExist for both. One that runs and
// may not be looked at (another user's, on Windows) is fs.ErrPermission: nobody can tell which it is.
func Identify(pid int) (ID, error) {
	p, err := look(pid)
	if err != nil {
		return ID{}, fmt.Errorf("look at process %d: %w", pid, err)
	}
	return p.id(), nil
}

// Alive tells whether that very process still runs.
func (id ID) Alive() bool {
	now, err := Identify(id.Pid)
	return err == nil && now == id
}

// proc is one process as the kernel's table shows it.
type proc struct {
	pid, ppid, pgid, sid int
	start                uint64 // in the kernel's unit: equal only for the same process, ordered by time
	zombie, stopped      bool
	name                 string
	args                 string // command line, "" where it is not to be had; read late
	cpu                  time.Duration
	rssKB                int64
}

func (p proc) id() ID { return ID{Pid: p.pid, Born: epoch() + strconv.FormatUint(p.start, 10)} }

// inTable finds a running process in a table. One without a start time is there, and not ours to open.
func inTable(table []proc, pid int) (proc, error) {
	for _, p := range table {
		switch {
		case p.pid != pid:
		case p.start == 0:
			return proc{}, fmt.Errorf("%w: another user's, or the system's", fs.ErrPermission)
		default:
			return p, nil
		}
	}
	return proc{}, fs.ErrNotExist
}

// same tells whether both are the same process at two times.
func (p proc) same(q proc) bool { return p.pid == q.pid && p.start == q.start }

// String is "pid name command line".
func (p proc) String() string {
	args := p.args
	if args == "" {
		args = commandLine(p.pid)
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s %s", p.pid, p.name, args))
}

// family returns the processes of table that run and are one of the roots, of one of the groups, or descend from such,
// sorted by id. A root counts only with its own start time; except is left out with all that descends from it.
func family(table []proc, roots map[int]proc, groups map[int]bool, except map[int]bool) []proc {
	children := make(map[int][]proc, len(table))
	in := make(map[int]bool)
	var queue, out []proc
	for _, p := range table {
		children[p.ppid] = append(children[p.ppid], p)
		root, ok := roots[p.pid]
		if (ok && root.same(p) || groups[p.pgid]) && !except[p.pid] {
			queue = append(queue, p)
			in[p.pid] = true
		}
	}
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		if !p.zombie {
			out = append(out, p)
		}
		for _, c := range children[p.pid] {
			// An older child is none: its parent is gone, and the id was given away (Windows never changes a parent id).
			if !in[c.pid] && !except[c.pid] && c.pid != p.pid && c.start >= p.start {
				in[c.pid] = true
				queue = append(queue, c)
			}
		}
	}
	slices.SortFunc(out, func(a, b proc) int { return cmp.Compare(a.pid, b.pid) })
	return out
}

// leaves returns those that have no child among them.
func leaves(members []proc) []proc {
	parent := make(map[int]bool, len(members))
	for _, m := range members {
		parent[m.ppid] = true
	}
	return slices.DeleteFunc(slices.Clone(members), func(m proc) bool { return parent[m.pid] })
}

// drawTree draws members, seen twice, as an indented tree: "pid cpu% rss name args".
func drawTree(before, after []proc, between time.Duration) []string {
	used := make(map[int]proc, len(before))
	for _, p := range before {
		used[p.pid] = p
	}
	here := make(map[int]bool, len(after))
	children := map[int][]proc{}
	for _, p := range after {
		here[p.pid] = true
	}
	var tops []proc
	for _, p := range after {
		if here[p.ppid] && p.ppid != p.pid {
			children[p.ppid] = append(children[p.ppid], p)
		} else {
			tops = append(tops, p)
		}
	}
	var lines []string
	var draw func(p proc, depth int)
	draw = func(p proc, depth int) {
		busy := p.cpu
		if b, ok := used[p.pid]; ok && b.same(p) {
			busy -= b.cpu
		}
		percent := 0.0
		if between > 0 {
			percent = 100 * float64(busy) / float64(between)
		}
		lines = append(lines, drawProc(p, depth, percent))
		for _, c := range children[p.pid] {
			draw(c, depth+1)
		}
	}
	for _, p := range tops {
		draw(p, 0)
	}
	return lines
}

// drawProc is one line of a tree. 160 bytes of arguments are enough to tell two workers apart.
func drawProc(p proc, depth int, percent float64) string {
	state := ""
	if p.stopped {
		state = " (stopped)"
	}
	args := p.args
	if args == "" {
		args = commandLine(p.pid)
	}
	if first, rest, _ := strings.Cut(args, " "); filepath.Base(first) == p.name {
		args = rest
	}
	if len(args) > 160 {
		args = strings.ToValidUTF8(args[:160], "") + "…"
	}
	line := fmt.Sprintf("%s%d %.0f%% %s %s%s %s", strings.Repeat("  ", depth), p.pid, percent, size(p.rssKB), p.name, state, args)
	return strings.TrimRight(line, " ")
}

func size(kb int64) string {
	if kb < 1024 {
		return fmt.Sprintf("%dkB", kb)
	}
	return fmt.Sprintf("%dMB", kb/1024)
}
