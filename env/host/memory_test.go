package host

import (
	"io/fs"
	"math"
	"testing"
)

func TestGroupRoom(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		want  uint64
	}{
		{"no control groups", nil, math.MaxUint64},
		{"no limit", map[string]string{"/proc/self/cgroup": "0::/a\n", "/sys/fs/cgroup/a/memory.max": "max\n", "/sys/fs/cgroup/a/memory.current": "5\n"}, math.MaxUint64},
		{"a limit", map[string]string{"/proc/self/cgroup": "0::/a\n", "/sys/fs/cgroup/a/memory.max": "100\n", "/sys/fs/cgroup/a/memory.current": "30\n"}, 70},
		{"the parent's limit is lower", map[string]string{
			"/proc/self/cgroup":             "0::/a/b\n",
			"/sys/fs/cgroup/a/b/memory.max": "100", "/sys/fs/cgroup/a/b/memory.current": "30",
			"/sys/fs/cgroup/a/memory.max": "60", "/sys/fs/cgroup/a/memory.current": "50",
		}, 10},
		{"more used than allowed", map[string]string{"/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "10", "/sys/fs/cgroup/memory.current": "11"}, 0},
		{"version 1", map[string]string{
			"/proc/self/cgroup":                             "3:cpu:/x\n4:memory:/a\n",
			"/sys/fs/cgroup/memory/a/memory.limit_in_bytes": "100", "/sys/fs/cgroup/memory/a/memory.usage_in_bytes": "1",
		}, 99},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := groupRoom(func(name string) ([]byte, error) {
				if text, ok := tt.files[name]; ok {
					return []byte(text), nil
				}
				return nil, fs.ErrNotExist
			})
			if got != tt.want {
				t.Errorf("groupRoom = %d, want %d", got, tt.want)
			}
		})
	}
}

func TestThisMachineHasMemory(t *testing.T) {
	if FreeMemory() == 0 {
		t.Error("no free memory, and yet this test runs")
	}
}
