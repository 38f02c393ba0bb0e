package docker

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// peer is the process that listens behind a unix socket: the kernel notes who called listen (man 7 unix, SO_PEERCRED).
func peer(conn net.Conn) int {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return 0
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	pid := 0
	err = raw.Control(func(fd uintptr) {
		if cred, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			pid = int(cred.Pid)
		}
	})
	if err != nil {
		return 0
	}
	return pid
}
