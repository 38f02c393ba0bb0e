package docker

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"testrunner/env/service"
)

// wording is what a compose file says so that a container gets what an effect sets: fields of service.Container, what a service says,
// and what stands beside the services.
type wording struct{ fields, yaml, top string }

// writtenKeys are the keys whose effects TestEachKeyHasAnEffect sees in a real container.
func writtenKeys() []wording {
	const mounts = `volumes:
      - { type: volume, source: data, target: /data, volume: { nocopy: true } }
      - { type: bind, source: "/folder/with space", target: /bound, read_only: true, bind: { create_host_path: false, propagation: rprivate, recursive: enabled } }
      - { type: bind, source: /folder/made/later, target: /made, bind: { create_host_path: true } }
      - { type: bind, source: /folder/link, target: /linked, bind: { create_host_path: false } }
      - { type: bind, source: "/folder/with space", target: /relabelled, read_only: true, bind: { create_host_path: false, selinux: z } }
      - { type: tmpfs, target: /fast, tmpfs: { size: 1m, mode: 0o700 } }
    secrets: [{ source: word, target: word }]
    configs: [{ source: mine, target: /mine, uid: "1234", gid: "5678", mode: 0o400 }]`
	const networks = `networks: { front: { priority: 9 }, back: { aliases: [alias], ipv4_address: 10.44.0.7 } }`
	return []wording{
		{"Command", `command: [serve, "8081"]`, ""}, {"Entrypoint", `entrypoint: [/other]`, ""}, {"Env", `environment: { BASE: , GREETING: hello world }`, ""},
		{"WorkingDir", `working_dir: /srv/here`, ""}, {"User", `user: "1234:5678"`, ""}, {"Groups", `group_add: ["4321"]`, ""}, {"Init", `init: true`, ""},
		{"Hostname", `hostname: crate`, ""}, {"Domain", `domainname: example.test`, ""}, {"Labels", `labels: { team: blue, ` + LabelRun + `: stolen }`, ""},
		{"ReadOnly", `read_only: true`, ""}, {"CapAdd", `cap_add: [NET_ADMIN]`, ""}, {"CapDrop", `cap_drop: [MKNOD]`, ""},
		{"Security", `security_opt: ["no-new-privileges:true"]`, ""}, {"Hosts", `extra_hosts: ["far.example:10.9.8.7"]`, ""},
		{"DNS", `dns: [10.9.8.8]`, ""}, {"DNSSearch", `dns_search: [corp.example]`, ""}, {"DNSOptions", `dns_opt: ["attempts:1"]`, ""},
		{"Devices", `devices: [{ source: /dev/null, target: /dev/void, permissions: rwm }]`, ""}, {"Sysctls", `sysctls: { net.core.somaxconn: 77 }`, ""},
		{"Ulimits", `ulimits: { nofile: { soft: 555, hard: 777 } }`, ""}, {"ShmSize", `shm_size: 8m`, ""}, {"StopSignal", `stop_signal: SIGUSR1`, ""},
		{"StopGrace", `stop_grace_period: 1500ms`, ""}, {"OOMScore", `oom_score_adj: 321`, ""}, {"Memory", `mem_limit: 64m`, ""},
		{"MemoryKeep", `mem_reservation: 32m`, ""}, {"MemorySwap", `memswap_limit: 96m`, ""}, {"CPUs", `cpus: 0.5`, ""}, {"CPUs", `cpu_quota: 100000
    cpu_period: 200000`, ""},
		{"CPUShares", `cpu_shares: 512`, ""}, {"CPUSet", `cpuset: "0"`, ""}, {"PidsLimit", `pids_limit: 99`, ""},
		{"CPUs Memory PidsLimit MemoryKeep", `deploy: { resources: { limits: { cpus: "0.5", memory: 64m, pids: 99 }, reservations: { memory: 32m } } }`, ""},
		{"Logging", `logging: { driver: local, options: { max-size: 1m } }`, ""}, {"Tmpfs", `tmpfs: ["/scratch:size=1m"]`, ""},
		{"Networks", networks, `networks: { front: , back: { ipam: { driver: default, config: [{ subnet: 10.44.0.0/24 }] } } }`},
		{"Mounts", mounts, `volumes: { data: }
secrets: { word: { environment: WORD } }
configs: { mine: { file: "/folder/with space/file" } }`},
		{"Privileged", `privileged: true`, ""}, {"TTY", `tty: true`, ""}, {"Stdin", `stdin_open: true`, ""}, {"PID", `pid: host`, ""}, {"IPC", `ipc: host`, ""},
		{"UTS", `uts: host`, ""}, {"UserNS", `userns_mode: host`, ""}, {"Cgroup", `cgroup: private`, ""}, {"Runtime", `runtime: another`, ""},
		{"NoOOMKill", `oom_kill_disable: true`, ""},
	}
}

