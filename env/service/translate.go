package service

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
)

// containerOf translates a service. What env_file and label_file add is only there where the project has been resolved: see Specs.
func containerOf(p *types.Project, s types.ServiceConfig) *Container {
	c := &Container{
		Image: s.Image, Build: buildOf(s.Build), Platform: s.Platform, PullPolicy: pullPolicy(s),
		Command: s.Command, Entrypoint: s.Entrypoint, Env: environOf(s.Environment), WorkingDir: s.WorkingDir, User: s.User, Groups: s.GroupAdd,
		Init: s.Init, Hostname: s.Hostname, Domain: s.DomainName, Labels: s.Labels, Privileged: s.Privileged, ReadOnly: s.ReadOnly,
		TTY: s.Tty, Stdin: s.StdinOpen, CapAdd: s.CapAdd, CapDrop: s.CapDrop, Security: s.SecurityOpt, Hosts: hostsOf(s.ExtraHosts),
		DNS: s.DNS, DNSSearch: s.DNSSearch, DNSOptions: s.DNSOpts, Sysctls: s.Sysctls, Ulimits: ulimitsOf(s.Ulimits), ShmSize: int64(s.ShmSize),
		StopSignal: s.StopSignal, StopGrace: lasting(s.StopGracePeriod), PID: s.Pid, IPC: s.Ipc, UTS: s.Uts, UserNS: s.UserNSMode,
		Cgroup: s.Cgroup, Runtime: s.Runtime, OOMScore: s.OomScoreAdj, NoOOMKill: s.OomKillDisable,
		Healthcheck: healthcheckOf(s.HealthCheck), Tmpfs: s.Tmpfs, Expose: exposeOf(s.Expose), Mounts: mountsOf(p, s), NetworkMode: s.NetworkMode,
	}
	limitContainer(c, s)
	for _, d := range s.Devices {
		c.Devices = append(c.Devices, Device{d.Source, d.Target, d.Permissions})
	}
	if s.Logging != nil {
		c.Logging = Logging{Driver: s.Logging.Driver, Options: s.Logging.Options}
	}
	for _, port := range s.Ports {
		c.Ports = append(c.Ports, PortMap{int(port.Target), port.Published, port.HostIP, cmp.Or(port.Protocol, "tcp")})
	}
	for _, name := range s.NetworksByPriority() {
		c.Networks = append(c.Networks, attachmentOf(p.Networks[name], name, s.Networks[name]))
	}
	return c
}

// limitContainer sets those those of memory, cores and processes. deploy.resources and the older keys mean the same, and the library sees to it that
// they don't contradict each other.
func limitContainer(c *Container, s types.ServiceConfig) {
	c.Memory, c.MemoryKeep, c.MemorySwap = int64(memory(s)), int64(s.MemReservation), int64(s.MemSwapLimit)
	c.CPUs, c.CPUShares, c.CPUSet, c.PidsLimit = decimal(s.CPUS), s.CPUShares, s.CPUSet, s.PidsLimit
	if s.CPUQuota > 0 && c.CPUs == 0 {
		c.CPUs = float64(s.CPUQuota) / float64(cmp.Or(s.CPUPeriod, 100_000)) // the kernel's own period, in microseconds
	}
	if s.Deploy == nil {
		return
	}
	if l := s.Deploy.Resources.Limits; l != nil {
		c.CPUs, c.PidsLimit = cmp.Or(decimal(float32(l.NanoCPUs)), c.CPUs), cmp.Or(l.Pids, c.PidsLimit)
	}
	if r := s.Deploy.Resources.Reservations; r != nil {
		c.MemoryKeep = cmp.Or(int64(r.MemoryBytes), c.MemoryKeep)
	}
}

// decimal is the number that was written: 0.1 as a float32 is another number than 0.1 as a float64.
func decimal(f float32) float64 {
	out, err := strconv.ParseFloat(strconv.FormatFloat(float64(f), 'f', -1, 32), 64)
	if err != nil { // what strconv writes, it reads
		return float64(f)
	}
	return out
}

// pullPolicy is one that container.go names; what asks for a younger image now and then takes the one that is here.
func pullPolicy(s types.ServiceConfig) string {
	switch s.PullPolicy {
	case types.PullPolicyAlways, types.PullPolicyNever, types.PullPolicyBuild, types.PullPolicyMissing:
		return s.PullPolicy
	case "":
		return ""
	}
	return types.PullPolicyMissing
}

// environOf are the variables, sorted; one that has no value anywhere is its name alone, which takes the image's away.
func environOf(m types.MappingWithEquals) []string {
	var out []string
	for name, value := range m {
		if value == nil {
			out = append(out, name)
		} else {
			out = append(out, name+"="+*value)
		}
	}
	slices.Sort(out)
	return out
}

func hostsOf(l types.HostsList) []string {
	if len(l) == 0 {
		return nil
	}
	out := l.AsList(":")
	slices.Sort(out)
	return out
}

