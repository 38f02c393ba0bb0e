package host

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/shirou/gopsutil/v3/process"
)

// Process is a running process.
type Process struct {
	Pid     int
	Parent  int
	Name    string // of the program's file, as the system shortens it
	Command string // the whole command line; "" where it may not be seen
	Memory  uint64 // resident, in bytes; 0 where it may not be seen
}

// Processes lists the running processes that have one of the names, sorted by pid. What ends while it is looked at is left out.
func Processes(ctx context.Context, named func(name string) bool) ([]Process, error) {
	all, err := process.ProcessesWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the processes: %w", err)
	}
	var found []Process
	for _, p := range all {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("list the processes: %w", err)
		}
		name, err := p.NameWithContext(ctx)
		if err != nil || !named(name) {
			continue
		}
		one := Process{Pid: int(p.Pid), Name: name}
		if parent, err := p.PpidWithContext(ctx); err == nil {
			one.Parent = int(parent)
		}
		if command, err := p.CmdlineWithContext(ctx); err == nil {
			one.Command = command
		}
		if memory, err := p.MemoryInfoWithContext(ctx); err == nil && memory != nil {
			one.Memory = memory.RSS
		}
		found = append(found, one)
	}
	slices.SortFunc(found, func(a, b Process) int { return cmp.Compare(a.Pid, b.Pid) })
	return found, nil
}
