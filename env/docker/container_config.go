package docker

import (
	"os"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/go-connections/nat"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"testrunner/env/service"
)

// configuration is a blueprint in the words of the client library.
type configuration struct {
	config   *container.Config
	host     *container.HostConfig
	networks *network.NetworkingConfig
	platform *ocispec.Platform
}

// configure translates a blueprint. It is pure.
func configure(b Blueprint) configuration {
	out := configuration{config: &container.Config{Image: b.Image, Cmd: b.Command, Labels: b.Labels}, host: &container.HostConfig{}}
	if c := b.Container; c != nil {
		out.identity(*c)
		out.rights(*c)
		out.limits(*c)
		out.platform = platformOf(c.Platform)
	}
	out.mount(b.Mounts)
	out.publish(b.Publish)
	if b.Network != "" {
		out.host.NetworkMode = container.NetworkMode(b.Network)
		if isNetwork(b.Network) {
			end := endpoint(service.Attachment{Aliases: b.Aliases, IPv4: b.IPv4, IPv6: b.IPv6})
			out.networks = &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{b.Network: end}}
		}
	}
	return out
}

// isNetwork tells a network from the modes that are none, whose names the engine keeps for itself.
func isNetwork(mode string) bool {
	return mode != "host" && mode != "none" && !strings.HasPrefix(mode, "container:")
}

// identity is what runs, as whom, under which names, and how it ends.
func (out configuration) identity(c service.Container) {
	config, host := out.config, out.host
	if config.Cmd == nil {
		config.Cmd = c.Command
	}
	// Healthchecks are run by runner on its own pause; the engine's own would be a second one beside it.
	config.Healthcheck = &container.HealthConfig{Test: []string{"NONE"}}
	config.Entrypoint, config.Env, config.WorkingDir, config.User = c.Entrypoint, c.Env, c.WorkingDir, c.User
	if c.Entrypoint != nil && len(c.Entrypoint) == 0 {
		config.Entrypoint = []string{""} // none: an empty list is taken for the image's own
	}
	config.Hostname, config.Domainname, config.Tty, config.OpenStdin = c.Hostname, c.Domain, c.TTY, c.Stdin
	config.StopSignal = c.StopSignal
	if c.StopGrace > 0 {
		seconds := wholeSeconds(c.StopGrace)
		config.StopTimeout = &seconds
	}
	host.Init, host.GroupAdd, host.ExtraHosts = c.Init, c.Groups, c.Hosts
	host.DNS, host.DNSSearch, host.DNSOptions = c.DNS, c.DNSSearch, c.DNSOptions
	host.PidMode, host.IpcMode = container.PidMode(c.PID), container.IpcMode(c.IPC)
	host.UTSMode, host.UsernsMode, host.CgroupnsMode = container.UTSMode(c.UTS), container.UsernsMode(c.UserNS), container.CgroupnsMode(c.Cgroup)
	host.Runtime = c.Runtime
	host.LogConfig = container.LogConfig{Type: c.Logging.Driver, Config: c.Logging.Options}
}

// rights are what it may do.
func (out configuration) rights(c service.Container) {
	host := out.host
	host.Privileged, host.ReadonlyRootfs = c.Privileged, c.ReadOnly
	host.CapAdd, host.CapDrop, host.SecurityOpt = c.CapAdd, c.CapDrop, c.Security
	host.Sysctls = c.Sysctls
	for _, d := range c.Devices {
		target, may := d.Target, d.Permissions
		if target == "" {
			target = d.Source
		}
		if may == "" {
			may = "rwm"
		}
		host.Devices = append(host.Devices, container.DeviceMapping{PathOnHost: d.Source, PathInContainer: target, CgroupPermissions: may})
	}
	for _, t := range c.Tmpfs {
		if host.Tmpfs == nil {
			host.Tmpfs = map[string]string{}
		}
		path, options, _ := strings.Cut(t, ":")
		host.Tmpfs[path] = options
	}
}

// limits are how much of the machine it may take.
func (out configuration) limits(c service.Container) {
	r := &out.host.Resources
	out.host.ShmSize, out.host.OomScoreAdj = c.ShmSize, int(c.OOMScore)
	r.Memory, r.MemoryReservation, r.MemorySwap = c.Memory, c.MemoryKeep, c.MemorySwap
	r.NanoCPUs, r.CPUShares, r.CpusetCpus = int64(c.CPUs*1e9), c.CPUShares, c.CPUSet
	if c.PidsLimit != 0 {
		r.PidsLimit = &c.PidsLimit
	}
	if c.NoOOMKill {
		r.OomKillDisable = &c.NoOOMKill
	}
	for _, u := range c.Ulimits {
		r.Ulimits = append(r.Ulimits, &container.Ulimit{Name: u.Name, Soft: u.Soft, Hard: u.Hard})
	}
}

func (out configuration) mount(all []service.Mount) {
	for _, m := range all {
		if m.SELinux != "" { // the engine relabels only what is given in the old form
			options := m.SELinux
			if m.ReadOnly {
				options += ",ro"
			}
			out.host.Binds = append(out.host.Binds, m.Source+":"+m.Target+":"+options)
			continue
		}
		made := mount.Mount{Type: mount.Type(m.Kind), Source: m.Source, Target: m.Target, ReadOnly: m.ReadOnly}
		switch m.Kind {
		case "volume":
			made.Source = m.Name
			made.VolumeOptions = &mount.VolumeOptions{NoCopy: m.NoCopy}
			if m.Name == "" && m.Driver != "" { // an anonymous one: nobody made it before
				made.VolumeOptions.DriverConfig = &mount.Driver{Name: m.Driver, Options: m.Options}
			}
		case "tmpfs":
			made.Source = ""
			made.TmpfsOptions = &mount.TmpfsOptions{SizeBytes: m.Size, Mode: os.FileMode(m.Mode)}
		}
		out.host.Mounts = append(out.host.Mounts, made)
	}
}

func (out configuration) publish(all []Publication) {
	for _, p := range all {
		if out.config.ExposedPorts == nil {
			out.config.ExposedPorts, out.host.PortBindings = nat.PortSet{}, nat.PortMap{}
		}
		protocol := p.Protocol
		if protocol == "" {
			protocol = "tcp"
		}
		port := nat.Port(strconv.Itoa(p.Target) + "/" + protocol)
		out.config.ExposedPorts[port] = struct{}{}
		out.host.PortBindings[port] = append(out.host.PortBindings[port], nat.PortBinding{HostIP: p.HostIP, HostPort: p.HostPort})
	}
}

// endpoint is how a container joins a network.
func endpoint(a service.Attachment) *network.EndpointSettings {
	end := &network.EndpointSettings{Aliases: a.Aliases}
	if a.IPv4 != "" || a.IPv6 != "" {
		end.IPAMConfig = &network.EndpointIPAMConfig{IPv4Address: a.IPv4, IPv6Address: a.IPv6}
	}
	return end
}

// platformOf reads "linux/arm64/v8"; nil is the engine's own.
func platformOf(written string) *ocispec.Platform {
	if written == "" {
		return nil
	}
	parts := append(strings.SplitN(written, "/", 3), "", "")
	return &ocispec.Platform{OS: parts[0], Architecture: parts[1], Variant: parts[2]}
}
