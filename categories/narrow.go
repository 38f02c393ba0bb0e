package categories

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"testrunner/env"
	"testrunner/report/event"
	"testrunner/runner/tool"
)

// pick is one path or test of the command line.
type pick struct {
	path string // clean, relative to the root
	name string // of a test, "" is everything in or below path
	free bool   // a test whose path is no file of ours: a command's own name for it
}

// takes says whether the pick holds the whole file.
func (p pick) takes(file string) bool { return p.name == "" && below(file, p.path) }

// covers says whether the pick holds a whole folder.
func (p pick) covers(dir string) bool { return p.name == "" && (dir == p.path || below(dir, p.path)) }

// names says whether the pick names a test in the file. A folder stands for the files in it: a Go package has no other name.
func (p pick) names(file string) bool {
	return p.name != "" && !p.free && (file == p.path || path.Dir(file) == p.path)
}

// picks reads the paths and tests, and checks that each selects something in the wanted categories.
func (c *Catalog) picks(a env.Asked, wanted []Category) ([]pick, error) {
	if scoped(a) {
		return []pick{{path: a.Scope}}, nil
	}
	var out []pick
	for _, word := range a.Paths {
		p, err := c.readPick(word)
		if err != nil {
			return nil, err
		}
		if !anySuite(wanted, a.Tool, p.holds) {
			return nil, c.emptyPick(word, p, a, wanted)
		}
		out = append(out, p)
	}
	return out, nil
}

// readPick finds what a path or test means. One that nothing has ever heard of is a *UsageError.
func (c *Catalog) readPick(word string) (pick, error) {
	file, name := event.SplitID(word)
	p := pick{path: path.Clean(strings.TrimSuffix(strings.TrimSuffix(file, "..."), "/")), name: name}
	if p.path == ".." || strings.HasPrefix(p.path, "../") || path.IsAbs(p.path) {
		return p, &UsageError{Msg: fmt.Sprintf("%s lies outside of %s", word, c.Root), Suggestion: "runner -C DIR"}
	}
	if anySuite(c.Categories, "", p.holds) {
		return p, nil
	}
	if name != "" && slices.ContainsFunc(c.commandSuites(), func(Suite) bool { return true }) && c.nearPath(p.path) == "" {
		p.free = true
		p.path = file
		return p, nil
	}
	if c.there(p.path) {
		return p, nil
	}
	err := &UsageError{Msg: fmt.Sprintf("there is no file or folder %s", p.path), Suggestion: "runner list"}
	if near := c.nearPath(p.path); near != "" {
		err.Msg += "; did you mean " + near + "?"
		err.Suggestion = "runner " + event.ShellQuote(strings.TrimPrefix(near+"::"+name, "::"))
		if name == "" {
			err.Suggestion = "runner " + event.ShellQuote(slashed(near))
		}
	}
	return p, err
}

// slashed makes a folder's name at the root look like a path.
func slashed(p string) string {
	if IsPath(p) {
		return p
	}
	return p + "/"
}

// nearPath is the test file or folder that a path was most likely meant to be, "" if none is near.
func (c *Catalog) nearPath(p string) string {
	var files []string
	for _, each := range c.Categories {
		for _, s := range each.Suites {
			files = append(files, s.Target.Files...)
		}
	}
	slices.Sort(files)
	files = slices.Compact(files)
	return nearest(p, append(folders(files), files...))
}

// there says whether a path is known in the tree, or on the disk among what is left out.
func (c *Catalog) there(p string) bool {
	if _, ok := slices.BinarySearch(c.tree.Files, p); ok || folderThere(c.tree, p) || p == "." {
		return true
	}
	if c.tree.FS == nil || !fs.ValidPath(p) {
		return false
	}
	_, err := fs.Stat(c.tree.FS, p)
	return err == nil
}

func (c *Catalog) commandSuites() []Suite {
	var out []Suite
	for _, each := range c.Categories {
		for _, s := range each.Suites {
			if len(s.Target.Argv) > 0 {
				out = append(out, s)
			}
		}
	}
	return out
}

