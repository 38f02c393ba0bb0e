package lease

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"sync"
	"time"

	"testrunner/runner/process"
)

// Engines removes what dead runs made in container engines. Its methods are safe for use by many goroutines.
type Engines interface {
	// Find returns what the run made in the engine at the address and is still there: what its labels say is of that run and of this
	// machine, whether the things name it or not. An error says that the engine could not be asked.
	Find(ctx context.Context, address, run string, things []Thing) ([]Thing, error)

	// Remove removes what Find has found. Find tells afterwards what is still there; the error only says why.
	Remove(ctx context.Context, address string, found []Thing) error
}

// settle is how long a thing is looked for that was about to be made when its run died: the engine may still be at it.
const settle = time.Second

// answering is how long an engine may take for one answer.
const answering = 5 * time.Second

// Sweeping says what to sweep.
type Sweeping struct {
	State   string
	Engines Engines // nil: what is in engines stays, and is named
	Run     string  // only this run's; "" is all
	Fresh   bool    // the run died just now, so that also the groups that its processes led are its own
	Look    bool    // change nothing
}

// Sweep removes what the dead runs of this machine left: their processes with all that descends from these, what they made in engines,
// and then their folders. It returns what every inventory names, also those that it did not touch: of owners that live, and of other
// machines. Then it looks again: what is still there is in Left, and that inventory stays.
func Sweep(ctx context.Context, s Sweeping) ([]Remains, error) {
	paths, err := inventories(s.State)
	if err != nil {
		return nil, fmt.Errorf("find what dead runs left: %w", err)
	}
	var out []Remains
	silent := map[string]error{} // engines that did not answer are not asked again
	for _, path := range paths {
		if s.Run != "" && path != inventoryPath(s.State, s.Run) {
			continue
		}
		r, lock, err := examine(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if lock == nil {
			out = append(out, r)
			continue
		}
		s.clear(ctx, &r, silent)
		if len(r.Left) > 0 || s.Look {
			lock.Close()
		} else if err := discard(lock, path); err != nil {
			r.Left = append(r.Left, Leftover{Thing: Thing{Kind: Folder, Name: path}, Err: err})
		}
		out = append(out, r)
	}
	return out, nil
}

// clear removes what one inventory names: processes and engines side by side, folders when nobody writes there any more.
func (s Sweeping) clear(ctx context.Context, r *Remains, silent map[string]error) {
	var processes, engines Remains
	var wait sync.WaitGroup
	wait.Go(func() { s.processes(r.Things, &processes) })
	wait.Go(func() {
		for _, address := range addresses(r.Things) {
			s.engine(ctx, address, *r, &engines, silent)
		}
	})
	wait.Wait()
	r.Gone = append(processes.Gone, engines.Gone...)
	r.Left = append(processes.Left, engines.Left...)
	for _, t := range pick(r.Things, func(t Thing) bool { return t.Kind == Folder }) {
		there, err := findFolder(s.State, r.Run, t.Name)
		if err == nil && there && !s.Look {
			err = removeFolder(s.State, r.Run, t.Name)
		}
		switch {
		case err != nil:
			r.leave(t, err)
		case there:
			r.Gone = append(r.Gone, t)
		}
	}
}

func (r *Remains) leave(t Thing, err error) {
	r.Left = append(r.Left, Leftover{Thing: t, Err: err, Command: t.ByHand(runtime.GOOS)})
}

// processes ends those that still are the same.
func (s Sweeping) processes(things []Thing, r *Remains) {
	all := pick(things, func(t Thing) bool { return t.Kind == Process && t.Process.Pid > 0 })
	var ids []process.ID
	for _, t := range all {
		ids = append(ids, t.Process)
		if t.Process.Alive() {
			r.Gone = append(r.Gone, t)
		}
	}
	if s.Look || len(ids) == 0 {
		return
	}
	process.TerminateTrees(ids, s.Fresh, process.DefaultGrace)
	for _, t := range all {
		if t.Process.Alive() {
			r.Gone = slices.DeleteFunc(r.Gone, func(g Thing) bool { return g == t })
			r.leave(t, errors.New("it does not even leave after KILL; it hangs in the kernel, or belongs to another user"))
		}
	}
}

func addresses(things []Thing) []string {
	var out []string
	for _, t := range things {
		if t.Kind.inEngine() && !slices.Contains(out, t.Engine) {
			out = append(out, t.Engine)
		}
	}
	return out
}

// engine removes what is in one engine.
func (s Sweeping) engine(ctx context.Context, address string, r Remains, out *Remains, silent map[string]error) {
	things := pick(r.Things, func(t Thing) bool { return t.Kind.inEngine() && t.Engine == address })
	err := silent[address]
	if s.Engines == nil {
		err = errors.New("nobody asks engines here")
	}
	var found []Thing
	if err == nil {
		found, err = s.find(ctx, address, r.Run, things)
	}
	if err != nil {
		silent[address] = err
		for _, t := range things {
			out.leave(t, err)
		}
		return
	}
	if s.Look {
		out.Gone = append(out.Gone, found...)
		return
	}
	var left []Thing
	if len(found) > 0 {
		why := s.Engines.Remove(ctx, address, found)
		if left, err = s.ask(ctx, address, r.Run, things); err != nil {
			left, why = found, errors.Join(why, err)
		}
		for _, t := range left {
			out.leave(t, why)
		}
	}
	for _, t := range found {
		if !slices.ContainsFunc(left, t.is) {
			out.Gone = append(out.Gone, t)
		}
	}
}

// is tells whether both are the same thing in one engine.
func (t Thing) is(other Thing) bool { return t.Kind == other.Kind && t.ID == other.ID }

// find asks until all that may have been made shows, or time enough has passed for it.
func (s Sweeping) find(ctx context.Context, address, run string, things []Thing) ([]Thing, error) {
	var until time.Time
	for {
		found, err := s.ask(ctx, address, run, things)
		if err != nil || s.Look {
			return found, err
		}
		pending := slices.ContainsFunc(things, func(t Thing) bool {
			return t.ID == "" && !slices.ContainsFunc(found, func(f Thing) bool { return f.Kind == t.Kind && f.Name == t.Name })
		})
		if until.IsZero() {
			until = time.Now().Add(settle)
		}
		if !pending || time.Now().After(until) {
			return found, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (s Sweeping) ask(ctx context.Context, address, run string, things []Thing) ([]Thing, error) {
	ctx, cancel := context.WithTimeout(ctx, answering)
	defer cancel()
	return s.Engines.Find(ctx, address, run, things)
}
