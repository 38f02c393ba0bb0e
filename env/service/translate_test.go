package service_test

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"testrunner/env/service"
)

// translated are the keys of a service, one by one, with what the container has of them. What is not named is as in an empty one.
var translated = map[string]struct {
	yaml, top string
	want      func(c *service.Container)
}{
	"command":           {"command: serve -p 1 \"a b\"", "", func(c *service.Container) { c.Command = []string{"serve", "-p", "1", "a b"} }},
	"command none":      {"command: []", "", func(c *service.Container) { c.Command = []string{} }},
	"entrypoint":        {"entrypoint: [sh, -c]", "", func(c *service.Container) { c.Entrypoint = []string{"sh", "-c"} }},
	"entrypoint none":   {"entrypoint: \"\"", "", func(c *service.Container) { c.Entrypoint = []string{} }},
	"environment":       {"environment: { B: 1, A: \"x=y\", C: }", "", func(c *service.Container) { c.Env = []string{"A=x=y", "B=1", "C"} }},
	"environment list":  {"environment: [B=1, FROM_HERE]", "", func(c *service.Container) { c.Env = []string{"B=1", "FROM_HERE=here"} }},
	"working_dir":       {"working_dir: /w", "", func(c *service.Container) { c.WorkingDir = "/w" }},
	"user":              {"user: \"1:2\"", "", func(c *service.Container) { c.User = "1:2" }},
	"group_add":         {"group_add: [mail, 7]", "", func(c *service.Container) { c.Groups = []string{"mail", "7"} }},
	"init":              {"init: false", "", func(c *service.Container) { c.Init = new(bool) }},
	"hostname":          {"hostname: h", "", func(c *service.Container) { c.Hostname = "h" }},
	"domainname":        {"domainname: d", "", func(c *service.Container) { c.Domain = "d" }},
	"labels":            {"labels: [a=b]", "", func(c *service.Container) { c.Labels = map[string]string{"a": "b"} }},
	"privileged":        {"privileged: true", "", func(c *service.Container) { c.Privileged = true }},
	"read_only":         {"read_only: true", "", func(c *service.Container) { c.ReadOnly = true }},
	"tty":               {"tty: true", "", func(c *service.Container) { c.TTY = true }},
	"stdin_open":        {"stdin_open: true", "", func(c *service.Container) { c.Stdin = true }},
	"cap_add":           {"cap_add: [NET_ADMIN]", "", func(c *service.Container) { c.CapAdd = []string{"NET_ADMIN"} }},
	"cap_drop":          {"cap_drop: [ALL]", "", func(c *service.Container) { c.CapDrop = []string{"ALL"} }},
	"security_opt":      {"security_opt: [\"no-new-privileges:true\"]", "", func(c *service.Container) { c.Security = []string{"no-new-privileges:true"} }},
	"extra_hosts":       {"extra_hosts: [\"b:1.2.3.4\", \"a=::1\"]", "", func(c *service.Container) { c.Hosts = []string{"a:::1", "b:1.2.3.4"} }},
	"dns":               {"dns: 1.1.1.1", "", func(c *service.Container) { c.DNS = []string{"1.1.1.1"} }},
	"dns_search":        {"dns_search: [a.b]", "", func(c *service.Container) { c.DNSSearch = []string{"a.b"} }},
	"dns_opt":           {"dns_opt: [\"ndots:1\"]", "", func(c *service.Container) { c.DNSOptions = []string{"ndots:1"} }},
	"devices":           {"devices: [\"/dev/fuse:/dev/f:r\"]", "", func(c *service.Container) { c.Devices = []service.Device{{"/dev/fuse", "/dev/f", "r"}} }},
	"sysctls":           {"sysctls: { net.core.somaxconn: 7 }", "", func(c *service.Container) { c.Sysctls = map[string]string{"net.core.somaxconn": "7"} }},
	"ulimits":           {"ulimits: { nproc: 9, nofile: { soft: 1, hard: 2 } }", "", func(c *service.Container) { c.Ulimits = []service.Ulimit{{"nofile", 1, 2}, {"nproc", 9, 9}} }},
	"shm_size":          {"shm_size: 64m", "", func(c *service.Container) { c.ShmSize = 64 << 20 }},
	"stop_signal":       {"stop_signal: SIGINT", "", func(c *service.Container) { c.StopSignal = "SIGINT" }},
	"stop_grace_period": {"stop_grace_period: 1m30s", "", func(c *service.Container) { c.StopGrace = 90 * time.Second }},
	"pid":               {"pid: host", "", func(c *service.Container) { c.PID = "host" }},
	"ipc":               {"ipc: shareable", "", func(c *service.Container) { c.IPC = "shareable" }},
	"uts":               {"uts: host", "", func(c *service.Container) { c.UTS = "host" }},
	"userns_mode":       {"userns_mode: host", "", func(c *service.Container) { c.UserNS = "host" }},
	"cgroup":            {"cgroup: private", "", func(c *service.Container) { c.Cgroup = "private" }},
	"runtime":           {"runtime: runc", "", func(c *service.Container) { c.Runtime = "runc" }},
	"oom_score_adj":     {"oom_score_adj: 5", "", func(c *service.Container) { c.OOMScore = 5 }},
	"oom_kill_disable":  {"oom_kill_disable: true", "", func(c *service.Container) { c.NoOOMKill = true }},
	"mem_limit":         {"mem_limit: 1g", "", func(c *service.Container) { c.Memory = 1 << 30 }},
	"mem_reservation":   {"mem_reservation: 1m", "", func(c *service.Container) { c.MemoryKeep = 1 << 20 }},
	"memswap_limit":     {"memswap_limit: 2m", "", func(c *service.Container) { c.MemorySwap = 2 << 20 }},
	"cpus":              {"cpus: 0.1", "", func(c *service.Container) { c.CPUs = 0.1 }},
	"cpu_quota":         {"cpu_quota: 50000", "", func(c *service.Container) { c.CPUs = 0.5 }},
	"cpu_period":        {"cpu_quota: 50000\n    cpu_period: 200000", "", func(c *service.Container) { c.CPUs = 0.25 }},
	"cpu_shares":        {"cpu_shares: 5", "", func(c *service.Container) { c.CPUShares = 5 }},
	"cpuset":            {"cpuset: \"0\"", "", func(c *service.Container) { c.CPUSet = "0" }},
	"pids_limit":        {"pids_limit: 50", "", func(c *service.Container) { c.PidsLimit = 50 }},
	"deploy": {"deploy: { resources: { limits: { cpus: \"0.7\", memory: 5m, pids: 9 }, reservations: { memory: 1m } } }", "", func(c *service.Container) {
		c.CPUs, c.Memory, c.PidsLimit, c.MemoryKeep = 0.7, 5<<20, 9, 1<<20
	}},
	"logging": {"logging: { driver: none, options: { a: b } }", "", func(c *service.Container) {
		c.Logging = service.Logging{Driver: "none", Options: map[string]string{"a": "b"}}
	}},
	"platform": {"platform: linux/arm64", "", func(c *service.Container) { c.Platform = "linux/arm64" }},
	"pull":     {"pull_policy: if_not_present", "", func(c *service.Container) { c.PullPolicy = "missing" }},
	"weekly":   {"pull_policy: weekly", "", func(c *service.Container) { c.PullPolicy = "missing" }},
	"healthcheck": {"healthcheck: { test: curl x, interval: 1s, timeout: 2s, start_period: 3s, retries: 4 }", "", func(c *service.Container) {
		c.Healthcheck = &service.Healthcheck{Test: []string{"CMD-SHELL", "curl x"}, Interval: time.Second, Timeout: 2 * time.Second, StartPeriod: 3 * time.Second, Retries: 4}
	}},
	"healthcheck none": {"healthcheck: { test: [NONE] }", "", func(c *service.Container) { c.Healthcheck = &service.Healthcheck{Disabled: true} }},
	"healthcheck off":  {"healthcheck: { disable: true }", "", func(c *service.Container) { c.Healthcheck = &service.Healthcheck{Disabled: true} }},
	"ports": {"ports: [\"127.0.0.1:8000:80\", \"53:53/udp\", \"90\"]", "", func(c *service.Container) {
		c.Ports = []service.PortMap{{80, "8000", "127.0.0.1", "tcp"}, {53, "53", "", "udp"}, {90, "", "", "tcp"}}
	}},
	"expose": {"expose: [1, \"3-5\", \"6/tcp\", \"7/udp\"]", "", func(c *service.Container) { c.Expose = []int{1, 3, 4, 5, 6} }},
	"tmpfs":  {"tmpfs: \"/t:size=1m\"", "", func(c *service.Container) { c.Tmpfs = []string{"/t:size=1m"} }},
	"volume": {"volumes: [\"vol:/v:ro\"]", "volumes: { vol: }", func(c *service.Container) {
		c.Mounts = []service.Mount{{Kind: "volume", Source: "vol", Target: "/v", ReadOnly: true}}
	}},
	"volume of nobody": {"volumes: [/v]", "", func(c *service.Container) { c.Mounts = []service.Mount{{Kind: "volume", Target: "/v"}} }},
	"volume of a name": {"volumes: [\"vol:/v\"]", "volumes: { vol: { name: mine, driver: d, driver_opts: { o: p } } }", func(c *service.Container) {
		c.Mounts = []service.Mount{{Kind: "volume", Source: "vol", Name: "mine", Target: "/v", Driver: "d", Options: map[string]string{"o": "p"}}}
	}},
	"volume of another": {"volumes: [\"vol:/v:nocopy\"]", "volumes: { vol: { external: true } }", func(c *service.Container) {
		c.Mounts = []service.Mount{{Kind: "volume", Source: "vol", Name: "vol", External: true, NoCopy: true, Target: "/v"}}
	}},
	"bind": {"volumes: [\"./d:/d:z\"]", "", func(c *service.Container) {
		c.Mounts = []service.Mount{{Kind: "bind", Source: "ROOT/d", Target: "/d", Create: true, SELinux: "z"}}
	}},
	"bind that is there": {"volumes: [{ type: bind, source: ./d, target: /d, bind: { create_host_path: false } }]", "", func(c *service.Container) { c.Mounts = []service.Mount{{Kind: "bind", Source: "ROOT/d", Target: "/d"}} }},
	"tmpfs mount": {"volumes: [{ type: tmpfs, target: /t, tmpfs: { size: 1m, mode: 0o700 } }]", "", func(c *service.Container) {
		c.Mounts = []service.Mount{{Kind: "tmpfs", Target: "/t", Size: 1 << 20, Mode: 0o700}}
	}},
	"secret": {"secrets: [s]", "secrets: { s: { file: ./s.txt } }", func(c *service.Container) {
		c.Mounts = []service.Mount{{Kind: "bind", Source: "ROOT/s.txt", Target: "/run/secrets/s", ReadOnly: true, File: true}}
	}},
	"secret elsewhere": {"secrets: [{ source: s, target: /etc/s }, { source: s, target: t }]", "secrets: { s: { file: ./s.txt } }", func(c *service.Container) {
		c.Mounts = []service.Mount{
			{Kind: "bind", Source: "ROOT/s.txt", Target: "/etc/s", ReadOnly: true, File: true}, {Kind: "bind", Source: "ROOT/s.txt", Target: "/run/secrets/t", ReadOnly: true, File: true},
		}
	}},
	"secret of somebody": {"secrets: [{ source: s, uid: \"103\", gid: \"104\", mode: 0o440 }]", "secrets: { s: { file: ./s.txt } }", func(c *service.Container) {
		c.Mounts = []service.Mount{{Kind: "bind", Source: "ROOT/s.txt", Target: "/run/secrets/s", ReadOnly: true, File: true, UID: "103", GID: "104", Mode: 0o440}}
	}},
	"config of somebody": {"configs: [{ source: c, uid: \"103\", mode: \"0400\" }]", "configs: { c: { content: text } }", func(c *service.Container) {
		c.Mounts = []service.Mount{{Kind: "bind", Target: "/c", Content: []byte("text"), ReadOnly: true, UID: "103", Mode: 0o400}}
	}},
	"config": {"configs: [c]", "configs: { c: { content: text } }", func(c *service.Container) {
		c.Mounts = []service.Mount{{Kind: "bind", Target: "/c", Content: []byte("text"), ReadOnly: true}}
	}},
	"config of a name": {"configs: [c]", "configs: { c: { environment: FROM_HERE } }", func(c *service.Container) {
		c.Mounts = []service.Mount{{Kind: "bind", Target: "/c", Content: []byte("here"), ReadOnly: true}}
	}},
	"network_mode": {"network_mode: none", "", func(c *service.Container) { c.NetworkMode, c.Networks = "none", nil }},
	"networks": {"networks: { low: , high: { aliases: [a], ipv4_address: 10.9.0.5, priority: 9 } }", "networks: { low: { external: true, name: theirs }, high: { internal: true, driver: bridge, ipam: { config: [{ subnet: 10.9.0.0/24 }] } } }", func(c *service.Container) {
		c.Networks = []service.Attachment{
			{Network: "high", Aliases: []string{"a"}, IPv4: "10.9.0.5", Internal: true, Driver: "bridge", Subnets: []string{"10.9.0.0/24"}}, {Network: "low", External: "theirs"},
		}
	}},
	"build": {"build: ./b", "", func(c *service.Container) { c.Build = &service.Build{Context: "ROOT/b"} }},
	"build whole": {"build: { context: ./b, dockerfile: D, args: { A: 1, FROM_HERE: }, target: t, platforms: [linux/amd64], labels: { a: b }, cache_from: [c], no_cache: true, pull: true, network: host, shm_size: 1m, extra_hosts: [\"h:1.2.3.4\"], tags: [t:1] }", "", func(c *service.Container) {
		one, here := "1", "here"
		c.Build = &service.Build{
			Context: "ROOT/b", Dockerfile: "D", Args: map[string]*string{"A": &one, "FROM_HERE": &here}, Target: "t", Platforms: []string{"linux/amd64"}, Labels: map[string]string{"a": "b"},
			CacheFrom: []string{"c"}, NoCache: true, Pull: true, Network: "host", ShmSize: 1 << 20, Hosts: []string{"h:1.2.3.4"}, Tags: []string{"t:1"},
		}
	}},
	"build inline": {"build: { context: ., dockerfile_inline: FROM x }", "", func(c *service.Container) { c.Build = &service.Build{Context: "ROOT", Inline: "FROM x"} }},
}

