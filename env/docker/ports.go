package docker

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"testrunner/env/host"
	"testrunner/env/service"
)

// loopback is where ports are published for this machine alone.
const loopback = "127.0.0.1"

// port is a port of a service by which it is reached.
type port struct {
	target   int
	protocol string
	written  *service.PortMap // nil: the compose file does not publish it
}

// servicePorts are the ports of a service, the main one first: those that the compose file publishes, then those that it exposes; a
// file that says neither leaves it to the image. Tests run outside, so all of them are published.
func servicePorts(s service.Spec, image ImageDescription) []port {
	var out []port
	add := func(target int, protocol string, written *service.PortMap) {
		if protocol == "" {
			protocol = "tcp"
		}
		have := func(p port) bool {
			return p.target == target && p.protocol == protocol && (written == nil || p.written == nil)
		}
		if target > 0 && !slices.ContainsFunc(out, have) {
			out = append(out, port{target, protocol, written})
		}
	}
	for i := range s.Container.Ports {
		p := &s.Container.Ports[i]
		add(p.Target, p.Protocol, p)
	}
	for _, e := range s.Container.Expose {
		add(e, "tcp", nil)
	}
	if len(out) == 0 {
		for _, e := range image.Exposed {
			number, protocol, _ := strings.Cut(e, "/")
			n, _ := strconv.Atoi(number) // a range, which images can't have, is no port
			add(n, protocol, nil)
		}
		main := mainPort(s.Container.Image)
		slices.SortStableFunc(out, func(a, b port) int {
			if (a.target == main) != (b.target == main) {
				if a.target == main {
					return -1
				}
				return 1
			}
			return a.target - b.target
		})
	}
	return out
}

// mainPort is the port at which clients expect a well-known image that exposes several; 0 is unknown.
func mainPort(image string) int {
	name := image[strings.LastIndexByte(image, '/')+1:]
	if i := strings.IndexAny(name, ":@"); i >= 0 {
		name = name[:i]
	}
	return map[string]int{
		"rabbitmq": 5672, "redis-stack": 6379, "redis-stack-server": 6379, "elasticsearch": 9200, "opensearch": 9200, "nats": 4222, "mysql": 3306,
		"clickhouse-server": 8123, "minio": 9000, "kafka": 9092, "consul": 8500, "zookeeper": 2181, "nginx": 80, "httpd": 80, "caddy": 80,
	}[name]
}

// publications are the ports that are published, and where. With asWritten those of the compose file stand where it says; else each
// gets a port of the engine's choice, on this machine alone. The ports of a remote engine must be reached from outside. It is pure.
func publications(s service.Spec, image ImageDescription, at *site, asWritten bool) []Publication {
	if s.Container.NetworkMode != "" && s.Container.NetworkMode != "bridge" {
		return nil // the network is another's, or none
	}
	own := loopback
	if at.remote != "" {
		own = ""
	}
	var out []Publication
	for _, p := range servicePorts(s, image) {
		made := Publication{Target: p.target, Protocol: p.protocol, HostIP: own}
		if asWritten && p.written != nil && p.written.Published != "" {
			made.HostIP, made.HostPort = p.written.HostIP, p.written.Published
		}
		if at.joins() && made.HostPort == "" {
			continue // it is reached on the network that both are on
		}
		if !slices.Contains(out, made) {
			out = append(out, made)
		}
	}
	return out
}

// fixed tells whether the compose file's own ports are published: there are no others to be had in their place.
func fixed(all []Publication) bool {
	return slices.ContainsFunc(all, func(p Publication) bool { return p.HostPort != "" })
}

// wantedPorts gives the publications the ports that they had before, where those are free.
func wantedPorts(ctx context.Context, all []Publication, wanted map[int]int, tell service.Tell) []Publication {
	out := slices.Clone(all)
	for i, p := range out {
		number := wanted[p.Target]
		if number == 0 && i == 0 {
			number = wanted[0]
		}
		if number == 0 || p.HostPort != "" || p.Protocol != "tcp" {
			continue
		}
		if err := host.TryPort(ctx, loopback, number); p.HostIP == loopback && err != nil {
			tell(fmt.Sprintf("port %d of this machine is not free for %d: another one is published (%v)", number, p.Target, err))
			continue
		}
		out[i].HostPort = strconv.Itoa(number)
	}
	return out
}

// addressOf is where a container that runs is reached. It is pure.
func addressOf(s service.Spec, image ImageDescription, at *site, seen Inspection, asWritten bool) service.Address {
	a := service.Address{Ports: map[int]int{}}
	all := servicePorts(s, image)
	if len(all) > 0 {
		a.Inner = s.Name + ":" + strconv.Itoa(all[0].target)
	}
	direct := directAddress(s, at, seen)
	for _, p := range all {
		there, number := direct, p.target
		if direct == "" {
			there, number = boundAt(seen, p, at)
		}
		if _, has := a.Ports[p.target]; there == "" || has {
			continue // not published, or the same number of another protocol
		}
		a.Ports[p.target] = number
		if a.Port == 0 {
			a.Host, a.Port = there, number
		}
	}
	if a.Port != 0 {
		a.URL = urlOf(s, image, a)
	}
	return a
}

// directAddress is the container's own address, where that is how it is reached: on the network of this machine or of the container
// that runner is in, or where the engine publishes nothing, as on networks that lead nowhere. "" is through a published port.
func directAddress(s service.Spec, at *site, seen Inspection) string {
	if s.Container.NetworkMode == "host" {
		if at.remote != "" {
			return at.remote
		}
		return loopback
	}
	if !at.joins() && (len(seen.Ports) > 0 || !at.linux) {
		return ""
	}
	var names []string
	for name, ip := range seen.Networks {
		if ip != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if len(names) == 0 {
		return ""
	}
	return seen.Networks[names[0]]
}

// boundAt is where a port is published, as it is dialled from here.
func boundAt(seen Inspection, p port, at *site) (string, int) {
	for _, b := range seen.Ports {
		if b.Target != p.target || b.Protocol != p.protocol {
			continue
		}
		ip, err := netip.ParseAddr(b.HostIP)
		switch {
		case at.remote != "":
			return at.remote, b.HostPort
		case err != nil || ip.IsUnspecified():
			return loopback, b.HostPort
		}
		return b.HostIP, b.HostPort
	}
	return "", 0
}

// urlOf writes the address as the service's protocol does, where it is not HTTP: PostgreSQL with its user, Redis with its password.
func urlOf(s service.Spec, image ImageDescription, a service.Address) string {
	at := url.URL{Host: a.Host + ":" + strconv.Itoa(a.Port)}
	value := func(name string) string {
		for _, env := range [][]string{s.Container.Env, image.Env} {
			for _, line := range env {
				if v, ok := strings.CutPrefix(line, name+"="); ok {
					return v
				}
			}
		}
		return ""
	}
	switch main := servicePorts(s, image)[0].target; {
	case main == 5432:
		at.Scheme, at.User = "postgres", url.User("postgres")
		if user := value("POSTGRES_USER"); user != "" {
			at.User = url.User(user)
		}
		if password := value("POSTGRES_PASSWORD"); password != "" {
			at.User = url.UserPassword(at.User.Username(), password)
		}
	case main == 6379:
		at.Scheme = "redis"
		for i, word := range s.Container.Command {
			if word == "--requirepass" && i+1 < len(s.Container.Command) {
				at.User = url.UserPassword("", s.Container.Command[i+1])
			}
		}
	default:
		return ""
	}
	return at.String()
}
