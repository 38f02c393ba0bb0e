package lease

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"testrunner/runner/process"
)

// WatchdogArg is the hidden first argument that makes runner the watchdog of the folder behind it.
const WatchdogArg = "__watchdog"

// farewell is the byte that says: all is well, leave.
const farewell = 'd'

// How long the watchdog waits, and is waited for.
const (
	lookEvery = 2 * time.Second // whether the folder still is there
	dying     = 5 * time.Second // a dead runner's lock is freed a little after its pipe
	leaving   = 2 * time.Second // for a watchdog that was told to leave
)

// Guardian is the runner's end of the watchdog.
type Guardian struct {
	id   process.ID
	pipe *os.File
}

// Guard starts the watchdog of a lease: self (runner's own program, and arguments before the hidden one), WatchdogArg and the
// folder. It has a session of its own and holds nothing of ours but the end of a pipe, by which it learns of our death; what it
// has to complain about goes to runner.log in the folder.
func Guard(self, env []string, l *Lease) (*Guardian, error) {
	theirs, ours, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start the watchdog: %w", err)
	}
	defer theirs.Close()
	argv := append(append([]string{}, self...), WatchdogArg, l.Dir())
	pid, err := process.Detach(argv, env, theirs, filepath.Join(l.Dir(), logFile))
	if err != nil {
		ours.Close()
		return nil, fmt.Errorf("start the watchdog: %w", err)
	}
	id, _ := process.Identify(pid) // gone already: Done will tell
	return &Guardian{id: id, pipe: ours}, nil
}

// Pid is the watchdog's process id.
func (g *Guardian) Pid() int { return g.id.Pid }

// Done tells the watchdog that all is well, and returns when it has left. An error says that it was dead before, or does not leave.
func (g *Guardian) Done() error {
	_, err := g.pipe.Write([]byte{farewell})
	if err = errors.Join(err, g.pipe.Close()); err != nil {
		return fmt.Errorf("dismiss the watchdog: %w", err)
	}
	for deadline := time.Now().Add(leaving); g.id.Alive(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("dismiss the watchdog: process %d does not leave", g.id.Pid)
		}
	}
	return nil
}

// Watch is the watchdog's whole life. It reads stdin until the runner says farewell, and leaves; if stdin ends without that, the
// runner has died: Watch ends what the journal names (TERM, and KILL after process.DefaultGrace), calls onDeath with the path of the
// run's events, and removes the journal. If another run took the folder over, that one has swept, and Watch touches nothing. It
// leaves as well when the folder vanishes.
func Watch(stdin io.Reader, dir string, onDeath func(events string) error) error {
	// What stops the runner's group or service must not stop the one that tidies up after it.
	signal.Ignore(syscall.SIGINT, syscall.SIGHUP, syscall.SIGTERM)
	defer signal.Reset(syscall.SIGINT, syscall.SIGHUP, syscall.SIGTERM)
	lock, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil // it has vanished already, and must not come back
	}
	if err != nil {
		return fmt.Errorf("watch the results folder: %w", err)
	}
	defer lock.Close()
	run := readHolder(lock).Run
	farewells := make(chan bool, 1)
	go func() { farewells <- saysFarewell(stdin) }()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case well := <-farewells:
			if well {
				return nil
			}
			return tidy(lock, run, dir, onDeath)
		case <-look.C:
			if _, err := os.Stat(filepath.Join(dir, lockFile)); err != nil {
				return nil
			}
		}
	}
}

func saysFarewell(stdin io.Reader) bool {
	b := make([]byte, 1)
	for {
		n, err := stdin.Read(b)
		if n > 0 && b[0] == farewell {
			return true
		}
		if err != nil {
			return false
		}
	}
}

// tidy does what the dead runner could not.
func tidy(lock *os.File, run, dir string, onDeath func(string) error) error {
	ours, err := inherit(lock, run)
	if err != nil || !ours {
		return err
	}
	path := filepath.Join(dir, journalFile)
	past, err := readJournal(path)
	if errors.Is(err, os.ErrNotExist) || err == nil && past.run != run {
		return nil // it had closed its lease
	}
	if err != nil {
		return fmt.Errorf("tidy up after run %s: %w", run, err)
	}
	process.TerminateTrees(past.owners(), true, process.DefaultGrace)
	events := past.events
	if events == "" {
		events = filepath.Join(dir, eventsFile)
	}
	err = onDeath(events)
	if err = errors.Join(err, os.Remove(path)); err != nil {
		return fmt.Errorf("tidy up after run %s: %w", run, err)
	}
	return nil
}

// inherit takes the dead runner's lock. It is false if another run was faster.
func inherit(lock *os.File, run string) (bool, error) {
	for deadline := time.Now().Add(dying); ; time.Sleep(10 * time.Millisecond) {
		held, err := tryLock(lock)
		if err != nil {
			return false, fmt.Errorf("tidy up after run %s: lock %s: %w", run, lock.Name(), err)
		}
		now := readHolder(lock)
		if held && now.Run == run {
			return true, sign(lock, run, roleWatchdog)
		}
		// Another run may also have taken it and given it back already.
		if held || now.Run != "" && now.Run != run || time.Now().After(deadline) {
			return false, nil
		}
	}
}
