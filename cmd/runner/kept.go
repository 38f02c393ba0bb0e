package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"testrunner/env"
	"testrunner/env/keeper"
	"testrunner/report/event"
)

// keptSet is what is kept up in a tree, as far as a run has to do with it.
type keptSet struct {
	folder keeper.Folder
	state  keeper.State // of the set that is used; no Set: none is
	absent bool         // it was looked for, and none is up
}

// lookAtKept looks for services that are up in this tree: those that the run is asked to use, and those that a plain one leaves alone, which
// is said. Where nothing is needed, nobody looks.
func (s *surroundings) lookAtKept(ctx context.Context, p place, w World) error {
	if !slices.ContainsFunc(s.needs.Suites, func(n env.SuiteNeeds) bool { return len(n.Needs) > 0 }) {
		return nil
	}
	folder, err := servicesFolder(p, w)
	if err != nil {
		return err
	}
	s.kept.folder = folder
	state, err := folder.Read()
	up := err == nil && !state.Phase.Over() && state.Phase != keeper.Ending && state.Keeper.Alive()
	switch asked := s.asked; {
	case asked.Keep && !up && (err == nil || errors.Is(err, fs.ErrNotExist)):
		s.notes = append(s.notes, "--keep: the services stay up after the run; they end with: runner services down")
	case asked.Attach || asked.Keep:
		s.use(ctx, p, state, up, err)
	case up:
		s.notes = append(s.notes, fmt.Sprintf("services are up in this tree (%s) and are left alone; to test with them: --attach", strings.Join(state.Names(), ", ")))
	}
	return nil
}

// use takes the set that is up for the run's: what of it answers is asked now.
func (s *surroundings) use(ctx context.Context, p place, state keeper.State, up bool, fault error) {
	s.asked.Kept = &env.Kept{From: "--attach"}
	if s.asked.Keep {
		s.asked.Kept.From = "--keep"
	}
	f := event.Finding{ID: event.Kept, Status: event.Fail, Detail: "no services are up in " + p.root, Remedy: "runner services up"}
	if fault != nil && !errors.Is(fault, fs.ErrNotExist) {
		f.Detail, f.Remedy = fault.Error(), "runner services down"
	}
	if !up {
		s.kept.absent = fault == nil || errors.Is(fault, fs.ErrNotExist)
		s.findings = append(s.findings, f)
		return
	}
	asked, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	now, err := state.Ask(asked, state.Phase == keeper.Up)
	if err != nil {
		f.Detail, f.Remedy = err.Error(), "runner services down"
		s.findings = append(s.findings, f)
		return
	}
	s.kept.state, s.asked.Kept.Mode = state, state.Mode
	f.Status, f.Detail, f.Remedy = event.OK, fmt.Sprintf("services are up in %s, in mode %s", p.root, state.Mode), ""
	s.findings = append(s.findings, f)
	for _, each := range now.Services {
		s.asked.Kept.Services = append(s.asked.Kept.Services, event.Served{Service: each.Name, By: each.Provider, Fidelity: each.Fidelity})
		s.findings = append(s.findings, keptFinding(each, now.Phase))
	}
}

func keptFinding(s keeper.Service, phase keeper.Phase) event.Finding {
	f := event.Finding{ID: event.Kept + "." + s.Name, Status: event.OK, Value: s.State, Detail: "ready"}
	switch {
	case s.State == keeper.Ready || s.State == keeper.Completed:
		if s.Address != "" {
			f.Detail += " at " + s.Address
		}
	case phase == keeper.Starting && s.State != keeper.ServiceFailed:
		f.Status, f.Detail = event.Warn, "it is not ready yet, and will be waited for"
	default:
		f.Status, f.Detail = event.Fail, s.Name+" is up and not ready"
		if s.Error != "" {
			f.Detail += ": " + event.FirstLine(s.Error)
		}
		f.Remedy = "runner services restart " + s.Name
	}
	return f
}
