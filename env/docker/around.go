package docker

import (
	"context"
	"encoding/json"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// How long a look at what stands around a dead engine may take; it is added to the look's clocks.
const (
	unitClock  = 300 * time.Millisecond
	otherClock = 150 * time.Millisecond
)

// desktopService is the service of Docker Desktop on Windows. With its WSL 2 engine it is not needed (Docker's documentation).
const desktopService = "com.docker.service"

// surroundings is what this machine has beside the engine that does not answer: what to blame, and what could mend it.
type surroundings struct {
	kind    string // of what stands in the socket's place: "socket", "file", "folder", "" nothing
	systemd bool
	masked  bool // systemd was told never to start docker.service
	rising  bool // docker.service is being started
	script  bool // there is an init script for docker, and the program service
	dockerd string
	cli     string
	desktop string // Docker Desktop, if it is installed
	root    bool
	sudo    bool
	inGroup bool   // the user is in the socket's group now, whatever this login knows
	group   string // that may use the socket: "docker"; "" if unknown or none
	wsl     int    // 1 or 2; 0 is none
	hyperV  bool   // Docker Desktop is known to use Hyper-V, so its service is needed
	service Service
	others  []Other
	dead    bool // the system's default does not answer
	install string
}

// surround looks around. It is called only where the engine did not answer for good.
func (e *evidence) surround(ctx context.Context, p Place) {
	a := lookAround(p, e.host)
	if a.systemd {
		a.unit(ctx, p)
	}
	if e.pingErr != nil || e.hostErr != nil {
		a.others, a.dead = answering(ctx, p, e.host)
	}
	e.around = a
}

// lookAround is what can be seen by reading files alone.
func lookAround(p Place, h Host) surroundings {
	a := surroundings{root: p.Uid == 0, sudo: p.Program("sudo") != "", dockerd: p.Program("dockerd"), cli: p.Program("docker")}
	if h.Network() == "unix" {
		a.kind = kindOf(p, h.Address())
	}
	a.desktop, a.install = desktopProgram(p), installCommand(p)
	switch p.OS {
	case "linux":
		a.systemd = isFolder(p, "/run/systemd/system") && p.Program("systemctl") != ""
		a.script = p.Program("service") != "" && scriptRuns(p)
		a.wsl = wslVersion(p)
		a.group = socketGroup(p, h.Address())
		a.inGroup = a.group != "" && a.group != "root" && inGroup(p, a.group)
	case "windows":
		a.service, a.hyperV = p.Service(desktopService), usesHyperV(p)
	}
	return a
}

// mayRaise is CAP_SYS_RESOURCE, number 24 of capability.h.
const mayRaise = 1 << 24

// scriptRuns tells whether the init script of docker is there and would get past its first lines: Debian's raises limits (ulimit -n)
// and ends if it may not, as in many containers, where even root has lost that right.
func scriptRuns(p Place) bool {
	script, err := p.ReadFile("/etc/init.d/docker")
	if err != nil {
		return false
	}
	status, err := p.ReadFile("/proc/self/status")
	if err != nil || !strings.Contains(string(script), "ulimit -") {
		return true
	}
	_, rest, ok := strings.Cut(string(status), "CapBnd:")
	fields := strings.Fields(rest)
	if !ok || len(fields) == 0 {
		return true
	}
	bounds, err := strconv.ParseUint(fields[0], 16, 64)
	return err != nil || bounds&mayRaise != 0
}

func (a *surroundings) unit(ctx context.Context, p Place) {
	ctx, cancel := context.WithTimeout(ctx, unitClock)
	defer cancel()
	out, err := p.Output(ctx, "systemctl", "show", "docker.service", "--property=LoadState,ActiveState")
	if err != nil {
		return
	}
	a.masked = strings.Contains(out, "LoadState=masked")
	a.rising = strings.Contains(out, "ActiveState=activating")
	if strings.Contains(out, "LoadState=not-found") && a.script {
		a.systemd = false
	}
}

func kindOf(p Place, name string) string {
	info, err := p.Stat(name)
	switch {
	case err != nil:
		return ""
	case info.IsDir():
		return "folder"
	case info.Mode().IsRegular():
		return "file"
	}
	return "socket"
}

func isFolder(p Place, name string) bool { return kindOf(p, name) == "folder" }

// wslVersion reads the kernel's own line: Microsoft's kernel of WSL 2 names it, the one of WSL 1 only the company.
func wslVersion(p Place) int {
	b, err := p.ReadFile("/proc/version")
	text := strings.ToLower(string(b))
	switch {
	case err != nil || !strings.Contains(text, "microsoft"):
		return 0
	case strings.Contains(text, "wsl2"):
		return 2
	}
	return 1
}

// socketGroup is the name of the group that may read and write a socket.
func socketGroup(p Place, socket string) string {
	info, err := p.Stat(socket)
	if err != nil || info.Mode().Perm()&0o060 != 0o060 {
		return ""
	}
	gid, ok := groupID(info)
	b, err := p.ReadFile("/etc/group")
	if !ok || err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Split(strings.TrimSpace(line), ":"); len(f) == 4 && f[2] == gid {
			return f[0]
		}
	}
	return ""
}

// inGroup reads the members of a group; the login may be older than they.
func inGroup(p Place, group string) bool {
	b, err := p.ReadFile("/etc/group")
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) == 4 && f[0] == group {
			return slices.Contains(strings.Split(f[3], ","), p.User)
		}
	}
	return false
}

// desktopProgram is where Docker Desktop is installed, "" if it is not.
func desktopProgram(p Place) string {
	var places []string
	switch p.OS {
	case "darwin":
		places = []string{"/Applications/Docker.app", path.Join(p.Home, "Applications/Docker.app")}
	case "windows":
		if files := p.Getenv("ProgramFiles"); files != "" {
			places = []string{path.Join(slashed(files), "Docker/Docker/Docker Desktop.exe")}
		}
	default:
		places = []string{"/opt/docker-desktop/bin/docker-desktop"}
	}
	for _, name := range places {
		if kindOf(p, name) != "" {
			return name
		}
	}
	return ""
}

// usesHyperV reads Docker Desktop's settings (settings-store.json since 4.35, settings.json before). Where they can't be read
// nothing is known, and the service is not blamed.
func usesHyperV(p Place) bool {
	for _, name := range []string{"settings-store.json", "settings.json"} {
		b, err := p.ReadFile(path.Join(slashed(p.Getenv("APPDATA")), "Docker", name))
		if err != nil {
			continue
		}
		var settings map[string]any
		if json.Unmarshal(b, &settings) != nil {
			return false
		}
		for key, value := range settings {
			if strings.EqualFold(key, "wslEngineEnabled") {
				return value == false
			}
		}
	}
	return false
}

// installCommand installs an engine with the package manager that is there.
func installCommand(p Place) string {
	ways := [][2]string{
		{"apt-get", "apt-get install -y docker.io"}, {"dnf", "dnf install -y moby-engine"}, {"zypper", "zypper install -y docker"},
		{"pacman", "pacman -S --noconfirm docker"}, {"apk", "apk add docker"},
	}
	switch p.OS {
	case "darwin":
		return "brew install --cask docker-desktop"
	case "windows":
		return "winget install -e --id Docker.DockerDesktop"
	}
	for _, w := range ways {
		if p.Program(w[0]) != "" {
			return w[1]
		}
	}
	return ""
}
