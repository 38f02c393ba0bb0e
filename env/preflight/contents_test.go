package preflight

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"testrunner/env/docker"
	"testrunner/report/event"
)

func TestProjects_names_who_holds_a_port(t *testing.T) {
	containers := []docker.Container{
		{ID: "1", Name: "shop-db-1", State: "running", Ports: []int{5432}, Labels: map[string]string{composeProject: "shop"}},
		{ID: "2", Name: "cache", State: "running", Ports: []int{6379}},
		{ID: "3", Name: "old", State: "exited"},
	}
	all := projects(containers, Wants{Ports: []Port{{Port: 5432, Service: "postgres"}, {Port: 6379, Service: "redis"}, {Port: 80, Service: "web"}}})
	if got := statuses(all); got != "docker.projects.5432=fail docker.projects.6379=fail" {
		t.Fatal(got)
	}
	if f := all[0]; f.Detail != "container shop-db-1 of compose project shop publishes 5432, which is written for postgres" || f.Remedy != "docker stop shop-db-1" {
		t.Errorf("%+v", f)
	}
	if f := all[1]; f.Detail != "container cache publishes 6379, which is written for redis" || f.Remedy != "docker stop cache" {
		t.Errorf("%+v", f)
	}
	if got := statuses(projects(containers, Wants{})); got != "docker.projects=ok" {
		t.Errorf("no port is wanted: %s", got)
	}
	if f := counted(containers); f.Value != "2 running, 1 stopped" || f.Number != 2 {
		t.Errorf("%+v", f)
	}
}

// Whether a port is free is asked of the machine that would publish it: this one says nothing of an engine's that is elsewhere.
func TestPorts_are_asked_of_the_engines_machine(t *testing.T) {
	here, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := l.Addr().(*net.TCPAddr).Port
	for name, want := range map[string]bool{here: true, "far-away": false} {
		engine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Api-Version", "1.41")
			w.Header().Set("Content-Type", "application/json")
			switch path := r.URL.Path; {
			case strings.HasSuffix(path, "/info"):
				fmt.Fprintf(w, `{"ID":"x","Name":%q,"OSType":"linux","ServerVersion":"28.5.2","MemTotal":1,"NCPU":1}`, name)
			case strings.HasSuffix(path, "/volumes"):
				fmt.Fprint(w, `{"Volumes":[]}`)
			case !strings.HasSuffix(path, "/_ping"):
				fmt.Fprint(w, "[]")
			}
		}))
		all := Run(t.Context(), Checks(Wants{
			Docker: true, Ports: []Port{{Address: "127.0.0.1", Port: taken, Service: "db"}},
			Environ: []string{"DOCKER_HOST=tcp://" + engine.Listener.Addr().String(), "HOME=" + t.TempDir()},
		}))
		engine.Close()
		got := statuses(all)
		if !strings.Contains(got, "docker.engine=ok docker.memory") || strings.Contains(got, fmt.Sprintf("host.port.%d=fail", taken)) != want {
			t.Errorf("engine of %s: %s", name, got)
		}
	}
}

func TestEngine_says_which_engine_and_why(t *testing.T) {
	all := Engine(docker.State{
		Name: docker.SocketAbsent, Status: event.Fail, Detail: "no socket", Remedy: "sudo systemctl start docker", Tries: 3, Took: 1234e6,
		Host:   docker.Host{URL: "unix:///var/run/docker.sock", Rule: docker.ByDefault, From: "the system's default"},
		Others: []docker.Other{{Owner: "colima default", URL: "unix:///home/ada/.colima/default/docker.sock", Remedy: "docker context use colima"}},
	})
	if got := statuses(all); got != "docker.host=ok docker.engine=fail" {
		t.Fatal(got)
	}
	if all[0].Value != "default" || all[0].Detail != "unix:///var/run/docker.sock (the system's default)" {
		t.Errorf("%+v", all[0])
	}
	for _, part := range []string{"no socket", "asked 3 times in 1.23s", "colima default answers at", "docker context use colima"} {
		if !strings.Contains(all[1].Detail, part) {
			t.Errorf("%q does not say %q", all[1].Detail, part)
		}
	}
	if all[1].Value != "socket-absent" || all[1].Remedy != "sudo systemctl start docker" || all[1].Millis != 1234 {
		t.Errorf("%+v", all[1])
	}
	if all := Engine(docker.State{Name: docker.ContextMissing, Status: event.Fail}); statuses(all) != "docker.engine=fail" {
		t.Errorf("%+v", all)
	}
}
