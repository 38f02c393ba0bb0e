package docker

import (
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"testrunner/env"
	"testrunner/env/service"
	"testrunner/report/event"
)

// composed is a container as docker compose labels it: project, folder, service and number.
func composed(project, folder, of, number, state string) Container {
	return Container{ID: project + folder + of + number, Name: project + "-" + of + "-" + number, State: state, Labels: map[string]string{
		labelProject: project, labelFolder: folder, labelService: of, labelNumber: number, labelOneOff: "False",
	}}
}

func TestProjectContainers(t *testing.T) {
	once := composed("chat", "/tree", "web", "1", "running")
	once.Labels[labelOneOff] = "True"
	bare := composed("chat", "", "web", "1", "running")
	delete(bare.Labels, labelFolder)
	for name, c := range map[string]struct {
		all    []Container
		want   string // of web, else
		says   string
		remedy string
	}{
		"none":                 {nil, "", "no container of its compose project chat is there", ""},
		"others":               {[]Container{composed("shop", "/shop", "web", "1", "running")}, "", "no container of its compose project chat", ""},
		"its own":              {[]Container{composed("chat", "/tree", "db", "1", "running"), composed("chat", "/tree", "web", "1", "exited")}, "chat-web-1", "", ""},
		"by number":            {[]Container{composed("chat", "/tree", "web", "10", "running"), composed("chat", "/tree", "web", "2", "running")}, "chat-web-2 chat-web-10", "", ""},
		"a one-off":            {[]Container{once}, "", "no container of its compose project chat", ""},
		"a stranger's":         {[]Container{composed("chat", "/other", "web", "1", "running")}, "", "project chat that is up is of /other, and this tree's is of /tree", ""},
		"beside a stranger's":  {[]Container{composed("chat", "/other", "web", "1", "running"), composed("chat", "/tree", "web", "1", "running")}, "chat-web-1", "", ""},
		"of nobody knows whom": {[]Container{bare}, "", "is of an unknown folder, and this tree's is of /tree", ""},
		"under another name": {
			[]Container{composed("chat", "/other", "web", "1", "running"), composed("talk", "/tree", "web", "1", "running")}, "",
			"what is up of /tree is the compose project talk, and here its name is chat", event.SetVariable(runtime.GOOS, "COMPOSE_PROJECT_NAME", "talk"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := Project{Name: "chat", Folder: "/tree"}
			for range 2 {
				ours, fault := p.containers(c.all)
				var names []string
				for _, one := range ours["web"] {
					names = append(names, one.Name)
				}
				if got := strings.Join(names, " "); got != c.want || (fault.Detail == "") != (c.says == "") || !strings.Contains(fault.Detail, c.says) || fault.Remedy != c.remedy {
					t.Errorf("%q, %+v", got, fault)
				}
				slices.Reverse(c.all) // the engine's order says nothing
			}
		})
	}
}

func TestChoose(t *testing.T) {
	first, second := composed("chat", "/tree", "web", "1", "exited"), composed("chat", "/tree", "web", "2", "running")
	for want, all := range map[string][]Container{"": nil, "chat-web-1": {first}, "chat-web-2": {first, second}} {
		if got, note := choose(all); got.Name != want || (note != "") != (len(all) > 1) || note != "" && !strings.Contains(note, want) {
			t.Errorf("of %d: %q, %q", len(all), got.Name, note)
		}
	}
}

func TestStands(t *testing.T) {
	p := Project{Name: "chat", Tasks: []string{"seed"}, Typed: []string{"docker", "compose", "-f", "deploy/c d.yaml"}}
	const typed = "docker compose -f 'deploy/c d.yaml' "
	for name, c := range map[string]struct {
		service string
		seen    Inspection
		stand   Stand
		says    string
		remedy  string
	}{
		"nothing":            {"web", Inspection{}, StandsNot, "not up in the compose project chat", typed + "up -d web"},
		"it runs":            {"web", Inspection{Running: true, Status: "running"}, StandsReady, "container c1", ""},
		"it is well":         {"web", Inspection{Running: true, Status: "running", Health: "healthy"}, StandsReady, "", ""},
		"it rises":           {"web", Inspection{Running: true, Status: "running", Health: "starting"}, StandsStarting, "has not succeeded yet", ""},
		"it is ill":          {"web", Inspection{Running: true, Status: "running", Health: "unhealthy"}, StandsIll, "c1 is unhealthy", typed + "restart web"},
		"it is paused":       {"web", Inspection{Running: true, Status: "paused"}, StandsNot, "c1 is paused", typed + "unpause web"},
		"it crashes":         {"web", Inspection{Running: true, Status: "restarting", Code: 3}, StandsNot, "again and again, with 3", typed + "logs web"},
		"it was made":        {"web", Inspection{Status: "created"}, StandsNot, "not running, but created", typed + "up -d web"},
		"it has ended":       {"web", Inspection{Status: "exited"}, StandsNot, "c1 ended with 0", typed + "up -d web"},
		"it was killed":      {"web", Inspection{Status: "exited", Code: 137, OOM: true}, StandsNot, "ended by SIGKILL (out of memory)", typed + "up -d web"},
		"a task is done":     {"seed", Inspection{Status: "exited"}, StandsDone, "c1 has completed", ""},
		"a task has failed":  {"seed", Inspection{Status: "exited", Code: 1}, StandsNot, "ended with 1", typed + "up -d seed"},
		"a task runs":        {"seed", Inspection{Running: true, Status: "running"}, StandsReady, "", ""},
		"nobody can tell it": {"web", Inspection{Status: "dead"}, StandsNot, "not running, but dead", typed + "up -d web"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.seen.Status != "" {
				c.seen.ID, c.seen.Name = "id", "c1"
			}
			if got := p.stands(c.service, c.seen); got.Stand != c.stand || !strings.Contains(got.Detail, c.says) || got.Remedy != c.remedy {
				t.Errorf("%+v", got)
			}
		})
	}
}