func TestContainer(t *testing.T) {
	for name, c := range translated {
		t.Run(name, func(t *testing.T) {
			root := write(t, map[string]string{"compose.yaml": "services:\n  web:\n    image: x\n    " + c.yaml + "\n" + c.top + "\n"})
			g, err := service.Read(t.Context(), root, []string{"compose.yaml"}, nil, []string{"FROM_HERE=here"})
			if err != nil {
				t.Fatal(err)
			}
			want := &service.Container{Image: "x", Networks: []service.Attachment{{Network: "default"}}}
			c.want(want)
			got, expected := shown(t, g.Services[0].Container, root), shown(t, want, root)
			if got != expected {
				t.Errorf("%s\nwant %s", got, expected)
			}
		})
	}
}

// shown is a container as JSON, its root as ROOT; empty and nil lists differ.
func shown(t *testing.T, c *service.Container, root string) string {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	escaped, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	out := strings.ReplaceAll(string(text), strings.Trim(string(escaped), `"`), "ROOT")
	return strings.ReplaceAll(out, string(filepath.Separator)+string(filepath.Separator), "/")
}

// Each field of a container is filled by some key.
func TestEveryFieldOfAContainerIsFilled(t *testing.T) {
	filled := map[string]bool{"Image": true, "Networks": true}
	for _, c := range translated {
		var one service.Container
		c.want(&one)
		v := reflect.ValueOf(one)
		for i := range v.NumField() {
			if !v.Field(i).IsZero() {
				filled[v.Type().Field(i).Name] = true
			}
		}
	}
	of := reflect.TypeFor[service.Container]()
	for i := range of.NumField() {
		if name := of.Field(i).Name; !filled[name] {
			t.Errorf("no key fills %s", name)
		}
	}
}
