// Package host measures this machine: what the scheduler and later the preflight checks need to know of it.
// It decides nothing and knows nothing of tests.
package host

import (
	"math"
	"os"
	"path"
	"strconv"
	"strings"

	"github.com/shirou/gopsutil/v3/mem"
)

// FreeMemory is how many bytes programs could still use without swapping: what the system calls available, or less where a
// control group (a container) sets a lower limit. A machine that does not tell counts as having all it needs.
func FreeMemory() uint64 {
	free := uint64(math.MaxUint64)
	if m, err := mem.VirtualMemory(); err == nil {
		free = m.Available
	}
	return min(free, groupRoom(os.ReadFile))
}

// groupRoom is what the limits of our control group and its parents leave (cgroup v2, then v1). Elsewhere there is no file to
// read, and so no limit.
func groupRoom(read func(string) ([]byte, error)) uint64 {
	number := func(file string) (uint64, bool) {
		data, err := read(file)
		if err != nil {
			return 0, false
		}
		n, err := strconv.ParseUint(strings.TrimSpace(string(data)), 10, 64)
		return n, err == nil // "max" is no number: no limit
	}
	room := uint64(math.MaxUint64)
	leave := func(limitFile, usedFile string) {
		limit, ok := number(limitFile)
		used, known := number(usedFile)
		if ok && known {
			room = min(room, limit-min(limit, used))
		}
	}
	for _, dir := range groupFolders(read) {
		leave(path.Join(dir, "memory.max"), path.Join(dir, "memory.current"))
		leave(path.Join(dir, "memory.limit_in_bytes"), path.Join(dir, "memory.usage_in_bytes"))
	}
	return room
}

// groupFolders are the folders of our control group and its parents, as /proc/self/cgroup names them.
func groupFolders(read func(string) ([]byte, error)) []string {
	data, err := read("/proc/self/cgroup")
	if err != nil {
		return nil
	}
	var dirs []string
	for line := range strings.Lines(string(data)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		base := "/sys/fs/cgroup"
		switch {
		case parts[1] == "":
		case strings.Contains(","+parts[1]+",", ",memory,"):
			base = "/sys/fs/cgroup/memory"
		default:
			continue
		}
		for group := path.Clean("/" + parts[2]); ; group = path.Dir(group) {
			dirs = append(dirs, base+group)
			if group == "/" {
				break
			}
		}
	}
	return dirs
}
