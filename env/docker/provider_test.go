package docker

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"testrunner/env"
	"testrunner/env/service"
)

// Which paths an engine sees, and how: what it can't see is refused by name.
func TestBinds(t *testing.T) {
	inside := []Mounted{{"/home/ada/shop", "/src"}, {"/var/run/docker.sock", "/var/run/docker.sock"}, {"/cache", "/src/cache"}}
	for _, c := range []struct {
		name    string
		v       sight
		written string
		want    string // a path, or part of an error
	}{
		{"plain", sight{goos: "linux"}, "/srv/data", "/srv/data"},
		{"spaces and colons", sight{goos: "linux"}, "/srv/my data:1", "/srv/my data:1"},
		{"link", sight{goos: "linux"}, "/srv/link", "/srv/data"},
		{"nothing there", sight{goos: "linux"}, "/srv/gone", "bind mount of /srv/gone: nothing is there"},
		{"not absolute", sight{goos: "linux"}, "./data", "the path is not absolute"},
		{"drive on Linux", sight{goos: "linux"}, `C:\data`, `bind mount of C:\data: this is linux, which has no drives`},
		{"drive on macOS", sight{goos: "darwin"}, "c:/data", "this is darwin, which has no drives"},
		{"drive", sight{goos: "windows"}, `c:\Users\Ada Lovelace\shop`, `C:\Users\Ada Lovelace\shop`},
		{"drive with slashes", sight{goos: "windows"}, "d:/shop/src", `D:\shop\src`},
		{"drive as a folder", sight{goos: "windows"}, "/c/Users/ada", `C:\Users\ada`},
		{"no drive", sight{goos: "windows"}, `\data`, `it is no path of Windows with a drive`},
		{"share", sight{goos: "windows"}, `\\server\share\x`, `bind mount of \\server\share\x: the engine sees no shares`},
		{"another machine", sight{goos: "linux", remote: "far.example"}, "/srv/data", "bind mount of /srv/data: the engine is on far.example, which does not see this machine's files"},
		{"in a container", sight{goos: "linux", boxed: true, inside: inside}, "/src/web", "/home/ada/shop/web"},
		{"in a container, the folder itself", sight{goos: "linux", boxed: true, inside: inside}, "/src", "/home/ada/shop"},
		{"in a container, an inner mount", sight{goos: "linux", boxed: true, inside: inside}, "/src/cache/x", "/cache/x"},
		{"in a container, the engine's socket", sight{goos: "linux", boxed: true, inside: inside}, "/var/run/docker.sock", "/var/run/docker.sock"},
		{"in a container, its own file", sight{goos: "linux", boxed: true, inside: inside}, "/srcs", "bind mount of /srcs: runner runs in a container, and the engine does not see that path"},
	} {
		c.v.resolve = func(path string) (string, error) {
			switch path {
			case "/srv/link":
				return "/srv/data", nil
			case "/srv/gone":
				return "", fmt.Errorf("nothing is there: %w", fs.ErrNotExist)
			}
			return path, nil
		}
		got, err := c.v.source(c.written)
		if err != nil {
			got = err.Error()
		}
		if got != c.want && (err == nil || !strings.Contains(got, c.want)) {
			t.Errorf("%s: %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestFreeSubnets(t *testing.T) {
	parse := func(all ...string) (out []netip.Prefix) {
		for _, s := range all {
			out = append(out, netip.MustParsePrefix(s))
		}
		return out
	}
	everything := parse("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15")
	for _, c := range []struct {
		name  string
		taken []netip.Prefix
		n     int
		in    string // a pool that the first lies in; "" is none
	}{
		{"nothing taken", nil, 3, "10.192.0.0/10"},
		{"a default route takes nothing", parse("0.0.0.0/0"), 3, "10.192.0.0/10"},
		{"a VPN has all of 10", parse("10.0.0.0/8"), 3, "172.16.0.0/12"},
		{"docker's own pools", parse("10.192.0.0/10", "172.16.0.0/12"), 3, "192.168.0.0/16"},
		{"only the upper half", parse("10.192.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "10.0.0.0/9"), 3, "10.128.0.0/9"},
		{"all private ones", everything[:3], 3, "198.18.0.0/15"},
		{"all", everything, 0, ""},
		{"sixth version is another world", parse("fd00::/8", "::/0"), 3, "10.192.0.0/10"},
	} {
		got := freeSubnets(c.taken, "run", 3)
		if len(got) != c.n || c.n > 0 && !netip.MustParsePrefix(c.in).Contains(got[0].Addr()) {
			t.Errorf("%s: %v, want in %s", c.name, got, c.in)
		}
		for i, s := range got {
			if overlaps(s, c.taken) || overlaps(s, got[:i]) || s != s.Masked() || s.Bits() != 24 {
				t.Errorf("%s: %s is not free", c.name, s)
			}
		}
		if again := freeSubnets(c.taken, "run", 3); !slices.Equal(got, again) {
			t.Errorf("%s: %v, then %v", c.name, got, again)
		}
	}
	if a, b := freeSubnets(nil, "one", 1), freeSubnets(nil, "another", 1); a[0] == b[0] {
		t.Errorf("two runs begin with %s", a[0])
	}
}

func TestParseRoutes(t *testing.T) {
	const table = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	0102000A	0003	0	0	0	00000000	0	0	0
eth0	0002000A	00000000	0001	0	0	0	00FFFFFF	0	0	0
tun0	000010AC	00000000	0001	0	0	0	0000F0FF	0	0	0
short	1
`
	want := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("10.0.2.0/24"), netip.MustParsePrefix("172.16.0.0/12")}
	if got := parseRoutes(table); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestAddresses(t *testing.T) {
	bound := func(target, port int, ip string) Inspection {
		return Inspection{Ports: []Bound{{target, "tcp", ip, port}}, Networks: map[string]string{"n": "10.1.2.3"}}
	}
	here, far := &site{linux: true}, &site{remote: "far.example"}
	boxed := &site{linux: true, inside: Inspection{ID: "self"}}
	pg := func(c *service.Container) {
		c.Image, c.Env = "postgres:16", []string{"POSTGRES_PASSWORD=p w/", "POSTGRES_USER=ada"}
	}
	for _, c := range []struct {
		name   string
		change func(*service.Container)
		image  ImageDescription
		at     *site
		seen   Inspection
		want   service.Address
	}{
		{"published", nil, ImageDescription{Exposed: []string{"8080/tcp"}}, here, bound(8080, 4000, "127.0.0.1"), service.Address{Host: "127.0.0.1", Port: 4000, Ports: map[int]int{8080: 4000}, Inner: "s:8080"}},
		{"for everybody", nil, ImageDescription{Exposed: []string{"8080/tcp"}}, here, bound(8080, 4000, "0.0.0.0"), service.Address{Host: "127.0.0.1", Port: 4000, Ports: map[int]int{8080: 4000}, Inner: "s:8080"}},
		{"far", nil, ImageDescription{Exposed: []string{"8080/tcp"}}, far, bound(8080, 4000, "0.0.0.0"), service.Address{Host: "far.example", Port: 4000, Ports: map[int]int{8080: 4000}, Inner: "s:8080"}},
		{"beside us", nil, ImageDescription{Exposed: []string{"8080/tcp"}}, boxed, bound(8080, 4000, ""), service.Address{Host: "10.1.2.3", Port: 8080, Ports: map[int]int{8080: 8080}, Inner: "s:8080"}},
		{"nothing published", nil, ImageDescription{}, here, Inspection{}, service.Address{Ports: map[int]int{}}},
		{"postgres", pg, ImageDescription{Exposed: []string{"5432/tcp"}}, here, bound(5432, 4001, "127.0.0.1"), service.Address{Host: "127.0.0.1", Port: 4001, Ports: map[int]int{5432: 4001}, Inner: "s:5432", URL: "postgres://ada:p%20w%2F@127.0.0.1:4001"}},
		{"redis", func(c *service.Container) { c.Command = []string{"redis-server", "--requirepass", "pw"} }, ImageDescription{Exposed: []string{"6379/tcp"}}, here, bound(6379, 4002, "127.0.0.1"), service.Address{Host: "127.0.0.1", Port: 4002, Ports: map[int]int{6379: 4002}, Inner: "s:6379", URL: "redis://:pw@127.0.0.1:4002"}},
		{"the known port first", func(c *service.Container) { c.Image = "rabbitmq:3" }, ImageDescription{Exposed: []string{"15672/tcp", "4369/tcp", "5672/tcp"}}, here, bound(5672, 4003, "127.0.0.1"), service.Address{Host: "127.0.0.1", Port: 4003, Ports: map[int]int{5672: 4003}, Inner: "s:5672"}},
	} {
		s := spec("s", c.change)
		if got := addressOf(s, c.image, c.at, c.seen, false); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v\nwant %+v", c.name, got, c.want)
		}
	}
	// What is published of a far engine is published for us, too; beside it nothing is.
	s := spec("s", func(c *service.Container) { c.Expose = []int{8080} })
	if got := publications(s, ImageDescription{}, far, false); !slices.Equal(got, []Publication{{Target: 8080, Protocol: "tcp"}}) {
		t.Errorf("far: %v", got)
	}
	if got := publications(s, ImageDescription{}, boxed, false); len(got) != 0 {
		t.Errorf("beside us: %v", got)
	}
}

func TestRemoteHost(t *testing.T) {
	for _, c := range []struct{ url, name, want string }{
		{"unix:///var/run/docker.sock", "other", ""}, {"npipe:////./pipe/docker_engine", "x", ""}, {"tcp://10.0.0.5:2375", "me", "10.0.0.5"},
		{"tcp://127.0.0.1:2375", "me", ""}, {"tcp://localhost:2375", "tunnelled", "localhost"}, {"tcp://[::1]:2376", "me", ""},
	} {
		if got := remoteHost(Host{URL: c.url}, Info{Name: c.name}, "me"); got != c.want {
			t.Errorf("%s, %s: %q, want %q", c.url, c.name, got, c.want)
		}
	}
}

// Engines say why a pull fails by text alone; these were seen from the engines and registries named.
func TestExplainPull(t *testing.T) {
	for text, want := range map[string]Name{
		"toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit": RateLimited,
		"pull access denied for nope, repository does not exist or may require 'docker login': denied: requested access to the resource is denied":                       LoginNeeded,
		"manifest for redis:99 not found: manifest unknown: manifest unknown":                                                                                            ImageMissing,
		"no matching manifest for linux/arm64/v8 in the manifest list entries":                                                                                           WrongPlatform,
		"Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io on 10.0.2.3:53: no such host":                                                   Offline,
		"Get \"https://registry-1.docker.io/v2/\": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)":             Offline,
		"failed to register layer: write /x: no space left on device":                                                                                                    DiskFull,
		"something new": "",
	} {
		if got := explainPull(errors.New(text), "redis:99", ""); got.Name != want {
			t.Errorf("%s: %s, want %s", text, got.Name, want)
		}
	}
	if got := explainPull(errors.New("toomanyrequests"), "ghcr.io/x/y:1", "").Remedy; got != "docker login ghcr.io" {
		t.Error(got)
	}
}

func TestPullProgress(t *testing.T) {
	now := time.Unix(0, 0)
	var told []string
	p := newPullProgress("redis:7", func() time.Time { return now }, func(line string) { told = append(told, line) })
	step := func(after time.Duration, s PullStep) { now = now.Add(after); p.step(s) }
	step(time.Second, PullStep{Status: "Pulling from library/redis"})
	step(0, PullStep{Layer: "a", Status: "Pulling fs layer"})
	step(0, PullStep{Layer: "a", Status: "Downloading", Current: 1e6, Total: 40e6})
	step(100*time.Millisecond, PullStep{Layer: "b", Status: "Downloading", Current: 1e6, Total: 60e6})
	step(time.Second, PullStep{Layer: "b", Status: "Downloading", Current: 20e6, Total: 60e6})
	step(0, PullStep{Layer: "b", Status: "Download complete"})
	step(0, PullStep{Layer: "b", Status: "Extracting", Current: 1, Total: 60e6})
	step(time.Second, PullStep{Layer: "a", Status: "Downloading", Current: 40e6, Total: 40e6})
	p.end()
	want := []string{"pulls redis:7: 1.0 of 40 MB", "pulls redis:7: 21 of 100 MB", "pulls redis:7: 100 of 100 MB", "pulled redis:7 in 3.1s"}
	if !slices.Equal(told, want) {
		t.Errorf("%q\nwant %q", told, want)
	}
}

func TestLines(t *testing.T) {
	var l lines
	for _, part := range []string{"one\ntw", "o\r\n", "three"} {
		_, _ = l.Write([]byte(part)) // it never fails
	}
	if got := l.last(2); !slices.Equal(got, []string{"two", "three"}) {
		t.Errorf("%q", got)
	}
	_, _ = l.Write(slices.Concat([]byte(strings.Repeat("x", keptLine+5)), []byte("\n")))
	if got := l.last(1); len(got[0]) != keptLine {
		t.Errorf("a line of %d bytes", len(got[0]))
	}
	if got := l.last(0); len(got) != 0 {
		t.Errorf("%q", got)
	}
	if got := l.last(100); len(got) != 3 || got[0] != "one" {
		t.Errorf("%d lines", len(got))
	}
}

// spec is a service that runs the witness.
func spec(name string, change func(*service.Container)) service.Spec {
	c := &service.Container{Image: "witness:1"}
	if change != nil {
		change(c)
	}
	return service.Spec{Service: env.Service{Name: name, Compose: true, Image: c.Image}, Container: c}
}
