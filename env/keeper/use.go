package keeper

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"time"

	"testrunner/env/service"
	"testrunner/report/event"
	"testrunner/runner/process"
)

// watchEvery is how often a run looks whether the services that it uses are still the same.
const watchEvery = 100 * time.Millisecond

// Use is a kept set as a run uses it: its services are waited for and watched, and neither started nor stopped. Its methods are safe for
// use by many goroutines.
type Use struct {
	folder Folder
	set    string
	keeper process.ID
	fresh  func(context.Context, State) error

	mu      sync.Mutex
	asked   chan struct{} // closed when fresh has come back; nil before it was called
	refused error
}

// NewUse is for the set of that id in the folder, whose keeper lives. fresh is called once, when all of the set is up and before anybody
// gets a service of it; its error is each service's. nil: a service is handed out the moment it is ready.
func NewUse(f Folder, set string, keeper process.ID, fresh func(context.Context, State) error) *Use {
	return &Use{folder: f, set: set, keeper: keeper, fresh: fresh}
}

// Provider hands out the services of the set that the keeper serves by that provider.
func (u *Use) Provider(by event.Provider) service.Provider { return using{u, by} }

// Services are the names of those of the set that are up now, sorted; none where the set is gone.
func (u *Use) Services() []string {
	s, err := u.look()
	if err != nil {
		return nil
	}
	var names []string
	for _, each := range s.Services {
		if each.State != ServiceFailed {
			names = append(names, each.Name)
		}
	}
	return names
}

// errNothingYet says that the keeper has not told anything of the set.
var errNothingYet = errors.New("the keeper has told nothing yet")

// look reads the set's state. The error is errNothingYet, or says that the set is over.
func (u *Use) look() (State, error) {
	alive := u.keeper.Alive() // before the look: what it wrote last is seen
	s, err := u.folder.Read()
	ours := err == nil && s.Set == u.set
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return s, err
	case ours && s.Phase == Failed:
		return s, errors.New("the services were taken down: " + s.Failure)
	case ours && (s.Phase == Down || s.Phase == Ending):
		return s, errors.New("the services were taken down while the run used them")
	case !ours && err == nil && s.Keeper.Alive():
		return s, errors.New("other services are up in this tree now")
	case !alive:
		return s, fmt.Errorf("the keeper of the services (process %d) died; it says why in %s", u.keeper.Pid, u.folder.KeeperLog())
	case !ours:
		return s, errNothingYet
	}
	return s, nil
}

// await looks until check holds of the set, or it is over.
func (u *Use) await(ctx context.Context, check func(State) (bool, error)) error {
	for {
		s, err := u.look()
		if err != nil && !errors.Is(err, errNothingYet) {
			if s.Set == u.set && s.Phase == Failed { // the service's own reason says more
				if _, own := check(s); own != nil {
					return own
				}
			}
			return err
		}
		if err == nil {
			if done, err := check(s); done || err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(lookAgain):
		}
	}
}

// begin has fresh called, once, and waits for it.
func (u *Use) begin(ctx context.Context) error {
	if u.fresh == nil {
		return nil
	}
	u.mu.Lock()
	first := u.asked == nil
	if first {
		u.asked = make(chan struct{})
	}
	u.mu.Unlock()
	if !first {
		select {
		case <-u.asked:
			return u.refused
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	var up State
	u.refused = u.await(ctx, func(s State) (bool, error) {
		up = s
		return s.Phase == Up, nil
	})
	if u.refused == nil {
		u.refused = u.fresh(ctx, up)
	}
	close(u.asked)
	return u.refused
}

// using is a provider of a set's services.
type using struct {
	*Use
	by event.Provider
}

var _ service.Provider = using{}

func (u using) Name() event.Provider { return u.by }

// Prepare waits until the keeper has the service ready: what it does meanwhile, such as a pull, is told.
func (u using) Prepare(ctx context.Context, s service.Spec, tell service.Tell) error {
	if err := u.begin(ctx); err != nil {
		return err
	}
	told := map[string]bool{}
	return u.await(ctx, func(state State) (bool, error) {
		now, known := state.Service(s.Name)
		for _, line := range append(now.Notices, preparing(now)) {
			if line != "" && !told[line] {
				told[line] = true
				tell(line)
			}
		}
		switch {
		case !known && len(state.Services) == 0:
			return false, nil
		case !known:
			return false, fmt.Errorf("it is not among the services that are up: %s", strings.Join(state.Names(), ", "))
		case now.State == Ready || now.State == Completed:
			return true, nil
		case now.State != ServiceFailed:
			return false, nil
		case failedBefore(state, s):
			return true, nil // who waits for that one hears of it, with the way there
		}
		return false, &service.Failure{Service: s.Name, Chain: []string{s.Name}, Cause: errors.New(now.cause()), Log: now.Tail}
	})
}

// cause is why it failed, without its own name in front.
func (s Service) cause() string { return strings.TrimPrefix(s.Error, s.Name+": ") }

func preparing(s Service) string {
	if s.State == string(service.StatePreparing) {
		return s.Note
	}
	return ""
}

// failedBefore says whether what the service waits for has failed.
func failedBefore(state State, s service.Spec) bool {
	for _, e := range s.Edges {
		if to, known := state.Service(e.To); known && to.State == ServiceFailed && !e.Optional {
			return true
		}
	}
	return false
}

// Start hands out the service as it is now. One that the keeper is starting again is waited for.
func (u using) Start(ctx context.Context, s service.Spec, _ map[string]service.Instance, _ service.Tell) (service.Instance, error) {
	var now Service
	err := u.await(ctx, func(state State) (bool, error) {
		now, _ = state.Service(s.Name)
		if now.State == ServiceFailed {
			return false, errors.New(now.cause())
		}
		return now.State == Ready || now.State == Completed, nil
	})
	if err != nil {
		return nil, err
	}
	in := &used{use: u.Use, was: now, done: make(chan struct{}), stopped: make(chan struct{})}
	if now.State == Completed {
		close(in.done)
		return in, nil
	}
	go in.watch()
	return in, nil
}

// Close leaves all as it is.
func (u using) Close(context.Context) error { return nil }
