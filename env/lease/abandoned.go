package lease

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Abandoned is a results folder whose run is dead, and was not tidied up after.
type Abandoned struct {
	Dir    string
	Run    string
	Things []Thing // what its journal names and is still there
	Err    error   // what went wrong when it was concluded
}

// Conclude does for the dead runs of a results folder, and of the folders of second runs below it, what their watchdogs could not: it
// ends their jobs, has onDeath make the reports from the run's events, and removes the journal and the folders that it names. With look
// it changes nothing. What lives is not touched, and a folder that is not there is not made.
func Conclude(results string, look bool, onDeath func(dir, events string) error) []Abandoned {
	dirs := []string{results}
	if entries, err := os.ReadDir(results); err == nil {
		for _, e := range entries {
			if e.IsDir() && runIDPattern.MatchString(e.Name()) {
				dirs = append(dirs, filepath.Join(results, e.Name()))
			}
		}
	}
	var out []Abandoned
	for _, dir := range dirs {
		if a, ok := concludeOne(dir, look, onDeath); ok {
			out = append(out, a)
		}
	}
	return out
}

func concludeOne(dir string, look bool, onDeath func(dir, events string) error) (Abandoned, bool) {
	a := Abandoned{Dir: dir}
	if _, err := os.Stat(filepath.Join(dir, journalFile)); errors.Is(err, fs.ErrNotExist) {
		return a, false
	}
	lock, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return a, false // no run of ours made that journal
	}
	if err != nil {
		a.Err = err
		return a, true
	}
	defer lock.Close()
	held, err := tryLock(lock)
	if err != nil || !held {
		a.Err = err
		return a, err != nil
	}
	past, err := readJournal(filepath.Join(dir, journalFile))
	if err != nil {
		a.Err = err
		return a, !errors.Is(err, fs.ErrNotExist)
	}
	a.Run = past.run
	for _, o := range past.open {
		there := o.ID.Pid > 0 && o.ID.Alive()
		kind, name := Process, o.What
		if Kind(o.Kind) == Folder {
			kind = Folder
			there, _ = findFolder("", past.run, o.What)
		}
		if there {
			a.Things = append(a.Things, Thing{Kind: kind, Name: name, Process: o.ID})
		}
	}
	if !look {
		a.Err = conclude(dir, past.run, false, func(events string) error { return onDeath(dir, events) })
	}
	return a, true
}
