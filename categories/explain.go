package categories

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"testrunner/report/event"
	"testrunner/runner/tool"
)

// Explain says where a category, group, suite, path or test went, and why, as lines. A suite is named as in "runner
// list", alone or behind its category ("unit/go"). A name that means nothing is a *UsageError.
func (c *Catalog) Explain(name string) ([]string, error) {
	if lines := c.explainSuites(name); lines != nil {
		return lines, nil
	}
	if IsPath(name) {
		return c.explainPath(name)
	}
	for _, g := range c.Groups {
		if sameName(g.Name, name) {
			lines := []string{fmt.Sprintf("%s is a group (%s): %s", g.Name, g.Why, strings.Join(g.Categories, ", "))}
			for _, member := range g.Categories {
				each, _ := c.category(member)
				lines = append(lines, c.explainCategory(each)...)
			}
			return lines, nil
		}
	}
	names, err := c.Names([]string{name})
	if err != nil {
		return nil, err
	}
	each, _ := c.category(names[0])
	return c.explainCategory(each), nil
}

func (c *Catalog) explainCategory(each Category) []string {
	lines := []string{fmt.Sprintf("%s is a category (%s)%s", each.Name, each.Why, qualities(each.Critical, each.Exclusive, each.Timeout))}
	if len(each.Suites) == 0 {
		return append(lines, "  no test is in it"+c.lookedFor())
	}
	for _, s := range each.Suites {
		lines = append(lines, explainSuite(s, 3)...)
	}
	return lines
}

// writing says what becomes of a suite whose tests write.
func writing(writes string) string {
	if writes == "" {
		return ""
	}
	return "; writes: not run in staging, unless the environment has allow_writes"
}

func splitting(split bool) string {
	if !split {
		return ""
	}
	return "; split: its files run in several processes"
}

func qualities(critical, exclusive bool, timeout string) string {
	var text string
	if critical {
		text += "; critical: its absence is accepted only by --allow-not-run"
	}
	if exclusive {
		text += "; exclusive: its jobs run alone"
	}
	if timeout != "" {
		text += "; timeout " + timeout
	}
	return text
}

// explainSuite tells a suite and its files, grouped by their reason, at most some of each; 0 is all.
func explainSuite(s Suite, some int) []string {
	lines := []string{fmt.Sprintf("  %s: %s in %s (%s)%s", s.Name, counted(len(s.Files), "file"), s.Target.Dir, s.Why, qualities(false, s.Exclusive, s.Timeout)+splitting(s.Split)+writing(s.Writes))}
	if len(s.Target.Argv) > 0 {
		lines[0] = fmt.Sprintf("  %s: the command %s in %s (%s)%s", s.Name, event.ShellJoin(s.Target.Argv), s.Target.Dir, s.Why, qualities(false, s.Exclusive, s.Timeout)+writing(s.Writes))
		return append(append(lines, "    its results are read from "+strings.Join(s.Target.Reports, ", ")), indented(s.Need)...)
	}
	if s.Target.Contract != nil {
		lines[0] = fmt.Sprintf("  %s: the contract of the WebSocket at %s (%s)%s", s.Name, s.Target.Contract.URL, s.Why, qualities(false, s.Exclusive, s.Timeout))
		lines = append(lines, indented(s.Need)...)
		for _, name := range s.Target.Contract.Cases() {
			lines = append(lines, "    "+tool.WebSocketPlace(s.Name)+"::"+name)
		}
		return lines
	}
	lines = append(lines, indented(s.Need)...)
	for _, r := range reasons(s) {
		lines = append(lines, fmt.Sprintf("    %s: %s", r.Why, counted(len(r.Files), "file")))
		for i, f := range r.Files {
			if some > 0 && i == some && len(r.Files) > some+1 {
				lines = append(lines, fmt.Sprintf("      … and %d more", len(r.Files)-some))
				break
			}
			lines = append(lines, "      "+f)
		}
	}
	return lines
}

// indented is a need as a line of an explanation; none where nothing is needed.
func indented(n Need) []string {
	if !n.Any() {
		return nil
	}
	return []string{"    " + n.String() + " (" + n.Why + ")"}
}

// String says what is needed in one line, "" for nothing.
func (n Need) String() string {
	if !n.Any() {
		return ""
	}
	text := "needs every service of the compose file without a profile"
	if !n.Assumed {
		text = "needs " + strings.Join(n.Services, ", ")
	}
	if len(n.Stubs) > 0 {
		text += "; a stub will do of " + strings.Join(n.Stubs, ", ")
	}
	if len(n.Modes) > 0 {
		words := make([]string, len(n.Modes))
		for i, m := range n.Modes {
			words[i] = string(m)
		}
		text += "; modes " + strings.Join(words, ", ")
	}
	return text
}

