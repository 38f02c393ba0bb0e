package lease

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockedAt is the byte that is locked, far behind the content: a locked byte can't be read by others.
const lockedAt = 1 << 30

// tryLock takes the lock without waiting. The kernel frees it when the holder dies or closes the file.
func tryLock(f *os.File) (bool, error) {
	at := windows.Overlapped{Offset: lockedAt}
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	return err == nil, err
}
