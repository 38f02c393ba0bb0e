package preflight

import (
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
	f := projects(containers, Wants{Ports: []Port{{Port: 5432, Service: "postgres"}, {Port: 6379, Service: "redis"}, {Port: 80, Service: "web"}}})
	want := "container shop-db-1 of compose project shop publishes 5432, which is written for postgres; container cache publishes 6379, which is written for redis"
	if f.Status != event.Fail || f.Detail != want || f.Remedy != "docker stop shop-db-1" {
		t.Errorf("%+v", f)
	}
	if f := projects(containers, Wants{}); f.Status != event.OK {
		t.Errorf("no port is wanted: %+v", f)
	}
	if f := counted(containers); f.Value != "2 running, 1 stopped" || f.Number != 2 {
		t.Errorf("%+v", f)
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
