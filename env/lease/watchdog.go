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

// stay is the byte that says: the run is over, and an engine that did not answer still has something of it.
const stay = 's'

// How long the watchdog waits, and is waited for.
const (
	lookEvery = 2 * time.Second // whether the folder still is there
	dying     = 5 * time.Second // a dead runner's lock is freed a little after its pipe
	leaving   = 2 * time.Second // for a watchdog that was told to leave
	askAgain  = time.Second     // an engine that does not answer
)

// DefaultPatience is how long a watchdog waits for an engine that does not answer. What is there later goes with the next sweep.
const DefaultPatience = 10 * time.Minute

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

// Stay tells the watchdog that the run is over, and that it shall wait for the engine which still has something of it. It may go on for
// longer than this process. An error says that it was dead before.
func (g *Guardian) Stay() error {
	_, err := g.pipe.Write([]byte{stay})
	if err = errors.Join(err, g.pipe.Close()); err != nil {
		return fmt.Errorf("have the watchdog stay: %w", err)
	}
	return nil
}

// Watching is what a watchdog watches over, and what it does when the runner is dead.
type Watching struct {
	Dir      string                    // the results folder
	OnDeath  func(events string) error // makes the reports, from the run's events; nil: there are none
	State    string                    // the state folder, where the run's inventory may lie; "" is none
	Engines  Engines                   // nil: what is in engines stays for the next sweep
	Patience time.Duration             // how long an engine that does not answer is waited for; 0 is DefaultPatience
}

// Watch is the watchdog's whole life. It reads stdin until the runner says farewell, and leaves; where it is to stay, it removes what the
// run's inventory names as soon as the engine answers. If stdin ends without a word, the
// runner has died: Watch ends what the journal names (TERM, and KILL after process.DefaultGrace), calls OnDeath, and removes the
// journal; beside that it removes what the run's inventory names, and waits for an engine that does not answer. If another run took the
// folder over, that one has swept, and Watch touches nothing there. It leaves as well when the folder vanishes, unless there is an
// inventory to watch over.
func Watch(stdin io.Reader, w Watching) error {
	// What stops the runner's group or service must not stop the one that tidies up after it.
	signal.Ignore(syscall.SIGINT, syscall.SIGHUP, syscall.SIGTERM)
	defer signal.Reset(syscall.SIGINT, syscall.SIGHUP, syscall.SIGTERM)
	lock, err := os.OpenFile(filepath.Join(w.Dir, lockFile), os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil // it has vanished already, and must not come back
	}
	if err != nil {
		return fmt.Errorf("watch the results folder: %w", err)
	}
	defer lock.Close()
	run := readHolder(lock).Run
	words := make(chan byte, 1)
	go func() { words <- lastWord(stdin) }()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case word := <-words:
			switch word {
			case farewell:
				return nil
			case stay:
				lock.Close() // the folder is no longer the run's
				return w.sweep(run)
			}
			return w.tidy(lock, run)
		case <-look.C:
			if _, err := os.Stat(filepath.Join(w.Dir, lockFile)); err != nil && !w.inventoried(run) {
				return nil
			}
		}
	}
}

// lastWord is what the runner said before its end, 0 if it died without a word.
func lastWord(stdin io.Reader) byte {
	b := make([]byte, 1)
	for {
		n, err := stdin.Read(b)
		if n > 0 && (b[0] == farewell || b[0] == stay) {
			return b[0]
		}
		if err != nil {
			return 0
		}
	}
}

// tidy does what the dead runner could not: its services go while its jobs end and the reports are made.
func (w Watching) tidy(lock *os.File, run string) error {
	swept := make(chan error, 1)
	go func() { swept <- w.sweep(run) }()
	err := w.conclude(lock, run)
	lock.Close() // the folder is free: an engine that does not answer must not keep the next run from it
	return errors.Join(err, <-swept)
}

// conclude ends the jobs and has the reports made.
func (w Watching) conclude(lock *os.File, run string) error {
	ours, err := inherit(lock, run)
	if err != nil || !ours {
		return err
	}
	return conclude(w.Dir, run, true, w.OnDeath)
}

// conclude ends what the journal of a dead run names, has its reports made, and removes the journal. Only who holds the folder's lock may
// call it.
func conclude(dir, run string, fresh bool, onDeath func(string) error) error {
	path := filepath.Join(dir, journalFile)
	past, err := readJournal(path)
	if errors.Is(err, os.ErrNotExist) || err == nil && past.run != run {
		return nil // it had closed its lease
	}
	if err != nil {
		return fmt.Errorf("tidy up after run %s: %w", run, err)
	}
	process.TerminateTrees(past.owners(), fresh, process.DefaultGrace)
	if onDeath != nil {
		events := past.events
		if events == "" {
			events = filepath.Join(dir, eventsFile)
		}
		err = onDeath(events)
	}
	err = errors.Join(err, past.removeFolders())
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
