package docker

import (
	"path"
	"strings"
)

// owner is whose engine stands behind an address, as far as the address tells.
type owner string

// The owners.
const (
	ownerNobody   owner = ""
	ownerSystem   owner = "the system's Docker"
	ownerDesktop  owner = "Docker Desktop"
	ownerRootless owner = "rootless Docker"
	ownerColima   owner = "colima"
	ownerOrbStack owner = "OrbStack"
	ownerRancher  owner = "Rancher Desktop"
	ownerPodman   owner = "Podman"
)

// candidate is a socket at which somebody's engine may stand.
type candidate struct {
	owner   owner
	profile string // of colima
	url     string
}

// builtInURL is the engine that is asked when nothing says another.
func builtInURL(goos string) string {
	if goos == "windows" {
		return defaultPipe
	}
	return defaultSocket
}

// candidates are the places where engines of this system put their sockets (facts of each product's documentation).
func candidates(p Place) []candidate {
	if p.OS == "windows" {
		return []candidate{
			{ownerSystem, "", defaultPipe},
			{ownerDesktop, "", "npipe:////./pipe/dockerDesktopLinuxEngine"},
			{ownerPodman, "", "npipe:////./pipe/podman-machine-default"},
		}
	}
	home, run := slashed(p.Home), p.Getenv("XDG_RUNTIME_DIR")
	all := []candidate{{ownerSystem, "", defaultSocket}}
	add := func(o owner, profile string, parts ...string) {
		if parts[0] != "" {
			all = append(all, candidate{o, profile, "unix://" + path.Join(parts...)})
		}
	}
	if p.OS == "darwin" {
		add(ownerDesktop, "", home, ".docker/run/docker.sock")
		add(ownerOrbStack, "", home, ".orbstack/run/docker.sock")
	} else {
		add(ownerDesktop, "", home, ".docker/desktop/docker.sock")
		add(ownerRootless, "", run, "docker.sock")
	}
	for _, dir := range []string{".colima", ".config/colima"} {
		for _, profile := range p.List(path.Join(home, dir)) {
			if home != "" && !strings.HasPrefix(profile, "_") {
				add(ownerColima, profile, home, dir, profile, "docker.sock")
			}
		}
	}
	add(ownerRancher, "", home, ".rd/docker.sock")
	if p.OS == "darwin" {
		add(ownerPodman, "", home, ".local/share/containers/podman/machine/podman.sock")
		return all
	}
	add(ownerPodman, "", run, "podman/podman.sock")
	return append(all, candidate{ownerPodman, "", "unix:///run/podman/podman.sock"})
}

// ownerOf tells whose engine an address is. It is asked of sockets that are not there, too, so it goes by the path alone.
func ownerOf(p Place, h Host) owner {
	address := slashed(h.Address())
	switch {
	case h.URL == builtInURL(p.OS) || address == "/run/docker.sock":
		return ownerSystem
	case !h.Local():
		return ownerNobody
	case strings.Contains(address, "/.colima/") || strings.Contains(address, "/colima/"):
		return ownerColima
	case strings.Contains(address, "/.orbstack/"):
		return ownerOrbStack
	case strings.Contains(address, "/.rd/"):
		return ownerRancher
	case strings.HasSuffix(address, "podman.sock") || strings.Contains(address, "podman-machine") || strings.Contains(address, "/podman/"):
		return ownerPodman
	case strings.Contains(address, "/.docker/run/") || strings.Contains(address, "/.docker/desktop/") || strings.Contains(address, "dockerDesktop"):
		return ownerDesktop
	case strings.HasPrefix(address, "/run/user/"), p.Getenv("XDG_RUNTIME_DIR") != "" && address == path.Join(p.Getenv("XDG_RUNTIME_DIR"), "docker.sock"):
		return ownerRootless
	}
	return ownerNobody
}

// profileOf is the profile of colima that an address belongs to: ~/.colima/PROFILE/docker.sock.
func profileOf(h Host) string { return path.Base(path.Dir(slashed(h.Address()))) }

// listensAt tells from the command line of a dockerd whether it is to listen at that socket. systemd hands its sockets over as fd://.
func listensAt(args string, h Host) bool {
	if strings.Contains(args, h.Address()) {
		return true
	}
	named := strings.Contains(args, " -H") || strings.Contains(args, " --host")
	return h.URL == defaultSocket && (!named || strings.Contains(args, "fd://"))
}
