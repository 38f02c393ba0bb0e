package preflight

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"testrunner/env/docker"
	"testrunner/env/host"
	"testrunner/report/event"
)

// engineName says which engine a process is of, by the name of its program as the three systems have it; "" is none. The process
// that stands for a whole engine counts, not each of its helpers.
func engineName(process string) string {
	name := strings.ToLower(strings.TrimSuffix(strings.ToLower(process), ".exe"))
	switch {
	case name == "dockerd", name == "dockerd-rootless":
		return "Docker"
	case name == "com.docker.backend":
		return "Docker Desktop"
	case name == "podman":
		return "Podman"
	case name == "colima", name == "limactl":
		return "Lima"
	case name == "orbstack", strings.HasPrefix(name, "orbstack helper"):
		return "OrbStack"
	case name == "rancher-desktop", name == "rancher desktop":
		return "Rancher Desktop"
	}
	return ""
}

// otherEngines names the engines that run here beside the one that is used: they take memory and cores, and may hold its ports.
func otherEngines(ctx context.Context, s docker.State) []event.Finding {
	running, err := host.Processes(ctx, func(name string) bool { return engineName(name) != "" })
	if err != nil {
		return unforeseen(event.HostEngines, err)
	}
	return []event.Finding{beside(running, s)}
}

// beside leaves out the engine that is used: the process that holds its socket, or else its kind.
func beside(running []host.Process, s docker.State) event.Finding {
	used := usedEngine(s)
	var others []string
	var memory uint64
	for _, p := range running {
		switch {
		case p.Name == "podman" && !strings.Contains(p.Command, "system service"):
			continue // somebody's command line, which ends
		case s.Daemon.Pid != 0 && (p.Pid == s.Daemon.Pid || p.Parent == s.Daemon.Pid && s.Daemon.Pid != 1):
			continue
		case s.Daemon.Pid <= 1 && engineName(p.Name) == used:
			continue
		}
		others = append(others, fmt.Sprintf("%s (pid %d, %s)", p.Name, p.Pid, event.Size(p.Memory)))
		memory += p.Memory
	}
	f := event.Finding{ID: event.HostEngines, Status: event.OK, Value: "none", Threshold: "none", Unit: event.Things}
	if len(others) > 0 {
		slices.Sort(others)
		f.Status, f.Value, f.Number = event.Warn, fmt.Sprint(len(others)), float64(len(others))
		f.Detail = fmt.Sprintf("beside the engine that is used: %s; %s together", strings.Join(others, ", "), event.Size(memory))
	}
	return f
}

// usedEngine guesses the kind of the engine that is asked from its address, where the system does not say whose socket it is.
func usedEngine(s docker.State) string {
	at := strings.ToLower(s.Host.URL)
	switch {
	case s.Name == docker.Podman || strings.Contains(at, "podman"):
		return "Podman"
	case strings.Contains(at, "colima") || strings.Contains(at, "/.lima/"):
		return "Lima"
	case strings.Contains(at, "orbstack"):
		return "OrbStack"
	case strings.Contains(at, "/.rd/"):
		return "Rancher Desktop"
	case s.Info != nil && s.Info.OperatingSystem == "Docker Desktop", strings.Contains(at, "dockerdesktop"), strings.Contains(at, "/.docker/"):
		return "Docker Desktop"
	}
	return "Docker"
}
