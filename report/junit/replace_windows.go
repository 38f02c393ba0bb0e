package junit

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// errSharing is ERROR_SHARING_VIOLATION of winerror.h.
const errSharing = syscall.Errno(32)

// patience is how long a reader of the old report is waited for: a scanner of files, an editor, a CI service.
const patience = 5 * time.Second

// replace renames a file over another. Windows refuses that while anybody has the other open, which is soon over.
func replace(from, to string) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		err := os.Rename(from, to)
		passing := errors.Is(err, syscall.ERROR_ACCESS_DENIED) || errors.Is(err, errSharing)
		if !passing || time.Now().After(deadline) {
			return err
		}
	}
}
