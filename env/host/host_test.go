package host

import (
	"io/fs"
	"runtime"
	"testing"
	"testing/fstest"
)

// tree is a root folder with the files that matter here, as the kernel writes them.
func tree(files map[string]string) fs.FS {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func TestReadGroups_bounds_the_machine(t *testing.T) {
	const gib = 1 << 30
	machine := Memory{Total: 16 * gib, Free: 10 * gib, From: "machine"}
	for name, c := range map[string]struct {
		files map[string]string
		want  Memory
		cores int
	}{
		"no control groups": {nil, machine, 8},
		"version 2, no limits": {map[string]string{
			"proc/self/cgroup": "0::/user.slice/session-1.scope\n",
			"sys/fs/cgroup/user.slice/session-1.scope/memory.max": "max\n", "sys/fs/cgroup/user.slice/cpu.max": "max 100000\n",
		}, machine, 8},
		"version 2, a container with its own namespace": {map[string]string{
			"proc/self/cgroup":             "0::/\n",
			"sys/fs/cgroup/memory.max":     "2147483648\n",
			"sys/fs/cgroup/memory.current": "1610612736\n",
			"sys/fs/cgroup/memory.stat":    "anon 1\nfile 2\ninactive_file 536870912\n",
			"sys/fs/cgroup/cpu.max":        "150000 100000\n",
		}, Memory{Total: 2 * gib, Free: gib, From: "/sys/fs/cgroup/memory.max"}, 2},
		"version 2, the parent is the narrow one": {map[string]string{
			"proc/self/cgroup":                "0::/ci/job\n",
			"sys/fs/cgroup/ci/memory.max":     "3221225472\n",
			"sys/fs/cgroup/ci/memory.current": "3221225473\n",
			"sys/fs/cgroup/ci/cpu.max":        "50000 100000\n",
			"sys/fs/cgroup/ci/job/memory.max": "8589934592\n",
			"sys/fs/cgroup/ci/job/cpu.max":    "400000 100000\n",
		}, Memory{Total: 3 * gib, Free: 0, From: "/sys/fs/cgroup/ci/memory.max"}, 1},
		"version 1, the host's path in a container": {map[string]string{
			"proc/self/cgroup":                           "9:name=systemd:/\n4:memory:/docker/0123\n2:cpu,cpuacct:/docker/0123\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "4294967296\n",
			"sys/fs/cgroup/memory/memory.usage_in_bytes": "1073741824\n",
			"sys/fs/cgroup/memory/memory.stat":           "cache 5\ntotal_inactive_file 0\n",
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us":         "300000\n",
			"sys/fs/cgroup/cpu/cpu.cfs_period_us":        "100000\n",
		}, Memory{Total: 4 * gib, Free: 3 * gib, From: "/sys/fs/cgroup/memory/memory.limit_in_bytes"}, 3},
		"version 1, no limits": {map[string]string{
			"proc/self/cgroup":                           "4:memory:/\n1:cpu:/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us":         "-1\n",
			"sys/fs/cgroup/cpu/cpu.cfs_period_us":        "100000\n",
		}, machine, 8},
		"rubbish": {map[string]string{
			"proc/self/cgroup":         "0::/\nx\n0::/../../..\n",
			"sys/fs/cgroup/memory.max": "a lot\n", "sys/fs/cgroup/cpu.max": "100000 0\n",
		}, machine, 8},
	} {
		g := readGroups(tree(c.files))
		if got := bound(machine, g); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
		if got := atMost(8, g); got != c.cores {
			t.Errorf("%s: %d cores, want %d", name, got, c.cores)
		}
	}
}

func TestRead_this_machine(t *testing.T) {
	m, err := ReadMemory(t.Context())
	if err != nil || m.Total == 0 || m.Free > m.Total || m.From == "" {
		t.Errorf("%+v, %v", m, err)
	}
	if n := Cores(); n < 1 || n > runtime.NumCPU() {
		t.Errorf("%d cores", n)
	}
}
