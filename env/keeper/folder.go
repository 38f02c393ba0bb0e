package keeper

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// The files of a set, in its folder.
const (
	stateFile = "set.json"
	portsFile = "ports.json"
	logsDir   = "logs"
	keeperLog = "runner.log" // of the keeper and its watchdog
)

// Folder is where the set of one tree lies. One tree has one folder, whatever its name: it is found by the root's path.
type Folder string

// FolderOf is the folder of the tree at root, below runner's folder for state. It need not exist yet.
func FolderOf(stateDir, root string) Folder {
	sum := sha256.Sum256([]byte(root))
	return Folder(filepath.Join(stateDir, "services", plain(filepath.Base(root))+"-"+hex.EncodeToString(sum[:6])))
}

// plain is a name that any file system takes, for people to recognise.
func plain(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < 0x80 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_') {
			return r
		}
		return '_'
	}, name)
	return name[:min(len(name), 40)]
}

// KeeperLog is where the keeper writes what it asks of an engine, and what it has to complain about.
func (f Folder) KeeperLog() string { return filepath.Join(string(f), keeperLog) }

// Log is the file that holds the output of a service, of all its lives.
func (f Folder) Log(service string) string {
	return filepath.Join(string(f), logsDir, url.PathEscape(service)+".log")
}

// Make makes the folder, for this user alone.
func (f Folder) Make() error {
	if err := os.MkdirAll(filepath.Join(string(f), logsDir), 0o700); err != nil {
		return fmt.Errorf("make the folder of the services: %w; name one that can be written in RUNNER_STATE_DIR", err)
	}
	return nil
}

// Clear removes what an earlier set left: its state and its logs. The remembered ports stay.
func (f Folder) Clear() error {
	var all error
	for _, err := range []error{os.Remove(filepath.Join(string(f), stateFile)), os.Truncate(f.KeeperLog(), 0), os.RemoveAll(filepath.Join(string(f), logsDir))} {
		if !errors.Is(err, fs.ErrNotExist) {
			all = errors.Join(all, err)
		}
	}
	if err := all; err != nil {
		return fmt.Errorf("remove what the services before left: %w", err)
	}
	return f.Make()
}

// Read reads the state as the keeper wrote it last. Without one the error is fs.ErrNotExist.
func (f Folder) Read() (State, error) {
	var s State
	text, err := readShared(filepath.Join(string(f), stateFile))
	if err != nil {
		return s, fmt.Errorf("read the services' state: %w", err)
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("read the services' state in %s: %w", f, err)
	}
	if s.Format != format {
		return s, fmt.Errorf("read the services' state in %s: it is of another version of runner (format %d, not %d); take the services down with that one", f, s.Format, format)
	}
	return s, nil
}

// write replaces the state: a reader sees the old one or the new one.
func (f Folder) write(s State) error {
	s.Format = format
	text, err := json.MarshalIndent(s, "", "  ")
	if err == nil {
		err = replace(filepath.Join(string(f), stateFile), append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write the services' state: %w", err)
	}
	return nil
}

// ReadPorts are the ports that the services had the last time: service -> its own port -> the port of this machine.
func (f Folder) ReadPorts() map[string]map[int]int {
	ports := map[string]map[int]int{}
	text, err := readShared(filepath.Join(string(f), portsFile))
	if err != nil || json.Unmarshal(text, &ports) != nil {
		return map[string]map[int]int{} // the kernel chooses anew
	}
	return ports
}

// WritePorts remembers the ports of services; those of others stay remembered.
func (f Folder) WritePorts(ports map[string]map[int]int) error {
	all := f.ReadPorts()
	for name, own := range ports {
		all[name] = own
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err == nil {
		err = replace(filepath.Join(string(f), portsFile), append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("remember the services' ports: %w", err)
	}
	return nil
}

// sharing is how long a file is tried for that another process has open: only Windows refuses that, and only for a moment.
const sharing = 2 * time.Second

func retried(f func() error) error {
	for deadline := time.Now().Add(sharing); ; time.Sleep(5 * time.Millisecond) {
		err := f()
		if err == nil || runtime.GOOS != "windows" || errors.Is(err, fs.ErrNotExist) || time.Now().After(deadline) {
			return err
		}
	}
}

func readShared(path string) (text []byte, err error) {
	err = retried(func() error {
		text, err = os.ReadFile(path)
		return err
	})
	return text, err
}

// replace writes a file of this user's alone beside the old one, and puts it in its place.
func replace(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // 0600
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = retried(func() error { return os.Rename(f.Name(), path) })
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

// Forget removes the state of a set that is gone, so that nobody asks it. Its logs and the remembered ports stay.
func (f Folder) Forget() error {
	err := os.Remove(filepath.Join(string(f), stateFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget the services: %w", err)
	}
	return nil
}
