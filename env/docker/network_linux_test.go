package docker

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"

	"testrunner/env/service"
)

func attach(networks ...string) func(*service.Container) {
	return func(c *service.Container) {
		for _, n := range networks {
			c.Networks = append(c.Networks, service.Attachment{Network: n, Aliases: []string{c.Hostname + "alias"}})
		}
	}
}

// Names and aliases resolve on the networks that two services share, and on no other.
func TestNetworks(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		d := newDock(t, m)
		p := d.provider(t, nil)
		d.cli(t, nil, "network", "create", "standing")
		front := d.start(t, p, spec("front", attach("outer", "inner")), nil)
		back := d.start(t, p, spec("back", attach("inner")), nil)
		alone := d.start(t, p, spec("alone", nil), nil)
		guest := d.start(t, p, spec("guest", func(c *service.Container) { c.Networks = []service.Attachment{{External: "standing"}} }), nil)
		for _, c := range []struct {
			from *instance
			name string
			ok   bool
		}{
			{front, "back", true}, {front, "alias", true}, {back, "front", true}, {alone, "alone", true}, {alone, "front", false}, {guest, "front", false},
		} {
			if said := inBox(t, c.from, "lookup", c.name); strings.HasPrefix(said, "[1") != c.ok {
				t.Errorf("%s looks up %s: %s", c.from.service, c.name, said)
			}
		}

		// A network that leads nowhere is still reached from this machine.
		hidden := d.start(t, p, spec("hidden", func(c *service.Container) { c.Networks = []service.Attachment{{Network: "closed", Internal: true}} }), nil)
		waitServed(t, hidden)
		if got := strings.TrimSpace(d.cli(t, nil, "network", "inspect", "--format", "{{.Internal}}", p.prefix()+"-closed")); got != "true" {
			t.Errorf("internal: %s", got)
		}

		// The network of this machine, of another service, and none.
		host := d.start(t, p, spec("host", func(c *service.Container) {
			c.NetworkMode, c.Command = "host", []string{"serve", "18080"}
			c.Expose = []int{18080}
		}), nil)
		if waitServed(t, host); host.Address().Port != 18080 || host.Address().Host != loopback {
			t.Errorf("host: %+v", host.Address())
		}
		peers := map[string]service.Instance{"front": front}
		beside := d.start(t, p, spec("beside", func(c *service.Container) { c.NetworkMode, c.Command = "service:front", []string{"serve", "8082"} }), peers)
		if got := inBox(t, beside, "probe", "http://127.0.0.1:8080/"); got != "" || beside.Address().Port != front.Address().Port {
			t.Errorf("it does not share the network: %s, %+v", got, beside.Address())
		}
		none := d.start(t, p, spec("none", func(c *service.Container) { c.NetworkMode = "none" }), nil)
		if a := none.Address(); a.Port != 0 || strings.Contains(inBox(t, none, "cat", "/proc/net/dev"), "eth0") {
			t.Errorf("none: %+v", a)
		}
		for want, change := range map[string]func(*service.Container){
			"it shares a namespace with gone, which is no container of this run": func(c *service.Container) { c.NetworkMode = "service:gone" },
			"network absent is external, and the engine has none of that name; try: docker network create absent": func(c *service.Container) {
				c.Networks = []service.Attachment{{External: "absent"}}
			},
			"network twice wants the subnet 10.55.0.0/24, which another network has": func(c *service.Container) {
				c.Networks = []service.Attachment{{Network: "once", Subnets: []string{"10.55.0.0/24"}}, {Network: "twice", Subnets: []string{"10.55.0.0/24"}}}
			},
			"volume absent is external, and the engine has none of that name; try: docker volume create absent": func(c *service.Container) {
				c.Mounts = []service.Mount{{Kind: "volume", Source: "absent", External: true, Target: "/x"}}
			},
			"its program is not in the image": func(c *service.Container) { c.Entrypoint = []string{"/nothing"} },
		} {
			_, err := p.Start(t.Context(), spec("wrong", change), peers, d.tell)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v\nwant %s", err, want)
			}
		}
		// What their remedies make is taken, and stays.
		for _, s := range []service.Spec{
			spec("found", func(c *service.Container) { c.Networks = []service.Attachment{{External: "absent"}} }),
			spec("kept", func(c *service.Container) {
				c.Mounts = []service.Mount{{Kind: "volume", Source: "absent", External: true, Target: "/x"}}
			}),
		} {
			_, err := p.Start(t.Context(), s, nil, d.tell)
			var failed *ServiceError
			if !errors.As(err, &failed) {
				t.Fatalf("%s: %v", s.Name, err)
			}
			d.cli(t, nil, strings.Fields(failed.Remedy())[1:]...)
			stop(t, d.start(t, p, s, nil))
		}
		for _, in := range []*instance{front, back, alone, guest, hidden, host, beside, none} {
			stop(t, in)
		}
		if err := p.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if left := d.remains(t); len(left) > 0 {
			t.Errorf("left: %q", left)
		}
		if got := d.cli(t, nil, "network", "ls", "--format", "{{.Name}}"); !strings.Contains(got, "standing") || !strings.Contains(got, "absent") {
			t.Error("a network of somebody else is gone")
		}
		if got := d.cli(t, nil, "volume", "ls", "--quiet"); strings.TrimSpace(got) != "absent" {
			t.Errorf("volumes: %s", got)
		}
	})
}

