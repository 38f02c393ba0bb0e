// Package lease answers who owns what in a run, and sees to it that it goes away: the run's id and folder, the lock that says that
// the run lives, the journal of what it started, the sweep of what a dead run left, and the watchdog that outlives a kill.
//
// It ends only what a journal names and what still is the same (design, laws 7 and 8). It knows nothing of tests, tools or reports:
// what is to be written after a death is a function that the caller gives.
package lease

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"testrunner/runner/process"
)

// The files of a lease, in its folder. The lock file stays when the run is over: removing it would let two runs hold "the" lock.
const (
	lockFile    = ".lock"
	journalFile = ".journal.jsonl"
	eventsFile  = "events.jsonl"
	logFile     = "runner.log"
)

// takeover is how long a watchdog that still tidies up after a dead run is waited for: its grace and a report.
const takeover = 10 * time.Second

// runIDPattern is what NewRunID makes.
var runIDPattern = regexp.MustCompile(`^\d{8}-\d{6}-[0-9a-f]{4}$`)

// NewRunID makes the id of a run: "20261122-024501-3f9a", in UTC, so that ids sort by time. Where random has nothing to give the
// clock's nanoseconds serve.
func NewRunID(now time.Time, random io.Reader) string {
	b := make([]byte, 2)
	if _, err := io.ReadFull(random, b); err != nil {
		n := now.Nanosecond() / 1000
		b[0], b[1] = byte(n>>8), byte(n)
	}
	return now.UTC().Format("20060102-150405") + "-" + hex.EncodeToString(b)
}

// Lease is this run's hold on its folder. Its methods are safe for use by many goroutines.
type Lease struct {
	dir     string
	run     string
	beside  string
	lock    *os.File
	journal *journal
	swept   []string
}

// Open takes the results folder for a run, and makes it if need be; a new one gets a .gitignore of its own. If another live run holds it, the
// lease is for the folder of the run's id below it. What dead runs left running there is ended first.
func Open(resultsDir, runID string) (*Lease, error) {
	dir, err := filepath.Abs(resultsDir)
	if err != nil {
		return nil, fmt.Errorf("find the results folder %s: %w", resultsDir, err)
	}
	if err := prepare(dir); err != nil {
		return nil, err
	}
	l := &Lease{dir: dir, run: runID}
	var holder holder
	if l.lock, holder, err = waitFor(dir, runID); err != nil {
		return nil, err
	}
	if l.lock == nil {
		l.beside, l.dir = holder.Run, filepath.Join(dir, runID)
		if err := prepare(l.dir); err != nil {
			return nil, err
		}
		if l.lock, holder, err = waitFor(l.dir, runID); err != nil {
			return nil, err
		}
		if l.lock == nil {
			return nil, fmt.Errorf("take the results folder %s: run %s holds it, too; name another one with --results DIR", l.dir, holder.Run)
		}
	}
	l.swept = append(sweep(l.dir), sweepBelow(dir, l.dir)...)
	if l.journal, err = newJournal(filepath.Join(l.dir, journalFile), runID); err != nil {
		l.lock.Close()
		return nil, err
	}
	return l, nil
}

// prepare makes a folder that version control leaves alone. One in which somebody keeps other things gets no .gitignore: it would hide
// those, and discovery asks git.
func prepare(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the results folder: %w; name one that can be written with --results DIR", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("read the results folder: %w; name another one with --results DIR", err)
	}
	if len(entries) > 0 && !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == lockFile }) {
		return nil
	}
	path := filepath.Join(dir, ".gitignore")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil {
		_, err = f.WriteString("*\n")
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return fmt.Errorf("write %s: %w; name a results folder that can be written with --results DIR", path, err)
	}
	return nil
}

// sweep ends what the dead run of a folder left running, and removes its journal. Only who holds the lock may call it.
func sweep(dir string) []string {
	path := filepath.Join(dir, journalFile)
	past, err := readJournal(path)
	if err != nil {
		return nil // there is none: the last run closed its lease
	}
	ended := process.TerminateTrees(past.owners(), false, process.DefaultGrace)
	if err := past.removeFolders(); err != nil {
		ended = append(ended, err.Error())
	}
	_ = os.Remove(path) // the next journal is written over it anyway
	return ended
}

// sweepBelow sweeps the folders of second runs, if they are dead.
func sweepBelow(dir, own string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var ended []string
	for _, e := range entries {
		below := filepath.Join(dir, e.Name())
		if !e.IsDir() || below == own || !runIDPattern.MatchString(e.Name()) {
			continue
		}
		if _, err := os.Stat(filepath.Join(below, journalFile)); err != nil {
			continue
		}
		lock, err := openLock(below)
		if err != nil {
			continue
		}
		if held, err := tryLock(lock); held && err == nil {
			ended = append(ended, sweep(below)...)
		}
		lock.Close()
	}
	return ended
}

// Dir is the folder of this run, absolute: the results folder, or the one of the run's id below it.
func (l *Lease) Dir() string { return l.dir }

// Run is the run's id.
func (l *Lease) Run() string { return l.run }

// Beside is the id of the live run that holds the results folder, "" if this one does.
func (l *Lease) Beside() string { return l.beside }

// Swept is what dead runs had left running and Open ended: "pid name command line".
func (l *Lease) Swept() []string { return l.swept }

// Journal writes down that this run owns something: its kind ("job", "orphan"), the process id and start (process.ID.Born) of the
// one that it hangs on, 0 and "" if none, and what it is. It is written before anything else can happen to it.
func (l *Lease) Journal(kind string, pid int, start, what string) error {
	return l.journal.append(record{Op: opOwn, Kind: kind, ID: process.ID{Pid: pid, Born: start}, What: what})
}

// Forget writes down that the process is gone.
func (l *Lease) Forget(pid int) error {
	return l.journal.append(record{Op: opForget, ID: process.ID{Pid: pid}})
}

// Events writes down where the run's stream is, for the watchdog; without it, that is events.jsonl in Dir.
func (l *Lease) Events(path string) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("find the events file %s: %w", path, err)
	}
	return l.journal.append(record{Op: opEvents, What: abs})
}

// Close gives the folder back and removes the journal. If something of the journal still runs, the journal stays, for the next
// start to sweep, and the error names it.
func (l *Lease) Close() error {
	err := l.journal.close()
	past, readErr := readJournal(filepath.Join(l.dir, journalFile))
	var left []error
	if readErr == nil {
		for _, o := range past.open {
			if o.ID.Pid > 0 && o.ID.Alive() {
				left = append(left, fmt.Errorf("%s %s (pid %d) still runs; the next run will end it", o.Kind, o.What, o.ID.Pid))
			}
		}
	}
	if len(left) == 0 {
		if removeErr := os.Remove(filepath.Join(l.dir, journalFile)); !errors.Is(removeErr, fs.ErrNotExist) {
			err = errors.Join(err, removeErr)
		}
	}
	err = errors.Join(err, errors.Join(left...), l.lock.Close())
	if err != nil {
		return fmt.Errorf("give back the results folder %s: %w", l.dir, err)
	}
	return nil
}
