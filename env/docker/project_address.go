package docker

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"testrunner/env/service"
)

// projectAddress is where a container that somebody else started is reached from here, with the credentials that it was made with: at a
// published port, else on its network, where that can be reached. The zero value is nowhere. It is pure.
func projectAddress(s service.Spec, at *site, seen Inspection) service.Address {
	seen = reachable(at, seen)
	c := service.Container{Env: seen.Env, Command: seen.Command}
	if s.Container != nil {
		c.Image, c.Ports, c.Expose, c.NetworkMode = s.Container.Image, s.Container.Ports, s.Container.Expose, s.Container.NetworkMode
	}
	spec := service.Spec{Service: s.Service, Container: &c}
	a := addressOf(spec, ImageDescription{Exposed: seen.Exposed}, at, seen, false)
	a.Foreign = true
	u, err := url.Parse(a.URL)
	if err != nil || u.Scheme != "postgres" {
		return a
	}
	// The password lies in a file that is not read here; the compose file may say where.
	if hasVariable(seen.Env, "POSTGRES_PASSWORD_FILE") || hasVariable(seen.Env, "POSTGRES_USER_FILE") {
		a.URL = ""
		return a
	}
	for _, line := range seen.Env {
		if name, ok := strings.CutPrefix(line, "POSTGRES_DB="); ok && name != "" {
			u.Path = "/" + name
		}
	}
	a.URL = u.String()
	return a
}

func hasVariable(environ []string, name string) bool {
	return slices.ContainsFunc(environ, func(line string) bool { return strings.HasPrefix(line, name+"=") })
}

// reachable leaves of a container's ports and networks what can be dialled from here. Nobody joins a network of somebody else's: a runner in
// a container reaches what is on one of its own, and publications where it shares its host's network. Of a remote engine what is published
// for that machine alone can't be reached.
func reachable(at *site, seen Inspection) Inspection {
	seen.Ports = slices.DeleteFunc(slices.Clone(seen.Ports), func(b Bound) bool {
		ip, err := netip.ParseAddr(b.HostIP)
		return at.joins() || at.remote != "" && err == nil && ip.IsLoopback()
	})
	if !at.joins() {
		return seen
	}
	shared := map[string]string{}
	for name, ip := range seen.Networks {
		if _, both := at.inside.Networks[name]; both {
			shared[name] = ip
		}
	}
	seen.Networks = shared
	return seen
}

// apart says why a service that has ports can't be reached from here, "" where it can, or has none.
func apart(s service.Spec, at *site, seen Inspection, a service.Address) string {
	if a.Port != 0 || s.Container == nil {
		return ""
	}
	ports := servicePorts(s, ImageDescription{Exposed: seen.Exposed})
	if len(ports) == 0 {
		return ""
	}
	return fmt.Sprintf("its container %s runs, and port %d of it can't be reached from here: it is not published (ports), and %s", seen.Name, ports[0].target, whyNotDirect(at, seen))
}

func whyNotDirect(at *site, seen Inspection) string {
	switch {
	case at.remote != "":
		return "the engine is on " + at.remote
	case at.joins():
		return "this container is on none of its networks"
	case !at.linux:
		return "its network is in the engine's own machine"
	case len(seen.Ports) > 0:
		return "other ports are"
	}
	return "it is on no network"
}
