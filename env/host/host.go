// Package host answers what this machine has: cores and free memory, as far as the container that we may be in grants them.
//
// It measures and decides nothing: thresholds, admission and schedules are other rooms'. It knows no tests and no services.
package host

import (
	"context"
	"fmt"
	"math"
	"os"
	"runtime"

	"github.com/shirou/gopsutil/v3/mem"
)

// Memory is what programs that are started now may use, in bytes.
type Memory struct {
	Total uint64
	Free  uint64 // what can be had without swapping: caches that would be given back count as free
	From  string // what sets the bound: "machine", or the control group's limit file
}

// ReadMemory reads the machine's memory and the limits of our control groups.
func ReadMemory(ctx context.Context) (Memory, error) {
	m, err := ReadMachineMemory(ctx)
	if err != nil {
		return Memory{}, err
	}
	return bound(m, groupsHere()), nil
}

// ReadMachineMemory reads the machine's memory alone: what an engine beside us may use, whom our control groups do not bind.
func ReadMachineMemory(ctx context.Context) (Memory, error) {
	m, err := mem.VirtualMemoryWithContext(ctx)
	if err != nil {
		return Memory{}, fmt.Errorf("read the memory of this machine: %w", err)
	}
	return Memory{Total: m.Total, Free: m.Available, From: "machine"}, nil
}

// Cores is how many cores our programs may keep busy, at least 1: those that this process may run on (affinity), and no more than the
// CPU quota of our control groups grants, rounded up.
func Cores() int { return atMost(runtime.NumCPU(), groupsHere()) }

// groupsHere reads the control groups of this process; there are none on other systems.
func groupsHere() groups {
	if runtime.GOOS != "linux" {
		return groups{}
	}
	return readGroups(os.DirFS("/"))
}

func bound(m Memory, g groups) Memory {
	for _, l := range g.memory {
		if l.limit < m.Total {
			m.Total = l.limit
		}
		free := uint64(0)
		if l.limit > l.used {
			free = l.limit - l.used
		}
		if free < m.Free {
			m.Free, m.From = free, "/"+l.file
		}
	}
	return m
}

func atMost(cores int, g groups) int {
	for _, quota := range g.cores {
		cores = min(cores, int(math.Ceil(quota)))
	}
	return max(cores, 1)
}

// groups are the limits of the control groups that a process is in, from its own up to the root.
type groups struct {
	memory []memoryLimit
	cores  []float64
}

type memoryLimit struct {
	file  string // where the limit stands, without the first slash
	limit uint64
	used  uint64 // without the cache of files that nobody uses now, as kubelet and docker stats count
}
