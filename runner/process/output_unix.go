//go:build unix

package process

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// readRest reads what lies in a pipe whose deadline has passed, without waiting for more: at most what a pipe can hold.
func readRest(r *os.File, buf []byte, give func([]byte)) {
	raw, err := r.SyscallConn()
	if err != nil || r.SetReadDeadline(time.Time{}) != nil {
		return
	}
	for rest := 1 << 20; rest > 0; {
		n := 0
		err := raw.Read(func(fd uintptr) bool {
			n, err = unix.Read(int(fd), buf)
			return true
		})
		if err != nil || n <= 0 {
			return
		}
		give(buf[:n])
		rest -= n
	}
}
