package docker

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"testrunner/env/service"
)

// box is a container that runs, as the tests look at it.
type box struct {
	d    *dock
	in   *instance
	self struct {
		Env      []string
		Uid, Gid int
		Groups   []int
		Dir      string
		Args     []string
		Hostname string
		Nofile   uint64
	}
	files map[string]string
}

func (d *dock) box(t *testing.T, in *instance) *box {
	t.Helper()
	b := &box{d: d, in: in, files: map[string]string{}}
	if err := json.Unmarshal([]byte(inBox(t, in, "self")), &b.self); err != nil {
		t.Fatal(err)
	}
	return b
}

// reads is the content of files inside; one that can't be read is an error's text.
func (b *box) reads(t *testing.T, names ...string) string {
	t.Helper()
	key := strings.Join(names, " ")
	if _, ok := b.files[key]; !ok {
		b.files[key] = inBox(t, b.in, append([]string{"cat"}, names...)...)
	}
	return b.files[key]
}

// says is what docker inspect says.
func (b *box) says(t *testing.T, format string) string {
	t.Helper()
	return strings.TrimSpace(b.d.cli(t, nil, "inspect", "--format", format, b.in.id))
}

// cgroup is the value of a limit, in the file of either version of cgroups.
func (b *box) cgroup(t *testing.T, v1, v2 string) string {
	t.Helper()
	return b.reads(t, "/sys/fs/cgroup/"+v1, "/sys/fs/cgroup/"+v2)
}

// effect is a key of the container, and how it is seen inside: it must be with the key, and must not be without.
type effect struct {
	keys string // fields of service.Container
	set  func(*service.Container)
	seen func(*testing.T, *box) bool
}

// capability tells whether the bit is in the set of those that the container can ever have.
func capability(t *testing.T, b *box, bit int) bool {
	t.Helper()
	for line := range strings.Lines(b.reads(t, "/proc/1/status")) {
		if hex, ok := strings.CutPrefix(line, "CapBnd:"); ok {
			var set uint64
			if _, err := fmt.Sscanf(strings.TrimSpace(hex), "%x", &set); err != nil {
				t.Fatal(err)
			}
			return set&(1<<bit) != 0
		}
	}
	t.Fatal("no CapBnd")
	return false
}

// has looks for a text in files.
func has(text string, names ...string) func(*testing.T, *box) bool {
	return func(t *testing.T, b *box) bool { return strings.Contains(b.reads(t, names...), text) }
}

// inspected looks for what docker inspect says.
func inspected(format, want string) func(*testing.T, *box) bool {
	return func(t *testing.T, b *box) bool { return strings.Contains(b.says(t, format), want) }
}

const mountinfo = "/proc/self/mountinfo"

