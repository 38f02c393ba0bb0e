package runner

import (
	"fmt"
	"runtime/debug"
	"sync"

	"testrunner/report/event"
	"testrunner/runner/process"
)

// Fault is a panic in runner's own code: in an adapter, a report or the scheduler. The run ends as BUG, not as a crash:
// what ran is still reported, and no process is left behind.
type Fault struct {
	Where string // what was being done
	What  string // the panic's value
	Stack string
}

// Error says where and what, in one line.
func (f *Fault) Error() string {
	return fmt.Sprintf("this is a bug in runner: %s: %s", f.Where, event.FirstLine(f.What))
}

// faults gathers the panics of a run. Its methods are safe for use by many goroutines.
type faults struct {
	mu    sync.Mutex
	first *Fault
	told  chan struct{} // has a token once there is one
}

func newFaults() *faults { return &faults{told: make(chan struct{}, 1)} }

// catch is deferred around code that must not take the run down with it.
func (f *faults) catch(where string) {
	if value := recover(); value != nil {
		f.add(where, value)
	}
}

// add keeps a panic's value, which must be that of a recover. The first one counts: others may follow from it.
func (f *faults) add(where string, value any) *Fault {
	fault := &Fault{Where: where, What: fmt.Sprint(value), Stack: string(debug.Stack())}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.first == nil {
		f.first = fault
		f.told <- struct{}{}
	}
	return fault
}

func (f *faults) get() *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.first
}

// guard puts a catch around everything that is called from several goroutines and is not ours to trust.
func (f *faults) guard(o Options) Options {
	emit, record, forget := o.Emit, o.Record, o.Forget
	o.Emit = func(b event.Body) {
		defer f.catch("telling an event")
		emit(b)
	}
	o.Record = func(kind string, id process.ID, what string) {
		if record == nil {
			return
		}
		defer f.catch("writing the journal")
		record(kind, id, what)
	}
	o.Forget = func(id process.ID) {
		if forget == nil {
			return
		}
		defer f.catch("writing the journal")
		forget(id)
	}
	return o
}
