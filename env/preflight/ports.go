package preflight

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"testrunner/env/docker"
	"testrunner/env/host"
	"testrunner/report/event"
)

// enginePortNumbers are those on which an engine listens that is reached by TCP: 2375 in clear, 2376 with TLS, 2377 for a swarm
// (docs.docker.com/engine/daemon/remote-access, and the IANA registry).
var enginePortNumbers = [...]int{2375, 2376, 2377}

// portChecks look at the ports that are published as written, and for a doctor at those of engines. Whether a port is free is this
// machine's word: where the engine is reached by TCP, dockerCheck finds out first whether it is here.
func portChecks(w Wants) []Check {
	var checks []Check
	chosen, err := docker.ChooseHost(docker.Here(w.Environ, w.Log))
	if len(w.Ports) > 0 && (err != nil || chosen.Local()) {
		checks = append(checks, Check{ID: event.HostPort, Look: func(ctx context.Context) []event.Finding { return wantedPorts(ctx, w.Ports) }})
	}
	if w.Doctor && (w.Docker || w.Host) {
		checks = append(checks, Check{ID: event.HostPort, Look: enginePorts})
	}
	return checks
}

// enginePorts says who listens where an engine would. Anyone who reaches 2375 is root on this machine, so it is worth a warning.
func enginePorts(ctx context.Context) []event.Finding {
	listeners, err := host.Listeners(ctx, enginePortNumbers[:]...)
	if err != nil {
		return unforeseen(event.HostPort+".2375-2377", err)
	}
	if len(listeners) == 0 {
		return []event.Finding{{ID: event.HostPort + ".2375-2377", Status: event.OK, Value: "nobody listens"}}
	}
	var findings []event.Finding
	for _, port := range enginePortNumbers {
		if holders := on(listeners, port); len(holders) > 0 {
			findings = append(findings, event.Finding{
				ID: fmt.Sprintf("%s.%d", event.HostPort, port), Status: event.Warn, Value: "listened on", Threshold: "nobody listens",
				Detail: strings.Join(holders, ", ") + enginePortMeaning(port),
			})
		}
	}
	return findings
}

func enginePortMeaning(port int) string {
	if port == 2375 {
		return " listens: an engine's port without TLS, and whoever reaches it is root here"
	}
	return " listens: a port of Docker's own"
}

// wantedPorts says of each port that is published as written whether it can be had, and who holds it.
func wantedPorts(ctx context.Context, wanted []Port) []event.Finding {
	refused := make([]error, len(wanted))
	var taken []int
	for i, p := range wanted {
		if refused[i] = host.TryPort(ctx, p.Address, p.Port); errors.Is(refused[i], host.ErrPortTaken) {
			taken = append(taken, p.Port)
		}
	}
	listeners, err := host.Listeners(ctx, taken...)
	findings := make([]event.Finding, len(wanted))
	for i, p := range wanted {
		findings[i] = wantedPort(p, refused[i], on(listeners, p.Port), err)
	}
	return findings
}

func wantedPort(p Port, refused error, holders []string, unlisted error) event.Finding {
	f := event.Finding{ID: fmt.Sprintf("%s.%d", event.HostPort, p.Port), Status: event.OK, Value: "free", Detail: "for " + p.Service}
	switch {
	case refused == nil:
	case errors.Is(refused, host.ErrPortTaken):
		f.Status, f.Value, f.Threshold = event.Fail, "taken", "free"
		who := strings.Join(holders, ", ")
		switch {
		case unlisted != nil:
			who = "somebody (" + unlisted.Error() + ")"
		case who == "":
			who = "somebody whom the system does not name"
		}
		f.Detail = fmt.Sprintf("%s holds it, and the compose file publishes it for %s as written", who, p.Service)
	case errors.Is(refused, host.ErrPortDenied):
		f.Status, f.Value, f.Threshold = event.Fail, "not given away", "free"
		f.Detail = fmt.Sprintf("%s is to have it; ports below 1024, and Windows's excluded ranges, are not this user's", p.Service)
	default:
		f.Status, f.Value, f.Detail = event.Unknown, "", refused.Error()
	}
	return f
}

// on names who listens on a port, each once.
func on(listeners []host.Listener, port int) []string {
	var names []string
	seen := map[string]bool{}
	for _, l := range listeners {
		if name := l.String(); l.Port == port && !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}
