package lease

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"testrunner/runner/process"
)

// claiming is how long a new inventory's lock may be in the hands of a sweep that looks at it.
const claiming = 2 * time.Second

// Inventory is the list of what a run made outside of its own processes: containers, networks, volumes, processes, folders. It lies in
// the state folder, as runs/ID.jsonl, and its lock is held as long as its owner lives: a lock that is free says, without doubt, that
// the owner is dead, and that what the inventory names may be removed.
//
// An intent is on the disk before the thing is made: what can't be written down must not be made. Its methods are safe for use by many
// goroutines.
type Inventory struct {
	run  string
	path string

	mu   sync.Mutex
	file *os.File
	torn bool // the last line may lack its end
	open []Thing
}

// UnwritableError says that an inventory can't be written, so that the thing must not be made.
type UnwritableError struct {
	Path string
	Err  error
}

// Error says what, where and the way out.
func (e *UnwritableError) Error() string {
	return fmt.Sprintf("write down what is made, in %s: %v; a kill would leave it behind, so it is not made: make room there, or name another folder in RUNNER_STATE_DIR",
		e.Path, e.Err)
}

// Unwrap is the cause.
func (e *UnwritableError) Unwrap() error { return e.Err }

// ExitCode is INCOMPLETE: what needed the thing does not run.
func (e *UnwritableError) ExitCode() int { return 5 }

// runsDir is the folder of the inventories.
func runsDir(state string) string { return filepath.Join(state, "runs") }

func inventoryPath(state, run string) string { return filepath.Join(runsDir(state), run+".jsonl") }

// OpenInventory makes the inventory of a run, or of a kept set of services, in the state folder. about says for people what it belongs
// to: the results folder. The error is an *UnwritableError where nothing can be written.
func OpenInventory(state, run, about string) (*Inventory, error) {
	if run == "" || run != filepath.Base(run) || strings.HasPrefix(run, ".") {
		return nil, fmt.Errorf("make the inventory of a run: %q is no run's id", run)
	}
	path := inventoryPath(state, run)
	if err := os.MkdirAll(runsDir(state), 0o755); err != nil {
		return nil, &UnwritableError{runsDir(state), err}
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_APPEND|os.O_RDWR, 0o644)
	if err != nil {
		return nil, &UnwritableError{path, err}
	}
	v := &Inventory{run: run, path: path, file: f}
	if err := v.claim(about); err != nil {
		f.Close()
		if errors.Is(err, errLocked) {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		_ = os.Remove(path) // nothing was made yet, and a sweep would remove it as well
		return nil, &UnwritableError{path, err}
	}
	return v, nil
}

var errLocked = errors.New("another process holds it; start again, or name another folder in RUNNER_STATE_DIR")

// claim takes the lock and writes whose inventory it is. A sweep that looks at the new file lets go of it at once.
func (v *Inventory) claim(about string) error {
	for deadline := time.Now().Add(claiming); ; time.Sleep(5 * time.Millisecond) {
		held, err := tryLock(v.file)
		if err != nil {
			return fmt.Errorf("lock it: %w", err)
		}
		if held {
			break
		}
		if time.Now().After(deadline) {
			return errLocked
		}
	}
	self, _ := process.Identify(os.Getpid())
	me := thisMachine()
	if err := v.write(record{Op: opRun, ID: self, What: v.run, Host: me.Host, Machine: me.Machine, About: about}, true); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(v.path))
}

// Run is the id that it was opened with.
func (v *Inventory) Run() string { return v.run }

// Path is its file.
func (v *Inventory) Path() string { return v.path }

// Own writes down that a thing is going to be made: its kind, name, and the engine that is to make it. It is on the disk when Own
// returns; an error (an *UnwritableError) means that it must not be made.
func (v *Inventory) Own(t Thing) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.write(owning(opOwn, t), true); err != nil {
		return &UnwritableError{v.path, err}
	}
	v.open = append(v.open, t)
	return nil
}

// Owned writes down the id of the thing that was made under that name last, a process's with its birth. Where it can't be written, the
// thing is still known by its name; only a process is not, so end it then.
func (v *Inventory) Owned(t Thing) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.open = made(v.open, t)
	if err := v.write(owning(opOwned, t), t.Kind == Process); err != nil {
		return &UnwritableError{v.path, err}
	}
	return nil
}

// Forget writes down that what was made under that name is gone.
func (v *Inventory) Forget(kind Kind, name string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.open = without(v.open, kind, name)
	if err := v.write(record{Op: opForget, Kind: string(kind), What: name}, false); err != nil {
		return &UnwritableError{v.path, err}
	}
	return nil
}

// Open is what was made and not forgotten, in the order of Own.
func (v *Inventory) Open() []Thing {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]Thing(nil), v.open...)
}

// Close lets go of the inventory. If nothing is open it is removed; otherwise it stays for the next sweep, and what is left is returned.
func (v *Inventory) Close() ([]Thing, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.open) > 0 {
		if err := v.file.Close(); err != nil {
			return v.open, fmt.Errorf("close %s: %w", v.path, err)
		}
		return v.open, nil
	}
	if err := discard(v.file, v.path); err != nil {
		return nil, fmt.Errorf("remove the inventory: %w", err)
	}
	return nil, nil
}

// write appends a line. A line that was cut short, by a full disk, must not spoil the one behind it.
func (v *Inventory) write(r record, durable bool) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if v.torn {
		line = append([]byte{'\n'}, line...)
	}
	n, err := v.file.Write(line)
	v.torn = err != nil && (v.torn || n > 0)
	if err == nil && durable {
		err = v.file.Sync()
	}
	return err
}

func owning(op string, t Thing) record {
	return record{Op: op, Kind: string(t.Kind), ID: t.Process, What: t.Name, Engine: t.Engine, Key: t.ID}
}

// made gives the last thing of that kind and name its id.
func made(open []Thing, t Thing) []Thing {
	for i := len(open) - 1; i >= 0; i-- {
		if open[i].Kind == t.Kind && open[i].Name == t.Name {
			open[i].ID, open[i].Process = t.ID, t.Process
			return open
		}
	}
	return append(open, t) // its intent was torn
}

func without(open []Thing, kind Kind, name string) []Thing {
	var kept []Thing
	for _, o := range open {
		if o.Kind != kind || o.Name != name {
			kept = append(kept, o)
		}
	}
	return kept
}

// discard removes an inventory whose lock is held, and lets go of it. Where an open file can't be removed, the lock goes first: a sweep
// that comes between finds nothing to remove.
func discard(f *os.File, path string) error {
	err := os.Remove(path)
	closeErr := f.Close()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		err = os.Remove(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, closeErr)
}
