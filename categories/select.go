package categories

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"testrunner/env"
	"testrunner/report/event"
)

// Names returns the categories that words (categories or groups, as typed) mean, in running order, each once.
// A word that means nothing is a *UsageError.
func (c *Catalog) Names(words []string) ([]string, error) {
	meant := map[string]bool{}
	for _, word := range words {
		members, err := c.meaning(word)
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			meant[m] = true
		}
	}
	var out []string
	for _, each := range c.Categories {
		if meant[each.Name] {
			out = append(out, each.Name)
		}
	}
	return out, nil
}

// meaning is the categories of one word.
func (c *Catalog) meaning(word string) ([]string, error) {
	var known []string
	for _, each := range c.Categories {
		if sameName(each.Name, word) {
			return []string{each.Name}, nil
		}
		known = append(known, each.Name)
	}
	for _, g := range c.Groups {
		if sameName(g.Name, word) {
			return g.Categories, nil
		}
		known = append(known, g.Name)
	}
	err := &UsageError{Msg: fmt.Sprintf("there is no category or group %q", word), Suggestion: "runner list"}
	switch near := nearest(word, append(slices.Clone(known), Reserved()...)); {
	case near != "" && slices.Contains(known, near):
		err.Msg += "; did you mean " + near + "?"
		err.Suggestion = "runner " + event.ShellQuote(near)
	case near != "":
		err.Msg += "; did you mean the command runner " + near + "? (a command stands first)"
	case folderThere(c.tree, path.Clean(word)):
		err.Msg += "; it is a folder: a path has a slash"
		err.Suggestion = "runner " + event.ShellQuote(path.Clean(word)+"/")
	default:
		err.Msg += "; there are " + strings.Join(known, ", ")
	}
	return nil, err
}

// Select returns what the command line asks for. Categories and groups are those of Names; paths and tests keep the
// categories that they are in; whatever narrows a suite narrows its target.
// The error is a *UsageError for what can't be meant, and an *EmptyError where no test is left.
func (c *Catalog) Select(a env.Asked) (Selection, error) {
	a.Tool = strings.TrimSpace(a.Tool)
	if err := c.checkAsked(a); err != nil {
		return Selection{}, err
	}
	wanted, err := c.wanted(a)
	if err != nil {
		return Selection{}, err
	}
	sel := Selection{Named: len(a.Categories)+len(a.Paths) > 0}
	picks, err := c.picks(a, wanted)
	if err != nil {
		return Selection{}, err
	}
	for _, each := range wanted {
		kept := narrowCategory(each, a, picks)
		if len(kept.Suites) > 0 {
			sel.Categories = append(sel.Categories, kept)
		}
	}
	if len(sel.Categories) == 0 {
		return sel, c.emptiness(a, wanted)
	}
	sel.Notes = append(sel.Notes, c.missed(a, sel)...)
	if scoped(a) {
		sel.Notes = append(sel.Notes, fmt.Sprintf("only what lies below %s (everything: %s)", a.Scope, fromRoot(a.Scope)))
	}
	return sel, checkToolArgs(a, sel)
}

// missed names what was asked for by name and lost all its tests to --tool or to a path: the rest of the line would hide it.
func (c *Catalog) missed(a env.Asked, sel Selection) []string {
	var out []string
	for _, word := range a.Categories {
		members, _ := c.meaning(word)
		if slices.ContainsFunc(sel.Categories, func(kept Category) bool { return slices.Contains(members, kept.Name) }) {
			continue
		}
		text := word + " has no tests" + ofTool(a.Tool)
		if len(a.Paths) > 0 {
			text += " in " + strings.Join(a.Paths, ", ")
		}
		out = append(out, text)
	}
	return out
}

func (c *Catalog) checkAsked(a env.Asked) error {
	if a.Tool != "" && !slices.Contains(c.Tools, a.Tool) {
		return &UsageError{
			Msg:        fmt.Sprintf("there is no tool %q%s; there are %s", a.Tool, orNearest(a.Tool, c.Tools), strings.Join(c.Tools, ", ")),
			Suggestion: "runner list",
		}
	}
	if _, err := regexp.Compile(a.Filter); err != nil {
		return &UsageError{Msg: fmt.Sprintf("the filter %q is no regular expression: %v", a.Filter, err)}
	}
	_, err := c.Names(a.AllowNotRun)
	return err
}

