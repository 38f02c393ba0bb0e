package keeper

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"testrunner/runner/process"
)

// lookAgain is how often a client looks at the state file while it waits.
const lookAgain = 20 * time.Millisecond

// Launch starts a keeper: self (runner's own program) with Arg and the folder, in a session of its own, with the request on its stdin.
// It returns at once, with the keeper's identity.
func Launch(self string, environ []string, f Folder, r Request) (process.ID, error) {
	if err := f.Make(); err != nil {
		return process.ID{}, err
	}
	text, err := json.Marshal(r)
	if err != nil {
		return process.ID{}, fmt.Errorf("tell the keeper what to keep: %w", err)
	}
	theirs, ours, err := os.Pipe()
	if err != nil {
		return process.ID{}, fmt.Errorf("start the keeper: %w", err)
	}
	pid, err := process.Detach([]string{self, Arg, string(f)}, environ, theirs, f.KeeperLog())
	err = errors.Join(err, theirs.Close())
	if err != nil {
		return process.ID{}, fmt.Errorf("start the keeper: %w", errors.Join(err, ours.Close()))
	}
	id, _ := process.Identify(pid) // gone already: who waits for it will see
	_, err = ours.Write(text)
	if err = errors.Join(err, ours.Close()); err != nil {
		return id, fmt.Errorf("tell the keeper what to keep: %w; it says why in %s", err, f.KeeperLog())
	}
	return id, nil
}

// Watch tells of each state of a set until it is up or over, and returns the last one. An error says that the keeper died, or that
// the context ended.
func (f Folder) Watch(ctx context.Context, set string, id process.ID, tell func(State)) (State, error) {
	for {
		alive := id.Alive() // before the look: what it wrote last is seen
		s, err := f.Read()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return s, err
		}
		if err == nil && s.Set == set {
			tell(s)
			if s.Phase == Up || s.Phase.Over() {
				return s, nil
			}
		}
		if !alive {
			return s, fmt.Errorf("the keeper (process %d) died; it says why in %s", id.Pid, f.KeeperLog())
		}
		select {
		case <-ctx.Done():
			return s, ctx.Err()
		case <-time.After(lookAgain):
		}
	}
}

// Down has the keeper of this state take its services down, and returns when it is gone. A keeper that does not do it in time is
// ended with all that descends from it; what that leaves is for the sweep of who takes the folder next.
func (f Folder) Down(ctx context.Context, s State, patience time.Duration) (State, error) {
	if patience <= 0 {
		patience = closing + 5*time.Second
	}
	var fault error
	if s.Keeper.Alive() {
		asking, cancel := context.WithTimeout(ctx, 3*time.Second)
		fault = s.askDown(asking)
		cancel()
	}
	if errors.Is(fault, ErrSilent) && s.Keeper.Alive() {
		patience = 0 // it hears nobody: it is frozen, or something else holds its port
	}
	deadline := time.Now().Add(patience)
	for s.Keeper.Alive() {
		if time.Now().After(deadline) {
			process.TerminateTrees([]process.ID{s.Keeper}, false, process.DefaultGrace)
			break
		}
		select {
		case <-ctx.Done():
			return s, ctx.Err()
		case <-time.After(lookAgain):
		}
	}
	if s.Keeper.Alive() {
		return s, fmt.Errorf("end the keeper (process %d): it can't be killed", s.Keeper.Pid)
	}
	last, err := f.Read()
	if err != nil || last.Set != s.Set {
		return s, err
	}
	return last, nil
}
