//go:build unix

package docker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

func dialPipe(_ context.Context, address string) (net.Conn, error) {
	return nil, fmt.Errorf("dial %s: named pipes are of Windows: %w", address, errors.ErrUnsupported)
}

func queryService(string) Service { return Service{} }

func refused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

func noRoute(err error) bool {
	return errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EHOSTDOWN)
}

// full is a socket whose queue of connections nobody takes from (man 2 connect, EAGAIN).
func full(err error) bool { return errors.Is(err, syscall.EAGAIN) }

// statDisk measures the file system that a folder lies on.
func statDisk(dir string) (Disk, bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return Disk{}, false
	}
	block := uint64(s.Bsize)
	return Disk{Path: dir, Total: s.Blocks * block, Free: s.Bavail * block, Inodes: s.Files, InodesFree: uint64(s.Ffree)}, true
}

// groupID is the group of a file.
func groupID(info fs.FileInfo) (string, bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", false
	}
	return strconv.Itoa(int(s.Gid)), true
}
