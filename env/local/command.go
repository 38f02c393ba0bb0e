package local

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"testrunner/env/service"
)

// startCommand starts the command that runner.yaml gives for a service, at the project's root.
func (p *Provider) startCommand(ctx context.Context, s service.Spec, peers map[string]service.Instance, tell service.Tell) (*instance, error) {
	own := s.Container.FirstPort()
	return p.withPort(ctx, s, own, commandWord, tell, func(port portLease) (*instance, error) {
		address := service.Address{Host: host, Port: port.number, Ports: map[int]int{}}
		if own > 0 {
			address.Ports[own] = port.number
		}
		l := launch{
			name: s.Name, dir: p.set.Root, port: port, address: address, environ: p.commandEnviron(s, address, peers, tell),
			argv: fill(s.Local, port.number),
		}
		if s.Container != nil {
			l.grace = s.Container.StopGrace
		}
		return p.launch(ctx, l)
	})
}

// fill puts host and port into a command.
func fill(argv []string, port int) []string {
	values := strings.NewReplacer("{host}", host, "{port}", fmt.Sprint(port), "{url}", fmt.Sprintf("http://%s:%d", host, port))
	out := make([]string, len(argv))
	for i, word := range argv {
		out[i] = values.Replace(word)
	}
	return out
}

// commandEnviron is the tests' environment, and on top of it the compose file's for this service, with the addresses of its peers and of
// itself rewritten to this run's, and PORT. What says where things are inside of a container means nothing here.
func (p *Provider) commandEnviron(s service.Spec, own service.Address, peers map[string]service.Instance, tell service.Tell) []string {
	out := slices.Clone(p.set.Environ)
	if s.Container != nil {
		addresses := map[string]service.Address{s.Name: own}
		for name, peer := range peers {
			addresses[name] = peer.Address()
		}
		var given []string
		for _, e := range s.Container.Env {
			name, _, set := strings.Cut(e, "=")
			switch {
			case !set: // it takes what is there already
			case name == "PATH" || name == "HOME":
				tell(fmt.Sprintf("%s: the compose file's %s is the container's, and not this machine's", s.Name, name))
			default:
				given = append(given, e)
			}
		}
		out = append(out, service.Rewrite(given, addresses)...)
	}
	return append(out, fmt.Sprintf("PORT=%d", own.Port))
}
