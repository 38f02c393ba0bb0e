package preflight

import (
	"net"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"testrunner/env/docker"
	"testrunner/env/host"
	"testrunner/report/event"
)

// Each bound, from both sides: this machine's figure is what it is, so the threshold is moved.
func TestHostChecks_hold_against_their_thresholds(t *testing.T) {
	for name, c := range map[string]struct {
		thresholds Thresholds
		want       string
	}{
		"all well":       {Thresholds{FreeMemory: 1, FreeDisk: 1, Load: 100}, "host.memory=ok host.disk=ok host.cpu=ok"},
		"little memory":  {Thresholds{FreeMemory: 1 << 60, FreeDisk: 1, Load: 100}, "host.memory=warn host.disk=ok host.cpu=ok"},
		"little disk":    {Thresholds{FreeMemory: 1, FreeDisk: 1 << 60, Load: 100}, "host.memory=ok host.disk=warn host.cpu=ok"},
		"busier than so": {Thresholds{FreeMemory: 1, FreeDisk: 1, Load: -1}, "host.memory=ok host.disk=ok host.cpu=warn"},
	} {
		all := Run(t.Context(), Checks(Wants{Host: true, Dir: t.TempDir(), Thresholds: c.thresholds}))
		if got := statuses(all); got != strings.ReplaceAll(c.want, "host.cpu", event.HostLoad) {
			t.Errorf("%s: %s\n%+v", name, got, all)
		}
		for _, f := range all {
			if f.Value == "" || f.Threshold == "" || f.Detail == "" || f.Unit == "" || f.Millis < 0 {
				t.Errorf("%s: %+v lacks something", name, f)
			}
		}
	}
}

func TestWantedPorts_names_the_holder(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := l.Addr().(*net.TCPAddr).Port
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	number := free.Addr().(*net.TCPAddr).Port
	free.Close()
	all := wantedPorts(t.Context(), []Port{{Address: "127.0.0.1", Port: taken, Service: "db"}, {Address: "127.0.0.1", Port: number, Service: "web"}})
	want := "host.port." + strconv.Itoa(taken) + "=fail host.port." + strconv.Itoa(number) + "=ok"
	if got := statuses(all); got != want {
		t.Fatalf("%s, want %s", got, want)
	}
	parts := []string{"preflight.test", "pid ", "for db"}
	if runtime.GOOS == "windows" {
		if parts[0] = "preflight"; !strings.Contains(all[0].Detail, "pid ") {
			parts = parts[2:] // Wine tells no pid of a port; Windows does
		}
	}
	for _, part := range parts {
		if !strings.Contains(all[0].Detail, part) {
			t.Errorf("%q does not say %q", all[0].Detail, part)
		}
	}
}

func TestWantedPort_whatever_keeps_it(t *testing.T) {
	p := Port{Port: 80, Service: "web"}
	for name, c := range map[string]struct {
		refused, unlisted error
		holders           []string
		status            event.Status
		says              string
	}{
		"free":              {nil, nil, nil, event.OK, "for web"},
		"held":              {host.ErrPortTaken, nil, []string{"nginx (pid 7)"}, event.Fail, "nginx (pid 7) holds it"},
		"held by nobody":    {host.ErrPortTaken, nil, nil, event.Fail, "somebody whom the system does not name"},
		"held, and no list": {host.ErrPortTaken, net.ErrClosed, nil, event.Fail, net.ErrClosed.Error()},
		"not for this user": {host.ErrPortDenied, nil, nil, event.Fail, "excluded ranges"},
		"nobody foresaw it": {net.ErrClosed, nil, nil, event.Unknown, net.ErrClosed.Error()},
	} {
		f := wantedPort(p, c.refused, c.holders, c.unlisted)
		if f.ID != "host.port.80" || f.Status != c.status || !strings.Contains(f.Detail, c.says) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestEnginePorts_say_what_a_port_means(t *testing.T) {
	if !strings.Contains(enginePortMeaning(2375), "root") || strings.Contains(enginePortMeaning(2376), "root") {
		t.Error(enginePortMeaning(2375), enginePortMeaning(2376))
	}
	for _, f := range enginePorts(t.Context()) {
		if f.Status != event.OK && f.Status != event.Warn || !strings.HasPrefix(f.ID, "host.port.237") {
			t.Errorf("%+v", f)
		}
	}
}

func TestBeside_leaves_out_the_engine_that_is_used(t *testing.T) {
	ours := host.Process{Pid: 10, Parent: 1, Name: "dockerd", Memory: 80 << 20}
	other := host.Process{Pid: 20, Parent: 1, Name: "dockerd", Memory: 60 << 20}
	podman := host.Process{Pid: 30, Parent: 1, Name: "podman", Command: "podman system service", Memory: 1 << 20}
	build := host.Process{Pid: 31, Parent: 1, Name: "podman", Command: "podman build .", Memory: 1 << 20}
	desktop := host.Process{Pid: 40, Parent: 1, Name: "com.docker.backend", Memory: 1 << 30}
	colima := host.Process{Pid: 50, Parent: 1, Name: "limactl", Memory: 1 << 20}
	at := func(url string, pid int) docker.State {
		return docker.State{Host: docker.Host{URL: url}, Daemon: docker.Daemon{Pid: pid}}
	}
	for name, c := range map[string]struct {
		running []host.Process
		state   docker.State
		status  event.Status
		names   []string
	}{
		"alone":                          {[]host.Process{ours}, at("unix:///var/run/docker.sock", 10), event.OK, nil},
		"a second dockerd":               {[]host.Process{ours, other}, at("unix:///var/run/docker.sock", 10), event.Warn, []string{"dockerd (pid 20, 60 MiB)"}},
		"a podman service, not a build":  {[]host.Process{ours, podman, build}, at("unix:///var/run/docker.sock", 10), event.Warn, []string{"podman (pid 30, 1 MiB)"}},
		"Desktop, which is used":         {[]host.Process{desktop}, at("unix:///home/ada/.docker/run/docker.sock", 0), event.OK, nil},
		"Desktop beside colima":          {[]host.Process{desktop, colima}, at("unix:///home/ada/.colima/default/docker.sock", 0), event.Warn, []string{"com.docker.backend (pid 40, 1 GiB)"}},
		"a socket that systemd holds":    {[]host.Process{ours}, at("unix:///var/run/docker.sock", 1), event.OK, nil},
		"an engine on a pipe of Windows": {[]host.Process{{Pid: 9, Name: "com.docker.backend.exe"}}, at("npipe:////./pipe/dockerDesktopLinuxEngine", 0), event.OK, nil},
		"the engine of another machine":  {[]host.Process{desktop}, at("tcp://10.0.0.7:2376", 0), event.Warn, []string{"com.docker.backend (pid 40, 1 GiB)"}},
	} {
		f := beside(c.running, c.state)
		if f.ID != event.HostEngines || f.Status != c.status {
			t.Errorf("%s: %+v", name, f)
		}
		for _, n := range c.names {
			if !strings.Contains(f.Detail, n) {
				t.Errorf("%s: %q does not name %q", name, f.Detail, n)
			}
		}
	}
}
