package local

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	machine "testrunner/env/host"
	"testrunner/env/service"
)

// portTries is how often a server is started anew because its port was taken between our look and its start.
const portTries = 5

// lease of a port: the number, and what keeps others off it until it is closed; nil where nothing can.
type portLease struct {
	number int
	hold   io.Closer
}

func (l portLease) release() {
	if l.hold != nil {
		l.hold.Close()
	}
}

// takePort takes the wanted port of a service's own port if it is free, else one from the kernel. held says whether others are to be
// kept off it, where the system can do that and still let the service have it.
func takePort(s service.Spec, own int, held bool, tell service.Tell) (portLease, error) {
	wanted := s.Wanted[own]
	if wanted == 0 {
		wanted = s.Wanted[0]
	}
	if wanted > 0 {
		if l, err := openPort(wanted, held); err == nil {
			return l, nil
		}
		tell(fmt.Sprintf("%s: port %d is not free, so it gets another", s.Name, wanted))
	}
	l, err := openPort(0, held)
	if err != nil {
		return portLease{}, fmt.Errorf("find a free port of %s: %w", host, err)
	}
	return l, nil
}

// writtenPort is the port of this machine that the compose file publishes for a service's own port; 0 where it leaves that open.
func writtenPort(c *service.Container, own int) int {
	if c == nil {
		return 0
	}
	for _, p := range c.Ports {
		if number, err := strconv.Atoi(p.Published); err == nil && p.Target == own && (p.Protocol == "" || p.Protocol == "tcp") {
			return number
		}
	}
	return 0
}

// takeWritten takes a port that nothing else can stand for. An error names who has it.
func takeWritten(ctx context.Context, number int, held bool) (portLease, error) {
	l, err := openPort(number, held)
	if err == nil {
		return l, nil
	}
	holder := err.Error()
	if all, listErr := machine.Listeners(ctx, number); listErr == nil && len(all) > 0 {
		holder = "it is held by " + all[0].String()
	}
	return portLease{}, fmt.Errorf("port %d is not free, and ports: as-written asks for it: %s; without that line of runner.yaml any free port is taken", number, holder)
}

func openPort(wanted int, held bool) (portLease, error) {
	if held {
		if l, err := holdPort(wanted); err == nil {
			return l, nil
		}
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(wanted)))
	if err != nil {
		return portLease{}, err
	}
	number := l.Addr().(*net.TCPAddr).Port
	return portLease{number: number}, l.Close()
}

// saysTaken tells whether a line is a server's word for a port that is in use: PostgreSQL's, Redis's, Go's, Node's, Python's, Windows'.
func saysTaken(line string) bool {
	l := strings.ToLower(line)
	return strings.Contains(l, "address already in use") || strings.Contains(l, "eaddrinuse") ||
		strings.Contains(l, "only one usage of each socket address")
}
