//go:build unix

package docker

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// How an engine is started is planned by what the machine has, and what can't be started is refused with the way out.
func TestPlanStart(t *testing.T) {
	systemd := map[string]string{"/run/systemd/system/x": ""}
	script := map[string]string{"/etc/init.d/docker": "ulimit -n 1048576\n", "/proc/self/status": "CapBnd:\t000001ffffffffff\n"}
	bound := map[string]string{"/etc/init.d/docker": "ulimit -n 1048576\n", "/proc/self/status": "CapBnd:\t000001fffeffffff\n"}
	for name, c := range map[string]struct {
		other
		state   Name
		steps   []string
		refusal string
	}{
		"systemd":            {other{os: "linux", programs: []string{"systemctl", "dockerd"}, files: systemd}, SocketAbsent, []string{"starts the engine: systemctl start docker"}, ""},
		"systemd, not root":  {other{os: "linux", uid: 1000, programs: []string{"systemctl", "sudo", "dockerd"}, files: systemd}, SocketAbsent, []string{"starts the engine: sudo -n systemctl start docker"}, ""},
		"init script":        {other{os: "linux", programs: []string{"service", "dockerd"}, files: script}, Stale, []string{"starts the engine: service docker start"}, ""},
		"init script, bound": {other{os: "linux", programs: []string{"service", "dockerd"}, files: bound}, Stale, []string{"starts /usr/bin/dockerd itself, since nothing here starts services, and leaves it running"}, ""},
		"no init, not root":  {other{os: "linux", uid: 1000, programs: []string{"dockerd", "sudo"}}, SocketAbsent, nil, "only root can start /usr/bin/dockerd; try: sudo runner docker start"},
		"no engine":          {other{os: "linux", programs: []string{"apt-get"}}, SocketAbsent, nil, "dockerd is not installed; try: apt-get install -y docker.io"},
		"another address":    {other{os: "linux", environ: []string{"DOCKER_HOST=unix:///x.sock"}}, SocketAbsent, nil, "only who made that address knows how"},
		"Desktop, macOS": {other{os: "darwin", files: map[string]string{"/Applications/Docker.app/Contents/Info.plist": ""}}, DesktopOff,
			[]string{"starts the engine: open -g -a /Applications/Docker.app"}, ""},
		"Desktop, Windows": {windows(nil, map[string]string{}, Service{}), DesktopOff, []string{"starts " + desktopExe + ", and leaves it running"}, ""},
		"Desktop, gone":    {other{os: "darwin"}, DesktopOff, nil, "its program is not found"},
		"service":          {windows(nil, map[string]string{}, Service{}), ServiceStopped, []string{"starts the engine: sc.exe start com.docker.service"}, ""},
		"service, disabled": {windows(nil, map[string]string{}, Service{}), ServiceDisabled,
			[]string{"starts the engine: sc.exe config com.docker.service start= demand", "starts the engine: sc.exe start com.docker.service"}, ""},
		"colima": {other{os: "darwin", programs: []string{"colima"}, environ: []string{"DOCKER_HOST=unix:///home/ada/.colima/arm/docker.sock"}}, ColimaOff,
			[]string{"starts the engine: colima start -p arm"}, ""},
		"colima is gone": {other{os: "darwin"}, ColimaOff, nil, "the program colima is not on PATH"},
		"OrbStack":       {other{os: "darwin", programs: []string{"orb"}}, OrbStackOff, []string{"starts the engine: orb start"}, ""},
		"Rancher":        {other{os: "darwin", programs: []string{"rdctl"}}, RancherOff, []string{"starts the engine: rdctl start"}, ""},
		"rootless":       {other{os: "linux", uid: 1000, programs: []string{"systemctl"}}, RootlessOff, []string{"starts the engine: systemctl --user start docker"}, ""},
		"starting":       {other{os: "linux"}, Starting, []string{"waits for the engine, which is starting already"}, ""},
		"up":             {other{os: "linux"}, Up, nil, "it works already"},
		"frozen":         {other{os: "linux"}, Frozen, nil, "that does not mend it"},
	} {
		place := c.place(t, nil)
		host, err := ChooseHost(place)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := PlanStart(place, State{Name: c.state, Host: host, Detail: "so it is"})
		if (err == nil) != (c.refusal == "") || err != nil && !strings.Contains(err.Error(), c.refusal) {
			t.Errorf("%s: the error %v, want %q", name, err, c.refusal)
		}
		if err == nil && !slices.Equal(plan.Steps, c.steps) {
			t.Errorf("%s: %q, want %q", name, plan.Steps, c.steps)
		}
	}
}

// Only the system's own engine, or Docker Desktop, is restarted.
func TestPlanRestartRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		other
		state   Name
		refusal string
	}{
		"absent":          {other{os: "linux"}, SocketAbsent, "that does not mend it"},
		"another address": {other{os: "linux", environ: []string{"DOCKER_HOST=unix:///x.sock"}}, Frozen, "the system's own engine alone"},
		"remote":          {other{os: "linux", environ: []string{"DOCKER_HOST=tcp://far"}}, Frozen, "the system's own engine alone"},
		"nobody found":    {other{os: "linux"}, Frozen, "its process was not found"},
	} {
		place := c.place(t, nil)
		host, err := ChooseHost(place)
		if err != nil {
			t.Fatal(err)
		}
		_, err = PlanRestart(t.Context(), place, State{Name: c.state, Host: host})
		if err == nil || !strings.Contains(err.Error(), c.refusal) {
			t.Errorf("%s: the error %v, want %q", name, err, c.refusal)
		}
	}
	desktop := other{os: "darwin", programs: []string{"docker"}, files: map[string]string{"/Applications/Docker.app/Contents/Info.plist": ""}}.place(t, nil)
	plan, err := PlanRestart(t.Context(), desktop, State{Name: Frozen, Host: Host{URL: defaultSocket}})
	if err != nil || !slices.Equal(plan.Steps, []string{"starts the engine: docker desktop restart"}) {
		t.Errorf("Docker Desktop: %v, %q", err, plan.Steps)
	}
}

// What an engine says when work fails (texts: moby, distribution and go-winio; facts of Docker's states, section 3e).
func TestExplain(t *testing.T) {
	for text, want := range map[string]Name{
		"write /var/lib/docker/x: no space left on device":                                                                                           DiskFull,
		"could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network":                                 PoolEmpty,
		"all predefined address pools have been fully subnetted":                                                                                     PoolEmpty,
		"toomanyrequests: You have reached your pull rate limit":                                                                                     RateLimited,
		"Get \"https://registry.invalid/v2/\": dial tcp: lookup registry.invalid: no such host":                                                      Offline,
		"driver failed programming external connectivity: Bind for 0.0.0.0:80 failed: port is already allocated":                                     PortTaken,
		"listen tcp4 0.0.0.0:80: bind: address already in use":                                                                                       PortTaken,
		"Ports are not available: exposing port TCP 0.0.0.0:80":                                                                                      PortTaken,
		"Ports are not available: listen tcp 0.0.0.0:80: bind: An attempt was made to access a socket in a way forbidden by its access permissions.": PortReserved,
		"what nobody foresaw": "",
	} {
		f, ok := Explain(errors.New(text))
		if f.Name != want || ok != (want != "") || ok && f.Detail == "" {
			t.Errorf("%q: %+v, want %q", text, f, want)
		}
	}
	if _, ok := Explain(nil); ok {
		t.Error("no error is explained")
	}
}