// reason is why some files of a suite are in its category.
type reason struct {
	Why   string
	Files []string
}

// reasons groups a suite's files by why they are in it, the largest group first.
func reasons(s Suite) []reason {
	var out []reason
	for _, f := range s.Files {
		why := whyIn(f, s.Target.Category)
		i := slices.IndexFunc(out, func(r reason) bool { return r.Why == why })
		if i < 0 {
			out = append(out, reason{Why: why})
			i = len(out) - 1
		}
		out[i].Files = append(out[i].Files, f.Path)
	}
	slices.SortStableFunc(out, func(a, b reason) int { return len(b.Files) - len(a.Files) })
	return out
}

// whyIn says why a file is in a category: its home, or marks of single tests in it.
func whyIn(f tool.File, category string) string {
	if f.Category == category {
		return f.Why
	}
	var names []string
	for _, m := range f.Marks {
		if m.Category == category {
			names = append(names, m.Name)
		}
	}
	slices.Sort(names)
	return "tests marked " + strings.Join(slices.Compact(names), ", ") + " in files of " + f.Category
}

func (c *Catalog) explainSuites(name string) []string {
	var lines []string
	for _, each := range c.Categories {
		for _, s := range each.Suites {
			if s.Name == name || each.Name+"/"+s.Name == name {
				lines = append(lines, fmt.Sprintf("%s is a suite of %s", s.Name, each.Name))
				lines = append(lines, explainSuite(s, 0)...)
			}
		}
	}
	return lines
}

// explainPath tells a file, a folder, or a test.
func (c *Catalog) explainPath(word string) ([]string, error) {
	p, err := c.readPick(word)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, each := range c.Categories {
		for _, s := range each.Suites {
			if p.holds(s) {
				lines = append(lines, c.explainPick(p, each, s)...)
			}
		}
	}
	if lines == nil {
		return []string{word + " is in no category: " + c.whyNot(p.path)}, nil
	}
	if p.name != "" {
		lines = append(lines, "which test of the file that is, the tool says when it runs")
	}
	return append([]string{word}, lines...), nil
}

func (c *Catalog) explainPick(p pick, each Category, s Suite) []string {
	if len(s.Target.Argv) > 0 {
		return []string{fmt.Sprintf("  %s, suite %s: a command's tests (%s)", each.Name, s.Name, s.Why)}
	}
	if s.Target.Contract != nil {
		return []string{fmt.Sprintf("  %s, suite %s: a WebSocket's contract (%s)", each.Name, s.Name, s.Why)}
	}
	narrowed := narrowSuite(s, []pick{p})
	lines := []string{}
	for _, n := range narrowed {
		if len(n.Files) == 1 {
			f := n.Files[0]
			lines = append(lines, fmt.Sprintf("  %s, suite %s (%s): %s", each.Name, s.Name, s.Why, whyIn(f, each.Name)))
			for _, m := range f.Marks {
				if m.Category == each.Name && f.Category != each.Name && m.Line > 0 {
					lines = append(lines, fmt.Sprintf("    mark %s at %s:%d", m.Name, f.Path, m.Line))
				}
			}
			continue
		}
		lines = append(lines, fmt.Sprintf("  %s, suite %s (%s): %s", each.Name, s.Name, s.Why, counted(len(n.Files), "file")))
		for _, r := range reasons(n) {
			lines = append(lines, fmt.Sprintf("    %s: %d", r.Why, len(r.Files)))
		}
	}
	return lines
}

// whyNot says why a path that exists is in no category.
func (c *Catalog) whyNot(p string) string {
	for at := p; at != "." && at != "/"; at = path.Dir(at) {
		if leftOutName(path.Base(at)) {
			return at + " is left out of discovery, as every folder of that name is"
		}
	}
	if why := c.whyIgnored(p); why != "" {
		return why
	}
	if _, ok := slices.BinarySearch(c.tree.Files, p); ok {
		return "none of " + strings.Join(c.finders(), ", ") + " takes it for a test file"
	}
	if folderThere(c.tree, p) || p == "." {
		return "none of " + strings.Join(c.finders(), ", ") + " finds a test file in it"
	}
	if c.tree.FS != nil && fs.ValidPath(p) {
		if info, err := fs.Stat(c.tree.FS, p); err == nil && info.IsDir() {
			return "it holds no file that git does not ignore, or it is a repository or results folder of its own"
		}
	}
	return "git ignores it, or it lies in a folder that is left out"
}
