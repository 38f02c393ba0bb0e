//go:build unix

package process

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// readRest reads what lies in a pipe whose deadline has passed, without waiting for more: at most what a pipe can hold. It tells
// whether somebody still holds the other end.
func readRest(r *os.File, buf []byte, give func([]byte)) (held bool) {
	raw, err := r.SyscallConn()
	if err != nil || r.SetReadDeadline(time.Time{}) != nil {
		return true
	}
	for rest := 1 << 20; rest > 0; {
		var n int
		var readErr error
		err := raw.Read(func(fd uintptr) bool {
			n, readErr = unix.Read(int(fd), buf)
			return true
		})
		if err != nil || readErr != nil {
			return true // EAGAIN: it is empty, and has no end
		}
		if n == 0 {
			return false
		}
		give(buf[:n])
		rest -= n
	}
	return true
}