// holds says whether the pick selects something of the suite. A suite without files is picked by its folder, or by a test.
func (p pick) holds(s Suite) bool {
	if s.Target.Contract != nil {
		return !p.free && (p.name != "" && p.path == tool.WebSocketPlace(s.Name) || p.name == "" && below(s.Target.Dir, p.path))
	}
	if len(s.Target.Argv) > 0 {
		return p.free || p.name == "" && below(s.Target.Dir, p.path)
	}
	return slices.ContainsFunc(s.Target.Files, func(f string) bool { return p.takes(f) || p.names(f) }) ||
		slices.ContainsFunc(s.Target.Beside, p.covers)
}

func anySuite(in []Category, toolName string, ok func(Suite) bool) bool {
	for _, each := range in {
		for _, s := range each.Suites {
			if (toolName == "" || s.Tool == toolName) && ok(s) {
				return true
			}
		}
	}
	return false
}

// emptyPick says why a path that is there selects nothing.
func (c *Catalog) emptyPick(word string, p pick, a env.Asked, wanted []Category) error {
	var homes []string
	for _, each := range c.Categories {
		if anySuite([]Category{each}, "", p.holds) {
			homes = append(homes, each.Name)
		}
	}
	if len(homes) > 0 {
		asked := make([]string, len(wanted))
		for i, w := range wanted {
			asked[i] = w.Name
		}
		return &EmptyError{
			Msg:        fmt.Sprintf("%s holds no tests%s in %s; its tests are in %s", word, ofTool(a.Tool), strings.Join(asked, ", "), strings.Join(homes, ", ")),
			Suggestion: "runner explain " + event.ShellQuote(p.path),
		}
	}
	return &EmptyError{Msg: fmt.Sprintf("%s holds no tests: %s", word, c.whyNot(p.path)), Suggestion: "runner list"}
}

// narrowCategory leaves what was asked for of a category's suites.
func narrowCategory(each Category, a env.Asked, picks []pick) Category {
	var kept []Suite
	for _, s := range each.Suites {
		if a.Tool != "" && s.Tool != a.Tool {
			continue
		}
		s.Target.Filter = a.Filter
		s.Target.Args = slices.Concat(s.Target.Args, a.ToolArgs)
		if picks == nil {
			kept = append(kept, s)
			continue
		}
		kept = append(kept, narrowSuite(s, picks)...)
	}
	each.Suites = kept
	return each
}

// narrowSuite leaves what the picks select of a suite: one suite of whole files, and one of single tests, since a target
// that names tests runs no others.
func narrowSuite(s Suite, picks []pick) []Suite {
	if len(s.Target.Argv) > 0 || s.Target.Contract != nil {
		return narrowCommand(s, picks)
	}
	var whole, partly []tool.File
	tests := map[string]bool{}
	for _, f := range s.Files {
		if slices.ContainsFunc(picks, func(p pick) bool { return p.takes(f.Path) }) {
			whole = append(whole, f)
			continue
		}
		named := false
		for _, p := range picks {
			if p.names(f.Path) {
				named = true
				tests[p.path+"::"+p.name] = true
				tests[f.Path+"::"+p.name] = true
			}
		}
		if named {
			partly = append(partly, f)
		}
	}
	beside := slices.DeleteFunc(slices.Clone(s.Target.Beside), func(dir string) bool {
		return !slices.ContainsFunc(picks, func(p pick) bool { return p.covers(dir) })
	})
	var out []Suite
	if len(whole)+len(beside) > 0 {
		all := withFiles(s, whole)
		all.Target.Beside = beside
		out = append(out, all)
	}
	if len(partly) > 0 {
		single := withFiles(s, partly)
		single.Target.Whole, single.Target.Beside = false, nil
		single.Target.Tests = sorted(tests)
		if len(out) > 0 {
			single.Name += " (tests)"
			single.Target.Suite = single.Name
		}
		out = append(out, single)
	}
	return out
}

func withFiles(s Suite, files []tool.File) Suite {
	s.Target.Whole = s.Target.Whole && len(files) == len(s.Files)
	s.Files = files
	s.Target.Files = paths(files)
	return s
}

// narrowCommand leaves a suite without files as it is, or narrowed to tests by their own names.
func narrowCommand(s Suite, picks []pick) []Suite {
	var tests []string
	for _, p := range picks {
		switch {
		case !p.holds(s):
		case p.name == "":
			return []Suite{s}
		default:
			tests = append(tests, p.path+"::"+p.name)
		}
	}
	if len(tests) == 0 {
		return nil
	}
	slices.Sort(tests)
	s.Target.Tests = slices.Compact(tests)
	s.Target.Whole = false
	return []Suite{s}
}
