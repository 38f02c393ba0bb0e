package main

import (
	"slices"
	"strings"
	"sync"

	"testrunner/categories"
	"testrunner/env"
	"testrunner/env/preflight"
	"testrunner/env/service"
	"testrunner/report/event"
)

// wantsOf is what preflight shall look at for these needs.
func wantsOf(catalog *categories.Catalog, asked env.Asked, needs env.Needs, p place, w World) preflight.Wants {
	look := env.LookAt(asked, needs)
	t := catalog.Preflight
	living, _ := livingRuns(w) // what can't be read is told of as left behind; nothing is removed by this look
	wants := preflight.Wants{
		Docker: look.Docker, Host: look.Docker || look.Local, Dir: p.results, Environ: w.Environ, Living: living,
		Thresholds: preflight.Thresholds{
			FreeMemory: t.FreeMemory, FreeDisk: t.FreeDisk, Load: t.Load, Ping: t.Answer, Info: t.Info, ClockSkew: t.ClockSkew, TLSDays: t.TLSDays,
		},
	}
	if look.Docker {
		for _, name := range needs.InDocker(asked) {
			for _, port := range needs.Service(name).Ports {
				wants.Ports = append(wants.Ports, preflight.Port{Address: port.Address, Port: port.Number, Service: name})
			}
		}
	}
	if look.Staging {
		staging := asked.Environment
		if asked.Fallback != nil {
			staging = *asked.Fallback
		}
		named := needs.Wanted(env.Look{Staging: true})
		for _, a := range staging.Addresses {
			if asked.Names(a.Service) { // that is not staging's, whose health would be asked here
				continue
			}
			if s := needs.Service(a.Service); a.URL != "" && slices.Contains(named, a.Service) {
				wants.Addresses = append(wants.Addresses, preflight.Address{Name: a.Service, URL: a.URL, Health: healthPath(s), WebSocket: service.WebSocketPath(s), Latency: s.Latency})
			}
		}
		wants.Secrets = staging.Secrets
		wants.Remedy = "runner doctor --focus staging --env " + event.ShellQuote(staging.Name)
	}
	return wants
}

// healthPath is the path of a service that answers HTTP when it is ready; "" where readiness is something else.
func healthPath(s env.Service) string {
	if !strings.HasPrefix(s.Ready, "/") {
		return ""
	}
	return s.Ready
}

// secretsOf are the variables that the environments of a run declare as secret.
func secretsOf(asked env.Asked) []string {
	declared := slices.Clone(asked.Environment.Secrets)
	if asked.Fallback != nil {
		declared = append(declared, asked.Fallback.Secrets...)
	}
	return declared
}

// calls gathers what checks that run side by side ask of the world.
type calls struct {
	mu   sync.Mutex
	said []string
}

func (c *calls) add(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said = append(c.said, line)
}

func (c *calls) lines() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.said)
}
