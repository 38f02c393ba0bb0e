package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"testrunner/env/keeper"
	"testrunner/env/lease"
	"testrunner/env/service"
	"testrunner/report/event"
	"testrunner/runner/process"
)

// specs are the services of a plan as they are to be started, in the order of what serves them.
func (p servicesPlan) specs() ([]service.Spec, error) {
	names := make([]string, len(p.served))
	for i, s := range p.served {
		names[i] = s.Service
	}
	containers := slices.ContainsFunc(p.served, func(s event.Served) bool { return s.By == event.ByDocker })
	specs, err := p.graph.Specs(p.around.needs.Services, names, containers)
	if err != nil {
		return nil, notReady{text: err.Error()}
	}
	return specs, nil
}

// ownSet is a set of services of this process, with all that has to go away when it ends.
type ownSet struct {
	keeper.Set
	inventory *lease.Inventory
	scratch   string
	calls     *os.File // of the engine
}

// startSet starts the services of a request in this process. What it makes stands in an inventory first, so that a kill leaves nothing
// that nobody knows of. What an engine is asked stands in the folder's log.
func startSet(request keeper.Request, folder keeper.Folder, w World) keeper.Starter {
	return func(ctx context.Context, changed func()) (keeper.Set, error) {
		state, err := stateDir(w)
		if err != nil {
			return nil, err
		}
		inventory, err := lease.OpenInventory(state, request.Set, "services of "+request.Root)
		if err != nil {
			return nil, err
		}
		own := &ownSet{inventory: inventory, scratch: filepath.Join(os.TempDir(), lease.ScratchName(request.Set))}
		if err := inventory.Own(own.folder()); err != nil {
			return nil, errors.Join(err, own.release())
		}
		if own.calls, err = os.OpenFile(folder.KeeperLog(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644); err != nil {
			return nil, errors.Join(err, own.release())
		}
		var by []event.Provider
		for _, s := range request.Services {
			by = append(by, s.Served.By)
		}
		environ := append(slices.Clone(w.Environ), request.Extra...)
		mask := maskOf(environ, request.Secrets, slices.Collect(maps.Values(request.Addresses)))
		providers, err := providersFor(providing{
			run: request.Set, root: request.Root, results: filepath.Join(request.Root, resultsFolder), project: request.Project, state: state, scratch: own.scratch, logs: filepath.Join(own.scratch, "output"),
			environ: environ, real: request.Real, inventory: inventory, addresses: request.Addresses, calls: callsInto(own.calls, mask),
		}, by)
		if err != nil {
			return nil, errors.Join(err, own.release())
		}
		own.Set = keeper.Begin(ctx, request, folder, keeper.Surroundings{
			Providers: providers, Run: hereCommand(request.Root, environ), Mask: mask, Changed: changed,
		})
		return own, nil
	}
}

// folder is the folder for what is made on this machine.
func (s *ownSet) folder() lease.Thing { return lease.Thing{Kind: lease.Folder, Name: s.scratch} }

// release removes the folder, and gives the inventory back. What it still names is left for a sweep.
func (s *ownSet) release() error {
	err := os.RemoveAll(s.scratch)
	if err == nil {
		err = s.inventory.Forget(s.folder().Kind, s.folder().Name)
	}
	if s.calls != nil {
		err = errors.Join(err, s.calls.Close())
	}
	things, closeErr := s.inventory.Close()
	for _, t := range things {
		err = errors.Join(err, fmt.Errorf("%s is still there; runner clean removes it", t))
	}
	return errors.Join(err, closeErr)
}

// Close ends the services and removes what was made for them; then it looks what is left.
func (s *ownSet) Close(ctx context.Context) []string {
	why := s.Set.Close(ctx)
	process.SweepOrphans() // what a command left running
	if err := s.release(); err != nil {
		why = append(why, strings.Split(err.Error(), "\n")...)
	}
	return why
}
