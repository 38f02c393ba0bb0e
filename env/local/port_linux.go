package local

import (
	"errors"
	"fmt"
	"syscall"
)

// heldPort is a socket that is bound and does not listen. Linux gives the port to nobody who asks for any, neither to listen nor to
// connect from, but a server that binds it by its number with SO_REUSEADDR, as nearly all do, gets it.
type heldPort int

func (h heldPort) Close() error { return syscall.Close(int(h)) }

func holdPort(wanted int) (l portLease, err error) {
	syscall.ForkLock.RLock()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	syscall.ForkLock.RUnlock()
	if err != nil {
		return portLease{}, fmt.Errorf("hold a port: %w", err)
	}
	defer func() {
		if err != nil {
			syscall.Close(fd)
		}
	}()
	address := syscall.SockaddrInet4{Port: wanted, Addr: [4]byte{127, 0, 0, 1}}
	// Bound without the option first: with it, a port that another run holds in this very way would be had, too.
	if err := syscall.Bind(fd, &address); err != nil {
		return portLease{}, fmt.Errorf("hold port %d: %w", wanted, err)
	}
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return portLease{}, fmt.Errorf("hold port %d: %w", wanted, err)
	}
	got, err := syscall.Getsockname(fd)
	if err != nil {
		return portLease{}, fmt.Errorf("hold a port: %w", err)
	}
	in4, ok := got.(*syscall.SockaddrInet4)
	if !ok {
		return portLease{}, errors.New("hold a port: it is of another family")
	}
	return portLease{number: in4.Port, hold: heldPort(fd)}, nil
}
