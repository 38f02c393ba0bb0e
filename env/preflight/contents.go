package preflight

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"testrunner/env/docker"
	"testrunner/report/event"
)

// composeProject is the label by which compose names the project of a container (docker/compose, pkg/api/labels.go).
const composeProject = "com.docker.compose.project"

// contents says what is in an engine that works: containers, networks, and who of them stands in this run's way.
func contents(ctx context.Context, place docker.Place, s docker.State, w Wants) []event.Finding {
	engine, err := docker.Connect(place, s.Host)
	if err != nil {
		return unforeseen(event.DockerContainers, err)
	}
	defer engine.Close()
	ctx, cancel := context.WithTimeout(ctx, w.Thresholds.Ping) // it worked a moment ago; if it hangs from here on, that is soon known
	defer cancel()
	// One after the other, which costs a few milliseconds: the client library settles the API's version in its first call, and reads it
	// unguarded in others beside it.
	var findings []event.Finding
	if containers, err := engine.Containers(ctx); err != nil {
		findings = unforeseen(event.DockerContainers, err)
	} else {
		findings = append([]event.Finding{counted(containers)}, projects(containers, w)...)
	}
	if networks, err := engine.Networks(ctx); err != nil {
		findings = append(findings, unforeseen(event.DockerNetworks, err)...)
	} else {
		findings = append(findings, event.Finding{
			ID: event.DockerNetworks, Status: event.OK, Value: fmt.Sprint(len(networks)), Number: float64(len(networks)), Unit: event.Things,
			Detail: "three are the engine's own",
		})
	}
	return append(findings, leftovers(ctx, engine, place, s, w.Living))
}

// leftovers names what dead runs left. What lives, or what nobody can tell of, is not spoken of.
func leftovers(ctx context.Context, engine docker.Engine, place docker.Place, s docker.State, living map[string]bool) event.Finding {
	all, err := docker.Leftovers(ctx, engine, s.Host, docker.Me(place, ""))
	if err != nil {
		return unforeseen(event.DockerLeftovers, err)[0]
	}
	var dead []string
	for _, l := range docker.Abandoned(all, living) {
		dead = append(dead, l.String())
	}
	f := event.Finding{ID: event.DockerLeftovers, Status: event.OK, Value: "none", Threshold: "none", Number: float64(len(dead)), Unit: event.Things}
	if len(dead) > 0 {
		f.Status, f.Value, f.Detail = event.Warn, fmt.Sprint(len(dead)), "of runs that are dead: "+strings.Join(dead, ", ")
		f.Remedy = "runner doctor --focus docker"
	}
	return f
}

func counted(containers []docker.Container) event.Finding {
	running := 0
	for _, c := range containers {
		if c.State == "running" || c.State == "paused" || c.State == "restarting" {
			running++
		}
	}
	return event.Finding{
		ID: event.DockerContainers, Status: event.OK, Value: fmt.Sprintf("%d running, %d stopped", running, len(containers)-running),
		Detail: "whoever made them", Number: float64(running), Unit: event.Things,
	}
}

// projects names the containers that publish a port that this run is to publish as written, a finding a port: it costs the service that
// wants it, and no other. None is ever stopped: they are not ours.
func projects(containers []docker.Container, w Wants) []event.Finding {
	var findings []event.Finding
	for _, wanted := range w.Ports {
		f := event.Finding{ID: fmt.Sprintf("%s.%d", event.DockerProjects, wanted.Port), Status: event.Fail, Value: "taken", Threshold: "free"}
		var conflicts []string
		for _, c := range containers {
			if !slices.Contains(c.Ports, wanted.Port) {
				continue
			}
			who := "container " + c.Name
			if project := c.Labels[composeProject]; project != "" {
				who += " of compose project " + project
			}
			conflicts = append(conflicts, fmt.Sprintf("%s publishes %d, which is written for %s", who, wanted.Port, wanted.Service))
			if f.Remedy == "" {
				f.Remedy = "docker stop " + event.ShellQuote(c.Name)
			}
		}
		if len(conflicts) > 0 {
			f.Detail = strings.Join(conflicts, "; ")
			findings = append(findings, f)
		}
	}
	if len(findings) == 0 {
		return []event.Finding{{ID: event.DockerProjects, Status: event.OK, Value: "none", Threshold: "none"}}
	}
	return findings
}
