package categories

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"testrunner/env"
	"testrunner/report/event"
	"testrunner/runner/tool"
)

// Who needs which service. A suite's own word comes before its category's, key by key. Without a configuration it is assumed that
// integration, e2e and mission-critical need what the compose file starts, and that unit needs nothing (design, section 7).

// assumedToNeed are the categories that are taken to need services where nobody says so.
func assumedToNeed() []string { return []string{Integration, E2E, MissionCritical} }

// composeNames are the names under which docker compose finds its file, and the one that is merged over it
// (compose-spec/compose-go, cli.DefaultFileNames and DefaultOverrideFileNames).
func composeNames() (files, overrides []string) {
	return []string{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"},
		[]string{"compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"}
}

// composeFiles are the project's own: those that the configuration names, and where it does; else those that are named from outside, else
// what docker compose would find at the root.
func (c *configuration) composeFiles(tree tool.Tree, outside []string) (files []string, why string) {
	switch {
	case len(c.Compose) > 0:
		return c.Compose, c.where("compose")
	case len(outside) > 0:
		return outside, ""
	}
	var found []string
	usual, overrides := composeNames()
	for _, names := range [][]string{usual, overrides} {
		for _, name := range names {
			if _, ok := slices.BinarySearch(tree.Files, name); ok {
				found = append(found, name)
				break
			}
		}
		if len(found) == 0 {
			return nil, ""
		}
	}
	return found, ""
}

// need reads the three keys of a category or suite.
func (c *configuration) need(key string, needs, stubs, modes []string) Need {
	n := Need{Services: needs, Stubs: stubs}
	for _, m := range modes {
		n.Modes = append(n.Modes, event.Mode(m))
	}
	if needs != nil {
		n.Why = c.where(key + "\x1fneeds")
	}
	return n
}

// needy gives each suite what its category needs, where it does not say otherwise.
func (c *configuration) needy(all []Category, compose []string) []Category {
	for i := range all {
		each := &all[i]
		if c.path == "" && len(compose) > 0 && slices.Contains(assumedToNeed(), each.Name) {
			each.Need = Need{Assumed: true, Why: "assumed from " + strings.Join(compose, ", ")}
		}
		for k := range each.Suites {
			own := &each.Suites[k].Need
			if own.Services == nil {
				own.Services, own.Assumed, own.Why = each.Need.Services, each.Need.Assumed, each.Need.Why
			}
			if own.Stubs == nil {
				own.Stubs = each.Need.Stubs
			}
			if own.Modes == nil {
				own.Modes = each.Need.Modes
			}
		}
	}
	return all
}

// Needy says whether anything of the selection may need a service.
func (s Selection) Needy() bool {
	return slices.ContainsFunc(s.Categories, func(c Category) bool {
		return slices.ContainsFunc(c.Suites, func(each Suite) bool { return each.Need.Any() })
	})
}

// Needs says what the suites need, in their order. services are all that are known, and enabled the names of those that are assumed to
// be needed where nobody says.
func (s Selection) Needs(services []env.Service, enabled []string) env.Needs {
	needs := env.Needs{Services: services}
	for _, each := range s.Categories {
		for _, suite := range each.Suites {
			n := env.SuiteNeeds{
				Category: each.Name, Suite: suite.Name, Critical: each.Critical, Named: s.Named,
				Needs: suite.Need.Services, Stubs: suite.Need.Stubs, Modes: suite.Need.Modes, Why: suite.Need.Why,
			}
			if suite.Need.Assumed {
				n.Needs = enabled
			}
			needs.Suites = append(needs.Suites, n)
		}
	}
	return needs
}

// CheckServices looks whether each service that the configuration speaks of is among those that are known. The error is a *ConfigError.
func (c *Catalog) CheckServices(services []env.Service) error {
	if c.cfg == nil || c.cfg.places == nil {
		return nil
	}
	known := map[string]bool{}
	for _, s := range services {
		known[s.Name] = true
	}
	cfg := &configuration{path: c.cfg.path, places: c.cfg.places, Config: c.cfg.Config}
	for _, name := range sorted(cfg.Environments) {
		for _, service := range sorted(cfg.Environments[name].Addresses) {
			known[service] = true
		}
	}
	check := func(key string, names []string) {
		for i, name := range names {
			if place := key + "\x1f" + strconv.Itoa(i); !known[name] {
				cfg.fault(place, "there is no service %q%s", name, c.orNearestService(name, sorted(known)))
			}
		}
	}
	stubs := func(key string, needs, names []string) {
		closure := env.Needs{Services: services}.Closure(needs, nil)
		for i, name := range names {
			place := key + "\x1f" + strconv.Itoa(i)
			k := slices.IndexFunc(services, func(s env.Service) bool { return s.Name == name })
			switch {
			case !known[name]:
				cfg.fault(place, "there is no service %q%s", name, c.orNearestService(name, sorted(known)))
			case k < 0 || !services[k].Stub:
				cfg.fault(place, "there is no honest stub of %s: only of Redis, and of what is no database and has a \"stub\" in runner.yaml", name)
			case needs != nil && !slices.Contains(closure, name):
				cfg.fault(place, "%s is not needed here, so a stub of it would do nothing", name)
			}
		}
	}
	for _, name := range sorted(cfg.Categories) {
		said := cfg.Categories[name]
		check(at("categories", name, "needs"), said.Needs)
		stubs(at("categories", name, "stubs"), said.Needs, said.Stubs)
	}
	for _, name := range sorted(cfg.Suites) {
		said := cfg.Suites[name]
		check(at("suites", name, "needs"), said.Needs)
		stubs(at("suites", name, "stubs"), said.Needs, said.Stubs)
	}
	for _, s := range services {
		if said := cfg.Services[s.Name]; said.Stub != nil && !s.Stub {
			cfg.fault(at("services", s.Name, "stub"), "this stub does nothing: Redis's answers by itself, and of a database there is no honest one")
		}
	}
	return cfg.failure()
}

func (c *Catalog) orNearestService(name string, known []string) string {
	switch near := orNearest(name, known); {
	case near != "":
		return near
	case len(known) > 0:
		return "; there are " + strings.Join(known, ", ")
	case len(c.Compose) == 0:
		return ": there is no compose file, and services in runner.yaml names none"
	}
	return fmt.Sprintf(": %s describes none, and services in runner.yaml names none", strings.Join(c.Compose, ", "))
}
