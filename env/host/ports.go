package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strconv"
	"syscall"

	psnet "github.com/shirou/gopsutil/v3/net"
	"github.com/shirou/gopsutil/v3/process"
)

// Listener is a TCP port that somebody listens on.
type Listener struct {
	Address string // "127.0.0.1", "::", "0.0.0.0"
	Port    int
	Pid     int    // 0: the system does not tell us, as for processes of other users
	Name    string // the process's, "" if it is not known
}

// String is "postgres (pid 812)", or what is known of it.
func (l Listener) String() string {
	switch {
	case l.Pid == 0:
		return "a process that this user may not see"
	case l.Name == "":
		return fmt.Sprintf("pid %d", l.Pid)
	default:
		return fmt.Sprintf("%s (pid %d)", l.Name, l.Pid)
	}
}

// Listeners lists who listens on the ports, sorted by port, address and pid. No ports are none, not all.
func Listeners(ctx context.Context, ports ...int) ([]Listener, error) {
	if len(ports) == 0 {
		return nil, nil
	}
	list := psnet.ConnectionsWithoutUidsWithContext
	if runtime.GOOS == "windows" { // where gopsutil has only the other, and there are no user ids to look up
		list = psnet.ConnectionsWithContext
	}
	all, err := list(ctx, "tcp")
	if err != nil {
		return nil, fmt.Errorf("list the ports that are listened on: %w", err)
	}
	var found []Listener
	for _, c := range all {
		if port := int(c.Laddr.Port); c.Status == "LISTEN" && slices.Contains(ports, port) {
			found = append(found, Listener{Address: c.Laddr.IP, Port: port, Pid: int(c.Pid), Name: processName(ctx, c.Pid)})
		}
	}
	slices.SortFunc(found, func(a, b Listener) int {
		return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Address, b.Address), cmp.Compare(a.Pid, b.Pid))
	})
	return slices.Compact(found), nil // a socket that a server shares with its workers stands once a process
}

func processName(ctx context.Context, pid int32) string {
	if pid <= 0 {
		return ""
	}
	name, err := (&process.Process{Pid: pid}).NameWithContext(ctx)
	if err != nil {
		return ""
	}
	return name
}

// The ways in which a port can't be had.
var (
	ErrPortTaken  = errors.New("the port is taken")
	ErrPortDenied = errors.New("the system does not give the port away")
)

// TryPort takes a TCP port of an address and gives it back at once: the only proof that it can be had. The error is ErrPortTaken, or
// ErrPortDenied: ports below 1024 of an ordinary user, and on Windows the ranges that
// `netsh interface ipv4 show excludedportrange protocol=tcp` lists.
func TryPort(ctx context.Context, address string, port int) error {
	where := net.JoinHostPort(address, strconv.Itoa(port))
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", where)
	if err == nil {
		return l.Close()
	}
	return portError(where, err)
}

func portError(where string, err error) error {
	var number syscall.Errno
	if errors.As(err, &number) {
		switch number {
		case syscall.EADDRINUSE, winAddrInUse:
			return fmt.Errorf("%w: %s", ErrPortTaken, where)
		case syscall.EACCES, winAccess:
			return fmt.Errorf("%w: %s", ErrPortDenied, where)
		}
	}
	return fmt.Errorf("try port %s: %w", where, err)
}

// Windows's own numbers (winsock2.h); Go's EADDRINUSE and EACCES are invented ones there.
const (
	winAddrInUse = syscall.Errno(10048)
	winAccess    = syscall.Errno(10013)
)
