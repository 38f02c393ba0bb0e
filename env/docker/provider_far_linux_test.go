package docker

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"testing"

	"testrunner/env/service"
)

// An engine on another machine, which is a network namespace of its own behind a cable: services are reached at that machine, contents are copied into the container, and what it can't see is
// refused by name.
func TestAnEngineElsewhere(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		run(t, "sh", "-ec", `ip netns add there
ip link add here type veth peer name away netns there
ip addr add 10.66.0.1/24 dev here
ip link set here up
ip -n there addr add 10.66.0.2/24 dev away
ip -n there link set away up
ip -n there link set lo up`)
		d := newDockOf(t, m, m.daemon(t, "nsenter", "--net=/run/netns/there", "dockerd", "-H", "unix:///var/run/docker.sock", "-H", "tcp://10.66.0.2:2375", "--tls=false"))
		host := Host{URL: "tcp://10.66.0.2:2375"}
		engine, err := Connect(d.place, host)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { engine.Close() })
		p := d.provider(t, func(s *Supply) { s.Host, s.Engine = host, engine })
		write(t, m.dir+"/conf", "a file")
		in := d.start(t, p, spec("web", func(c *service.Container) {
			c.Mounts = []service.Mount{
				{Kind: "bind", Content: []byte("secret words"), Target: "/run/secrets/word"}, {Kind: "volume", Source: "data", Target: "/data"},
				{Kind: "bind", Source: m.dir + "/conf", File: true, Target: "/etc/conf"}, {Kind: "bind", Content: []byte("in the volume"), Target: "/data/conf"},
			}
		}), nil)
		waitServed(t, in)
		if got := inBox(t, in, "cat", "/etc/conf", "/data/conf"); got != "a file\nin the volume\n" {
			t.Errorf("the contents are %q", got)
		}
		if a := in.Address(); a.Host != "10.66.0.2" {
			t.Errorf("%+v", a)
		}
		if got := strings.TrimSpace(inBox(t, in, "cat", "/run/secrets/word")); got != "secret words" {
			t.Errorf("the secret is %q", got)
		}
		var failed *ServiceError
		_, err = p.Start(t.Context(), spec("bound", func(c *service.Container) {
			c.Mounts = []service.Mount{{Kind: "bind", Source: t.TempDir(), Target: "/x"}}
		}), nil, d.tell)
		if !errors.As(err, &failed) || failed.Fault.Name != BindRefused || !strings.Contains(err.Error(), "bound: bind mount of ") || !strings.Contains(err.Error(), "the engine is on 10.66.0.2") {
			t.Errorf("%v", err)
		}
		// A content that can't be copied can't be mounted either.
		for what, change := range map[string]func(*service.Container){
			"a root that is read-only": func(c *service.Container) { c.ReadOnly = true },
			"a tmpfs over it":          func(c *service.Container) { c.Tmpfs = []string{"/run"} },
		} {
			_, err = p.Start(t.Context(), spec("sealed", func(c *service.Container) {
				c.Mounts = []service.Mount{{Kind: "bind", Content: []byte("x"), Target: "/run/x"}}
				change(c)
			}), nil, d.tell)
			if !errors.As(err, &failed) || failed.Fault.Name != BindRefused || !strings.Contains(err.Error(), "sealed: the content for /run/x can't be copied") {
				t.Errorf("%s: %v", what, err)
			}
		}
		// A port that is taken there is not this machine's: who has it here is innocent. There, dockerd itself does.
		innocent, err := net.Listen("tcp", "127.0.0.1:2375")
		if err != nil {
			t.Fatal(err)
		}
		defer innocent.Close()
		written := d.provider(t, func(s *Supply) { s.Host, s.Engine, s.AsWritten = host, engine, true })
		_, err = written.Start(t.Context(), spec("taken", func(c *service.Container) {
			c.Ports = []service.PortMap{{Target: 8080, Published: "2375"}}
		}), nil, d.tell)
		if refusal(t, err, "taken: port 2375 of 10.66.0.2 is taken"); err != nil && strings.Contains(err.Error(), "pid ") {
			t.Errorf("an innocent process is named: %v", err)
		}
	})
}