// effects are those that fit into one container.
func effects(folder string) []effect {
	return []effect{
		{"Command", func(c *service.Container) { c.Command = []string{"serve", "8081"} }, has("8081", "/proc/1/cmdline")},
		{"Entrypoint", func(c *service.Container) { c.Entrypoint = []string{"/other"} }, has("/other", "/proc/1/cmdline")},
		{"Env", func(c *service.Container) { c.Env = []string{"BASE", "GREETING=hello world"} }, func(_ *testing.T, b *box) bool {
			return slices.Contains(b.self.Env, "GREETING=hello world") && !slices.Contains(b.self.Env, "BASE=image")
		}},
		{"WorkingDir", func(c *service.Container) { c.WorkingDir = "/srv/here" }, func(_ *testing.T, b *box) bool { return b.self.Dir == "/srv/here" }},
		{"User", func(c *service.Container) { c.User = "1234:5678" }, func(_ *testing.T, b *box) bool { return b.self.Uid == 1234 && b.self.Gid == 5678 }},
		{"Groups", func(c *service.Container) { c.Groups = []string{"4321"} }, func(_ *testing.T, b *box) bool { return slices.Contains(b.self.Groups, 4321) }},
		{"Init", func(c *service.Container) { yes := true; c.Init = &yes }, has("docker-init", "/proc/1/comm")},
		{"Hostname", func(c *service.Container) { c.Hostname = "crate" }, func(_ *testing.T, b *box) bool { return strings.HasPrefix(b.self.Hostname, "crate") }},
		{"Domain", func(c *service.Container) { c.Domain = "example.test" }, has("example.test", "/etc/hosts", "/proc/sys/kernel/domainname")},
		{"Labels", func(c *service.Container) { c.Labels = map[string]string{"team": "blue", LabelRun: "stolen"} }, func(t *testing.T, b *box) bool {
			return b.says(t, `{{index .Config.Labels "team"}}`) == "blue" && b.says(t, `{{index .Config.Labels "`+LabelRun+`"}}`) == b.in.p.s.Me.Run
		}},
		{"ReadOnly", func(c *service.Container) { c.ReadOnly = true }, has(" / / ro,", mountinfo)},
		{"CapAdd", func(c *service.Container) { c.CapAdd = []string{"NET_ADMIN"} }, func(t *testing.T, b *box) bool { return capability(t, b, 12) }},
		{"CapDrop", func(c *service.Container) { c.CapDrop = []string{"MKNOD"} }, func(t *testing.T, b *box) bool { return !capability(t, b, 27) }},
		{"Security", func(c *service.Container) { c.Security = []string{"no-new-privileges:true"} }, has("NoNewPrivs:\t1", "/proc/1/status")},
		{"Hosts", func(c *service.Container) { c.Hosts = []string{"far.example:10.9.8.7"} }, has("10.9.8.7\tfar.example", "/etc/hosts")},
		{"DNS", func(c *service.Container) { c.DNS = []string{"10.9.8.8"} }, inspected("{{.HostConfig.Dns}}", "10.9.8.8")},
		{"DNSSearch", func(c *service.Container) { c.DNSSearch = []string{"corp.example"} }, has("search corp.example", "/etc/resolv.conf")},
		{"DNSOptions", func(c *service.Container) { c.DNSOptions = []string{"attempts:1"} }, has("attempts:1", "/etc/resolv.conf")},
		{"Devices", func(c *service.Container) {
			c.Devices = []service.Device{{Source: "/dev/null", Target: "/dev/void", Permissions: "rwm"}}
		}, func(t *testing.T, b *box) bool {
			return strings.TrimSpace(b.reads(t, "/dev/void")) == ""
		}},
		{"Sysctls", func(c *service.Container) { c.Sysctls = map[string]string{"net.core.somaxconn": "77"} }, func(t *testing.T, b *box) bool {
			return strings.TrimSpace(b.reads(t, "/proc/sys/net/core/somaxconn")) == "77"
		}},
		{"Ulimits", func(c *service.Container) { c.Ulimits = []service.Ulimit{{Name: "nofile", Soft: 555, Hard: 777}} }, func(_ *testing.T, b *box) bool { return b.self.Nofile == 777 }},
		{"ShmSize", func(c *service.Container) { c.ShmSize = 8 << 20 }, has("size=8192k", mountinfo)},
		{"StopSignal", func(c *service.Container) { c.StopSignal = "SIGUSR1" }, inspected("{{.Config.StopSignal}}", "SIGUSR1")}, // and TestEnds
		{"StopGrace", func(c *service.Container) { c.StopGrace = 1500 * time.Millisecond }, inspected("{{.Config.StopTimeout}}", "2")},
		{"OOMScore", func(c *service.Container) { c.OOMScore = 321 }, has("321", "/proc/1/oom_score_adj")},
		{"Memory", func(c *service.Container) { c.Memory = 64 << 20 }, func(t *testing.T, b *box) bool {
			return strings.Contains(b.cgroup(t, "memory/memory.limit_in_bytes", "memory.max"), "67108864")
		}},
		{"MemoryKeep", func(c *service.Container) { c.MemoryKeep = 32 << 20 }, func(t *testing.T, b *box) bool {
			return strings.Contains(b.cgroup(t, "memory/memory.soft_limit_in_bytes", "memory.low"), "33554432")
		}},
		{"MemorySwap", func(c *service.Container) { c.MemorySwap = 96 << 20 }, inspected("{{.HostConfig.MemorySwap}}", "100663296")},
		{"CPUs", func(c *service.Container) { c.CPUs = 0.5 }, func(t *testing.T, b *box) bool {
			return strings.Contains(b.cgroup(t, "cpu/cpu.cfs_quota_us", "cpu.max"), "50000")
		}},
		{"CPUShares", func(c *service.Container) { c.CPUShares = 512 }, inspected("{{.HostConfig.CpuShares}}", "512")},
		{"CPUSet", func(c *service.Container) { c.CPUSet = "0" }, has("Cpus_allowed_list:\t0\n", "/proc/1/status")},
		{"PidsLimit", func(c *service.Container) { c.PidsLimit = 99 }, func(t *testing.T, b *box) bool {
			return strings.Contains(b.cgroup(t, "pids/pids.max", "pids.max"), "99")
		}},
		{"Logging", func(c *service.Container) {
			c.Logging = service.Logging{Driver: "local", Options: map[string]string{"max-size": "1m"}}
		}, inspected("{{.HostConfig.LogConfig}}", "local map[max-size:1m]")},
		{"Tmpfs", func(c *service.Container) { c.Tmpfs = []string{"/scratch:size=1m"} }, has(" /scratch rw", mountinfo)},
		{"Networks", func(c *service.Container) {
			c.Networks = []service.Attachment{{Network: "front"}, {Network: "back", Aliases: []string{"alias"}, Subnets: []string{"10.44.0.0/24"}, IPv4: "10.44.0.7"}}
		}, func(t *testing.T, b *box) bool {
			nets := b.says(t, "{{range $k, $v := .NetworkSettings.Networks}}{{$k}} {{$v.IPAddress}} {{end}}")
			return strings.Contains(nets, b.in.p.prefix()+"-front") && strings.Contains(nets, b.in.p.prefix()+"-back 10.44.0.7")
		}},
		{"Mounts", func(c *service.Container) {
			c.Mounts = []service.Mount{
				{Kind: "volume", Source: "data", Target: "/data", NoCopy: true},
				{Kind: "bind", Source: folder + "/with space", Target: "/bound", ReadOnly: true},
				{Kind: "bind", Source: folder + "/made/later", Target: "/made", Create: true},
				{Kind: "bind", Source: folder + "/link", Target: "/linked"},
				{Kind: "bind", Source: folder + "/with space", Target: "/relabelled", SELinux: "z", ReadOnly: true},
				{Kind: "tmpfs", Target: "/fast", Size: 1 << 20, Mode: 0o700},
				{Kind: "bind", Content: []byte("secret words"), Target: "/run/secrets/word", ReadOnly: true},
				{Kind: "bind", Source: folder + "/with space/file", File: true, Target: "/mine", ReadOnly: true, UID: "1234", GID: "5678", Mode: 0o400},
			}
		}, func(t *testing.T, b *box) bool {
			info := b.reads(t, mountinfo)
			all := true
			for _, want := range []string{" /data rw", " /bound ro", " /made rw", " /linked rw", " /fast rw", "size=1024k,mode=700", " /relabelled ro", " /run/secrets/word ro", " /mine ro"} {
				if !strings.Contains(info, want) {
					all = false
				}
			}
			return all && strings.Contains(b.reads(t, "/bound/file", "/linked/file", "/relabelled/file", "/run/secrets/word", "/mine"), "in the folder\nin the folder\nin the folder\nsecret words\nin the folder")
		}},
	}
}