// wanted are the categories asked for, less those excluded. A category that is named and holds no suite is refused at
// once: the rest of the line would otherwise hide that it never ran.
func (c *Catalog) wanted(a env.Asked) ([]Category, error) {
	names, err := c.Names(a.Categories)
	if err != nil {
		return nil, err
	}
	out, err := c.Names(a.Exclude)
	if err != nil {
		return nil, err
	}
	for _, word := range a.Categories {
		members, _ := c.meaning(word)
		if !slices.ContainsFunc(members, func(m string) bool { got, _ := c.category(m); return len(got.Suites) > 0 }) {
			return nil, &EmptyError{Msg: fmt.Sprintf("%s holds no tests%s", word, c.lookedFor()), Suggestion: "runner list"}
		}
	}
	var wanted []Category
	for _, each := range c.Categories {
		if (len(a.Categories) == 0 || slices.Contains(names, each.Name)) && !slices.Contains(out, each.Name) {
			wanted = append(wanted, each)
		}
	}
	return wanted, nil
}

// scoped says whether the run is narrowed to the folder that it was started in: whoever names something means it.
func scoped(a env.Asked) bool {
	return a.Scope != "" && a.Scope != "." && len(a.Categories)+len(a.Paths) == 0
}

// fromRoot is the line that runs everything from within a subfolder.
func fromRoot(scope string) string {
	return "runner -C " + strings.TrimSuffix(strings.Repeat("../", 1+strings.Count(scope, "/")), "/")
}

// emptiness says why nothing is left, with what was looked for.
func (c *Catalog) emptiness(a env.Asked, wanted []Category) error {
	switch {
	case len(wanted) == 0:
		return &EmptyError{Msg: "nothing is left: every category that was asked for is excluded", Suggestion: "runner list"}
	case scoped(a) && c.hasTests():
		return &EmptyError{Msg: fmt.Sprintf("no tests lie below %s%s", a.Scope, ofTool(a.Tool)), Suggestion: fromRoot(a.Scope)}
	case !c.hasTests():
		return &EmptyError{Msg: "no tests were found" + c.lookedFor(), Suggestion: "runner list"}
	}
	var names []string
	for _, w := range wanted {
		names = append(names, w.Name)
	}
	return &EmptyError{Msg: fmt.Sprintf("no tests%s in %s", ofTool(a.Tool), strings.Join(names, ", ")), Suggestion: "runner list"}
}

func ofTool(name string) string {
	if name == "" {
		return ""
	}
	return " of " + name
}

func (c *Catalog) hasTests() bool {
	return slices.ContainsFunc(c.Categories, func(each Category) bool { return len(each.Suites) > 0 })
}

// lookedFor says what an empty answer rests on, and the first thing that discovery could not use.
func (c *Catalog) lookedFor() string {
	text := fmt.Sprintf("; looked for tests of %s in %s", strings.Join(c.finders(), ", "), counted(len(c.tree.Files), "file"))
	for _, f := range c.Findings {
		if f.Detail != "" && !strings.HasPrefix(string(f.Status), "ok") {
			return text + "; " + f.Detail
		}
	}
	return text
}

// checkToolArgs refuses arguments behind "--" that more than one tool would get: they mean something to one of them.
func checkToolArgs(a env.Asked, sel Selection) error {
	if len(a.ToolArgs) == 0 {
		return nil
	}
	var tools []string
	for _, each := range sel.Categories {
		for _, s := range each.Suites {
			if !slices.Contains(tools, s.Tool) {
				tools = append(tools, s.Tool)
			}
		}
	}
	if len(tools) < 2 {
		return nil
	}
	slices.Sort(tools)
	lines := make([]string, len(tools))
	for i, t := range tools {
		lines[i] = "runner --tool " + t + " -- " + event.ShellJoin(a.ToolArgs)
	}
	return &UsageError{
		Msg:        fmt.Sprintf("what stands behind -- goes to one tool, and %s are selected", strings.Join(tools, ", ")),
		Suggestion: strings.Join(lines, "\n"),
	}
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// finders are the tools that look for tests in a tree.
func (c *Catalog) finders() []string {
	return slices.DeleteFunc(slices.Clone(c.Tools), func(name string) bool { return name == contractTool })
}
