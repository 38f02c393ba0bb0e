package local

import (
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

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
