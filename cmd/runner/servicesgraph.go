package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"testrunner/categories"
	"testrunner/env"
	"testrunner/env/service"
)

// servicesGraph draws who waits for whom: of the named services with all that they need, or of all that would start. It starts nothing.
func servicesGraph(ctx context.Context, r servicesRoom) (int, error) {
	format, err := readGraphFormat(r.c.String("format"))
	if err != nil {
		return 0, err
	}
	var o options
	o.readEnvironment(r.c, r.world)
	catalog, err := loadCatalog(ctx, r.place, r.world)
	if err != nil {
		return 0, err
	}
	asked, err := resolve(catalog, o, r.world)
	if err != nil {
		return 0, err
	}
	graph, services, finding, err := knownServices(ctx, catalog, asked, r.world)
	if err != nil {
		return 0, err
	}
	if finding != nil {
		return 0, usagef("%s", finding.Detail)
	}
	if len(services) == 0 {
		if _, err := fmt.Fprintln(r.world.Stderr, "runner: there is no compose file, and services in runner.yaml names none"); err != nil {
			return 0, fmt.Errorf("say what is done: %w", err)
		}
	}
	selected, err := drawn(graph, services, r.names)
	if err != nil {
		return 0, err
	}
	return 0, r.say("%s", graph.Draw(format, selected))
}

func readGraphFormat(written string) (service.Format, error) {
	format := service.Format(cmp.Or(written, string(service.Text)))
	if slices.Contains(service.Formats(), format) {
		return format, nil
	}
	words := make([]string, len(service.Formats()))
	for i, f := range service.Formats() {
		words[i] = string(f)
	}
	said := fmt.Sprintf("--format %s: a graph is drawn as %s", written, strings.Join(words, ", "))
	if near := categories.Nearest(written, words); near != "" {
		said += fmt.Sprintf("; did you mean %s?", near)
	}
	return "", usageError{text: said, remedy: "runner services --help"}
}

// drawn are the services of a drawing: the named ones with all that they need, else those that a compose file starts and runner.yaml adds.
func drawn(g service.Graph, services []env.Service, named []string) ([]string, error) {
	var known []string
	for _, s := range services {
		known = append(known, s.Name)
	}
	for _, name := range named {
		if slices.Contains(known, name) {
			continue
		}
		said := fmt.Sprintf("there is no service %q", name)
		if near := categories.Nearest(name, known); near != "" {
			said += fmt.Sprintf("; did you mean %s?", near)
		} else if len(known) > 0 {
			said += "; there are " + strings.Join(known, ", ")
		}
		return nil, usageError{text: said, remedy: "runner services --help"}
	}
	if len(named) == 0 {
		for _, s := range services {
			if d, ok := g.Service(s.Name); !ok || d.Enabled {
				named = append(named, s.Name)
			}
		}
	}
	return env.Needs{Services: services}.Closure(named, nil), nil
}
