package categories

import (
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"testrunner/runner/tool"
)

// A suite is what one process of a tool can run: the files of one category, one project, one set of build tags, and one
// suite of runner.yaml. Its target says "whole" only where these are all files of the project, whatever their category:
// then the tool would find the very same files by itself.

// part is the key of a suite.
type part struct {
	category, base string
	project        int
	tags           string
}

// suites makes all suites, by category, in the order of the tools, then by name.
func (p *placing) suites(tools []string) map[string][]Suite {
	parts := map[part][]tool.File{}
	for i, pr := range p.projects {
		for _, m := range pr.members {
			for _, k := range p.partsOf(i, m) {
				parts[k] = append(parts[k], m.file)
			}
		}
	}
	keys := make([]part, 0, len(parts))
	for k := range parts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b part) int { return p.compare(a, b, tools) })
	dirs := p.dirs(keys)
	out := map[string][]Suite{}
	besides := map[int]bool{} // projects whose packages without tests have a suite: the first plain one of unit
	shared := newNeighbours(p.projects)
	for _, k := range keys {
		s := p.suite(k, parts[k], dirs, shared)
		if k.category == Unit && k.tags == "" && !besides[k.project] {
			besides[k.project] = true
			s.Target.Beside = p.projects[k.project].Beside
		}
		s.Name = distinctName(s.Name, out[k.category])
		out[k.category] = append(out[k.category], s)
	}
	p.addCommands(out)
	return out
}

// partsOf are the suites that hold a file: its home, and one in each category that marks in it lead to.
func (p *placing) partsOf(i int, m member) []part {
	tags := strings.Join(m.file.Tags, ",")
	out := []part{{m.file.Category, m.base, i, tags}}
	for _, category := range leads(m.file) {
		base := m.base
		for _, name := range p.suiteAZ {
			s := p.Suites[name]
			if len(s.Markers) > 0 && s.Tool == p.projects[i].Tool && sameName(s.Category, category) {
				base = name
			}
		}
		out = append(out, part{category, base, i, tags})
	}
	return out
}

// compare orders suites: by category's name, tool, those of runner.yaml first, then by folder and tags.
func (p *placing) compare(a, b part, tools []string) int {
	if c := strings.Compare(a.category, b.category); c != 0 {
		return c
	}
	x, y := &p.projects[a.project], &p.projects[b.project]
	if c := slices.Index(tools, x.Tool) - slices.Index(tools, y.Tool); c != 0 {
		return c
	}
	if (a.base == "") != (b.base == "") {
		if b.base == "" {
			return -1
		}
		return 1
	}
	if c := strings.Compare(a.base, b.base); c != 0 {
		return c
	}
	if a.project != b.project {
		return a.project - b.project
	}
	return strings.Compare(a.tags, b.tags)
}

// dirs says in which folders the suites of one name work: the discovered ones by tool, the others by their own name.
// With more than one folder the names carry it.
func (p *placing) dirs(keys []part) map[string][]string {
	out := map[string][]string{}
	add := func(name, dir string) {
		if !slices.Contains(out[name], dir) {
			out[name] = append(out[name], dir)
		}
	}
	for _, pr := range p.projects {
		if len(pr.members) > 0 {
			add("\x1f"+pr.Tool, pr.Dir)
		}
	}
	for _, k := range keys {
		if k.base != "" {
			add(k.base, p.dir(k))
		}
	}
	return out
}

// dir is where a suite's jobs work: the configured folder, or the project's own where that lies deeper.
func (p *placing) dir(k part) string {
	own := p.projects[k.project].Dir
	if dir := p.Suites[k.base].Dir; dir != "" && depth(dir) > depth(own) {
		return path.Clean(dir)
	}
	return own
}

