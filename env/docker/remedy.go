package docker

import (
	"fmt"
	"path"
	"strings"

	"testrunner/report/event"
)

// asRoot is a command as this user types it with root's rights.
func (a surroundings) asRoot(command string) string {
	switch {
	case a.root:
		return command
	case a.sudo:
		return "sudo " + command
	}
	return "su -c " + event.ShellQuote(command)
}

// startCommand starts the system's engine with what this machine has for that.
func (e evidence) startCommand(verb string) string {
	a := e.around
	switch {
	case a.systemd && a.masked:
		return a.asRoot("systemctl unmask docker") + " && " + a.asRoot("systemctl start docker")
	case a.systemd:
		return a.asRoot("systemctl " + verb + " docker")
	case a.script:
		return a.asRoot("service docker start")
	}
	return a.asRoot("runner docker start")
}

// remedy is the one command that mends a state, as it is typed here; "" where no command can.
func remedy(p Place, e evidence, name Name) string {
	a := e.around
	switch name {
	case ContextMissing, ContextBroken, HostInvalid, SSH, WrongHost, NotDocker, Refused, Unreachable, UnknownHost:
		if e.host.Rule == ByDefault {
			return ""
		}
		return backCommand(p, e.host)
	case NotInstalled:
		if a.install == "" || p.OS != "linux" {
			return a.install
		}
		return a.asRoot(a.install)
	case SocketAbsent:
		return e.fromDefault(p, e.startCommand("start"))
	case Stale:
		return e.fromDefault(p, e.startCommand("restart"))
	case NotASocket:
		if e.host.URL != defaultSocket {
			return e.fromDefault(p, e.startCommand("start"))
		}
		socket := e.host.Address()
		return a.asRoot("mv "+socket+" "+socket+".old") + " && " + e.startCommand("restart")
	case Starting, PipeBusy:
		return "runner doctor --fix"
	case Frozen, InfoFrozen, InfoFailed:
		return e.restartCommand(p)
	case DiskFull:
		return "docker system prune"
	case ClientTooOld, ClientTooNew:
		if e.host.API == "" {
			return ""
		}
		return unset(p, "DOCKER_API_VERSION")
	}
	return e.ownerRemedy(p, name)
}

// fromDefault leads back to the system's engine before a command that starts that one: no command of ours can start what shall
// listen at an address of the user's own.
func (e evidence) fromDefault(p Place, start string) string {
	if e.host.URL == builtInURL(p.OS) || e.host.Rule == ByDefault {
		return start
	}
	return backCommand(p, e.host) + " && " + start
}

// restartCommand mends an engine that hangs.
func (e evidence) restartCommand(p Place) string {
	switch {
	case e.daemon.Stopped:
		return e.around.asRoot(fmt.Sprintf("kill -CONT %d", e.daemon.Pid))
	case ownerOf(p, e.host) == ownerDesktop || e.around.desktop != "" && p.OS != "linux":
		return "docker desktop restart"
	case ownerOf(p, e.host) == ownerColima:
		return colima(e.host, "restart")
	case e.host.Network() == "unix" && p.OS == "linux":
		return e.around.asRoot("runner doctor --fix --restart")
	}
	return ""
}

func colima(h Host, verb string) string {
	if profile := profileOf(h); profile != "default" && ownerOf(Place{OS: "darwin"}, h) == ownerColima {
		return "colima " + verb + " -p " + profile
	}
	return "colima " + verb
}

func unset(p Place, variable string) string {
	if p.OS == "windows" {
		return "Remove-Item Env:" + variable
	}
	return "unset " + variable
}

// ownerRemedy mends the states of products, of rights and of TLS.
func (e evidence) ownerRemedy(p Place, name Name) string {
	a := e.around
	switch name {
	case DesktopOff:
		return "docker desktop start"
	case ColimaOff:
		return colima(e.host, "start")
	case RancherOff:
		return "rdctl start"
	case OrbStackOff:
		return "orb start"
	case PodmanOff:
		if p.OS == "linux" && strings.HasPrefix(e.host.Address(), "/run/podman/") {
			return a.asRoot("systemctl start podman.socket")
		}
		if p.OS == "linux" {
			return "systemctl --user start podman.socket"
		}
		return "podman machine start"
	case RootlessOff:
		return "systemctl --user start docker"
	case ServiceStopped:
		return "sc.exe start " + desktopService
	case ServiceDisabled:
		return "sc.exe config " + desktopService + " start= demand; sc.exe start " + desktopService
	case PermissionDenied:
		if p.OS == "windows" {
			return "net localgroup docker-users " + p.User + " /add"
		}
		if a.group == "" || a.group == "root" {
			return a.asRoot("runner doctor")
		}
		return a.asRoot("usermod -aG "+a.group+" "+p.User) + " && newgrp " + a.group
	case NotLoggedIn:
		return "newgrp " + a.group
	case WSL1:
		return "wsl.exe --set-version " + p.Getenv("WSL_DISTRO_NAME") + " 2"
	case WindowsContainers:
		if a.desktop == "" {
			return ""
		}
		return "& '" + path.Join(path.Dir(a.desktop), "DockerCli.exe") + "' -SwitchLinuxEngine"
	case DefaultSocketOff, RootlessElsewhere:
		for _, o := range a.others {
			if o.Owner == string(ownerDesktop) && name == DefaultSocketOff || o.Owner == string(ownerRootless) && name == RootlessElsewhere {
				return o.Remedy
			}
		}
	case TLSExpected:
		if e.host.Rule == ByHostVariable && p.OS != "windows" {
			return "export DOCKER_TLS_VERIFY=1"
		}
	case TLSNotSpoken:
		if e.host.Rule == ByHostVariable && p.OS != "windows" {
			return "unset DOCKER_TLS_VERIFY DOCKER_TLS"
		}
	}
	return ""
}
