package lease

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"

	"testrunner/runner/process"
)

// The operations of a journal.
const (
	opRun    = "run"    // the first line: whose journal it is
	opOwn    = "own"    // this run owns it from here on
	opForget = "forget" // the process of this id is gone
	opEvents = "events" // where the stream of events is
	opOwned  = "owned"  // what was to be made was made: its id
)

// record is one line of a journal.
type record struct {
	Op   string `json:"op"`
	Kind string `json:"kind,omitempty"`
	process.ID
	What string `json:"what,omitempty"`

	// Of inventories alone.
	Host    string `json:"host,omitempty"`
	Machine string `json:"machine,omitempty"`
	About   string `json:"about,omitempty"`
	Engine  string `json:"engine,omitempty"`
	Key     string `json:"id,omitempty"` // the engine's id of the thing
}

// journal is written line by line and never synced: it has to survive the death of the process, not of the machine, and after a
// restart of the machine nothing that it names runs.
type journal struct {
	mu   sync.Mutex
	file *os.File
	torn bool // the last line may lack its end
}

func newJournal(path, run string) (*journal, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the journal: %w; name a results folder that can be written with --results DIR", err)
	}
	j := &journal{file: f}
	self, _ := process.Identify(os.Getpid())
	if err := j.append(record{Op: opRun, ID: self, What: run}); err != nil {
		f.Close()
		return nil, err
	}
	return j, nil
}

func (j *journal) append(r record) error {
	line, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	line = append(line, '\n')
	if j.torn {
		line = append([]byte{'\n'}, line...)
	}
	n, err := j.file.Write(line)
	j.torn = err != nil && (j.torn || n > 0)
	if err != nil {
		return fmt.Errorf("write the journal: %w; without it, a killed run leaves processes behind", err)
	}
	return nil
}

func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.file.Close(); err != nil {
		return fmt.Errorf("close the journal: %w", err)
	}
	return nil
}

// past is what a journal tells.
type past struct {
	run    string
	events string
	open   []record // owned and not forgotten, in the order of their start
}

// owners are the processes that the open records hang on.
func (p past) owners() []process.ID {
	var ids []process.ID
	for _, o := range p.open {
		if o.ID.Pid > 0 {
			ids = append(ids, o.ID)
		}
	}
	return ids
}

// removeFolders removes the folders of the run, such as the one of its jobs' scratch.
func (p past) removeFolders() error {
	var errs []error
	for _, o := range p.open {
		if Kind(o.Kind) == Folder {
			if err := removeRunFolder("", p.run, o.What); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

func readJournal(path string) (past, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return past{}, fmt.Errorf("read the journal: %w", err)
	}
	return parseJournal(b), nil
}

// parseJournal reads what can be read: a line that was torn by a crash is left out.
func parseJournal(b []byte) past {
	var p past
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r record
		if json.Unmarshal(lines.Bytes(), &r) != nil {
			continue
		}
		switch r.Op {
		case opRun:
			p.run = r.What
		case opEvents:
			p.events = r.What
		case opOwn:
			p.open = append(p.open, r)
		case opForget:
			kept := p.open[:0]
			for _, o := range p.open {
				if o.ID.Pid != r.ID.Pid {
					kept = append(kept, o)
				}
			}
			p.open = kept
		}
	}
	return p
}
