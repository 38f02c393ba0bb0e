//go:build unix

package local

import (
	"io/fs"
	"syscall"

	"testrunner/runner/process"
)

// owns tells whether a user owns a folder and may enter it as such.
func owns(info fs.FileInfo, user process.User) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && st.Uid == user.UID && info.Mode().Perm()&0o100 != 0
}
