//go:build unix

package docker

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"testrunner/report/event"
	"testrunner/runner/process"
)

// stored is a context of the CLI's store, below /home/ada/.docker.
func contextFiles(current string, hosts map[string]string) map[string]string {
	files := map[string]string{"/home/ada/.docker/config.json": fmt.Sprintf(`{"currentContext": %q}`, current)}
	for name, host := range hosts {
		sum := sha256.Sum256([]byte(name))
		files["/home/ada/.docker/contexts/meta/"+hex.EncodeToString(sum[:])+"/meta.json"] =
			fmt.Sprintf(`{"Name": %q, "Metadata": {}, "Endpoints": {"docker": {"Host": %q, "SkipTLSVerify": false}}}`, name, host)
	}
	return files
}

func with(files map[string]string, more ...string) map[string]string {
	for i := 0; i < len(more); i += 2 {
		files[more[i]] = more[i+1]
	}
	return files
}

const desktopURL = "unix:///home/ada/.docker/run/docker.sock"

// The rows of facts/docker-states that this machine can't be brought into: other systems' and other products'. What such a machine
// has and answers is as the products' documentation and source have it.
func TestStatesOfOtherMachines(t *testing.T) {
	working := answers{ostype: "linux", api: "1.51", info: plainInfo, components: `{"Name":"Engine"}`}
	stale := syscall.ECONNREFUSED
	for name, c := range map[string]struct {
		other
		name   Name
		rule   Rule
		remedy string
		others int
	}{
		"macOS: Desktop's context": {other{os: "darwin", files: contextFiles("desktop-linux", map[string]string{"desktop-linux": desktopURL}), sockets: map[string]http.Handler{desktopURL: working}},
			Up, ByConfig, "", 0},
		"macOS: Desktop off": {other{os: "darwin", files: with(contextFiles("desktop-linux", map[string]string{"desktop-linux": desktopURL}), "/Applications/Docker.app/Contents/Info.plist", "")},
			DesktopOff, ByConfig, "docker desktop start", 0},
		"macOS: Desktop off, default socket": {other{os: "darwin", files: map[string]string{"/Applications/Docker.app/Contents/Info.plist": ""}},
			DesktopOff, ByDefault, "docker desktop start", 0},
		"macOS: Desktop starting": {other{os: "darwin", files: map[string]string{"/Applications/Docker.app/Contents/Info.plist": ""},
			named: []process.Glimpse{{ID: process.ID{Pid: 7}, Name: "com.docker.backend", Age: 5 * time.Second}}},
			Starting, ByDefault, "runner doctor --fix", 0},
		"macOS: default socket switched off, no CLI": {other{os: "darwin", sockets: map[string]http.Handler{desktopURL: working}},
			DefaultSocketOff, ByDefault, "export DOCKER_HOST=" + desktopURL, 1},
		"macOS: default socket switched off, a context names the other": {other{os: "darwin", programs: []string{"docker"}, files: contextFiles("", map[string]string{"desktop-linux": desktopURL}),
			sockets: map[string]http.Handler{desktopURL: working}},
			DefaultSocketOff, ByDefault, "docker context use desktop-linux", 1},
		"macOS: nothing": {other{os: "darwin"}, NotInstalled, ByDefault, "brew install --cask docker-desktop", 0},
		"macOS: colima stopped": {other{os: "darwin", files: contextFiles("colima", map[string]string{"colima": "unix:///home/ada/.colima/default/docker.sock"}),
			errs: map[string]error{"unix:///home/ada/.colima/default/docker.sock": stale}},
			ColimaOff, ByConfig, "colima start", 0},
		"macOS: a profile of colima stopped": {other{os: "darwin", environ: []string{"DOCKER_HOST=unix:///home/ada/.colima/arm/docker.sock"}},
			ColimaOff, ByHostVariable, "colima start -p arm", 0},
		"macOS: colima is the only engine": {other{os: "darwin", programs: []string{"colima"}}, ColimaOff, ByDefault, "colima start", 0},
		"macOS: OrbStack off":              {other{os: "darwin", environ: []string{"DOCKER_HOST=unix:///home/ada/.orbstack/run/docker.sock"}}, OrbStackOff, ByHostVariable, "orb start", 0},
		"macOS: Rancher Desktop off":       {other{os: "darwin", environ: []string{"DOCKER_HOST=unix:///home/ada/.rd/docker.sock"}}, RancherOff, ByHostVariable, "rdctl start", 0},
		"macOS: Podman's machine off":      {other{os: "darwin", environ: []string{"DOCKER_HOST=unix:///home/ada/.local/share/containers/podman/machine/podman.sock"}}, PodmanOff, ByHostVariable, "podman machine start", 0},
		"macOS: Desktop hangs": {other{os: "darwin", files: map[string]string{"/Applications/Docker.app/Contents/Info.plist": ""}, sockets: map[string]http.Handler{defaultSocket: nil}},
			Frozen, ByDefault, "docker desktop restart", 0},
		"macOS: Desktop is wedged": {other{os: "darwin", files: map[string]string{"/Applications/Docker.app/Contents/Info.plist": ""}, sockets: map[string]http.Handler{
			defaultSocket: answers{ostype: "linux", api: "1.51", info: `{"message":"Internal Server Error"}`, infoStatus: 500}}},
			InfoFailed, ByDefault, "docker desktop restart", 0},

		"Linux: rootless answers elsewhere": {other{os: "linux", uid: 1000, environ: []string{"XDG_RUNTIME_DIR=/run/user/1000"}, programs: []string{"dockerd"},
			sockets: map[string]http.Handler{"unix:///run/user/1000/docker.sock": working}},
			RootlessElsewhere, ByDefault, "export DOCKER_HOST=unix:///run/user/1000/docker.sock", 1},
		"Linux: rootless answers, the system's is denied": {other{os: "linux", uid: 1000, environ: []string{"XDG_RUNTIME_DIR=/run/user/1000"}, programs: []string{"docker"},
			files: contextFiles("", map[string]string{"rootless": "unix:///run/user/1000/docker.sock"}), errs: map[string]error{defaultSocket: syscall.EACCES},
			sockets: map[string]http.Handler{"unix:///run/user/1000/docker.sock": working}},
			RootlessElsewhere, ByDefault, "docker context use rootless", 1},
		"Linux: rootless off": {other{os: "linux", uid: 1000, environ: []string{"DOCKER_HOST=unix:///run/user/1000/docker.sock"}},
			RootlessOff, ByHostVariable, "systemctl --user start docker", 0},
		"Linux: rootless": {other{os: "linux", sockets: map[string]http.Handler{defaultSocket: answers{ostype: "linux", api: "1.51",
			info: strings.TrimSuffix(plainInfo, "}") + `,"SecurityOptions":["name=seccomp,profile=builtin","name=rootless"]}`}}},
			Rootless, ByDefault, "", 0},
		"Linux: Podman": {other{os: "linux", environ: []string{"DOCKER_HOST=unix:///run/podman/podman.sock"}, sockets: map[string]http.Handler{
			"unix:///run/podman/podman.sock": answers{ostype: "linux", api: "1.41", info: plainInfo, components: `{"Name":"Podman Engine"},{"Name":"Conmon"}`}}},
			Podman, ByHostVariable, "", 0},
		"Linux: Podman's service is off": {other{os: "linux", uid: 1000, environ: []string{"XDG_RUNTIME_DIR=/run/user/1000", "DOCKER_HOST=unix:///run/user/1000/podman/podman.sock"}},
			PodmanOff, ByHostVariable, "systemctl --user start podman.socket", 0},
		"Linux: root's Podman is off": {other{os: "linux", uid: 1000, programs: []string{"sudo"}, environ: []string{"DOCKER_HOST=unix:///run/podman/podman.sock"}},
			PodmanOff, ByHostVariable, "sudo systemctl start podman.socket", 0},
		"Linux: systemd, stopped": {other{os: "linux", uid: 1000, programs: []string{"sudo", "systemctl", "dockerd"}, files: map[string]string{"/run/systemd/system/x": ""}},
			SocketAbsent, ByDefault, "sudo systemctl start docker", 0},
		"Linux: systemd, died": {other{os: "linux", uid: 1000, programs: []string{"sudo", "systemctl", "dockerd"}, files: map[string]string{"/run/systemd/system/x": ""},
			errs: map[string]error{defaultSocket: stale}},
			Stale, ByDefault, "sudo systemctl restart docker", 0},
		"Linux: systemd, masked": {other{os: "linux", programs: []string{"systemctl", "dockerd"}, files: map[string]string{"/run/systemd/system/x": ""},
			outputs: map[string]string{"systemctl show docker.service --property=LoadState,ActiveState": "LoadState=masked\nActiveState=inactive\n"}},
			SocketAbsent, ByDefault, "systemctl unmask docker && systemctl start docker", 0},
		"Linux: systemd is starting it": {other{os: "linux", programs: []string{"systemctl", "dockerd"}, files: map[string]string{"/run/systemd/system/x": ""},
			outputs: map[string]string{"systemctl show docker.service --property=LoadState,ActiveState": "LoadState=loaded\nActiveState=activating\n"}},
			Starting, ByDefault, "runner doctor --fix", 0},
		"Linux: nothing, Debian":  {other{os: "linux", uid: 1000, programs: []string{"sudo", "apt-get"}}, NotInstalled, ByDefault, "sudo apt-get install -y docker.io", 0},
		"Linux: the command only": {other{os: "linux", programs: []string{"docker", "dnf"}}, NotInstalled, ByDefault, "dnf install -y moby-engine", 0},
		"Linux: Desktop off":      {other{os: "linux", files: map[string]string{"/opt/docker-desktop/bin/docker-desktop": ""}}, DesktopOff, ByDefault, "docker desktop start", 0},
		"Linux: an engine before 1.24": {other{os: "linux", sockets: map[string]http.Handler{defaultSocket: answers{ostype: "linux", api: "1.22",
			info: `{"message":"client is newer than server (client API version: 1.24, server API version: 1.22)"}`, infoStatus: 400}}},
			EngineTooOld, ByDefault, "", 0},
		"Linux: an engine that wants a newer client": {other{os: "linux", sockets: map[string]http.Handler{defaultSocket: answers{ostype: "linux", api: "1.99",
			info: `{"message":"client version 1.51 is too old. Minimum supported API version is 1.60, please upgrade your client to a newer version"}`, infoStatus: 400}}},
			ClientTooOld, ByDefault, "", 0},
		"Linux: another HTTP server": {other{os: "linux", sockets: map[string]http.Handler{defaultSocket: http.NotFoundHandler()}}, NotDocker, ByDefault, "", 0},
		"Linux: info says the disk is full": {other{os: "linux", sockets: map[string]http.Handler{defaultSocket: answers{ostype: "linux", api: "1.51",
			info: `{"message":"write /var/lib/docker/tmp/x: no space left on device"}`, infoStatus: 500}}},
			DiskFull, ByDefault, "docker system prune", 0},
		"Linux: somebody hangs up": {other{os: "linux", sockets: map[string]http.Handler{defaultSocket: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })}},
			Unforeseen, ByDefault, "", 0},
		"Linux: an error that nobody foresaw": {other{os: "linux", errs: map[string]error{defaultSocket: syscall.ENOTSUP}}, Unforeseen, ByDefault, "", 0},
		"Linux: too many wait already":        {other{os: "linux", errs: map[string]error{defaultSocket: syscall.EAGAIN}}, Frozen, ByDefault, "runner doctor --fix --restart", 0},

		"WSL 2 without integration": {other{os: "linux", files: map[string]string{"/proc/version": "Linux version 5.15.153.1-microsoft-standard-WSL2 (root@941d701f84f1)"}},
			WSLIntegration, ByDefault, "", 0},
		"WSL 2 with an engine of its own, stopped": {other{os: "linux", programs: []string{"dockerd"}, files: map[string]string{"/proc/version": "Linux version 5.15.153.1-microsoft-standard-WSL2"}},
			SocketAbsent, ByDefault, "runner docker start", 0},
		"WSL 1": {other{os: "linux", environ: []string{"WSL_DISTRO_NAME=Debian"}, files: map[string]string{"/proc/version": "Linux version 4.4.0-19041-Microsoft (Microsoft@Microsoft.com)"}},
			WSL1, ByDefault, "wsl.exe --set-version Debian 2", 0},

		"Windows: nothing": {windows(nil, nil, Service{}), NotInstalled, ByDefault, "winget install -e --id Docker.DockerDesktop", 0},
		"Windows: Desktop off, its service is stopped and not needed": {windows(fs.ErrNotExist, map[string]string{settings: `{"WslEngineEnabled": true}`}, Service{Found: true}),
			DesktopOff, ByDefault, "docker desktop start", 0},
		"Windows: Desktop off, settings can't be read": {windows(fs.ErrNotExist, map[string]string{desktopExe: ""}, Service{Found: true}),
			DesktopOff, ByDefault, "docker desktop start", 0},
		"Windows: the service is stopped, with Hyper-V": {windows(fs.ErrNotExist, map[string]string{settings: `{"wslEngineEnabled": false}`}, Service{Found: true}),
			ServiceStopped, ByDefault, "sc.exe start com.docker.service", 0},
		"Windows: the service is disabled, with Hyper-V": {windows(fs.ErrNotExist, map[string]string{settings: `{"wslEngineEnabled": false}`}, Service{Found: true, Disabled: true}),
			ServiceDisabled, ByDefault, "sc.exe config com.docker.service start= demand; sc.exe start com.docker.service", 0},
		"Windows: the service runs, Desktop does not": {windows(fs.ErrNotExist, map[string]string{settings: `{"wslEngineEnabled": false}`}, Service{Found: true, Running: true}),
			DesktopOff, ByDefault, "docker desktop start", 0},
		"Windows: the pipe is denied": {windows(fs.ErrPermission, map[string]string{}, Service{}), PermissionDenied, ByDefault, "net localgroup docker-users ada /add", 0},
		"Windows: the pipe is busy":   {windows(errPipeBusy, map[string]string{}, Service{}), PipeBusy, ByDefault, "runner doctor --fix", 0},
		"Windows: Windows containers": {desktopThat(working.of("windows")), WindowsContainers, ByDefault, "& '/Programs/Docker/Docker/DockerCli.exe' -SwitchLinuxEngine", 0},
		"Windows: up":                 {desktopThat(working), Up, ByDefault, "", 0},
		"Windows: the default pipe answers, the variable's does not": {other{os: "windows", environ: []string{"DOCKER_HOST=npipe:////./pipe/gone"}, sockets: map[string]http.Handler{defaultPipe: working}},
			WrongHost, ByHostVariable, "Remove-Item Env:DOCKER_HOST", 1},
		"Windows: the context's pipe is gone, the default answers": {other{os: "windows", environ: []string{"DOCKER_CONTEXT=desktop-linux"}, sockets: map[string]http.Handler{defaultPipe: working},
			files: contextFiles("", map[string]string{"desktop-linux": "npipe:////./pipe/dockerDesktopLinuxEngine"})},
			WrongHost, ByContextVariable, "Remove-Item Env:DOCKER_CONTEXT", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Look(t.Context(), c.place(t, nil), Clocks{Answer: 500 * time.Millisecond, Info: time.Second})
			if s.Name != c.name || s.Host.Rule != c.rule || s.Remedy != c.remedy || s.Detail == "" || len(s.Others) != c.others {
				t.Errorf("got %s by %q, remedy %q, others %v (%s; %s; %s)\nwant %s by %q, remedy %q, %d others",
					s.Name, s.Host.Rule, s.Remedy, s.Others, s.Detail, s.Advice, s.Raw, c.name, c.rule, c.remedy, c.others)
			}
			status := event.Fail
			switch c.name {
			case Up:
				status = event.OK
			case Rootless, Podman:
				status = event.Warn
			case Unforeseen:
				status = event.Unknown
			}
			if s.Status != status || s.Works() != (status == event.OK || status == event.Warn) || s.Heals != (c.name == Starting || c.name == PipeBusy) {
				t.Errorf("status %s, works %v, heals %v", s.Status, s.Works(), s.Heals)
			}
			if s.Raw == "" && !s.Works() && c.name != WindowsContainers {
				t.Error("the error's own words are lost")
			}
		})
	}
}

const (
	settings   = "/Users/ada/AppData/Docker/settings-store.json"
	desktopExe = "/Programs/Docker/Docker/Docker Desktop.exe"
)

// windows is a machine with Docker Desktop, if it has files, whose pipe gives that error.
func windows(err error, files map[string]string, service Service) other {
	o := other{os: "windows", uid: -1, environ: []string{"APPDATA=/Users/ada/AppData", "ProgramFiles=/Programs"}, files: files, service: service}
	if files != nil {
		o.files[desktopExe] = ""
	}
	if err == nil {
		err = fs.ErrNotExist
	}
	o.errs = map[string]error{defaultPipe: err}
	return o
}

// desktopThat is a machine whose default pipe answers so.
func desktopThat(a answers) other {
	o := windows(nil, map[string]string{}, Service{})
	o.errs, o.sockets = nil, map[string]http.Handler{defaultPipe: a}
	return o
}

// of is the same engine with containers of another system.
func (a answers) of(ostype string) answers {
	a.ostype = ostype
	return a
}
