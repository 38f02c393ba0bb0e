// Package service knows what tests talk to: the services that the compose files describe and runner.yaml completes, and what could
// serve each of them here. It starts nothing yet, and knows neither tests nor the decision.
package service

import (
	"slices"
	"strings"

	"testrunner/env"
)

// Graph is what the compose files describe.
type Graph struct {
	Project  string      // the project's name, as docker compose would choose it
	Services []Described // sorted by name
}

// Described is one service of the compose files.
type Described struct {
	env.Service
	Enabled bool // it has no profile, or one that is asked for; else it is there for who names it
}

// Enabled are the names of the services that a bare "docker compose up" would start, sorted.
func (g Graph) Enabled() []string {
	var names []string
	for _, s := range g.Services {
		if s.Enabled {
			names = append(names, s.Name)
		}
	}
	return names
}

// Join completes the compose files' services with those of runner.yaml, which say what compose can't. The result is sorted by name.
// With asWritten the ports of the compose file are those of this machine; else the kernel chooses, and none is named.
func Join(g Graph, configured []env.Service, asWritten bool) []env.Service {
	var out []env.Service
	for _, d := range g.Services {
		s := d.Service
		if !asWritten {
			s.Ports = nil
		}
		out = append(out, s)
	}
	for _, c := range configured {
		i := slices.IndexFunc(out, func(s env.Service) bool { return s.Name == c.Name })
		if i < 0 {
			out = append(out, c)
			continue
		}
		out[i].Local, out[i].Ready, out[i].Env = c.Local, c.Ready, c.Env
	}
	for i := range out {
		out[i].Stub = hasStub(out[i])
	}
	slices.SortFunc(out, func(a, b env.Service) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// hasStub says whether an honest stub can be made: of Redis, whose commands are few, and of a service that answers HTTP. There is
// none of a database: tests that pass on a look-alike of PostgreSQL say nothing.
func hasStub(s env.Service) bool {
	switch kind(s.Image) {
	case redis:
		return true
	case "":
		return s.Ready != ""
	}
	return false
}

// The kinds of services that are known by their image.
const (
	postgres = "postgres"
	redis    = "redis"
	database = "database" // another one; nothing of it is known but that it has no stub
)

// kind is the kind of an image, "" if nothing is known: "docker.io/library/redis:7-alpine" is redis.
func kind(image string) string {
	name := image[strings.LastIndexByte(image, '/')+1:]
	if i := strings.IndexAny(name, ":@"); i >= 0 {
		name = name[:i]
	}
	switch name {
	case "postgres", "postgresql", "postgis", "timescaledb", "pgvector":
		return postgres
	case "redis", "redis-stack-server", "valkey":
		return redis
	case "mysql", "mariadb", "mongo", "clickhouse-server", "cassandra", "elasticsearch", "opensearch", "kafka", "rabbitmq":
		return database
	}
	return ""
}

// WebSocketPath is the path at which the service upgrades to a WebSocket, as a variable for the tests tells it
// (WS_URL: "ws://{host}:{port}/ws"); "" is none.
func WebSocketPath(s env.Service) string {
	for _, line := range s.Env {
		_, template, _ := strings.Cut(line, "=")
		for _, scheme := range []string{"ws://", "wss://"} {
			rest, ok := strings.CutPrefix(template, scheme)
			if !ok {
				continue
			}
			if i := strings.IndexByte(rest, '/'); i >= 0 {
				return rest[i:]
			}
			return "/"
		}
	}
	return ""
}