// seenElsewhere are the other supported keys, and the tests that see what they do. One that ends with a dot stands for those below it.
func seenElsewhere() map[string]string {
	of := map[string]string{
		"TestAComposeFileInContainers": "name include include. services configs configs. secrets secrets. services.*.image services.*.extends services.*.extends. services.*.depends_on services.*.depends_on. " +
			"services.*.env_file services.*.env_file. services.*.label_file services.*.links services.*.healthcheck services.*.healthcheck. services.*.profiles",
		"TestNetworks": "services.*.network_mode networks.*.external networks.*.external. networks.*.internal volumes.*.external volumes.*.external.",
		"TestDrivers":  "networks.*.driver volumes.*.driver volumes.*.driver_opts services.*.networks.*.ipv6_address",
		"TestPorts":    "services.*.ports services.*.ports. services.*.expose",
		"TestPulls":    "services.*.platform services.*.pull_policy",
		"again":        "services.*.build services.*.build.context services.*.build.no_cache",
		"stages":       "services.*.build.args services.*.build.target services.*.build.labels services.*.build.dockerfile",
		"keys":         "services.*.build.network services.*.build.shm_size services.*.build.extra_hosts",
		"sees":         "services.*.build.dockerfile_inline",
		// What an engine makes of these shows in nothing that one engine alone has: the orders that it is given do.
		"TestBuildOrder": "services.*.build.cache_from services.*.build.platforms",
		"TestBuildPulls": "services.*.build.pull",
		// The one value that is taken is what every container has.
		"TestContainersConform": "services.*.isolation services.*.build.isolation services.*.scale services.*.deploy.replicas services.*.networks.*.use_service_name_alias " +
			"networks.*.enable_ipv4 networks.*.enable_ipv6 networks.*.name volumes.*.name",
	}
	out := map[string]string{}
	for test, keys := range of {
		for key := range strings.FieldsSeq(keys) {
			out[key] = test
		}
	}
	return out
}

// Each supported key of a compose file has a test that sees its effect in a real container: either the compose file's words give just what
// an effect sets, or a test of its own is named, which is there.
func TestEverySupportedKeyIsSeen(t *testing.T) {
	var text strings.Builder
	for _, w := range writtenKeys() {
		checkWritten(t, w)
		text.WriteString(w.yaml + "\n" + w.top + "\n")
	}
	elsewhere, tests := seenElsewhere(), testNames(t)
	for _, test := range elsewhere {
		if !slices.Contains(tests, test) {
			t.Errorf("there is no test %s", test)
		}
	}
	for _, k := range service.Keys() {
		if k.Does != service.Supported && k.When == nil {
			continue
		}
		_, known := elsewhere[k.Path]
		for at := k.Path; at != "" && !known; at = at[:max(0, strings.LastIndexByte(at, '.'))] {
			_, known = elsewhere[at+"."]
		}
		last := k.Path[strings.LastIndexByte(k.Path, '.')+1:]
		if !known && !regexp.MustCompile(`(^|[\s{])`+regexp.QuoteMeta(last)+`:`).MatchString(text.String()) {
			t.Errorf("no test sees what %s does", k.Path)
		}
	}
}

// checkWritten reads a compose file and compares what it gives a container with what an effect sets.
func checkWritten(t *testing.T, w wording) {
	t.Helper()
	root := t.TempDir()
	write(t, filepath.Join(root, "compose.yaml"), "services:\n  web:\n    image: witness:1\n    "+w.yaml+"\n"+w.top+"\n")
	g, err := service.Read(t.Context(), root, []string{"compose.yaml"}, nil, []string{"WORD=secret words"})
	if err != nil {
		t.Errorf("%s: %v", w.yaml, err)
		return
	}
	got := reflect.ValueOf(*g.Services[0].Container)
	for _, field := range strings.Fields(w.fields) {
		var want service.Container
		for _, e := range slices.Concat(effects("/folder"), aloneEffects()) {
			if e.keys == field {
				e.set(&want)
			}
		}
		if is, should := got.FieldByName(field).Interface(), reflect.ValueOf(want).FieldByName(field).Interface(); !reflect.DeepEqual(is, should) {
			t.Errorf("%s gives %s\n%+v, and its effect is seen of\n%+v", w.yaml, field, is, should)
		}
	}
}

// testNames are the tests of this room and of env/service.
func testNames(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"*_test.go", "../service/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`(?m)^func (?:\(y yard\) )?(\w+)\(t \*testing\.T\)`).FindAllStringSubmatch(string(text), -1) {
				out = append(out, m[1])
			}
		}
	}
	return out
}