func ulimitsOf(m map[string]*types.UlimitsConfig) []Ulimit {
	var out []Ulimit
	for name, u := range m {
		limit := Ulimit{Name: name, Soft: int64(u.Soft), Hard: int64(u.Hard)}
		if u.Single != 0 {
			limit.Soft, limit.Hard = int64(u.Single), int64(u.Single)
		}
		out = append(out, limit)
	}
	slices.SortFunc(out, func(a, b Ulimit) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func lasting(d *types.Duration) time.Duration {
	if d == nil {
		return 0
	}
	return time.Duration(*d)
}

func healthcheckOf(h *types.HealthCheckConfig) *Healthcheck {
	if h == nil {
		return nil
	}
	out := &Healthcheck{
		Test: h.Test, Interval: lasting(h.Interval), Timeout: lasting(h.Timeout), StartPeriod: lasting(h.StartPeriod),
		Disabled: h.Disable || len(h.Test) > 0 && h.Test[0] == "NONE",
	}
	if out.Disabled {
		out.Test = nil
	}
	if h.Retries != nil {
		out.Retries = int(*h.Retries)
	}
	return out
}

// exposeOf are the ports that peers may use, tcp alone: "3000", "3000-3005", "3000/tcp".
func exposeOf(list []string) []int {
	var out []int
	for _, text := range list {
		number, protocol, _ := strings.Cut(text, "/")
		from, to, err := portRange(number)
		if err != nil || protocol != "" && protocol != "tcp" {
			continue
		}
		for n := from; n <= to; n++ {
			out = append(out, n)
		}
	}
	return out
}

func buildOf(b *types.BuildConfig) *Build {
	if b == nil {
		return nil
	}
	out := &Build{
		Context: b.Context, Dockerfile: b.Dockerfile, Inline: b.DockerfileInline, Args: b.Args, Target: b.Target, Platforms: b.Platforms,
		Labels: b.Labels, CacheFrom: b.CacheFrom, NoCache: b.NoCache, Pull: b.Pull, Network: b.Network, ShmSize: int64(b.ShmSize),
		Hosts: hostsOf(b.ExtraHosts), Tags: b.Tags,
	}
	if out.Dockerfile == "Dockerfile" {
		out.Dockerfile = ""
	}
	return out
}

func attachmentOf(n types.NetworkConfig, key string, s *types.ServiceNetworkConfig) Attachment {
	out := Attachment{Network: key, Internal: n.Internal, Driver: n.Driver}
	if n.External {
		out.External = n.Name
	}
	for _, pool := range n.Ipam.Config {
		if pool != nil && pool.Subnet != "" {
			out.Subnets = append(out.Subnets, pool.Subnet)
		}
	}
	if s != nil {
		out.Aliases, out.IPv4, out.IPv6 = s.Aliases, s.Ipv4Address, s.Ipv6Address
	}
	return out
}

// mountsOf are volumes, binds, tmpfs, and what secrets and configs mount.
func mountsOf(p *types.Project, s types.ServiceConfig) []Mount {
	var out []Mount
	for _, v := range s.Volumes {
		out = append(out, mountOf(p, v))
	}
	for _, each := range s.Secrets {
		target := cmp.Or(each.Target, each.Source)
		if !path.IsAbs(target) {
			target = "/run/secrets/" + target
		}
		out = append(out, fileMount(types.FileObjectConfig(p.Secrets[each.Source]), types.FileReferenceConfig(each), target, p.Environment))
	}
	for _, each := range s.Configs {
		target := cmp.Or(each.Target, "/"+each.Source)
		out = append(out, fileMount(types.FileObjectConfig(p.Configs[each.Source]), types.FileReferenceConfig(each), target, p.Environment))
	}
	return out
}

func mountOf(p *types.Project, v types.ServiceVolumeConfig) Mount {
	m := Mount{Kind: v.Type, Source: v.Source, Target: v.Target, ReadOnly: v.ReadOnly}
	if v.Tmpfs != nil {
		m.Size, m.Mode = int64(v.Tmpfs.Size), v.Tmpfs.Mode
	}
	if v.Bind != nil {
		m.Create, m.SELinux = bool(v.Bind.CreateHostPath), v.Bind.SELinux
	}
	if v.Volume != nil {
		m.NoCopy = v.Volume.NoCopy
	}
	if v.Type == types.VolumeTypeVolume && v.Source != "" {
		known := p.Volumes[v.Source]
		m.External, m.Driver, m.Options = bool(known.External), known.Driver, known.DriverOpts
		if known.Name != p.Name+"_"+v.Source {
			m.Name = known.Name
		}
	}
	return m
}

// fileMount is a secret or a config: a file of this machine, or a content of its own, with the owner and mode that a service gives it.
func fileMount(f types.FileObjectConfig, r types.FileReferenceConfig, target string, environ types.Mapping) Mount {
	m := Mount{Kind: types.VolumeTypeBind, Source: f.File, Target: target, ReadOnly: true, UID: r.UID, GID: r.GID, File: f.File != ""}
	if r.Mode != nil {
		m.Mode = uint32(*r.Mode)
	}
	switch {
	case f.File != "":
	case f.Environment != "":
		m.Content = []byte(environ[f.Environment])
	default:
		m.Content = []byte(f.Content)
	}
	return m
}
