package host

import (
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// cgroupRoot is where control groups are mounted (systemd's file hierarchy, and every container engine), seen from the root folder.
const cgroupRoot = "sys/fs/cgroup"

// unlimited is what version 1 writes for "no limit": the largest multiple of a page; nothing this large is a limit.
const unlimited = 1 << 60

// readGroups reads the limits of both versions (Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst of the kernel). What can't be
// read limits nothing.
func readGroups(root fs.FS) groups {
	var g groups
	b, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return g
	}
	for line := range strings.Lines(string(b)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		if fields[1] == "" {
			for _, dir := range upwards(root, cgroupRoot, fields[2]) {
				g.memory = appendMemory(g.memory, root, dir, "memory.max", "memory.current", "inactive_file")
				g.cores = appendQuota2(g.cores, root, dir)
			}
			continue
		}
		for _, controller := range strings.Split(fields[1], ",") {
			for _, dir := range upwards(root, path.Join(cgroupRoot, controller), fields[2]) {
				switch controller {
				case "memory":
					g.memory = appendMemory(g.memory, root, dir, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
				case "cpu":
					g.cores = appendQuota1(g.cores, root, dir)
				}
			}
		}
	}
	return g
}

// upwards lists the folders of a group and of its parents up to the mount. A container without a namespace of its own sees the
// host's path, which is not below its mount: the mount itself is its group then.
func upwards(root fs.FS, mount, group string) []string {
	var dirs []string
	for at := path.Join(mount, path.Clean("/"+group)); len(at) > len(mount); at = path.Dir(at) {
		if _, err := fs.Stat(root, at); err == nil {
			dirs = append(dirs, at)
		}
	}
	return append(dirs, mount)
}

func appendMemory(to []memoryLimit, root fs.FS, dir, limitFile, usedFile, cached string) []memoryLimit {
	limit, ok := number(root, path.Join(dir, limitFile))
	if !ok || limit >= unlimited {
		return to
	}
	used, _ := number(root, path.Join(dir, usedFile))
	if cache := stat(root, path.Join(dir, "memory.stat"), cached); cache < used {
		used -= cache
	} else {
		used = 0
	}
	return append(to, memoryLimit{file: path.Join(dir, limitFile), limit: limit, used: used})
}

// appendQuota2 reads cpu.max: "quota period", or "max period".
func appendQuota2(to []float64, root fs.FS, dir string) []float64 {
	b, _ := fs.ReadFile(root, path.Join(dir, "cpu.max"))
	f := strings.Fields(string(b))
	if len(f) != 2 {
		return to
	}
	return appendShare(to, f[0], f[1])
}

func appendQuota1(to []float64, root fs.FS, dir string) []float64 {
	quota, _ := fs.ReadFile(root, path.Join(dir, "cpu.cfs_quota_us")) // -1 is none
	period, _ := fs.ReadFile(root, path.Join(dir, "cpu.cfs_period_us"))
	return appendShare(to, strings.TrimSpace(string(quota)), strings.TrimSpace(string(period)))
}

func appendShare(to []float64, quota, period string) []float64 {
	q, err := strconv.ParseFloat(quota, 64)
	p, periodErr := strconv.ParseFloat(period, 64)
	if err != nil || periodErr != nil || !(q > 0) || !(p > 0) {
		return to
	}
	return append(to, q/p)
}

// number reads a file with one number; "max" is none.
func number(root fs.FS, name string) (uint64, bool) {
	b, err := fs.ReadFile(root, name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
	return n, err == nil
}

// stat reads one key of a file of "key value" lines, 0 if there is none.
func stat(root fs.FS, name, key string) uint64 {
	b, _ := fs.ReadFile(root, name)
	for line := range strings.Lines(string(b)) {
		if k, v, _ := strings.Cut(strings.TrimSpace(line), " "); k == key {
			n, _ := strconv.ParseUint(v, 10, 64)
			return n
		}
	}
	return 0
}
