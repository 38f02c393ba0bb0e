package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"testrunner/categories"
	"testrunner/env"
	"testrunner/env/preflight"
	"testrunner/env/service"
	"testrunner/report/event"
	"testrunner/runner"
)

// surroundings are what a run, a dry run and an explanation know of the environment before they decide.
type surroundings struct {
	asked    env.Asked
	needs    env.Needs
	findings []event.Finding
	notes    []string // what was done to the engine
	calls    []string // what was asked of the machine, for the log
	graph    service.Graph
	kept     keptSet // what is up in this tree, where it is to be used
	brief    bool    // no tests will run: how busy the cores are is told to nobody
}

// starter starts the engine where it does not work, and says what was done.
type starter func(ctx context.Context, log func(string)) ([]string, error)

// resolve completes what was asked for with what the catalog knows of it: what the environment means, and the categories' own names.
func resolve(catalog *categories.Catalog, o options, w World) (env.Asked, error) {
	asked, err := catalog.Environment(o.asked, o.noDocker, func(name string) string { return getenv(w.Environ, name) })
	if err != nil {
		return asked, err
	}
	asked.Look = o.look
	if asked.AllowNotRun, err = catalog.Names(asked.AllowNotRun); err != nil {
		return asked, fmt.Errorf("--allow-not-run: %w", err)
	}
	return asked, nil
}

// lookAround finds out what the selection needs, and looks at what those needs call for: where they call for nothing, at nothing.
func lookAround(ctx context.Context, catalog *categories.Catalog, sel categories.Selection, asked env.Asked, p place, w World, m *runner.Host, start starter) (surroundings, error) {
	s := surroundings{asked: asked}
	var err error
	if s.needs, s.graph, s.findings, err = needsOf(ctx, catalog, sel, asked, w); err != nil {
		return s, err
	}
	if s.asked, err = addressedIn(ctx, catalog, s, w); err != nil {
		return s, err
	}
	if err = s.lookAtKept(ctx, p, w); err != nil {
		return s, err
	}
	if s.asked.Kept != nil {
		s.lookAtProject(ctx, catalog, w)
		s.findings = append(s.findings, service.Addresses(s.asked.Environment, s.needs.Wanted(env.Look{Local: true}), catalog.AllowHosts)...)
		return s, nil
	}
	if err = s.before(ctx, p, w); err != nil {
		return s, err
	}
	return lookFor(ctx, catalog, s, p, w, m, start)
}

// addressedIn completes what is asked for with the addresses that the user names. Where nothing is needed, a name may be wrong all the same.
func addressedIn(ctx context.Context, catalog *categories.Catalog, s surroundings, w World) (env.Asked, error) {
	services := s.needs.Services
	if services == nil && len(s.asked.Services) > 0 {
		_, known, finding, err := knownServices(ctx, catalog, s.asked, w)
		if err != nil || finding != nil { // files that can't be read name nothing
			return s.asked, err
		}
		services = known
	}
	return addressed(s.asked, knownNames(catalog, services), w.Environ)
}

// lookFor looks at what the needs call for.
func lookFor(ctx context.Context, catalog *categories.Catalog, s surroundings, p place, w World, m *runner.Host, start starter) (surroundings, error) {
	asked := s.asked
	look := env.LookAt(asked, s.needs)
	if !look.Any() {
		return s, nil
	}
	var log calls
	var err error
	if look.Docker && asked.StartDocker {
		if s.notes, err = start(ctx, log.add); err != nil {
			return s, err
		}
	}
	wants := wantsOf(catalog, asked, s.needs, p, w)
	wants.Log, wants.Brief = log.add, s.brief
	// A fallback is looked at when it is needed, not while Docker may work: it is far away, and somebody else's.
	fallback := preflight.Wants{Addresses: wants.Addresses, Secrets: wants.Secrets, Environ: wants.Environ, Thresholds: wants.Thresholds, Remedy: wants.Remedy, Log: wants.Log}
	if look.Docker {
		wants.Addresses, wants.Secrets = nil, nil
	}
	s.findings = append(s.findings, preflight.Run(ctx, preflight.Checks(wants))...)
	switch {
	case look.Docker && env.DockerWorks(s.findings):
		look = env.Look{Docker: true} // nobody will ask what there is without it
	case look.Docker && look.Staging:
		s.findings = append(s.findings, preflight.Run(ctx, preflight.Checks(fallback))...)
	}
	if look.Docker {
		s.findings = append(s.findings, refusals(s.graph, s.needs.Wanted(env.Look{Docker: true}))...)
		for _, note := range s.graph.Notes {
			log.add("compose: " + note)
		}
	}
	s.findings = append(s.findings, claims(catalog, asked, s.needs, look, p, m)...)
	s.calls = append(s.calls, log.lines()...)
	return s, nil
}

// refusals are the services of whose container the compose files ask what runner can't give.
func refusals(g service.Graph, names []string) []event.Finding {
	var out []event.Finding
	for _, name := range names {
		if err := g.Refusal([]string{name}); err != nil {
			out = append(out, event.Finding{ID: event.Compose + "." + name, Status: event.Fail, Detail: strings.ReplaceAll(err.Error(), "\n", "; ")})
		}
	}
	return out
}

