package preflight

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"testrunner/env/docker"
	"testrunner/env/host"
	"testrunner/report/event"
)

// beyond is what a look at the engine may take besides its two clocks: lists of containers and networks, other sockets.
const beyond = 400 * time.Millisecond

// dockerCheck looks at the engine, and at what is in it where it works.
func dockerCheck(w Wants) Check {
	clocks := docker.Clocks{Answer: w.Thresholds.Ping, Info: w.Thresholds.Info}
	return Check{
		ID: event.DockerEngine, Deadline: clocks.Answer + clocks.Info + beyond,
		Look: func(ctx context.Context) []event.Finding {
			place := docker.Here(w.Environ, w.Log)
			state := docker.Look(ctx, place, clocks)
			findings := append(Engine(state), capacity(ctx, state, w.Thresholds)...)
			if state.Works() {
				findings = append(findings, contents(ctx, place, state, w)...)
				if !state.Host.Local() && !docker.Remote(state.Host, *state.Info, place.Hostname) { // else portChecks has looked, or nobody can
					findings = append(findings, wantedPorts(ctx, w.Ports)...)
				}
			}
			return append(findings, otherEngines(ctx, state)...)
		},
	}
}

// Engine is what a state of the engine has for findings: which one was asked and why, and whether it works. The latter's value is the
// state's name.
func Engine(s docker.State) []event.Finding {
	f := event.Finding{ID: event.DockerEngine, Status: s.Status, Value: string(s.Name), Remedy: s.Remedy, Millis: s.Took.Milliseconds()}
	words := []string{s.Detail}
	if s.Tries > 1 {
		words = append(words, fmt.Sprintf("asked %d times in %s", s.Tries, s.Took.Round(10*time.Millisecond)))
	}
	for _, o := range s.Others {
		words = append(words, fmt.Sprintf("%s answers at %s: %s", o.Owner, o.URL, o.Remedy))
	}
	if s.Advice != "" {
		words = append(words, s.Advice)
	}
	f.Detail = strings.Join(words, "; ")
	if s.Host.URL == "" {
		return []event.Finding{f}
	}
	return []event.Finding{{ID: event.DockerHost, Status: event.OK, Value: string(s.Host.Rule), Detail: s.Host.String()}, f}
}

// capacity is what the engine has for containers. It is the engine's own word: its machine is often not this one, but a virtual one.
func capacity(ctx context.Context, s docker.State, t Thresholds) []event.Finding {
	if s.Info == nil {
		return nil
	}
	findings := []event.Finding{
		engineMemory(ctx, s, t.FreeMemory),
		{
			ID: event.DockerCores, Status: event.OK, Value: fmt.Sprintf("%d cores", s.Info.CPUs), Detail: "of the engine's machine",
			Number: float64(s.Info.CPUs), Unit: event.Cores,
		},
	}
	if s.Disk.Path != "" {
		f := atLeast(event.DockerDisk, s.Disk.Free, t.FreeDisk)
		f.Detail = "of " + event.Size(s.Disk.Total) + " where the engine keeps its data, " + s.Disk.Path
		findings = append(findings, f)
	}
	return findings
}

// engineMemory is what containers may use. An engine on this very machine shares its memory with all that runs here; of any other
// only the whole is known.
func engineMemory(ctx context.Context, s docker.State, least uint64) event.Finding {
	total := uint64(max(s.Info.Memory, 0))
	if here(s) {
		if m, err := host.ReadMachineMemory(ctx); err == nil {
			f := atLeast(event.DockerMemory, m.Free, least)
			f.Detail = "of " + event.Size(m.Total) + "; the engine runs on this machine"
			return f
		}
	}
	f := atLeast(event.DockerMemory, total, least)
	f.Value = event.Size(total)
	f.Detail = "all that the engine's machine has; how much of it is free it does not say"
	return f
}

// here tells whether the engine runs on this machine, not in a virtual one behind a local socket.
func here(s docker.State) bool {
	name, err := os.Hostname()
	return err == nil && s.Host.Local() && s.Info.OSType == runtime.GOOS && s.Info.Name == name
}