// aloneEffects are those that exclude some of the others; each needs the rights of the machine.
func aloneEffects() []effect {
	return []effect{
		{"Privileged", func(c *service.Container) { c.Privileged = true }, func(t *testing.T, b *box) bool { return capability(t, b, 21) }},
		{"TTY", func(c *service.Container) { c.TTY = true }, func(t *testing.T, b *box) bool {
			return strings.Contains(b.reads(t, mountinfo), "/dev/console") && slices.Equal(b.in.Log(1), []string{"serving"})
		}},
		{"Stdin", func(c *service.Container) { c.Stdin = true }, inspected("{{.Config.OpenStdin}}", "true")},
		{"PID", func(c *service.Container) { c.PID = "host" }, func(t *testing.T, b *box) bool { return !strings.Contains(b.reads(t, "/proc/1/comm"), "witness") }},
		{"IPC", func(c *service.Container) { c.IPC = "host" }, inspected("{{.HostConfig.IpcMode}}", "host")},
		{"UTS", func(c *service.Container) { c.UTS = "host" }, func(_ *testing.T, b *box) bool { return b.self.Hostname == b.d.place.Hostname }},
		{"UserNS", func(c *service.Container) { c.UserNS = "host" }, inspected("{{.HostConfig.UsernsMode}}", "host")},
		{"Cgroup", func(c *service.Container) { c.Cgroup = "private" }, inspected("{{.HostConfig.CgroupnsMode}}", "private")},
		{"Runtime", func(c *service.Container) { c.Runtime = "another" }, inspected("{{.HostConfig.Runtime}}", "another")},
		{"NoOOMKill", func(c *service.Container) { c.NoOOMKill, c.Memory = true, 64<<20 }, inspected("{{.HostConfig.OomKillDisable}}", "true")},
	}
}