// Runner in a container of the same engine: that container joins the run's network and leaves it, and paths are those of the machine.
func TestRunnerInAContainer(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		d := newDock(t, m)
		folder := t.TempDir()
		write(t, folder+"/src/file", "in the tree")
		self := strings.TrimSpace(d.cli(t, nil, "run", "--detach", "-v", folder+":/tree", "witness:1"))
		place := d.place
		place.ReadFile = func(name string) ([]byte, error) {
			if name == "/proc/self/mountinfo" {
				return []byte("700 600 254:1 /var/lib/docker/containers/" + self + "/hosts /etc/hosts rw - ext4 /dev/vda1 rw\n"), nil
			}
			return nil, fs.ErrNotExist
		}
		p := d.provider(t, func(s *Supply) { s.Place = place })
		at, err := p.begin(t.Context())
		if err != nil || at.inside.ID != self {
			t.Fatalf("%+v, %v", at, err)
		}
		v := sight{goos: "linux", boxed: true, inside: at.inside.Mounts, resolve: func(path string) (string, error) { return path, nil }}
		if got, err := v.source("/tree/src"); err != nil || got != folder+"/src" {
			t.Errorf("%s, %v", got, err)
		}
		in := d.start(t, p, spec("web", func(c *service.Container) {
			c.Mounts = []service.Mount{{Kind: "bind", Content: []byte("secret words"), Target: "/run/secrets/word"}}
		}), nil)
		a := in.Address()
		if !strings.HasPrefix(a.Host, "172.") || a.Port != 8080 || strings.Contains(d.cli(t, nil, "port", in.id), "8080") {
			t.Errorf("%+v", a)
		}
		waitServed(t, in)
		if out := d.cli(t, nil, "exec", self, "/witness", "probe", "http://"+a.Host+":8080/"); out != "" {
			t.Errorf("from runner's container: %s", out)
		}
		if got := strings.TrimSpace(inBox(t, in, "cat", "/run/secrets/word")); got != "secret words" {
			t.Errorf("the secret is %q", got)
		}
		stop(t, in)
		if err := p.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if got := d.cli(t, nil, "inspect", "--format", "{{.State.Running}} {{len .NetworkSettings.Networks}}", self); strings.TrimSpace(got) != "true 1" {
			t.Errorf("runner's own container: %s", got)
		}
	})
}

// Runner in a container that has the network of its host, which joins no other: services are published, and reached as the host reaches them.
func TestRunnerInAContainerOfTheHost(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		d := newDock(t, m)
		self := strings.TrimSpace(d.cli(t, nil, "run", "--detach", "--network", "host", "witness:1", "serve", "18080")) // in the network of this test alone
		d.place.ReadFile = func(string) ([]byte, error) {
			return []byte("700 600 254:1 /var/lib/docker/containers/" + self + "/hosts /etc/hosts rw - ext4 /dev/vda1 rw\n"), nil
		}
		p := d.provider(t, nil)
		if at, err := p.begin(t.Context()); err != nil || at.inside.ID != self {
			t.Fatalf("%+v, %v", at, err)
		}
		in := d.start(t, p, spec("web", nil), nil)
		if a := in.Address(); a.Host != "127.0.0.1" || a.Port == 0 {
			t.Errorf("%+v", a)
		}
		waitServed(t, in)
		if out := d.cli(t, nil, "exec", self, "/witness", "probe", fmt.Sprintf("http://127.0.0.1:%d/", in.Address().Port)); out != "" {
			t.Errorf("from runner's container: %s", out)
		}
	})
}

func TestOwnContainer(t *testing.T) {
	id := strings.Repeat("0123456789abcdef", 4)
	mounts := "700 600 254:1 /var/lib/docker/containers/" + id + "/hostname /etc/hostname rw - ext4 /dev/vda1 rw\n"
	for _, c := range []struct{ name, mounts, hostname, env, want string }{
		{"a container", mounts, "web", "", id},
		{"a machine that has containers", strings.Replace(mounts, "/etc/hostname", "/mnt", 1), "machine", "", ""},
		{"by its name", "", id[:12], "x", id[:12]},
		{"a name that only looks so", "", id[:12], "", ""},
	} {
		files := map[string]string{"/proc/self/mountinfo": c.mounts}
		if c.env != "" {
			files["/.dockerenv"] = ""
		}
		p := other{os: "linux", files: files}.place(t, nil)
		p.Hostname = c.hostname
		if got := containerID(p); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
