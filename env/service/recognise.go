package service

import (
	"strings"
	"time"

	"testrunner/env"
	"testrunner/report/event"
)

// readyClock is how long a service may take from its start until it is ready, where nothing else is said.
const readyClock = time.Minute

// Readiness is what must hold before a service counts as ready.
type Readiness struct {
	Probes []Probe       // asked one after the other, each until it holds; what is asked on the wire comes first
	Note   string        // what is not known even when they hold; "" is nothing
	Within time.Duration // for all of them, from the service's start
}

// ReadinessOf says when a service is ready. The wire comes first: its answer costs little, so it is awaited before commands are run, one
// by one. A healthcheck belongs to the container, so it counts only where docker serves: the compose file's, or the image's own where
// nothing else is known.
func ReadinessOf(s Spec, by event.Provider, in Instance, run Command) Readiness {
	r := Readiness{Within: s.within(by)}
	wire, known, found := wireProbe(s, by, in.Address())
	line := s.ReadyLog != "" && LineCounts(by, in.Address().Foreign)
	if line {
		r.Probes = append(r.Probes, logProbe(s.ReadyLog, in))
	}
	said := line || len(s.ReadyCommand) > 0
	if found && (known || !said) {
		r.Probes = append(r.Probes, wire)
	}
	if check, whose := s.healthcheck(by, in, said || known); check != nil {
		r.Probes = append(r.Probes, healthcheckProbe(whose, check, in))
		said = true
		if s.ReadyWithin == 0 {
			r.Within = max(r.Within, check.patience())
		}
	}
	if len(s.ReadyCommand) > 0 {
		one := Served{Service: s.Service, Container: s.Container, By: by, Address: in.Address()}
		r.Probes = append(r.Probes, commandProbe(one.fill(s.ReadyCommand), one.variables(), run))
	}
	switch {
	case said || known || by == event.ByStub: // a stub listens, in this process, before its start returns
	case found:
		r.Note = "nothing is known of its protocol, so it counts as ready when it answers or holds a connection: services, " + s.Name + ", ready in runner.yaml says more"
	default:
		r.Note = "it publishes no port and has no healthcheck, so it counts as ready when it has started and still runs: services, " + s.Name + ", ready in runner.yaml says more"
	}
	return r
}

// LineCounts says whether a line of a service's output (ReadyLog) is waited for: of what somebody else started it was written long ago, and a
// stub writes none.
func LineCounts(by event.Provider, foreign bool) bool {
	return !foreign && (by == event.ByDocker || by == event.ByLocal)
}

// Checked is an instance that knows a healthcheck of its own beside the compose file's: that of its image, as the file has changed it.
type Checked interface {
	Healthcheck() *Healthcheck // nil: there is none
}

// healthcheck is the one that must succeed, and whose it is; nil is none. Docker asks an image's own wherever the compose file says
// nothing; here the wire and what runner.yaml says (known) come before it, unless the file sets it up.
func (s Spec) healthcheck(by event.Provider, in Instance, known bool) (check *Healthcheck, whose string) {
	if by != event.ByDocker || s.Container == nil {
		return nil, ""
	}
	own := s.Container.Healthcheck
	if own.command() != nil {
		return own, "the compose file's healthcheck"
	}
	c, ok := in.(Checked)
	if !ok || own != nil && own.Disabled || own == nil && known {
		return nil, ""
	}
	if check = c.Healthcheck(); check.command() == nil {
		return nil, ""
	}
	return check, "the image's healthcheck"
}

// within is how long the service may take to be ready: what runner.yaml says, else a minute, or longer where docker would be more patient
// with the compose file's healthcheck.
func (s Spec) within(by event.Provider) time.Duration {
	switch {
	case s.ReadyWithin > 0:
		return s.ReadyWithin
	case by == event.ByDocker && s.Container != nil:
		return max(readyClock, s.Container.Healthcheck.patience())
	}
	return readyClock
}

// Wire is what a service is asked from this machine, false where it can't be asked. It is what the state of a service that others started
// is looked up by.
func Wire(s Spec, by event.Provider, a Address) (Probe, bool) {
	p, _, found := wireProbe(s, by, a)
	return p, found
}