// Drivers and their options are the compose file's.
func TestDrivers(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		d := newDock(t, m)
		p := d.provider(t, nil)
		in := d.start(t, p, spec("web", func(c *service.Container) {
			c.Networks = []service.Attachment{{Network: "bridged", Driver: "bridge"}}
			c.Mounts = []service.Mount{{Kind: "volume", Source: "small", Target: "/small", Driver: "local", Options: map[string]string{"type": "tmpfs", "device": "tmpfs", "o": "size=2m"}}}
		}), nil)
		waitServed(t, in)
		if got := strings.TrimSpace(d.cli(t, nil, "network", "inspect", "--format", "{{.Driver}}", p.prefix()+"-bridged")); got != "bridge" {
			t.Errorf("the network's driver is %s", got)
		}
		if got := inBox(t, in, "cat", mountinfo); !strings.Contains(got, " /small rw") || !strings.Contains(got, "size=2048k") {
			t.Errorf("the volume has not its options:\n%s", got)
		}
		d.cli(t, nil, "network", "create", "--ipv6", "--subnet", "2001:db8:77::/64", "--subnet", "10.46.0.0/24", "six")
		six := d.start(t, p, spec("six", func(c *service.Container) {
			c.Networks = []service.Attachment{{External: "six", IPv4: "10.46.0.9", IPv6: "2001:db8:77::9"}}
		}), nil)
		if got := d.cli(t, nil, "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.GlobalIPv6Address}}{{end}}", six.id); strings.TrimSpace(got) != "10.46.0.9 2001:db8:77::9" {
			t.Errorf("its addresses are %s", got)
		}
		stop(t, six)
		for want, change := range map[string]func(*service.Container){
			"nowhere": func(c *service.Container) { c.Networks = []service.Attachment{{Network: "odd", Driver: "nowhere"}} },
			"missing": func(c *service.Container) {
				c.Mounts = []service.Mount{{Kind: "volume", Source: "odd", Target: "/odd", Driver: "missing"}}
			},
		} {
			// An engine that can't says which.
			if _, err := p.Start(t.Context(), spec("odd", change), nil, d.tell); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", want, err)
			}
		}
	})
}

// Where the engine's pools are used up, runs go on with subnets that runner picks.
func TestSubnetsRunOut(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		d := newDock(t, m, "--bip", "10.250.0.1/24", "--default-address-pool", "base=10.200.0.0/24,size=24")
		first := d.start(t, d.provider(t, nil), spec("web", nil), nil)
		if waitServed(t, first); d.heard() != "" {
			t.Error("the first network needs no subnet of ours")
		}
		for range 2 {
			in := d.start(t, d.provider(t, nil), spec("web", nil), nil)
			waitServed(t, in)
			if text := d.heard(); !strings.Contains(text, "the engine has no subnet left") {
				t.Errorf("told: %q", text)
			}
		}
		taken, err := d.engine.Subnets(t.Context())
		if err != nil || len(taken) != 4 {
			t.Fatalf("%v, %v", err, taken)
		}
		for i, a := range taken {
			if overlaps(a, taken[:i]) {
				t.Errorf("%s overlaps another of %v", a, taken)
			}
		}
	})
}

// Where services are reached, and who holds a port that is wanted.
func TestPorts(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		d := newDock(t, m)
		p := d.provider(t, nil)
		in := d.start(t, p, spec("web", func(c *service.Container) {
			c.Command = []string{"serve", "8081", "8082"}
			c.Ports = []service.PortMap{{Target: 8081, Published: "80"}, {Target: 53, Protocol: "udp", Published: "53"}}
			c.Expose = []int{8082}
		}), nil)
		waitServed(t, in)
		a := in.Address()
		if a.Host != loopback || a.Port == 80 || len(a.Ports) != 3 || a.Ports[8081] != a.Port || a.Ports[8082] == 0 || a.Inner != "web:8081" || a.URL != "" {
			t.Errorf("%+v", a)
		}
		for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
			text, err := os.ReadFile(table)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), fmt.Sprintf("00000000:%04X ", a.Port)) {
				t.Errorf("it is published for everybody: %s", text)
			}
		}

		// As written: on the compose file's own port.
		written := d.provider(t, func(s *Supply) { s.AsWritten = true })
		port := freePort(t)
		publish := func(c *service.Container) {
			c.Ports = []service.PortMap{{Target: 8080, Published: strconv.Itoa(port), HostIP: "127.0.0.1"}}
		}
		own := d.start(t, written, spec("own", publish), nil)
		if waitServed(t, own); own.Address().Port != port {
			t.Errorf("%+v", own.Address())
		}
		_, err := written.Start(t.Context(), spec("second", publish), nil, d.tell)
		refusal(t, err, fmt.Sprintf("second: port %d is held by the container %s (witness:1)", port, own.name))
		stop(t, own)
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		_, err = written.Start(t.Context(), spec("second", publish), nil, d.tell)
		refusal(t, err, fmt.Sprintf("second: port %d is held by ", port))
		refusal(t, err, fmt.Sprintf("(pid %d)", os.Getpid()))
		listener.Close()

		// A port that it had before, while it is free.
		s := spec("again", nil)
		s.Wanted = map[int]int{0: port}
		again := d.start(t, p, s, nil)
		if waitServed(t, again); again.Address().Port != port {
			t.Errorf("wanted %d: %+v", port, again.Address())
		}
		s.Name = "too"
		other := d.start(t, p, s, nil)
		if waitServed(t, other); other.Address().Port == port || !strings.Contains(d.heard(), fmt.Sprintf("port %d of this machine is not free", port)) {
			t.Errorf("%+v", other.Address())
		}
	})
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
