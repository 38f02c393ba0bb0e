package service

import (
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"testrunner/env"
	"testrunner/report/event"
)

// checkEdges looks at who waits for whom before the compose library does: it knows the lines.
func checkEdges(model map[string]any, profiles []string, said *written) error {
	services, _ := model["services"].(map[string]any)
	edges := map[string][]string{}
	for _, name := range sortedKeys(services) {
		s, _ := services[name].(map[string]any)
		waits, _ := s["depends_on"].(map[string]any)
		edges[name] = sortedKeys(waits)
		for _, to := range edges[name] {
			other, there := services[to].(map[string]any)
			where, _ := said.find("services", name, "depends_on", to)
			if !there {
				return fmt.Errorf("%s: services.%s.depends_on: there is no service %q; there are %s", where, name, to, strings.Join(sortedKeys(services), ", "))
			}
			about, _ := waits[to].(map[string]any)
			if required, ok := about["required"].(bool); (required || !ok) && takesPart(s, profiles) && !takesPart(other, profiles) {
				return fmt.Errorf("%s: services.%s.depends_on: %s has only profiles that are not on (%v); name one in runner.yaml under environments, NAME, profiles, or write required: false",
					where, name, to, other["profiles"])
			}
		}
	}
	if circle := circleIn(edges); circle != nil {
		where, _ := said.find("services", circle[0], "depends_on", circle[1])
		return fmt.Errorf("%s: services.%s.depends_on is a cycle: %s; take one of these out", where, circle[0], strings.Join(circle, " -> "))
	}
	return nil
}

// takesPart says whether a service takes part: it has no profile, or one of those that are asked for.
func takesPart(s map[string]any, profiles []string) bool {
	own, _ := s["profiles"].([]any)
	return len(own) == 0 || slices.Contains(profiles, "*") || slices.ContainsFunc(own, func(p any) bool { return slices.Contains(profiles, fmt.Sprint(p)) })
}

// circleIn is the first circle by name, its first member also at the end: a, b, a. nil is none.
func circleIn(edges map[string][]string) []string {
	done := map[string]bool{}
	var path []string
	var visit func(name string) []string
	visit = func(name string) []string {
		if i := slices.Index(path, name); i >= 0 {
			return append(slices.Clone(path[i:]), name)
		}
		if done[name] {
			return nil
		}
		path = append(path, name)
		for _, to := range edges[name] {
			if circle := visit(to); circle != nil {
				return circle
			}
		}
		path, done[name] = path[:len(path)-1], true
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(edges)) {
		if circle := visit(name); circle != nil {
			return circle
		}
	}
	return nil
}

// Specs are the named services as they are started, in the order of the names, which hold all that these need. services are all that are
// known, as Join made them. Only here env_file, label_file, secrets and configs are looked at, so that one that is missing costs those
// who need it. With containers, keys that no container can be given are an error.
func (g Graph) Specs(services []env.Service, names []string, containers bool) ([]Spec, error) {
	if containers {
		if err := g.Refusal(names); err != nil {
			return nil, err
		}
	}
	out := make([]Spec, 0, len(names))
	for _, name := range names {
		i := slices.IndexFunc(services, func(s env.Service) bool { return s.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("start %s: neither the compose files nor services in runner.yaml describe it", name)
		}
		spec := Spec{Service: services[i]}
		if d, ok := g.Service(name); ok {
			c, err := g.resolved(name)
			if err != nil {
				return nil, fmt.Errorf("start %s: %w", name, err)
			}
			spec.Container, spec.Edges = c, among(d.Edges, names)
		}
		out = append(out, spec)
	}
	return out, nil
}

// among are the edges to those who take part.
func among(edges []Edge, names []string) []Edge {
	var out []Edge
	for _, e := range edges {
		if slices.Contains(names, e.To) {
			out = append(out, e)
		}
	}
	return out
}

// resolved is a service's container with what its files say.
func (g Graph) resolved(name string) (*Container, error) {
	s, ok := g.project.Services[name]
	if !ok {
		s = g.project.DisabledServices[name]
	}
	if err := checkFiles(g.project, s); err != nil {
		return nil, err
	}
	if hasRaw(s) {
		all, err := environmentOf(g.project, s)
		if err != nil {
			return nil, err
		}
		s.Environment, s.EnvFiles = all, nil
	}
	alone := *g.project
	alone.Services, alone.DisabledServices = types.Services{name: s}, nil
	p, err := alone.WithServicesEnvironmentResolved(false)
	if err != nil {
		return nil, err
	}
	if p, err = p.WithServicesLabelsResolved(false); err != nil {
		return nil, err
	}
	return containerOf(p, p.Services[name]), nil
}

// checkFiles sees to it that secrets and configs have a content: an engine would make a folder of a file that is not there.
func checkFiles(p *types.Project, s types.ServiceConfig) error {
	check := func(what, name string, f types.FileObjectConfig) error {
		if f.File != "" {
			if _, err := os.Stat(f.File); err != nil {
				return fmt.Errorf("%s.%s.file: %w", what, name, err)
			}
		}
		if _, set := p.Environment[f.Environment]; f.Environment != "" && !set {
			return fmt.Errorf("%s.%s.environment: the variable %s has no value; %s", what, name, f.Environment,
				event.SetVariable(runtime.GOOS, f.Environment, "VALUE"))
		}
		return nil
	}
	for _, each := range s.Secrets {
		if err := check("secrets", each.Source, types.FileObjectConfig(p.Secrets[each.Source])); err != nil {
			return err
		}
	}
	for _, each := range s.Configs {
		if err := check("configs", each.Source, types.FileObjectConfig(p.Configs[each.Source])); err != nil {
			return err
		}
	}
	return nil
}
