package service_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"testrunner/env"
	"testrunner/env/service"
	"testrunner/report/event"
)

func graph(t *testing.T, compose string, environ ...string) service.Graph {
	t.Helper()
	g, err := service.Read(context.Background(), write(t, map[string]string{"compose.yaml": compose}), []string{"compose.yaml"}, nil, environ)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// The graphs of compose files that nobody here wrote: testdata/public/README.md says whose.
func TestPublicGraphs(t *testing.T) {
	files, err := filepath.Glob("testdata/public/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 24 {
		t.Fatalf("%d files, want two dozen at least", len(files))
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			want, err := os.ReadFile(strings.TrimSuffix(file, ".yaml") + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			g, err := service.Read(context.Background(), "testdata/public", []string{name + ".yaml"}, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for i, names := range g.Stages(g.Enabled()) {
				fmt.Fprintf(&b, "%d. %s\n", i+1, strings.Join(names, ", "))
			}
			for _, s := range g.Services {
				for _, e := range s.Edges {
					words := []string{string(e.Condition)}
					if e.Optional {
						words = append(words, "optional")
					}
					if e.Restart {
						words = append(words, "restart")
					}
					fmt.Fprintf(&b, "%s -> %s: %s\n", s.Name, e.To, strings.Join(words, ", "))
				}
			}
			if b.String() != string(want) {
				t.Errorf("got\n%swant\n%s", b.String(), want)
			}
		})
	}
}

const chains = `services:
  db: { image: x }
  cache: { image: x }
  migrate: { image: x, depends_on: { db: { condition: service_healthy } } }
  api: { image: x, depends_on: { migrate: { condition: service_completed_successfully }, cache: { condition: service_started, required: false, restart: true } } }
  web: { image: x, depends_on: [api], links: ["cache"] }
  trace: { image: x, profiles: [debug] }
  log: { image: x, depends_on: { trace: { condition: service_started, required: false } } }
  side: { image: x, network_mode: "service:web" }
`

func TestStages(t *testing.T) {
	g := graph(t, chains)
	for _, c := range []struct {
		selected []string
		want     string
	}{
		{[]string{"web", "api", "cache", "db", "migrate", "side"}, "cache db | migrate | api | web | side"},
		{[]string{"api", "db", "api"}, "api db"}, // what is between them takes no part, so nobody waits for it
		{[]string{"log"}, "log"},
		{[]string{"log", "trace"}, "trace | log"},
		{[]string{"mail", "db"}, "db mail"}, // one of runner.yaml's own
		{nil, ""},
	} {
		var words []string
		for _, s := range g.Stages(c.selected) {
			words = append(words, strings.Join(s, " "))
		}
		if got := strings.Join(words, " | "); got != c.want {
			t.Errorf("%v: %s, want %s", c.selected, got, c.want)
		}
	}
}

func TestCriticalPath(t *testing.T) {
	g := graph(t, chains)
	all := []string{"api", "cache", "db", "migrate", "web"}
	for _, c := range []struct {
		selected []string
		took     map[string]time.Duration
		want     string
	}{
		{all, nil, "db migrate api web"},
		{all, map[string]time.Duration{"cache": time.Minute, "db": time.Second, "migrate": time.Second}, "cache api web"},
		{all, map[string]time.Duration{"cache": time.Second, "db": time.Second}, "db migrate api web"}, // equally long, so more members count
		{[]string{"cache", "db"}, nil, "cache"},
		{nil, nil, ""},
	} {
		var took func(string) time.Duration
		if c.took != nil {
			took = func(name string) time.Duration { return c.took[name] }
		}
		if got := strings.Join(g.CriticalPath(c.selected, took), " "); got != c.want {
			t.Errorf("%v %v: %s, want %s", c.selected, c.took, got, c.want)
		}
	}
}

// What is optional and takes no part is not started for its own sake; what a link or a shared network means is an edge too.
func TestDependsOn(t *testing.T) {
	g := graph(t, chains)
	for name, want := range map[string]string{"log": "", "api": "cache migrate", "web": "api cache", "side": "web"} {
		s, _ := g.Service(name)
		if got := strings.Join(s.DependsOn, " "); got != want {
			t.Errorf("%s depends on %q, want %q", name, got, want)
		}
	}
	all := env.Needs{Services: service.Join(g, nil, false)}.Closure([]string{"api", "log"}, nil)
	if got := strings.Join(all, " "); got != "api cache db log migrate" {
		t.Errorf("with all that they need: %s", got)
	}
}

func TestEdgesThatLeadNowhere(t *testing.T) {
	for name, c := range map[string]struct{ compose, want string }{
		"missing":     {"services:\n  a:\n    image: x\n    depends_on:\n      - c\n      - b\n  b: { image: x }\n", `compose.yaml:4: services.a.depends_on: there is no service "c"; there are a, b`},
		"missing key": {"services:\n  a:\n    image: x\n    depends_on:\n      b: { condition: service_healthy }\n      c: { condition: service_healthy }\n  b: { image: x }\n", `compose.yaml:6: services.a.depends_on: there is no service "c"`},
		"by a link":   {"services:\n  a:\n    image: x\n    links: [c]\n", `compose.yaml:2: services.a.depends_on: there is no service "c"`},
		"a circle":    {"services:\n  z: { image: x, depends_on: [a] }\n  a: { image: x, depends_on: { b: { condition: service_healthy } } }\n  b:\n    image: x\n    depends_on: [c]\n  c: { image: x, depends_on: [a] }\n", "compose.yaml:3: services.a.depends_on is a cycle: a -> b -> c -> a;"},
		"itself":      {"services:\n  a: { image: x, depends_on: [a] }\n", "compose.yaml:2: services.a.depends_on is a cycle: a -> a;"},
		"a profile":   {"services:\n  a: { image: x, depends_on: [b] }\n  b: { image: x, profiles: [debug] }\n", "compose.yaml:2: services.a.depends_on: b has only profiles that are not on ([debug])"},
	} {
		root := write(t, map[string]string{"compose.yaml": c.compose})
		_, err := service.Read(context.Background(), root, []string{"compose.yaml"}, nil, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\nwant %s", name, err, c.want)
		}
	}
}

func TestProfiles(t *testing.T) {
	root := write(t, map[string]string{"compose.yaml": "services:\n  a: { image: x }\n  b: { image: x, profiles: [debug] }\n  c: { image: x, profiles: [\"\", other] }\n  d: { image: x, scale: 0 }\n"})
	for _, c := range []struct {
		profiles []string
		environ  string
		want     string
	}{
		{nil, "", "a c"},
		{[]string{"debug"}, "", "a b"},
		{nil, "COMPOSE_PROFILES=debug, other", "a b c"},
		{[]string{"other"}, "COMPOSE_PROFILES=debug", "a c"},
		{[]string{"*"}, "", "a b c"},
	} {
		g, err := service.Read(context.Background(), root, []string{"compose.yaml"}, c.profiles, []string{c.environ})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(g.Enabled(), " "); got != c.want {
			t.Errorf("%q %s: %s, want %s", c.profiles, c.environ, got, c.want)
		}
	}
}

// Paths and .env are those of the first file's folder, and what is typed at the root comes first.
func TestReadFromAFolder(t *testing.T) {
	root := write(t, map[string]string{
		"deploy/compose.yaml": "services:\n  a: { image: \"x:${TAG}\", build: ../a, volumes: [\"./data:/data\"] }\n", "deploy/over.yaml": "services:\n  a: { hostname: \"${NAME}\" }\n",
		".env": "TAG=root\n", "deploy/.env": "TAG=folder\nNAME=folder\n",
	})
	g, err := service.Read(context.Background(), root, []string{"deploy/compose.yaml", "deploy/over.yaml"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := g.Services[0].Container
	if c.Image != "x:root" || c.Hostname != "folder" || c.Build.Context != filepath.Join(root, "a") || c.Mounts[0].Source != filepath.Join(root, "deploy", "data") || g.Project != "deploy" {
		t.Errorf("%+v %+v", g, c)
	}
}

func TestIncludeOfAnotherMachine(t *testing.T) {
	root := write(t, map[string]string{"compose.yaml": "include: [\"https://example.com/compose.yaml\"]\n"})
	_, err := service.Read(context.Background(), root, []string{"compose.yaml"}, nil, nil)
	if err == nil || !strings.Contains(err.Error(), "include of https://example.com/compose.yaml is refused: only files of this machine are read") {
		t.Errorf("%v", err)
	}
}

func TestSpecs(t *testing.T) {
	root := write(t, map[string]string{
		"compose.yaml": `services:
  web:
    image: x
    env_file: [web.env, { path: gone.env, required: false }]
    label_file: web.labels
    environment: { B: own, C: , D: $HOME_OF_D }
    labels: { two: own }
    secrets: [token]
    configs: [{ source: conf, target: /etc/conf }]
    depends_on: { db: { condition: service_healthy }, other: { condition: service_started } }
  db: { image: x, env_file: made-later.env }
  other: { image: x, gpus: all }
  secret: { image: x, secrets: [lost] }
  variable: { image: x, secrets: [unset] }
secrets:
  token: { environment: TOKEN }
  lost: { file: ./lost.txt }
  unset: { environment: UNSET }
configs: { conf: { content: "a: ${HOME_OF_D}" } }
`, "web.env": "A=file\nB=file\nE=${A}-${HOME_OF_D}\n", "web.labels": "one=file\ntwo=file\n",
	})
	g, err := service.Read(context.Background(), root, []string{"compose.yaml"}, nil, []string{"HOME_OF_D=d", "TOKEN=secret"})
	if err != nil {
		t.Fatal(err)
	}
	services := service.Join(g, []env.Service{{Name: "mail", Local: []string{"mailer"}}, {Name: "web", Ready: "/up"}}, false)
	specs, err := g.Specs(services, []string{"mail", "other", "web"}, false)
	if err != nil {
		t.Fatal(err)
	}
	if specs[0].Container != nil || specs[0].Local[0] != "mailer" || specs[2].Ready != "/up" || len(specs[2].Edges) != 1 || specs[2].Edges[0].To != "other" {
		t.Errorf("%+v", specs)
	}
	c := specs[2].Container
	if want := []string{"A=file", "B=own", "C", "D=d", "E=file-d"}; !slices.Equal(c.Env, want) {
		t.Errorf("%v, want %v", c.Env, want)
	}
	if c.Labels["one"] != "file" || c.Labels["two"] != "own" {
		t.Errorf("%v", c.Labels)
	}
	var mounts []string
	for _, m := range c.Mounts {
		mounts = append(mounts, fmt.Sprintf("%s %q %s %v", m.Kind, m.Content, m.Target, m.ReadOnly))
	}
	if got := strings.Join(mounts, ", "); got != `bind "secret" /run/secrets/token true, bind "a: d" /etc/conf true` {
		t.Error(got)
	}
	for name, want := range map[string]string{
		"db": "start db: env file " + filepath.Join(root, "made-later.env") + " not found", "secret": "start secret: secrets.lost.file: ", "variable": "start variable: secrets.unset.environment: the variable UNSET has no value; " + event.SetVariable(runtime.GOOS, "UNSET", "VALUE"),
		"nobody": "start nobody: neither the compose files nor services in runner.yaml describe it",
	} {
		if _, err := g.Specs(services, []string{name}, false); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := g.Specs(services, []string{"other"}, true); err == nil || !strings.Contains(err.Error(), "compose.yaml:12: services.other.gpus is refused") {
		t.Errorf("in a container: %v", err)
	}
}

// What docker compose does with several files: merged, included with variables of their own, extended; anchors and merge keys.
func TestFilesWorkTogether(t *testing.T) {
	root := write(t, map[string]string{
		"compose.yaml": `include: [{ path: part/compose.yaml, env_file: part/own.env }]
x-common: &common
  environment: { LEVEL: common }
  stop_signal: SIGINT
services:
  web:
    <<: *common
    extends: { file: base/base.yaml, service: base }
    depends_on: [db]
    command: [one]
`,
		"over.yaml": `services:
  web:
    environment: { LEVEL: over, MORE: "${TAG}" }
    command: !override [two]
    depends_on: { db: { condition: service_healthy } }
`,
		"base/base.yaml":    "services:\n  base:\n    image: base:1\n    environment: { LEVEL: base, BASE: 1 }\n    volumes: [\"./data:/data\"]\n",
		"part/compose.yaml": "services:\n  db: { image: \"db:${TAG}\", volumes: [\"./data:/data\"] }\n",
		"part/own.env":      "TAG=part\n", ".env": "TAG=root\n",
	})
	g, err := service.Read(context.Background(), root, []string{"compose.yaml", "over.yaml"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	web, _ := g.Service("web")
	db, _ := g.Service("db")
	if want := []string{"BASE=1", "LEVEL=over", "MORE=root"}; !slices.Equal(web.Container.Env, want) || web.Image != "base:1" || !slices.Equal(web.Container.Command, []string{"two"}) {
		t.Errorf("%v %s %v", web.Container.Env, web.Image, web.Container.Command)
	}
	if web.Container.StopSignal != "SIGINT" || web.Container.Mounts[0].Source != filepath.Join(root, "base", "data") || len(web.Edges) != 1 || web.Edges[0].Condition != service.Healthy {
		t.Errorf("%+v %+v", web.Container, web.Edges)
	}
	if db.Container.Mounts[0].Source != filepath.Join(root, "part", "data") {
		t.Errorf("%+v", db.Container.Mounts)
	}
	if db.Image != "db:root" { // a variable that is set here comes before the part's own, as docker compose has it
		t.Errorf("%s", db.Image)
	}
}
