// Package service knows what tests talk to: the services that the compose files describe and runner.yaml completes, and what could
// serve each of them here. It starts nothing yet, and knows neither tests nor the decision.
package service

import (
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"testrunner/env"
)

// Graph is what the compose files describe. It has no circle, and nobody in it waits for somebody who is not there.
type Graph struct {
	Project  string      // the project's name, as docker compose would choose it
	Folder   string      // the project's: that of the first compose file, absolute
	Services []Described // sorted by name
	Notes    []string    // keys that have no effect in tests, each once, with file and line

	project *types.Project // what Specs resolves; nil where there is no compose file
}

// Described is one service of the compose files.
type Described struct {
	env.Service
	Enabled   bool       // it has no profile, or one that is asked for, and scale is not 0; else it is there for who names it
	Container *Container // as far as the compose files alone say it: see Specs
	Edges     []Edge     // what it waits for, sorted by name; also what has a profile that is not on
	Refused   []Refusal  // its keys that no container can be given
}

// Service finds a service of the compose files.
func (g Graph) Service(name string) (Described, bool) {
	i := slices.IndexFunc(g.Services, func(s Described) bool { return s.Name == name })
	if i < 0 {
		return Described{}, false
	}
	return g.Services[i], true
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
		out[i] = completed(out[i], c)
	}
	for i := range out {
		out[i].Stub = hasStub(out[i])
	}
	slices.SortFunc(out, func(a, b env.Service) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// completed is a service of the compose files with what runner.yaml adds to it.
func completed(s, c env.Service) env.Service {
	c.Name, c.Compose, c.Image, c.DependsOn, c.Memory, c.Ports = s.Name, s.Compose, s.Image, s.DependsOn, s.Memory, s.Ports
	return c
}

// hasStub says whether an honest stub can be made: of Redis, whose commands are few, and of what runner.yaml says the answers of. There is
// none of a database: tests that pass on a look-alike of PostgreSQL say nothing.
func hasStub(s env.Service) bool {
	switch kind(s.Image) {
	case redis:
		return s.StubSpec == nil
	case "":
		return s.StubSpec != nil
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
