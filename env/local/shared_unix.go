//go:build linux || darwin

package local

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// freeShared removes the few bytes of System V shared memory by which PostgreSQL tells that its data is in use. A server that was killed
// leaves them, and its lock file, which names them; one that ended has removed both.
func freeShared(data string) {
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) < 7 {
		return // it had none yet
	}
	words := strings.Fields(lines[6])
	if len(words) != 2 {
		return
	}
	key, keyErr := strconv.Atoi(words[0])
	id, idErr := strconv.Atoi(words[1])
	if keyErr != nil || idErr != nil || key == 0 {
		return
	}
	// An id may have been given to another since; one that still belongs to the key is the server's.
	if now, err := unix.SysvShmGet(key, 0, 0); err == nil && now == id {
		_, _ = unix.SysvShmCtl(id, unix.IPC_RMID, nil)
	}
}