func (p *placing) suite(k part, files []tool.File, dirs map[string][]string, shared neighbours) Suite {
	pr := &p.projects[k.project]
	said := p.Suites[k.base]
	dir := p.dir(k)
	s := Suite{Tool: pr.Tool, Why: pr.Why, Files: files, Timeout: string(said.Timeout), Exclusive: said.Exclusive, Split: said.Split != ""}
	name, key := k.base, k.base
	if k.base == "" {
		name, key = pr.Tool, "\x1f"+pr.Tool
	} else {
		s.Why = p.where(at("suites", k.base)) + ", " + pr.Why
	}
	if len(dirs[key]) > 1 {
		name += ":" + dir
	}
	if k.tags != "" && len(said.Tags) == 0 {
		name += " (tags " + k.tags + ")"
	}
	s.Name = name
	s.Need = p.need(at("suites", k.base), said.Needs, said.Stubs, said.Modes)
	s.Writes = p.writes(k.base)
	slices.SortFunc(s.Files, func(a, b tool.File) int { return strings.Compare(a.Path, b.Path) })
	s.Target = tool.Target{
		Root: p.tree.Root, Dir: dir, Category: k.category,
		Files: paths(s.Files), Whole: len(s.Files) == len(pr.members) && dir == pr.Dir && !pr.cut,
		Marks: shared.marks(k.project), Homes: shared.homes(k.project, k.category), Marked: shared.marked(k.project),
		Args: slices.Concat(pr.Args, texts(said.Args)), Env: slices.Concat(pr.Env, variables(said.Env)),
		Workers: pr.Workers,
	}
	if k.tags != "" {
		s.Target.Tags = strings.Split(k.tags, ",")
	}
	return s
}

// addCommands adds the suites that are a command and its reports, or a contract: they hold no files that we know.
func (p *placing) addCommands(out map[string][]Suite) {
	for _, name := range p.suiteAZ {
		said := p.Suites[name]
		if said.Tool != commandTool && said.Tool != contractTool {
			continue
		}
		category, ok := p.categoryNamed(said.Category)
		if !ok {
			category = E2E // of a contract: a command's category has been asked for
		}
		s := Suite{
			Tool: said.Tool, Timeout: string(said.Timeout), Exclusive: said.Exclusive,
			Why: p.where(at("suites", name)), Name: distinctName(name, out[category]),
			Need: p.need(at("suites", name), said.Needs, said.Stubs, said.Modes), Writes: p.writes(name),
		}
		s.Target = tool.Target{
			Root: p.tree.Root, Dir: path.Clean(said.Dir), Category: category, Whole: true,
			Env: variables(said.Env), Argv: said.Command,
		}
		if said.Tool == contractTool {
			s.Target.Contract = contractOf(*said.WebSocket)
			if filepath.IsLocal(filepath.FromSlash(p.path)) {
				s.Target.ContractFile, s.Target.ContractLine = p.path, p.spot(at("suites", name)).line
			}
		}
		for _, g := range said.Reports {
			s.Target.Reports = append(s.Target.Reports, string(g))
		}
		out[category] = append(out[category], s)
	}
	for category := range out {
		for i := range out[category] {
			out[category][i].Target.Suite = out[category][i].Name
		}
	}
}

// distinctName makes a name unique among those that are there.
func distinctName(name string, there []Suite) string {
	taken := func(n string) bool { return slices.ContainsFunc(there, func(s Suite) bool { return s.Name == n }) }
	if !taken(name) {
		return name
	}
	for i := 2; ; i++ {
		if n := name + " #" + strconv.Itoa(i); !taken(n) {
			return n
		}
	}
}

func paths(files []tool.File) []string {
	out := make([]string, len(files))
	for i, f := range files {
		out[i] = f.Path
	}
	return out
}

func texts(in []Text) []string {
	var out []string
	for _, t := range in {
		out = append(out, string(t))
	}
	return out
}

// variables are NAME=VALUE lines, sorted.
func variables(env map[string]Text) []string {
	var out []string
	for _, name := range sorted(env) {
		out = append(out, name+"="+string(env[name]))
	}
	return out
}
