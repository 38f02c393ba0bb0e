package docker

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"testrunner/env/host"
)

// CommandRefused is a container whose program can't be started.
const CommandRefused Name = "command-refused"

// explain words why a container could not be created or started.
func (p *Provider) explain(ctx context.Context, service string, b Blueprint, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("start %s: %w", service, err)
	}
	fault, known := Explain(err)
	text := err.Error()
	switch {
	case fault.Name == PortTaken:
		fault.Detail = p.whoHolds(ctx, takenPort(text, b.Publish))
		fault.Remedy = ""
	case known:
	case strings.Contains(text, "executable file not found"), strings.Contains(text, "no such file or directory") && strings.Contains(text, "exec"):
		fault = Fault{Name: CommandRefused, Detail: "its program is not in the image: " + lastPart(text)}
	case strings.Contains(text, "permission denied") && strings.Contains(text, "exec"):
		fault = Fault{Name: CommandRefused, Detail: "its program may not be run: " + lastPart(text)}
	case strings.Contains(text, "mounts denied"), strings.Contains(text, "bind source path does not exist"):
		fault = Fault{Name: BindRefused, Detail: "the engine does not see a path that it mounts: " + lastPart(text)}
	}
	return &ServiceError{service, fault, err}
}

// lastPart is what an engine says at the end of its chain of causes.
func lastPart(text string) string {
	for _, mark := range []string{"OCI runtime create failed: ", "Error response from daemon: "} {
		if i := strings.LastIndex(text, mark); i >= 0 {
			text = text[i+len(mark):]
		}
	}
	return strings.Join(strings.Fields(text), " ")
}

var portInText = regexp.MustCompile(`(?:\d|\]|:)?:(\d+)(?::? |$|/)`)

// takenPort finds in an engine's words which of the ports is taken; where it can't, the first that was asked for by number.
func takenPort(text string, all []Publication) int {
	for _, m := range portInText.FindAllStringSubmatch(text, -1) {
		for _, p := range all {
			if n, err := strconv.Atoi(m[1]); err == nil && m[1] == p.HostPort {
				return n
			}
		}
	}
	for _, p := range all {
		if n, err := strconv.Atoi(p.HostPort); err == nil {
			return n
		}
	}
	return 0
}

// whoHolds names the container or process that has a port of the engine's machine. Nobody is ended for it. Processes are looked at only
// where that machine is this one: with an engine elsewhere, or from within a container, what listens here is innocent.
func (p *Provider) whoHolds(ctx context.Context, port int) string {
	if port == 0 {
		return "a port that it wants is taken"
	}
	containers, err := p.s.Engine.Containers(ctx)
	if err == nil { // else the machine may still tell
		for _, c := range containers {
			for _, n := range c.Ports {
				if n == port {
					return fmt.Sprintf("port %d is held by the container %s (%s); stop it, or let runner choose the ports", port, c.Name, c.Image)
				}
			}
		}
	}
	at, err := p.begin(ctx)
	switch {
	case err == nil && at.remote != "":
		return fmt.Sprintf("port %d of %s is taken, and it can't be seen from here by whom; let runner choose the ports", port, at.remote)
	case err == nil && at.inside.ID == "":
		found, err := host.Listeners(ctx, port)
		if err == nil && len(found) > 0 {
			return fmt.Sprintf("port %d is held by %s; end it, or let runner choose the ports", port, found[0])
		}
	}
	return fmt.Sprintf("port %d is taken, and it can't be seen by whom; let runner choose the ports", port)
}
