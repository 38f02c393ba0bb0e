package docker

import (
	"fmt"
	"strings"
	"time"

	"testrunner/report/event"
)

// state is what the evidence means, in words.
func (e evidence) state(p Place) State {
	s := State{
		Host: e.host, Tries: max(e.tries, 1), Pong: e.pong, Info: e.info, Daemon: e.daemon, Disk: e.disk, Others: e.around.others,
		Raw: e.raw(), Name: classify(p, e),
	}
	switch s.Name {
	case Up:
		s.Status = event.OK
	case Rootless, Podman:
		s.Status = event.Warn
	case Unforeseen:
		s.Status = event.Unknown
	default:
		s.Status = event.Fail
	}
	s.Heals = s.Name == Starting || s.Name == PipeBusy
	s.Detail, s.Advice = e.describe(p, s.Name)
	s.Remedy = remedy(p, e, s.Name)
	return s
}

// raw is the error that decided, in one line.
func (e evidence) raw() string {
	var err error
	switch {
	case e.hostErr != nil:
		err = e.hostErr.Err
	case e.info != nil:
		return ""
	case e.pingErr == nil:
		err = e.infoErr
	case e.dialErr != nil:
		err = e.dialErr
	default:
		err = e.pingErr
	}
	if err == nil {
		return ""
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}

func (e evidence) millis() string { return e.waited.Round(time.Millisecond).String() }

// who names the process behind the socket, as far as it is known.
func (e evidence) who() string {
	if e.daemon.Pid == 0 {
		return "the engine"
	}
	name := e.daemon.Name
	if name == "" {
		name = "process"
	}
	return fmt.Sprintf("%s (pid %d)", name, e.daemon.Pid)
}

// describe says in one line what is there, and what no command can say or do.
func (e evidence) describe(p Place, name Name) (detail, advice string) {
	socket := e.host.Address()
	switch name {
	case Up, Rootless, Podman, WindowsContainers, DiskFull, ClientTooOld, ClientTooNew, EngineTooOld, InfoFailed, InfoFrozen:
		return e.describeAnswer(name)
	case ContextMissing, ContextBroken, HostInvalid, SSH, TLSMaterial:
		return e.hostErr.Err.Error(), ""
	case NotInstalled:
		if e.around.cli != "" {
			return "the docker command is here (" + e.around.cli + "), but no engine", ""
		}
		return "no container engine is installed: no program, no socket, no service", ""
	case SocketAbsent:
		return "the engine is not running: there is no " + socket, ""
	case Stale:
		return "the engine died: " + socket + " is still there, and nobody listens", e.diary(p)
	case NotASocket:
		return fmt.Sprintf("%s is a %s, not a socket", socket, e.around.kind), "a container that mounted it before the engine ran makes such a folder"
	case Starting:
		return fmt.Sprintf("%s is starting and does not answer yet, after %s", e.who(), e.millis()), ""
	case Frozen:
		if e.daemon.Stopped {
			return fmt.Sprintf("%s is stopped by a signal (SIGSTOP): it takes connections and did not answer in %s", e.who(), e.millis()), ""
		}
		return fmt.Sprintf("%s hangs: it takes connections and did not answer in %s", e.who(), e.millis()), "it is hung, not stopped"
	case PermissionDenied:
		if p.OS == "windows" {
			return "user " + p.User + " may not use the pipe " + socket + ": that is for the group docker-users", "in a shell that runs as administrator; then sign out and in"
		}
		group := e.around.group
		if group == "" || group == "root" {
			return "user " + p.User + " may not use " + socket + ": no group may", ""
		}
		return fmt.Sprintf("user %s may not use %s: that is for the group %s", p.User, socket, group), "this group equals root; other shells need a new login"
	case NotLoggedIn:
		return fmt.Sprintf("user %s is in the group %s, but this login is older", p.User, e.around.group), "or sign out and in again"
	case PipeBusy:
		return "all instances of the pipe " + socket + " were busy for " + e.millis(), ""
	case Refused:
		return "nobody listens at " + socket, "is that the right host and port, and is the engine running there?"
	case Unreachable:
		return fmt.Sprintf("%s did not answer the dial in %s", socket, e.millis()), "published ports and bind mounts would be on that machine, too"
	case UnknownHost:
		return "the name in " + socket + " does not resolve", ""
	}
	return e.describeOwner(p, name)
}

// describeOwner words the states of a product that is off, and of an engine that is elsewhere.
func (e evidence) describeOwner(p Place, name Name) (detail, advice string) {
	socket := e.host.Address()
	switch name {
	case DesktopOff:
		return "Docker Desktop is not running", ""
	case ColimaOff:
		return "colima is not running: nobody listens at " + socket, ""
	case RancherOff:
		return "Rancher Desktop is not running: nobody listens at " + socket, ""
	case OrbStackOff:
		return "OrbStack is not running: nobody listens at " + socket, ""
	case PodmanOff:
		return "the service of Podman is not running: nobody listens at " + socket, ""
	case RootlessOff:
		return "rootless Docker is not running: nobody listens at " + socket, "loginctl enable-linger keeps it running after a logout"
	case ServiceStopped:
		return "the service " + desktopService + " is stopped, and Docker Desktop needs it for Hyper-V", "in a shell that runs as administrator"
	case ServiceDisabled:
		return "the service " + desktopService + " is disabled, and Docker Desktop needs it for Hyper-V", "in a shell that runs as administrator"
	case WSL1:
		return "this is WSL 1, in which no engine can run, nor Docker Desktop's be reached", "type it where no other window of this distribution is open"
	case WSLIntegration:
		return "Docker Desktop's WSL integration is off for this distribution", "Docker Desktop > Settings > Resources > WSL integration, then wsl.exe --shutdown"
	case DefaultSocketOff:
		return "Docker Desktop runs, but its default socket " + socket + " is switched off", "or allow it: Docker Desktop > Settings > Advanced"
	case RootlessElsewhere:
		return "rootless Docker runs, but " + socket + " was asked", ""
	case WrongHost:
		return fmt.Sprintf("nothing answers at %s, while %s does", e.host.URL, builtInURL(p.OS)), ""
	case NotDocker:
		return "something answers at " + e.host.URL + " that is no container engine: " + e.raw(), ""
	case TLSExpected:
		return "the engine speaks TLS, and was asked without", "DOCKER_CERT_PATH names the folder of ca.pem, cert.pem and key.pem"
	case TLSNotSpoken:
		return "the engine does not speak TLS, and was asked with it", ""
	case TLSRefused:
		return "the engine refused our certificate: " + e.raw(), "DOCKER_CERT_PATH names the folder of ca.pem, cert.pem and key.pem"
	case TLSUnverified:
		return "the certificate of the engine can't be verified: " + e.raw(), "DOCKER_CERT_PATH names the folder of its ca.pem"
	}
	return "an error that runner does not know: " + e.raw(), "nothing is taken for granted: the engine counts as not working"
}

// describeAnswer words the states of an engine that answers.
func (e evidence) describeAnswer(name Name) (detail, advice string) {
	switch name {
	case Up, Rootless, Podman:
		product := "Docker"
		if name == Podman {
			product, advice = "Podman", "its compatible API: events and health checks differ from Docker's"
		}
		if name == Rootless {
			product, advice = "rootless Docker", "ports below 1024 and memory limits may not be had"
		}
		return fmt.Sprintf("%s %s (API %s) on %s, %d cores, %s", product, e.info.ServerVersion, e.pong.API, e.info.OperatingSystem, e.info.CPUs, event.Size(uint64(max(e.info.Memory, 0)))), advice
	case WindowsContainers:
		return "the engine runs Windows containers, and these services are of Linux", "it is a switch in Docker Desktop's menu: Switch to Linux containers"
	case DiskFull:
		if e.disk.Total == 0 {
			return "the disk of the engine is full: " + e.raw(), "look first: docker system df"
		}
		if e.disk.Free >= leastDisk {
			return fmt.Sprintf("the disk of %s has %d free inodes of %d", e.disk.Path, e.disk.InodesFree, e.disk.Inodes), "look first: docker system df"
		}
		return fmt.Sprintf("the disk of %s is full: %s of %s free, at least %s is needed", e.disk.Path, event.Size(e.disk.Free), event.Size(e.disk.Total), event.Size(leastDisk)), "look first: docker system df"
	case ClientTooOld, ClientTooNew:
		if e.host.API != "" {
			return "DOCKER_API_VERSION=" + e.host.API + " is not spoken by this engine: " + e.raw(), ""
		}
		return "runner and this engine have no API version in common: " + e.raw(), "upgrade runner"
	case EngineTooOld:
		return fmt.Sprintf("the engine is too old: its API is %s, and at least %s is needed", e.pong.API, oldestAPI), "upgrade the engine to 19.03 or newer"
	case InfoFrozen:
		return fmt.Sprintf("%s answers a ping, and info did not come in %s", e.who(), e.millis()), "it is hung, not stopped"
	}
	return e.who() + " answers a ping, and info fails: " + e.raw(), ""
}

// diary is where an engine of systemd wrote why it died.
func (e evidence) diary(p Place) string {
	if e.around.systemd && ownerOf(p, e.host) == ownerSystem {
		return "why it died: journalctl -u docker -n 50"
	}
	return ""
}
