package docker

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"
)

// leastDisk and leastInodes are what a container and its layer need at least: below them creating one fails, whatever the image.
const (
	leastDisk   = 64 << 20
	leastInodes = 500
)

// oldestAPI is the oldest that the client library speaks (MinSupportedAPIVersion of docker/docker's API package).
const oldestAPI = "1.24"

func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) }

func timedOut(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}

// classify names the state. Numbers of the system come first and texts last: Windows translates its messages.
func classify(p Place, e evidence) Name {
	switch {
	case e.hostErr != nil:
		return e.hostErr.Name
	case e.info != nil:
		return e.working()
	case e.pingErr == nil:
		return e.answered()
	case e.dialErr != nil:
		return elsewhere(p, e, e.undialled(p))
	}
	name := e.silent()
	if name == Frozen || name == NotDocker {
		return elsewhere(p, e, name)
	}
	return name
}

// working is an engine that answered info.
func (e evidence) working() Name {
	switch {
	case e.info.OSType == "windows" || e.pong.OSType == "windows":
		return WindowsContainers
	case e.disk.Total > 0 && (e.disk.Free < leastDisk || e.disk.Inodes > 0 && e.disk.InodesFree < leastInodes):
		return DiskFull
	case e.podman():
		return Podman
	case e.info.Rootless:
		return Rootless
	}
	return Up
}

func (e evidence) podman() bool {
	for _, c := range e.version.Components {
		if strings.Contains(c, "Podman") {
			return true
		}
	}
	return false
}

// answered is an engine that answers a ping and no info.
func (e evidence) answered() Name {
	text := ""
	if e.infoErr != nil {
		text = e.infoErr.Error()
	}
	switch {
	case e.pong.OSType == "windows":
		return WindowsContainers
	case strings.Contains(text, "is too old. Minimum supported API version"):
		return ClientTooOld
	case strings.Contains(text, "is too new. Maximum supported API version"):
		return ClientTooNew
	case e.pong.API != "" && olderThan(e.pong.API, oldestAPI):
		return EngineTooOld
	case strings.Contains(text, "no space left on device"):
		return DiskFull
	case e.infoErr != nil && timedOut(e.infoErr):
		return InfoFrozen
	case e.pong.API == "" && strings.Contains(text, "404"):
		return NotDocker
	}
	return InfoFailed
}

// olderThan compares versions like 1.9 and 1.24.
func olderThan(a, b string) bool {
	parse := func(v string) (int, int) {
		major, minor, _ := strings.Cut(v, ".")
		x, _ := strconv.Atoi(major)
		y, _ := strconv.Atoi(minor)
		return x, y
	}
	aMajor, aMinor := parse(a)
	bMajor, bMinor := parse(b)
	return aMajor < bMajor || aMajor == bMajor && aMinor < bMinor
}

// silent is a connection that was taken and brought no answer of an engine.
func (e evidence) silent() Name {
	text := e.pingErr.Error()
	switch {
	case strings.Contains(text, "TLS-enabled daemon without TLS"), strings.Contains(text, "HTTP request to an HTTPS server"):
		return TLSExpected
	case strings.Contains(text, "server gave HTTP response to HTTPS client"), strings.Contains(text, "first record does not look like a TLS handshake"):
		return TLSNotSpoken
	case strings.Contains(text, "certificate required"), strings.Contains(text, "bad certificate"), strings.Contains(text, "--tlsverify"):
		return TLSRefused
	case strings.Contains(text, "failed to verify certificate"), strings.Contains(text, "x509: "):
		return TLSUnverified
	case timedOut(e.pingErr) && e.starting():
		return Starting
	case timedOut(e.pingErr):
		return Frozen
	case strings.Contains(text, "malformed HTTP"), strings.Contains(text, "check if the server supports the requested API version"),
		strings.Contains(text, "Error response from daemon"):
		return NotDocker
	}
	// Also of somebody who hangs up: that is a relay whose engine is gone, or no engine at all.
	return Unforeseen
}

// starting tells an engine that takes connections before it is ready, as dockerd does, from one that hangs.
func (e evidence) starting() bool {
	return !e.daemon.Stopped && e.daemon.Name == "dockerd" && e.daemon.Age > 0 && e.daemon.Age < young || e.around.rising
}

// undialled is an address that could not be connected.
func (e evidence) undialled(p Place) Name {
	err := e.dialErr
	var dns *net.DNSError
	switch {
	case errors.Is(err, errPipeBusy):
		return PipeBusy
	case e.host.Network() == "unix" && (e.around.kind == "file" || e.around.kind == "folder"):
		return NotASocket
	case errors.Is(err, fs.ErrPermission):
		return denied(e)
	case e.host.Local() && (absent(err) || refused(err)) && (e.around.rising || e.daemon.Pid != 0):
		return Starting
	case absent(err) && e.host.Local():
		return e.off(p, SocketAbsent)
	case refused(err) && e.host.Local():
		return e.off(p, Stale)
	case refused(err):
		return Refused
	case errors.As(err, &dns):
		return UnknownHost
	case full(err) && e.host.Network() == "unix":
		return Frozen
	case timedOut(err), noRoute(err):
		return Unreachable
	}
	return Unforeseen
}

func denied(e evidence) Name {
	if e.host.URL == defaultSocket && e.around.inGroup {
		return NotLoggedIn
	}
	return PermissionDenied
}

// off names whose engine is not running; otherwise is the name for an engine of nobody in particular.
func (e evidence) off(p Place, otherwise Name) Name {
	a := e.around
	switch ownerOf(p, e.host) {
	case ownerColima:
		return ColimaOff
	case ownerOrbStack:
		return OrbStackOff
	case ownerRancher:
		return RancherOff
	case ownerPodman:
		return PodmanOff
	case ownerRootless:
		return RootlessOff
	case ownerDesktop:
		return e.desktopOff(p)
	case ownerSystem:
		switch {
		case otherwise == Stale && p.OS == "linux":
			return Stale
		case p.OS == "linux" && a.dockerd != "":
			return otherwise
		case a.desktop != "":
			return e.desktopOff(p)
		case a.wsl == 1:
			return WSL1
		case a.wsl == 2:
			return WSLIntegration
		case p.OS == "darwin" && p.Program("colima") != "":
			return ColimaOff
		}
		return NotInstalled
	}
	return otherwise
}

// desktopOff blames the service of Windows only where Docker Desktop is known to need it.
func (e evidence) desktopOff(p Place) Name {
	s := e.around.service
	if p.OS == "windows" && e.around.hyperV && s.Found && !s.Running && !s.Starting {
		if s.Disabled {
			return ServiceDisabled
		}
		return ServiceStopped
	}
	return DesktopOff
}

// elsewhere corrects the name of a dead engine where the right one answers at another place.
func elsewhere(p Place, e evidence, name Name) Name {
	if name == Starting || name == PipeBusy || name == Unforeseen {
		return name
	}
	has := func(o owner) bool {
		for _, other := range e.around.others {
			if other.Owner == string(o) {
				return true
			}
		}
		return false
	}
	switch {
	case e.host.Rule != ByDefault && !e.around.dead && e.host.URL != builtInURL(p.OS):
		return WrongHost
	case e.host.URL == defaultSocket && p.OS == "darwin" && has(ownerDesktop):
		return DefaultSocketOff
	case e.host.URL == defaultSocket && has(ownerRootless):
		return RootlessElsewhere
	}
	return name
}
