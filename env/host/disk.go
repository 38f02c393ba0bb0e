package host

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/shirou/gopsutil/v3/disk"
)

// Disk is the file system that a path lies on, as an ordinary user may fill it. Sizes are in bytes.
type Disk struct {
	Path  string // the path that was measured: the one asked for, or the nearest folder above it that is there
	Total uint64
	Free  uint64
	// Inodes and InodesFree count files; both are 0 where the file system has no such bound (btrfs, NTFS).
	Inodes     uint64
	InodesFree uint64
}

// ReadDisk measures the file system of a path. A path that is not there yet is measured where it would be made.
func ReadDisk(ctx context.Context, path string) (Disk, error) {
	at, err := filepath.Abs(path)
	if err != nil {
		return Disk{}, fmt.Errorf("measure the disk of %s: %w", path, err)
	}
	for {
		if _, err := os.Stat(at); err == nil || at == filepath.Dir(at) {
			break
		}
		at = filepath.Dir(at)
	}
	u, err := disk.UsageWithContext(ctx, at)
	if err != nil {
		return Disk{}, fmt.Errorf("measure the disk of %s: %w", at, err)
	}
	return Disk{Path: at, Total: u.Total, Free: u.Free, Inodes: u.InodesTotal, InodesFree: u.InodesFree}, nil
}
