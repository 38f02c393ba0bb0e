package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"testrunner/categories"
	"testrunner/env"
	"testrunner/env/docker"
	"testrunner/env/service"
	"testrunner/report/event"
)

// lookAtProject takes the compose project of the tree for the run's services, where somebody else brought it up and runner keeps no set.
// A mode that is asked for by name and is not docker has nothing to do with it.
func (s *surroundings) lookAtProject(ctx context.Context, catalog *categories.Catalog, w World) {
	mode := s.asked.Mode()
	if !s.asked.Attach || !s.kept.absent || len(s.graph.Services) == 0 || mode != env.Auto && mode != event.Docker {
		return
	}
	direct := s.needs.Named(nil)
	direct = slices.DeleteFunc(direct, s.asked.Elsewhere)
	if len(direct) == 0 {
		return
	}
	names := slices.DeleteFunc(s.needs.Closure(direct, func(of env.Service) bool { return s.asked.Elsewhere(of.Name) }), s.asked.Elsewhere)
	at := slices.IndexFunc(s.findings, func(f event.Finding) bool { return f.ID == event.Kept })
	standings, host, err := s.standings(ctx, catalog, names, w)
	if err != nil {
		s.findings[at] = missed(s.findings[at], err)
		return
	}
	s.findings[at].Status, s.findings[at].Remedy = event.OK, ""
	s.findings[at].Detail = fmt.Sprintf("the compose project %s is up in %s (%s)", s.graph.Project, s.graph.Folder, host)
	s.asked.Kept.Mode, s.asked.Kept.Project = event.Docker, s.graph.Project
	for _, one := range standings {
		talked := slices.Contains(direct, one.Service)
		if talked || s.stoodOn(one.Service, names) || one.Stand == docker.StandsReady {
			s.takeStanding(one, talked)
		}
	}
	s.leaveAsIs(names)
}

// stoodOn says whether one of the services can't do without that one.
func (s *surroundings) stoodOn(on string, names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		d, _ := s.graph.Service(name)
		return slices.ContainsFunc(d.Edges, func(e service.Edge) bool { return e.To == on && !e.Optional })
	})
}

// missed adds to the finding that runner keeps nothing why nothing of the compose project can be used.
func missed(f event.Finding, err error) event.Finding {
	var known *docker.ServiceError
	if !errors.As(err, &known) {
		f.Detail += ", and " + event.FirstLine(err.Error())
		return f
	}
	f.Detail += ", and " + known.Fault.Detail
	if remedy := known.Remedy(); remedy != "" {
		f.Remedy = remedy
	}
	return f
}

// standings asks the engine. The error is why nothing of the project can be used, in words that follow others.
func (s *surroundings) standings(ctx context.Context, catalog *categories.Catalog, names []string, w World) (all []docker.Standing, host docker.Host, err error) {
	var log calls
	defer func() { s.calls = append(s.calls, log.lines()...) }()
	ctx, cancel := context.WithTimeout(ctx, 3*asking)
	defer cancel()
	place := docker.Here(w.Environ, log.add)
	state := docker.Look(ctx, place, docker.Clocks{Answer: catalog.Preflight.Answer, Info: catalog.Preflight.Info})
	if !state.Works() {
		return nil, state.Host, fmt.Errorf("whether its compose project is can't be seen: Docker: %s", state.Detail)
	}
	specs, err := s.graph.Specs(s.needs.Services, names, false)
	if err != nil {
		return nil, state.Host, err
	}
	attached, err := attachTo(s.graph, catalog, s.asked, place, state.Host)
	if err != nil {
		return nil, state.Host, err
	}
	all, err = attached.Look(ctx, specs)
	return all, state.Host, errors.Join(err, attached.Close(ctx))
}

// takeStanding notes how a service stands. One that is not there at all is missed where tests talk to it; what stands behind others is
// the project's own.
func (s *surroundings) takeStanding(one docker.Standing, direct bool) {
	f := event.Finding{ID: event.Kept + "." + one.Service, Status: event.OK, Value: string(one.Stand), Detail: one.Detail, Remedy: one.Remedy}
	switch {
	case one.Container == "" && !direct:
		return
	case !s.needs.Service(one.Service).Compose:
		f.Detail = fmt.Sprintf("no compose file describes it, and --attach starts nothing: --service %s=URL says where it is", one.Service)
		f.Status, f.Remedy = event.Fail, ""
	case one.Stand == docker.StandsStarting:
		f.Status = event.Warn
	case one.Stand == docker.StandsNot || one.Stand == docker.StandsIll:
		f.Status = event.Fail
	case one.Apart && direct:
		f.Status = event.Warn
	case one.Apart:
		f.Remedy = ""
	case one.Address.Port != 0:
		f.Detail += " at " + openAddress(one.Address)
	}
	if one.Note != "" {
		f.Detail += "; " + one.Note
		s.notes = append(s.notes, one.Service+": "+one.Note)
	}
	s.findings = append(s.findings, f)
	if one.Container == "" {
		return
	}
	k := s.asked.Kept
	k.Services = append(k.Services, event.Served{Service: one.Service, By: event.ByDocker, Fidelity: event.Real})
	if one.Apart {
		k.Apart = append(k.Apart, one.Service)
	}
	if one.Address.URL != "" {
		k.URLs = append(k.URLs, one.Address.URL)
	}
}

// leaveAsIs takes away what runner would do to services of its own, and says so.
func (s *surroundings) leaveAsIs(names []string) {
	s.needs.Services = slices.Clone(s.needs.Services)
	for i := range s.needs.Services {
		one := &s.needs.Services[i]
		if !slices.Contains(names, one.Name) {
			continue
		}
		if one.ReadyLog != "" {
			s.notes = append(s.notes, fmt.Sprintf("%s is used as it is: its log line (%s) is not waited for", one.Name, one.ReadyLog))
		}
		if len(one.Before) > 0 {
			s.notes = append(s.notes, fmt.Sprintf("%s is used as it is: before (%s) is not run", one.Name, event.ShellJoin(one.Before)))
			one.Before = nil
		}
	}
}

// attachTo makes the provider of a compose project that somebody else brought up.
func attachTo(g service.Graph, catalog *categories.Catalog, asked env.Asked, place docker.Place, host docker.Host) (*docker.Attached, error) {
	engine, err := docker.Connect(place, host)
	if err != nil {
		return nil, err
	}
	project := docker.Project{Name: g.Project, Folder: g.Folder, Same: sameFolder, Typed: composeTyped(catalog, asked)}
	for _, d := range g.Services {
		for _, e := range d.Edges {
			if e.Condition == service.Completed {
				project.Tasks = append(project.Tasks, e.To)
			}
		}
	}
	return docker.Attach(docker.Attaching{Engine: engine, Place: place, Host: host, Project: project}), nil
}

// composeTyped is docker compose as it is typed in the root for the files of the environment. Those that it finds itself are not named.
func composeTyped(catalog *categories.Catalog, asked env.Asked) []string {
	words := []string{"docker", "compose"}
	files := asked.Environment.Compose
	if len(files) == 0 && catalog.ComposeWhy != "" {
		files = catalog.Compose
	}
	for _, f := range files {
		words = append(words, "-f", f)
	}
	for _, p := range asked.Environment.Profiles {
		words = append(words, "--profile", p)
	}
	return words
}

// sameFolder says whether two paths are one folder: a label holds the path that docker compose was typed in.
func sameFolder(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}