// shownElsewhere are the fields of service.Container whose effects other tests see.
func shownElsewhere() map[string]string {
	return map[string]string{
		"Image": "all", "Build": "TestPrepare", "Platform": "TestPulls", "PullPolicy": "TestPulls", "Ports": "TestPorts", "Expose": "TestPorts",
		"NetworkMode": "TestNetworks", "Healthcheck": "below: the engine runs none",
	}
}

// Each key of a container is seen inside a real one, and is not seen in one without it.
func TestEachKeyHasAnEffect(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		runc, err := exec.LookPath("runc")
		if err != nil {
			t.Fatal(err)
		}
		d := newDock(t, m, "--add-runtime", "another="+runc)
		folder := t.TempDir()
		write(t, folder+"/with space/file", "in the folder")
		if err := os.Symlink(folder+"/with space", folder+"/link"); err != nil {
			t.Fatal(err)
		}
		p := d.provider(t, nil)
		together, alone := effects(folder), aloneEffects()
		plain := d.box(t, d.start(t, p, spec("plain", nil), nil))
		rich := d.start(t, p, spec("rich", func(c *service.Container) {
			for _, e := range together {
				e.set(c)
			}
			c.Healthcheck = &service.Healthcheck{Test: []string{"CMD", "/witness", "exit", "1"}, Interval: time.Second, Retries: 1}
		}), nil)
		full := d.box(t, rich)
		for _, e := range together {
			if !e.seen(t, full) {
				t.Errorf("%s is not seen", e.keys)
			}
			if e.seen(t, plain) {
				t.Errorf("%s is seen where it was not set: the test proves nothing", e.keys)
			}
		}
		if got := full.says(t, "{{.Config.Healthcheck}} {{.State.Health}}"); !strings.Contains(got, "NONE") || !strings.Contains(got, "<nil>") {
			t.Errorf("the engine runs the healthcheck, too: %s", got)
		}
		if rich.Healthcheck() == nil || plain.in.Healthcheck() != nil {
			t.Error("the healthcheck is not told")
		}
		for _, e := range alone {
			s := spec(strings.ToLower(e.keys), e.set)
			in, err := p.Start(t.Context(), s, nil, d.tell)
			if err != nil && e.keys == "Privileged" && strings.Contains(err.Error(), "unable to apply caps: operation not permitted") {
				t.Log("this machine has not all rights to give away; without the key the same container starts")
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", e.keys, err)
				continue
			}
			t.Cleanup(func() { stop(t, in) })
			b := d.box(t, in.(*instance))
			waitServed(t, b.in)
			if !e.seen(t, b) {
				t.Errorf("%s is not seen", e.keys)
			}
			if e.seen(t, plain) {
				t.Errorf("%s is seen where it was not set: the test proves nothing", e.keys)
			}
		}
		var tested []string
		for _, e := range slices.Concat(together, alone) {
			tested = append(tested, e.keys)
		}
		fields := reflect.TypeFor[service.Container]()
		for i := range fields.NumField() {
			name := fields.Field(i).Name
			if fields.Field(i).IsExported() && !slices.Contains(tested, name) && shownElsewhere()[name] == "" {
				t.Errorf("no test sees an effect of %s", name)
			}
		}
		if text := d.heard(); !strings.Contains(text, "made the folder "+folder+"/made/later") {
			t.Errorf("told: %s", text)
		}
		if err := p.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(p.s.Folder + "/" + p.prefix() + "-files"); !os.IsNotExist(err) {
			t.Errorf("the secrets are left: %v", err)
		}
	})
}
