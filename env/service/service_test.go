package service_test

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"testrunner/env"
	"testrunner/env/service"
	"testrunner/report/event"
)

func write(t *testing.T, files map[string]string) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "shop")
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const compose = `version: "3.8"
services:
  postgres:
    image: ${REGISTRY:-docker.io/library}/postgres:${POSTGRES_VERSION}
    mem_limit: 1g
    ports: ["127.0.0.1:5432:5432"]
  redis:
    image: redis:7-alpine
    env_file: made-later.env
  backend:
    build: ./backend
    depends_on: { redis: { condition: service_started }, postgres: { condition: service_healthy } }
    ports: ["8000-8001:8000-8001", "9000", "53:53/udp"]
    deploy: { resources: { limits: { memory: 512M } } }
  debug:
    image: busybox
    profiles: [debug]
`

func TestRead(t *testing.T) {
	root := write(t, map[string]string{
		"compose.yaml": compose, "over.yaml": "services:\n  redis: { image: redis:8 }\n", ".env": "POSTGRES_VERSION=15\n",
	})
	g, err := service.Read(context.Background(), root, []string{"compose.yaml", "over.yaml"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []service.Described{
		{Service: env.Service{Name: "backend", Compose: true, DependsOn: []string{"postgres", "redis"}, Memory: 512 << 20, Ports: []env.Port{{Number: 8000}, {Number: 8001}}}, Enabled: true, Edges: []service.Edge{
			{To: "postgres", Condition: service.Healthy}, {To: "redis", Condition: service.Started},
		}},
		{Service: env.Service{Name: "debug", Compose: true, Image: "busybox"}},
		{Service: env.Service{Name: "postgres", Compose: true, Image: "docker.io/library/postgres:15", Memory: 1 << 30, Ports: []env.Port{{Address: "127.0.0.1", Number: 5432}}}, Enabled: true},
		{Service: env.Service{Name: "redis", Compose: true, Image: "redis:8"}, Enabled: true},
	}
	for i := range g.Services { // its own test is TestContainer
		if g.Services[i].Container == nil {
			t.Errorf("%s has no container", g.Services[i].Name)
		}
		g.Services[i].Container = nil
	}
	if g.Project != "shop" || !reflect.DeepEqual(g.Services, want) {
		t.Errorf("%s %+v", g.Project, g.Services)
	}
	if got := g.Enabled(); !slices.Equal(got, []string{"backend", "postgres", "redis"}) {
		t.Errorf("enabled: %v", got)
	}
	g, err = service.Read(context.Background(), root, []string{"compose.yaml"}, []string{"debug"}, []string{"POSTGRES_VERSION=16", "COMPOSE_PROJECT_NAME=Other"})
	if err != nil || !slices.Contains(g.Enabled(), "debug") || g.Project != "other" || !strings.HasSuffix(g.Services[2].Image, "postgres:16") {
		t.Errorf("%+v, %v", g, err)
	}
}

func TestReadSaysWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"no YAML":             {"services: [", "compose.yaml"},
		"unknown key":         {"services: { a: { imag: x } }", "imag"},
		"dependency missing":  {"services: { a: { image: x, depends_on: [b] } }", "b"},
		"variable required":   {"services: { a: { image: \"${IMAGE:?say which}\" } }", "say which"},
		"circle":              {"services: { a: { image: x, depends_on: [b] }, b: { image: x, depends_on: [a] } }", "cycle"},
		"nothing to be built": {"services: { a: {} }", "image"},
	} {
		_, err := service.Read(context.Background(), write(t, map[string]string{"compose.yaml": c.text}), []string{"compose.yaml"}, nil, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "compose.yaml") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := service.Read(context.Background(), t.TempDir(), []string{"gone.yaml"}, nil, nil); err == nil {
		t.Error("a file that is not there was read")
	}
}

func TestJoin(t *testing.T) {
	g := service.Graph{Services: []service.Described{
		{Service: env.Service{Name: "postgres", Compose: true, Image: "postgis/postgis:16", Ports: []env.Port{{Number: 5432}}}},
		{Service: env.Service{Name: "redis", Compose: true, Image: "valkey@sha256:0"}},
		{Service: env.Service{Name: "backend", Compose: true}},
		{Service: env.Service{Name: "mysql", Compose: true, Image: "mysql"}},
	}}
	configured := []env.Service{{Name: "backend", StubSpec: &env.StubSpec{OpenAPI: "x"}, Ready: "/up", Local: []string{"serve"}}, {Name: "mail", Local: []string{"mailer"}}, {Name: "postgres", Ready: "/x"}}
	for _, asWritten := range []bool{false, true} {
		got := service.Join(g, configured, asWritten)
		var words []string
		for _, s := range got {
			word := s.Name
			if s.Stub {
				word += " stub"
			}
			if s.Compose {
				word += " compose"
			}
			words = append(words, word+" "+strings.Join(s.Local, " "))
		}
		want := "backend stub compose serve, mail mailer, mysql compose , postgres compose , redis stub compose "
		if is := strings.Join(words, ", "); is != want {
			t.Errorf("%s\nwant %s", is, want)
		}
		if (len(got[3].Ports) > 0) != asWritten {
			t.Errorf("as written %t: ports %v", asWritten, got[3].Ports)
		}
	}
}

// here is a machine with some programs.
type here map[string]string

func (h here) LookPath(name string, folders ...string) []string {
	if p, ok := h[name]; ok {
		return []string{p}
	}
	for _, f := range folders {
		if p, ok := h[f]; ok {
			return []string{p + "/" + name}
		}
	}
	return nil
}

func (h here) InTree(path string) bool { return h[path] != "" }

func TestLocal(t *testing.T) {
	services := []env.Service{
		{Name: "postgres", Image: "postgres:15"}, {Name: "redis", Image: "redis:7"}, {Name: "api", Local: []string{"go", "run", "./api"}},
		{Name: "tool", Local: []string{"./bin/tool", "-x"}}, {Name: "odd", Image: "busybox"},
	}
	names := []string{"api", "odd", "postgres", "redis", "tool", "unknown"}
	for _, c := range []struct {
		name    string
		machine here
		want    string
	}{
		{"nothing", here{}, "api fail, odd fail, postgres fail, redis fail, tool fail, unknown fail"},
		{"all", here{"go": "/usr/bin/go", "/usr/lib/postgresql/*/bin": "/usr/lib/postgresql/15/bin", "redis-server": "/usr/bin/redis-server", "bin/tool": "x"}, "api ok, odd fail, postgres ok, redis ok, tool ok, unknown fail"},
	} {
		var words []string
		for _, f := range service.Local(services, names, c.machine) {
			words = append(words, strings.TrimPrefix(f.ID, "local.")+" "+string(f.Status))
			if f.Detail == "" {
				t.Errorf("%s: %s says nothing", c.name, f.ID)
			}
		}
		if got := strings.Join(words, ", "); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	odd := service.Local(services, []string{"odd"}, here{})[0]
	if odd.Detail != "runner.yaml gives odd no local command, and runner knows no program for the image busybox" || odd.Remedy != "runner --service odd=URL" {
		t.Errorf("%q, %q", odd.Detail, odd.Remedy)
	}
	for program, want := range map[string]string{"apt-get": "sudo apt-get install postgresql", "brew": "brew install postgresql", "none": ""} {
		if got := service.Local(services, []string{"postgres"}, here{program: "/x"})[0].Remedy; got != want {
			t.Errorf("with %s: %q", program, got)
		}
	}
}

// A compose file of which nothing is on says so: without that it looks like one without services.
func TestGraph_of_profiles(t *testing.T) {
	g := service.Graph{Services: []service.Described{{Service: env.Service{Name: "cluster"}}, {Service: env.Service{Name: "redis"}}}}
	if got := g.Draw(service.Text, nil); !strings.HasPrefix(got, "0 services, 0 stages\nnot on, by their profiles or a scale of 0: cluster, redis; COMPOSE_PROFILES=NAME ") {
		t.Error(got)
	}
	if got := (service.Graph{}).Draw(service.Text, nil); got != "0 services, 0 stages\n" {
		t.Error(got)
	}
}

func TestAddresses(t *testing.T) {
	addresses := []env.Address{
		{Service: "a", Written: "http://localhost:1", URL: "http://localhost:1"}, {Service: "b", Written: "https://db.example.com", URL: "https://db.example.com"},
		{Service: "c", Written: "${C}", Missing: "C"}, {Service: "d", Written: "host:5432", URL: "host:5432"}, {Service: "e", URL: "tcp://[::1]:1"},
	}
	all := []string{"a", "b", "c", "d", "e", "f"}
	for _, c := range []struct {
		mode    event.Mode
		names   []string
		allowed []string
		want    string
	}{
		{event.NoDocker, all, nil, "address.a ok, address.b fail, address.c fail, address.d fail, address.e ok"},
		{event.NoDocker, all, []string{"db.example.com"}, "address.a ok, address.b ok, address.c fail, address.d fail, address.e ok"},
		{event.NoDocker, []string{"a"}, nil, "address.a ok"},
		{event.Staging, all, nil, "staging.a.address ok, staging.b.address ok, staging.c.address fail, staging.d.address fail, staging.e.address ok, staging.f.address fail"},
		{env.Auto, nil, nil, ""},
	} {
		var words []string
		for _, f := range service.Addresses(env.Environment{Name: "x", Mode: c.mode, Addresses: addresses}, c.names, c.allowed) {
			words = append(words, f.ID+" "+string(f.Status))
		}
		if got := strings.Join(words, ", "); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.mode, got, c.want)
		}
	}
}

func TestWebSocketPath(t *testing.T) {
	for want, lines := range map[string][]string{
		"/ws": {"API_URL={url}", "WS_URL=ws://{host}:{port}/ws"}, "/": {"WS_URL=wss://{host}:{port}"}, "": {"API_URL={url}"},
	} {
		if got := service.WebSocketPath(env.Service{Env: lines}); got != want {
			t.Errorf("%v: %q, want %q", lines, got, want)
		}
	}
}
