package lease

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"testrunner/runner/process"
)

// The roles of who holds a lock.
const (
	roleRunner   = "runner"
	roleWatchdog = "watchdog" // tidies up after a dead runner; soon gone
)

// holder is the content of a lock file: who took it last. Only the lock says whether that one lives.
type holder struct {
	Run  string     `json:"run"`
	Role string     `json:"role"`
	Who  process.ID `json:"who"`
}

func openLock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the lock of the results folder: %w; name another folder with --results DIR", err)
	}
	return f, nil
}

// waitFor takes the lock of a folder. If a live runner holds it, the file is nil and the holder is told. A watchdog, or a runner that
// is just dying, is waited for.
func waitFor(dir, run string) (*os.File, holder, error) {
	f, err := openLock(dir)
	if err != nil {
		return nil, holder{}, err
	}
	for deadline := time.Now().Add(takeover); ; time.Sleep(10 * time.Millisecond) {
		held, err := tryLock(f)
		if err != nil {
			f.Close()
			return nil, holder{}, fmt.Errorf("lock %s: %w; name a folder on a local disk with --results DIR", f.Name(), err)
		}
		if held {
			if err := sign(f, run, roleRunner); err != nil {
				f.Close()
				return nil, holder{}, err
			}
			return f, holder{}, nil
		}
		now := readHolder(f)
		if now.Role == roleRunner && now.Who.Alive() || time.Now().After(deadline) {
			f.Close()
			return nil, now, nil
		}
	}
}

// sign writes down who holds the lock.
func sign(f *os.File, run, role string) error {
	self, _ := process.Identify(os.Getpid())
	line, err := json.Marshal(holder{Run: run, Role: role, Who: self})
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = f.WriteAt(append(line, '\n'), 0)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", f.Name(), err)
	}
	return nil
}

// readHolder is the zero holder while the file is being written.
func readHolder(f *os.File) holder {
	var h holder
	b, err := io.ReadAll(io.NewSectionReader(f, 0, 4<<10))
	if err != nil || json.Unmarshal(b, &h) != nil {
		return holder{}
	}
	return h
}
