package docker

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
)

// site is where the engine's containers are, seen from here.
type site struct {
	remote string     // the engine's host, where that is not this machine; "" is this machine
	linux  bool       // the engine's kernel is this machine's: addresses of containers can be reached, and paths are the same
	inside Inspection // the container that runner itself runs in, of this very engine; no ID: it runs in none
	arch   string     // of the engine, as Go calls it
}

// begin finds out about the engine, once. The first call of a client must have returned before others begin, so it is made here.
func (p *Provider) begin(ctx context.Context) (*site, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.site != nil {
		return p.site, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	info, err := p.s.Engine.Info(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask the engine: %w", err)
	}
	s := &site{remote: remoteHost(p.s.Host, info, p.s.Place.Hostname), arch: goArchitecture(info.Architecture)}
	s.linux = s.remote == "" && p.s.Place.OS == "linux" && info.OperatingSystem != "Docker Desktop"
	if id := containerID(p.s.Place); id != "" && s.remote == "" {
		// It may as well be a container of another engine, which this one does not know.
		if in, err := p.s.Engine.InspectContainer(ctx, id); err == nil && strings.HasPrefix(in.ID, id) {
			s.inside = in
		}
	}
	p.site = s
	return s, nil
}

// joins says that runner is in a container with a network of its own, which joins those of the run. One with the network of its host is
// where the host is: it can join no other, and reaches what is published.
func (s *site) joins() bool {
	_, host := s.inside.Networks["host"]
	return s.inside.ID != "" && !host
}

// self is the id of the container that runner runs in and that joins networks, "" if there is none.
func (p *Provider) self() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.site == nil || !p.site.joins() {
		return ""
	}
	return p.site.inside.ID
}

// Remote says whether the ports of an engine are not this machine's. hostname is this machine's.
func Remote(h Host, info Info, hostname string) bool { return remoteHost(h, info, hostname) != "" }

// remoteHost is the host of an engine that is not on this machine. One that is reached by TCP on the loopback address is on this
// machine where it bears its name; else it is behind a tunnel, and its ports are not here.
func remoteHost(h Host, info Info, hostname string) string {
	if h.Local() {
		return ""
	}
	u, err := url.Parse(h.URL)
	if err != nil {
		return h.URL
	}
	name := u.Hostname()
	ip := net.ParseIP(name)
	loopback := name == "localhost" || ip != nil && ip.IsLoopback()
	if loopback && info.Name != "" && info.Name == hostname {
		return ""
	}
	return name
}

// containerID is the id of the container that this process may be in, as far as this machine tells: the engine mounts a container's
// own hostname file from a folder that bears the id. Else a hostname that looks like one.
func containerID(p Place) string {
	if p.OS != "linux" {
		return ""
	}
	text, err := p.ReadFile("/proc/self/mountinfo")
	if err == nil {
		if id := idInMounts(string(text)); id != "" {
			return id
		}
	}
	if _, err := p.Stat("/.dockerenv"); err == nil && len(p.Hostname) == 12 && isHex(p.Hostname) {
		return p.Hostname
	}
	return ""
}

func idInMounts(text string) string {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 5 || fields[4] != "/etc/hostname" && fields[4] != "/etc/hosts" && fields[4] != "/etc/resolv.conf" {
			continue
		}
		_, rest, ok := strings.Cut(fields[3], "/containers/")
		if id, _, _ := strings.Cut(rest, "/"); ok && len(id) == 64 && isHex(id) {
			return id
		}
	}
	return ""
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

// goArchitecture is Go's word for the kernel's word for an architecture.
func goArchitecture(kernel string) string {
	switch kernel {
	case "x86_64":
		return "amd64"
	case "aarch64":
		return "arm64"
	case "armv7l", "armv6l":
		return "arm"
	case "i386", "i686":
		return "386"
	}
	return kernel
}
