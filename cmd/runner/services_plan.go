package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"testrunner/categories"
	"testrunner/env"
	"testrunner/env/service"
	"testrunner/report"
	"testrunner/report/event"
	"testrunner/runner"
)

// servicesPlan is what a set of services would be: what serves each, decided as a run decides it.
type servicesPlan struct {
	catalog *categories.Catalog
	options options
	around  surroundings
	graph   service.Graph
	served  []event.Served // sorted by name; none: nothing is needed
	mode    event.Mode
	why     []string
}

// Who asks for services, in the place of a suite: the decision speaks of it so.
const (
	servicesCategory = "services"
	servicesSuite    = "up"
)

// needServices says which services are needed: those of these names, or those that the tests of the chosen categories need, or of all.
// It looks at files alone.
func needServices(ctx context.Context, o options, p place, w World, named, chosen []string) (servicesPlan, error) {
	plan := servicesPlan{options: o}
	var err error
	if plan.catalog, err = loadCatalog(ctx, p, w); err != nil {
		return plan, err
	}
	o.asked.Categories, o.asked.Paths, o.asked.Scope = chosen, nil, "."
	asked, err := resolve(plan.catalog, o, w)
	if err != nil {
		return plan, err
	}
	plan.around.asked = asked
	selection, err := plan.catalog.Select(asked)
	var c coder
	if empty := errors.As(err, &c) && c.ExitCode() == report.Empty; err != nil && !empty {
		return plan, err
	}
	graph, services, finding, err := knownServices(ctx, plan.catalog, asked, w)
	if err != nil {
		return plan, err
	}
	if finding != nil {
		return plan, notReady{text: finding.ID + ": " + finding.Value + ": " + finding.Detail}
	}
	plan.graph = graph
	if asked, err = addressed(asked, knownNames(plan.catalog, services), w.Environ); err != nil {
		return plan, err
	}
	plan.around.asked = asked
	suites := selection.Needs(services, graph.Enabled()).Suites
	if c != nil { // it holds no tests, and may say all the same what it needs
		if suites, err = plan.catalogNeeds(chosen, graph.Enabled()); err != nil {
			return plan, err
		}
	}
	need, err := wholeNeed(suites, services, named, graph.Enabled(), len(chosen) > 0)
	plan.around.needs = env.Needs{Suites: []env.SuiteNeeds{need}, Services: services}
	return plan, err
}

// catalogNeeds is what categories need by their own word; without names, all of them.
func (p servicesPlan) catalogNeeds(chosen, enabled []string) ([]env.SuiteNeeds, error) {
	names, err := p.catalog.Names(chosen)
	var out []env.SuiteNeeds
	for _, c := range p.catalog.Categories {
		if len(chosen) > 0 && !slices.Contains(names, c.Name) {
			continue
		}
		n := env.SuiteNeeds{Category: c.Name, Needs: c.Need.Services, Stubs: c.Need.Stubs}
		if c.Need.Assumed {
			n.Needs = enabled
		}
		out = append(out, n)
	}
	return out, err
}

// needed are the names that are needed, without what stands behind them.
func (p servicesPlan) needed() []string { return p.around.needs.Suites[0].Needs }

// look finds out what serves the services here, as a run would. It starts nothing but, where that is asked for, the engine.
func (p *servicesPlan) look(ctx context.Context, at place, w World) (err error) {
	if len(p.needed()) == 0 {
		return nil
	}
	p.around.brief = true
	p.around, err = lookFor(ctx, p.catalog, p.around, at, w, &runner.Host{Environ: w.Environ}, engineStarter(p.options, w))
	if err != nil {
		return err
	}
	return p.decide()
}

// decide takes over what the decision says. What can't be served is an error with the finding's remedy.
func (p *servicesPlan) decide() error {
	d := env.Decide(p.around.asked, p.around.needs, p.around.findings)
	p.mode, p.why = d.Mode, d.Why
	a := d.Admissions[0]
	if !a.Admitted {
		return notReady{text: "these services can't be brought up: " + a.Reason.Text, remedy: a.Reason.Remedy}
	}
	p.served = a.Services
	return nil
}

// wholeNeed is one need in the place of all suites'. Without names it is what the suites need; where none says anything, what the
// compose files start and runner.yaml describes. A stub will do where one of the suites says so.
func wholeNeed(suites []env.SuiteNeeds, services []env.Service, named, enabled []string, chosen bool) (env.SuiteNeeds, error) {
	need := env.SuiteNeeds{Category: servicesCategory, Suite: servicesSuite, Critical: true, Named: true, Modes: env.Modes(), Why: "named"}
	var known, all []string
	for _, s := range services {
		known = append(known, s.Name)
		if !s.Compose || slices.Contains(enabled, s.Name) {
			all = append(all, s.Name)
		}
	}
	for _, s := range suites {
		need.Stubs = append(need.Stubs, s.Stubs...)
		if len(named) == 0 {
			need.Needs, need.Why = append(need.Needs, s.Needs...), "what the tests need"
		}
	}
	if len(named) == 0 && len(need.Needs) == 0 && !chosen {
		need.Needs, need.Why = all, "all that are described"
	}
	for _, name := range named {
		if !slices.Contains(known, name) {
			return need, unknownService(name, known)
		}
		need.Needs = append(need.Needs, name)
	}
	slices.Sort(need.Needs)
	slices.Sort(need.Stubs)
	need.Needs, need.Stubs = slices.Compact(need.Needs), slices.Compact(need.Stubs)
	return need, nil
}

func unknownService(name string, known []string) error {
	said := fmt.Sprintf("there is no service %q; there are %s", name, strings.Join(known, ", "))
	if near := categories.Nearest(name, known); near != "" {
		said = fmt.Sprintf("there is no service %q; did you mean %s?", name, near)
	}
	return usageError{text: said, remedy: "runner services up"}
}
