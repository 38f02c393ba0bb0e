package main

import (
	"context"
	"path/filepath"

	"testrunner/env/docker"
	"testrunner/env/service"
	"testrunner/env/staging"
	"testrunner/report/event"
)

// useProject has the run use the compose project that somebody else brought up. The run starts and stops none of its services, and their
// data is not its own: no job gets a database of its own, and nothing is emptied; jobs that need the same service run one at a time.
func (s *runServices) useProject(ctx context.Context, r prepared, plan service.Plan, id string, out *reports, w World) error {
	if err := s.claim(r.kept.folder, id); err != nil {
		return err
	}
	s.keepData = true
	place := docker.Here(out.environ, s.calls.add)
	host, err := docker.ChooseHost(place)
	if err != nil {
		return err
	}
	attached, err := attachTo(r.graph, r.catalog, r.asked, place, host)
	if err != nil {
		return err
	}
	providers := map[event.Provider]service.Provider{
		event.ByDocker: attached, event.ByAddress: staging.New(event.ByAddress, addressesOf(r.asked, s.mode)),
	}
	for i := range plan.Services {
		one := &plan.Services[i]
		one.Divide, one.Edges = false, nil // who waited for whom is over
		if one.By == event.ByDocker && one.Container != nil {
			// The engine asks its healthcheck; nothing is run in it.
			bare := *one.Container
			bare.Healthcheck = &service.Healthcheck{Disabled: true}
			one.Container = &bare
		}
	}
	if s.recorder, err = recordServices(ctx, filepath.Dir(out.paths.log), r.masks()); err != nil {
		return err
	}
	s.set = service.Begin(ctx, plan, providers, service.Settings{
		Mode: s.mode, Run: hereCommand(r.place.root, out.environ), Observe: s.observe,
		Warn: func(text string) { s.emit(event.Noted{Level: "warn", Text: text}) },
	})
	return nil
}
