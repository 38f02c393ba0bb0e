package service

import (
	"fmt"
	"slices"
	"strings"
)

// Format is a form in which a graph is drawn.
type Format string

// The forms of a drawing: for people, for Graphviz, and for a page of Markdown.
const (
	Text    Format = "text"
	DOT     Format = "dot"
	Mermaid Format = "mermaid"
)

// Formats lists them.
func Formats() []Format { return []Format{Text, DOT, Mermaid} }

// Draw draws the selected services: in which stages they could start, who waits for whom, and for what, and the longest chain. The same graph gives the same bytes. An unknown format is a fault
// of the caller's, and panics.
func (g Graph) Draw(f Format, selected []string) string {
	selected = slices.Compact(slices.Sorted(slices.Values(selected)))
	switch f {
	case Text:
		return g.text(selected)
	case DOT:
		return g.dot(selected)
	case Mermaid:
		return g.mermaid(selected)
	}
	panic("no format: " + f)
}

func (g Graph) text(selected []string) string {
	var b strings.Builder
	stages := g.Stages(selected)
	fmt.Fprintf(&b, "%s, %s\n", counted(len(selected), "service"), counted(len(stages), "stage"))
	for i, names := range stages {
		fmt.Fprintf(&b, "  %d. %s\n", i+1, strings.Join(names, ", "))
	}
	if len(selected) == 0 && len(g.Services) > 0 {
		b.WriteString(g.allOff())
	}
	for _, name := range selected {
		for i, e := range g.edges(name, selected) {
			if i == 0 {
				fmt.Fprintf(&b, "%s waits for\n", name)
			}
			fmt.Fprintf(&b, "  %s: %s\n", e.To, e.words())
		}
	}
	if path := g.CriticalPath(selected, nil); len(path) > 1 {
		fmt.Fprintf(&b, "longest chain: %s\n", strings.Join(path, " -> "))
	}
	for _, name := range selected {
		d, _ := g.Service(name)
		for _, r := range d.Refused {
			fmt.Fprintf(&b, "refused in Docker: %s\n", r.Error())
		}
	}
	for _, note := range g.Notes {
		fmt.Fprintf(&b, "note: %s\n", note)
	}
	return b.String()
}

// allOff says why a compose file full of services gives none: each has a profile that nobody asked for, or no instance.
func (g Graph) allOff() string {
	var names []string
	for _, s := range g.Services {
		names = append(names, s.Name)
	}
	return fmt.Sprintf("not on, by their profiles or a scale of 0: %s; COMPOSE_PROFILES=NAME puts a profile on, as does runner.yaml under environments, NAME, profiles; a category that needs one by name gets it\n",
		strings.Join(names, ", "))
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (g Graph) dot(selected []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph %q {\n  rankdir=LR;\n", g.Project)
	critical := g.CriticalPath(selected, nil)
	for i, names := range g.Stages(selected) {
		fmt.Fprintf(&b, "  subgraph cluster_%d {\n    label=\"stage %d\";\n", i+1, i+1)
		for _, name := range names {
			style := ""
			if slices.Contains(critical, name) && len(critical) > 1 {
				style = " [penwidth=2]"
			}
			fmt.Fprintf(&b, "    %q%s;\n", name, style)
		}
		b.WriteString("  }\n")
	}
	for _, name := range selected {
		for _, e := range g.edges(name, selected) {
			style := ""
			if e.Optional {
				style = ", style=dashed"
			}
			fmt.Fprintf(&b, "  %q -> %q [label=%q%s];\n", name, e.To, e.words(), style)
		}
	}
	return b.String() + "}\n"
}

// mermaid numbers its nodes, since not every name is a word of its language.
func (g Graph) mermaid(selected []string) string {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	for i, names := range g.Stages(selected) {
		fmt.Fprintf(&b, "  subgraph stage%d [\"stage %d\"]\n", i+1, i+1)
		for _, name := range names {
			at, _ := slices.BinarySearch(selected, name)
			fmt.Fprintf(&b, "    s%d[\"%s\"]\n", at+1, name)
		}
		b.WriteString("  end\n")
	}
	for i, name := range selected {
		for _, e := range g.edges(name, selected) {
			arrow := "-->"
			if e.Optional {
				arrow = "-.->"
			}
			to, _ := slices.BinarySearch(selected, e.To)
			fmt.Fprintf(&b, "  s%d %s|\"%s\"| s%d\n", i+1, arrow, e.words(), to+1)
		}
	}
	if critical := g.CriticalPath(selected, nil); len(critical) > 1 {
		nodes := make([]string, len(critical))
		for i, name := range critical {
			at, _ := slices.BinarySearch(selected, name)
			nodes[i] = fmt.Sprintf("s%d", at+1)
		}
		fmt.Fprintf(&b, "  classDef longest stroke-width:3px\n  class %s longest\n", strings.Join(nodes, ","))
	}
	return b.String()
}