// wireProbe chooses the protocol: by what the user says (ready), by the address's own scheme, by the image, by the scheme in what the
// tests are told (WS_URL: "ws://{host}:{port}/ws"). What is left is asked as HTTP would be, and is not known.
func wireProbe(s Spec, by event.Provider, a Address) (p Probe, known, found bool) {
	base := a.Base()
	if base == "" {
		return Probe{}, false, false
	}
	if protocol, path := readyProtocol(s.Ready); protocol != "" && by != event.ByStub {
		return spoken(protocol, base, path, by), true, true
	}
	image, scheme := imageName(s.Image), a.scheme()
	switch {
	case strings.HasPrefix(scheme, "postgres") || scheme == "" && kind(s.Image) == postgres:
		return postgresOf(s, by, a).probe(), true, true
	case strings.HasPrefix(scheme, "redis") || scheme == "" && kind(s.Image) == redis:
		return redisOf(s, a).probe(), true, true
	case by == event.ByStub:
		return Probe{}, false, false // a question that it does not know would count against the tests
	case scheme == "ws" || scheme == "wss":
		return webSocketProbe(base, "", by), true, true
	case strings.HasPrefix(scheme, "grpc"):
		return grpcProbe(base, "", by), true, true
	}
	if g, ok := greetings(image); ok && a.at(g.port) != "" {
		return g.probe(a.at(g.port)), true, true
	}
	if path, ok := webImages(image); ok {
		return httpProbe(base, path, by), true, true
	}
	switch protocol, path := templateProtocol(s.Service); protocol {
	case "":
	case postgres:
		return postgresOf(s, by, a).probe(), true, true
	case redis:
		return redisOf(s, a).probe(), true, true
	default:
		return spoken(protocol, base, path, by), true, true
	}
	if strings.HasPrefix(scheme, "http") {
		return httpProbe(base, "", by), true, true
	}
	return listeningProbe(a.at(0)), false, true
}

func spoken(protocol, base, path string, by event.Provider) Probe {
	switch protocol {
	case "ws":
		return webSocketProbe(base, path, by)
	case "grpc":
		return grpcProbe(base, path, by)
	}
	return httpProbe(base, path, by)
}

// readyProtocol reads what runner.yaml says: "/healthz", "ws:/ws", "grpc:" or "grpc:name.of.Service".
func readyProtocol(ready string) (protocol, rest string) {
	for _, p := range []string{"ws", "grpc"} {
		if rest, ok := strings.CutPrefix(ready, p+":"); ok {
			return p, rest
		}
	}
	if ready != "" {
		return "http", ready
	}
	return "", ""
}

// templateProtocol is the protocol that a variable for the tests names.
func templateProtocol(s env.Service) (protocol, path string) {
	if path := WebSocketPath(s); path != "" {
		return "ws", path
	}
	for _, line := range s.Env {
		_, template, _ := strings.Cut(line, "=")
		scheme, _, found := strings.Cut(template, "://")
		switch {
		case !found:
		case scheme == "grpc" || scheme == "grpcs":
			return "grpc", ""
		case scheme == "http" || scheme == "https":
			return "http", ""
		case scheme == "redis" || scheme == "rediss":
			return redis, ""
		case scheme == "postgres" || scheme == "postgresql":
			return postgres, ""
		}
	}
	return "", ""
}

// webImages are images that serve HTTP on their first port, and the path that is theirs for health; "" is any answer to "/".
func webImages(image string) (path string, known bool) {
	switch image {
	case "nginx", "httpd", "caddy":
		return "", true
	case "minio":
		return "/minio/health/live", true
	case "clickhouse-server":
		return "/ping", true
	}
	return "", false
}

// imageName is the last part of an image without tag and digest: "docker.io/library/redis:7-alpine" is redis.
func imageName(image string) string {
	name := image[strings.LastIndexByte(image, '/')+1:]
	if i := strings.IndexAny(name, ":@"); i >= 0 {
		name = name[:i]
	}
	return name
}