// One that does not answer is waited for while it is young, and never where waiting heals nothing.
func TestAsked(t *testing.T) {
	a := Attach(Attaching{Project: Project{Name: "chat", Typed: []string{"docker", "compose"}}})
	nobody := service.Address{Host: "127.0.0.1", Port: 1}
	s := service.Spec{Service: env.Service{Name: "web", Ready: "/up"}}
	for _, c := range []struct {
		age     time.Duration
		address service.Address
		stand   Stand
		remedy  string
	}{
		{time.Second, nobody, StandsStarting, ""},
		{time.Hour, nobody, StandsIll, "docker compose restart web"},
		{time.Hour, service.Address{}, StandsReady, ""}, // it has no port that could be asked
	} {
		seen := Inspection{Name: "chat-web-1", Started: time.Now().Add(-c.age).UTC().Format(time.RFC3339Nano)}
		got := a.asked(t.Context(), s, Standing{Stand: StandsReady, Address: c.address}, seen)
		if got.Stand != c.stand || got.Remedy != c.remedy || (c.stand == StandsReady) == strings.Contains(got.Detail, "GET /up") {
			t.Errorf("%s old: %+v", c.age, got)
		}
	}
}

func TestProjectAddress(t *testing.T) {
	bound := func(target int, ip string, number int) Bound {
		return Bound{Target: target, Protocol: "tcp", HostIP: ip, HostPort: number}
	}
	onNet := map[string]string{"chat_default": "172.18.0.2"}
	here, desktop, far := &site{linux: true}, &site{}, &site{remote: "far.example.com"}
	boxed := func(networks ...string) *site {
		in := Inspection{ID: "me", Networks: map[string]string{}}
		for _, n := range networks {
			in.Networks[n] = "172.18.0.9"
		}
		return &site{linux: true, inside: in}
	}
	db := []string{"POSTGRES_USER=ada", "POSTGRES_PASSWORD=pass word", "POSTGRES_DB=shop"}
	for name, c := range map[string]struct {
		at      *site
		image   string
		seen    Inspection
		want    string
		distant bool
	}{
		"published":                   {here, "web", Inspection{Ports: []Bound{bound(8000, "0.0.0.0", 40001)}, Networks: onNet}, "http://127.0.0.1:40001", false},
		"on one address":              {here, "web", Inspection{Ports: []Bound{bound(8000, "192.168.1.5", 40001)}}, "http://192.168.1.5:40001", false},
		"on its network":              {here, "web", Inspection{Networks: onNet}, "http://172.18.0.2:8000", false},
		"behind Docker Desktop":       {desktop, "web", Inspection{Networks: onNet}, "", true},
		"far away":                    {far, "web", Inspection{Ports: []Bound{bound(8000, "0.0.0.0", 40001)}}, "http://far.example.com:40001", false},
		"far away, and for itself":    {far, "web", Inspection{Ports: []Bound{bound(8000, "127.0.0.1", 40001)}}, "", true},
		"another port is":             {here, "web", Inspection{Ports: []Bound{bound(9000, "0.0.0.0", 40001)}, Networks: onNet}, "", true},
		"in a container beside it":    {boxed("chat_default"), "web", Inspection{Ports: []Bound{bound(8000, "0.0.0.0", 40001)}, Networks: onNet}, "http://172.18.0.2:8000", false},
		"in a container elsewhere":    {boxed("bridge"), "web", Inspection{Ports: []Bound{bound(8000, "0.0.0.0", 40001)}, Networks: onNet}, "", true},
		"in a container of the host":  {boxed("host"), "web", Inspection{Ports: []Bound{bound(8000, "0.0.0.0", 40001)}, Networks: onNet}, "http://127.0.0.1:40001", false},
		"a database":                  {here, "postgres", Inspection{Ports: []Bound{bound(5432, "127.0.0.1", 40001)}, Env: db}, "postgres://ada:pass%20word@127.0.0.1:40001/shop", false},
		"a database, password unseen": {here, "postgres", Inspection{Ports: []Bound{bound(5432, "127.0.0.1", 40001)}, Env: []string{"POSTGRES_PASSWORD_FILE=/run/secrets/p"}}, "http://127.0.0.1:40001", false},
		"redis with a password":       {here, "redis", Inspection{Ports: []Bound{bound(6379, "0.0.0.0", 40001)}, Command: []string{"redis-server", "--requirepass", "secret"}}, "redis://:secret@127.0.0.1:40001", false},
		"no port at all":              {here, "worker", Inspection{Networks: onNet}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := service.Spec{Service: env.Service{Name: "it", Image: c.image}, Container: &service.Container{Image: c.image}}
			if c.image == "web" {
				s.Container.Ports = []service.PortMap{{Target: 8000, Protocol: "tcp"}}
			}
			if port := map[string]string{"postgres": "5432/tcp", "redis": "6379/tcp"}[c.image]; port != "" {
				c.seen.Exposed = []string{port}
			}
			a := projectAddress(s, c.at, c.seen)
			if got := a.Base(); got != c.want || !a.Foreign {
				t.Errorf("%q, %+v", got, a)
			}
			if why := apart(s, c.at, c.seen, a); (why != "") != c.distant {
				t.Errorf("apart: %q", why)
			}
		})
	}
}