// engineStarter is the starter of a run; a dry run starts nothing and says that it would.
func engineStarter(o options, w World) starter {
	if o.look {
		return func(context.Context, func(string)) ([]string, error) {
			return []string{"--start-docker: a run would start Docker first, where it does not work"}, nil
		}
	}
	return func(ctx context.Context, log func(string)) ([]string, error) {
		done, err := newEngineRoom(w, w.Stderr, true, 0, log).start(ctx, false, false)
		if err != nil || len(done.Steps) == 0 && done.Refused == "" {
			return nil, err
		}
		note := "--start-docker: " + strings.Join(done.Steps, ", ")
		if done.Refused != "" {
			note = "--start-docker: " + done.Refused
		}
		return []string{note}, nil
	}
}

// needsOf says what the selection needs. The compose files are read only where something may be needed. Files that can't be read are a
// finding, and cost the suites that need a service and no others.
func needsOf(ctx context.Context, catalog *categories.Catalog, sel categories.Selection, asked env.Asked, w World) (env.Needs, service.Graph, []event.Finding, error) {
	if !sel.Needy() {
		return sel.Needs(nil, nil), service.Graph{}, nil, nil
	}
	graph, services, finding, err := knownServices(ctx, catalog, asked, w)
	if err != nil {
		return env.Needs{}, graph, nil, err
	}
	if finding != nil {
		return withoutServices(sel, *finding), graph, []event.Finding{*finding}, nil
	}
	return sel.Needs(services, graph.Enabled()), graph, nil, nil
}

// knownServices are those that the compose files of the environment describe, completed by runner.yaml. Files that can't be read are a
// finding.
func knownServices(ctx context.Context, catalog *categories.Catalog, asked env.Asked, w World) (service.Graph, []env.Service, *event.Finding, error) {
	var graph service.Graph
	files, note := composeFiles(catalog, asked, w.Environ)
	if len(files) > 0 {
		var err error
		if graph, err = service.Read(ctx, catalog.Root, files, asked.Environment.Profiles, w.Environ); err != nil {
			detail := strings.ReplaceAll(err.Error(), catalog.Root+string(filepath.Separator), "")
			if note != "" {
				detail += " (" + note + ")"
			}
			return graph, nil, &event.Finding{
				ID: event.Compose + ".file", Status: event.Fail, Value: strings.Join(files, ", "), Detail: strings.Join(strings.Fields(detail), " "),
			}, nil
		}
	}
	if note != "" {
		graph.Notes = append([]string{note}, graph.Notes...)
	}
	services := service.Join(graph, catalog.Services, catalog.AsWritten)
	return graph, services, nil, catalog.CheckServices(services)
}

// composeFiles are the compose files of an environment. The note says what became of COMPOSE_FILE where it is set, as docker compose
// obeys it: what runner.yaml names comes before it, as files on the command line do there.
func composeFiles(catalog *categories.Catalog, asked env.Asked, environ []string) (files []string, note string) {
	_, from := service.ComposeFile(catalog.Root, environ)
	files = catalog.Compose
	why := catalog.ComposeWhy
	if len(asked.Environment.Compose) > 0 {
		files, why = asked.Environment.Compose, "the environment "+asked.Environment.Name
	}
	switch {
	case from == "":
		return files, ""
	case why != "":
		return files, fmt.Sprintf("%s is not followed: %s names %s", from, why, strings.Join(files, ", "))
	}
	return files, fmt.Sprintf("%s names the compose files: %s", from, strings.Join(files, ", "))
}

// withoutServices are the needs where nobody knows the services: who needs one is blocked by the finding that says why.
func withoutServices(sel categories.Selection, f event.Finding) env.Needs {
	needs := sel.Needs(nil, nil)
	i := 0
	for _, c := range sel.Categories {
		for _, s := range c.Suites {
			if s.Need.Any() {
				needs.Suites[i].Needs, needs.Suites[i].Findings = nil, []event.Finding{f}
			}
			i++
		}
	}
	return needs
}

// claims are the findings that need no more than a glance: what could serve each service here, and whether addresses may be used.
func claims(catalog *categories.Catalog, asked env.Asked, needs env.Needs, look env.Look, p place, m *runner.Host) []event.Finding {
	wanted := needs.Wanted(look) // for staging, what is named alone
	out := service.Addresses(asked.Environment, wanted, catalog.AllowHosts)
	if asked.Fallback != nil && look.Staging {
		out = append(out, service.Addresses(*asked.Fallback, needs.Wanted(env.Look{Staging: true}), catalog.AllowHosts)...)
	}
	if look.Local {
		out = append(out, service.Local(needs.Services, startedHere(asked, needs), machine{m, p.root})...)
	}
	return out
}

// startedHere are the services that this machine would have to start without Docker: what stands behind an address is somebody else's.
func startedHere(asked env.Asked, needs env.Needs) []string {
	elsewhere := func(s env.Service) bool {
		return slices.ContainsFunc(asked.Environment.Addresses, func(a env.Address) bool { return a.Service == s.Name })
	}
	all := needs.Closure(needs.Named(nil), elsewhere)
	return slices.DeleteFunc(all, func(name string) bool { return elsewhere(env.Service{Name: name}) })
}
