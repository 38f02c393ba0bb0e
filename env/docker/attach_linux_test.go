package docker

import (
	"errors"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"testrunner/env/service"
	"testrunner/env/service/servicetest"
)

// What docker compose has up is handed out as it is, and outlives all that is done with it. There is no docker compose where the tests run:
// docker run gives its labels.
func TestAttached(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		d := newDock(t, m)
		run := func(of string, more ...string) {
			t.Helper()
			d.cli(t, nil, append([]string{"run", "-d", "--name", "chat-" + of + "-1", "--label", labelProject + "=chat", "--label", labelService + "=" + of,
				"--label", labelFolder + "=/tree", "--label", labelNumber + "=1", "--label", labelOneOff + "=False"}, more...)...)
		}
		attach := func(t *testing.T) *Attached {
			t.Helper()
			engine, err := Connect(d.place, d.state.Host)
			if err != nil {
				t.Fatal(err)
			}
			return Attach(Attaching{
				Engine: engine, Place: d.place, Host: d.state.Host, Patience: 300 * time.Millisecond,
				Project: Project{Name: "chat", Folder: "/tree", Typed: []string{"docker", "compose"}},
			})
		}
		web := spec("web", nil)
		run("web", "-p", "127.0.0.1::8080", "witness:1")
		servicetest.Run(t, servicetest.Kit{New: func(t *testing.T) service.Provider { return attach(t) }, Spec: web, Serves: served, Foreign: true})

		a := attach(t)
		t.Cleanup(func() { _ = a.Close(t.Context()) })
		first := takeAttached(t, a, web)
		d.cli(t, nil, "kill", "chat-web-1")
		if end := ended(t, first, 10*time.Second); end.Code != 137 {
			t.Errorf("it ended with %+v", end)
		}
		_, err := a.Start(t.Context(), web, nil, d.tell)
		var final *service.Failure
		if !errors.As(err, &final) || !strings.Contains(err.Error(), "docker compose up -d web") {
			t.Errorf("one that stays away: %v", err)
		}
		d.cli(t, nil, "rm", "chat-web-1")
		run("web", "-p", "127.0.0.1::8080", "witness:1")
		second := takeAttached(t, a, web)
		if second.Identity() == first.Identity() {
			t.Error("two lives are one")
		}
		waitServed(t, second)
		d.cli(t, nil, "restart", "-t", "0", "chat-web-1")
		if end := ended(t, second, 10*time.Second); end.Engine {
			t.Errorf("it was started again, and has ended with %+v", end)
		}

		// One whose restart policy brings it back at once was gone all the same.
		d.cli(t, nil, "rm", "-f", "chat-web-1")
		run("web", "--restart", "always", "-p", "127.0.0.1::8080", "witness:1")
		crashed := takeAttached(t, a, web)
		waitServed(t, crashed)
		main := strings.TrimSpace(d.cli(t, nil, "inspect", "-f", "{{.State.Pid}}", "chat-web-1"))
		if pid, err := strconv.Atoi(main); err != nil || syscall.Kill(pid, syscall.SIGUSR1) != nil { // docker kill would switch the policy off
			t.Fatalf("%d can't be ended: %v", pid, err)
		}
		if end := ended(t, crashed, 20*time.Second); end.Engine || end.Code == 0 || !strings.Contains(end.Why, "again") {
			t.Errorf("its restart policy has started it again, and it has ended with %+v", end)
		}
		if again := takeAttached(t, a, web); again.Identity() == crashed.Identity() {
			t.Error("its two lives are one")
		} else {
			waitServed(t, again)
		}

		d.checkHealth(t, a, run)
		third := takeAttached(t, a, web)
		if err := d.daemon.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if end := ended(t, third, 30*time.Second); !end.Engine {
			t.Errorf("its engine was killed: %+v", end)
		}
	})
}

func takeAttached(t *testing.T, a *Attached, s service.Spec) service.Instance {
	t.Helper()
	in, err := a.Start(t.Context(), s, nil, func(line string) { t.Log(line) })
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// checkHealth looks at what the engine says of healthchecks: one is waited for, and one that fails is refused.
func (d *dock) checkHealth(t *testing.T, a *Attached, run func(string, ...string)) {
	t.Helper()
	for image, check := range map[string]string{"well:1": `["/witness", "probe", "http://127.0.0.1:8080/"]`, "ill:1": `["/witness", "exit", "3"]`} {
		d.cli(t, strings.NewReader("FROM witness:1\nHEALTHCHECK --interval=500ms --retries=1 CMD "+check+"\n"), "build", "-t", image, "-")
	}
	run("well", "well:1")
	run("ill", "ill:1")
	if err := a.Prepare(t.Context(), spec("well", nil), d.tell); err != nil {
		t.Error(err)
	}
	if err := a.Prepare(t.Context(), spec("ill", nil), d.tell); err == nil || !strings.Contains(err.Error(), "chat-ill-1 is unhealthy") {
		t.Errorf("one that is ill: %v", err)
	}
	all, err := a.Look(t.Context(), []service.Spec{spec("well", nil), spec("ill", nil), spec("other", nil)})
	if err != nil || all[0].Stand != StandsReady || all[1].Stand != StandsIll || all[2].Stand != StandsNot {
		t.Errorf("%+v, %v", all, err)
	}
	d.cli(t, nil, "rm", "-f", "chat-well-1", "chat-ill-1")
}
