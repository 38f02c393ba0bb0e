package process

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Glimpse is a running process at one moment.
type Glimpse struct {
	ID
	Name    string        // as the kernel has it: at most 15 bytes on Linux
	Args    string        // command line, "" where it is not to be had
	Stopped bool          // by SIGSTOP or a debugger
	CPU     time.Duration // used so far
	Age     time.Duration // since its start, 0 if unknown
}

// LookAt looks at one process. One that is not running is fs.ErrNotExist.
func LookAt(pid int) (Glimpse, error) {
	p, err := look(pid)
	if err != nil {
		return Glimpse{}, fmt.Errorf("look at process %d: %w", pid, err)
	}
	return glimpse(p), nil
}

// Named looks at all running processes of these names, sorted by id.
func Named(names ...string) []Glimpse {
	var out []Glimpse
	for _, p := range table() {
		if !p.zombie && slices.Contains(names, p.name) {
			out = append(out, glimpse(p))
		}
	}
	slices.SortFunc(out, func(a, b Glimpse) int { return a.Pid - b.Pid })
	return out
}

func glimpse(p proc) Glimpse {
	return Glimpse{ID: p.id(), Name: p.name, Args: commandLine(p.pid), Stopped: p.stopped, CPU: p.cpu, Age: age(p)}
}

// End ends that very process and no other, not even its children: TERM, and KILL after the grace (on Windows at once, since nothing
// else is to be had there). It returns when the process is gone; killed tells that TERM was not enough. A process that has ended
// already is no error.
func End(ctx context.Context, id ID, grace time.Duration) (killed bool, err error) {
	p, err := look(id.Pid)
	if err != nil || p.id() != id {
		return false, nil
	}
	if err := askSingle(p); err != nil && id.Alive() {
		return false, fmt.Errorf("end process %d (%s): %w", id.Pid, p.name, err)
	}
	deadline := time.Now().Add(grace)
	for pause := 2 * time.Millisecond; id.Alive(); pause = min(2*pause, 50*time.Millisecond) {
		now := time.Now()
		if now.After(deadline.Add(hopeless)) {
			return killed, fmt.Errorf("end process %d (%s): it does not even leave after KILL; it hangs in the kernel", id.Pid, p.name)
		}
		if now.After(deadline) {
			killed = true
			if err := killSingle(p); err != nil && id.Alive() {
				return true, fmt.Errorf("kill process %d (%s): %w", id.Pid, p.name, err)
			}
		}
		select {
		case <-ctx.Done():
			return killed, fmt.Errorf("end process %d (%s): %w", id.Pid, p.name, ctx.Err())
		case <-time.After(pause):
		}
	}
	return killed, nil
}
