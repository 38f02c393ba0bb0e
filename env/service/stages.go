package service

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Stages are the selected services by when they could start at the earliest: those of a stage wait for some of the stages before it, and
// for none of their own. Each is sorted by name. What is not selected is waited for by nobody. Nothing is started by stages: each service
// starts as soon as what it waits for itself is there.
func (g Graph) Stages(selected []string) [][]string {
	depth := map[string]int{}
	var visit func(name string) int
	visit = func(name string) int {
		if d, ok := depth[name]; ok {
			return d
		}
		d := 0
		for _, e := range g.edges(name, selected) {
			d = max(d, visit(e.To)+1)
		}
		depth[name] = d
		return d
	}
	var out [][]string
	for _, name := range slices.Compact(slices.Sorted(slices.Values(selected))) {
		for len(out) <= visit(name) {
			out = append(out, nil)
		}
		out[visit(name)] = append(out[visit(name)], name)
	}
	return out
}

// CriticalPath is the chain of selected services that takes longest, the one that starts first standing first. took is how long each
// takes by itself; nil counts each as one. Of chains that take equally long the one with more members is taken, then the lesser names.
func (g Graph) CriticalPath(selected []string, took func(name string) time.Duration) []string {
	if took == nil {
		took = func(string) time.Duration { return 1 }
	}
	type chain struct {
		names []string
		long  time.Duration
	}
	longer := func(a, b chain) bool {
		order := cmp.Or(cmp.Compare(b.long, a.long), cmp.Compare(len(b.names), len(a.names)), slices.Compare(a.names, b.names))
		return order < 0
	}
	best := map[string]chain{}
	var visit func(name string) chain
	visit = func(name string) chain {
		if c, ok := best[name]; ok {
			return c
		}
		var before chain
		for _, e := range g.edges(name, selected) {
			if c := visit(e.To); before.names == nil || longer(c, before) {
				before = c
			}
		}
		c := chain{append(slices.Clone(before.names), name), before.long + took(name)}
		best[name] = c
		return c
	}
	var longest chain
	for _, name := range selected {
		if c := visit(name); longest.names == nil || longer(c, longest) {
			longest = c
		}
	}
	return longest.names
}

// edges are what a service waits for among the selected ones.
func (g Graph) edges(name string, selected []string) []Edge {
	d, _ := g.Service(name)
	return among(d.Edges, selected)
}

// words say what an edge waits for: "service_healthy, optional".
func (e Edge) words() string {
	words := []string{string(e.Condition)}
	if e.Optional {
		words = append(words, "optional")
	}
	if e.Restart {
		words = append(words, "restart")
	}
	return strings.Join(words, ", ")
}
