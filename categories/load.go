package categories

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"testrunner/report/event"
	"testrunner/runner/tool"
)

// Load makes the catalog: what the tools discover in the tree, changed by the configuration. configPath is runner.yaml's
// path, absolute or relative to root; "" stands for runner.yaml at the root, which need not exist.
// The error is a *ConfigError with every fault of the file, or a *UsageError when it can't be read. What discovery could
// not read is a finding of the catalog. compose are the compose files that somebody names from outside (COMPOSE_FILE), relative to root;
// the configuration's own come before them.
func Load(root, configPath string, tree tool.Tree, tools []tool.Tool, compose ...string) (*Catalog, error) {
	cfg, err := readConfig(root, configPath)
	if err != nil {
		return nil, err
	}
	return newCatalog(root, cfg, tree, tools, compose...)
}

func newCatalog(root string, cfg *configuration, tree tool.Tree, tools []tool.Tool, compose ...string) (*Catalog, error) {
	names := make([]string, len(tools))
	for i, t := range tools {
		names[i] = t.Name()
	}
	if err := cfg.validate(names, tree); err != nil {
		return nil, err
	}
	p := newPlacing(cfg, tree, discover(tree, tools))
	p.place()
	if err := cfg.failure(); err != nil {
		return nil, err
	}
	c := &Catalog{Root: root, Config: cfg.path, Ordered: len(cfg.Order) > 0, Tools: names, tree: p.tree, cfg: cfg}
	c.Compose, c.ComposeWhy = cfg.composeFiles(tree, compose)
	c.Categories = cfg.categories(names, p)
	c.Categories = cfg.needy(c.Categories, c.Compose)
	c.Groups = cfg.groups()
	c.Findings = p.allFindings()
	cfg.environ(c)
	return c, nil
}

// discover asks all tools at once; the answers stand in the tools' order. A file that two projects of one tool name
// belongs to the deeper one.
func discover(tree tool.Tree, tools []tool.Tool) []tool.Project {
	found := make([][]tool.Project, len(tools))
	inParallel(len(tools), func(i int) { found[i] = tools[i].Discover(tree) })
	var out []tool.Project
	for _, projects := range found {
		projects = slices.Clone(projects)
		slices.SortStableFunc(projects, func(a, b tool.Project) int { return strings.Compare(a.Dir, b.Dir) })
		owner := map[string]int{}
		for i, pr := range projects {
			for _, f := range pr.Files {
				if o, ok := owner[f.Path]; !ok || depth(pr.Dir) > depth(projects[o].Dir) {
					owner[f.Path] = i
				}
			}
		}
		for i := range projects {
			projects[i].Files = slices.DeleteFunc(slices.Clone(projects[i].Files), func(f tool.File) bool { return owner[f.Path] != i })
		}
		out = append(out, projects...)
	}
	return out
}

// categories makes every category, in running order.
func (c *configuration) categories(tools []string, p *placing) []Category {
	suites := p.suites(tools)
	names := slices.Clone(c.categoryNames())
	for _, found := range sorted(suites) {
		if !slices.Contains(names, found) {
			names = append(names, found)
		}
	}
	var ordered []string
	for _, o := range c.Order {
		name, _ := c.categoryNamed(o)
		ordered = append(ordered, name)
	}
	for _, n := range names {
		if !slices.Contains(ordered, n) {
			ordered = append(ordered, n)
		}
	}
	out := make([]Category, len(ordered))
	for i, name := range ordered {
		out[i] = c.newCategory(name)
		out[i].Suites = suites[name]
	}
	return out
}

func (c *configuration) newCategory(name string) Category {
	out := Category{Name: name, Critical: name == MissionCritical}
	var why []string
	if slices.Contains(builtIn(), name) {
		why = append(why, "built in")
	}
	for _, written := range sorted(c.Categories) {
		if !sameName(written, name) {
			continue
		}
		said := c.Categories[written]
		why = append(why, c.where(at("categories", written)))
		out.Exclusive, out.Timeout = said.Exclusive, string(said.Timeout)
		out.Need = c.need(at("categories", written), said.Needs, said.Stubs, said.Modes)
		if said.Critical != nil {
			out.Critical = *said.Critical
		}
	}
	out.Why = strings.Join(why, ", ")
	return out
}

func (c *configuration) groups() []Group {
	out := []Group{{Name: unitIntegration, Categories: []string{Unit, Integration}, Why: "built in"}}
	for _, name := range sorted(c.Groups) {
		g := Group{Name: name, Why: c.where(at("groups", name))}
		for _, member := range c.Groups[name] {
			known, _ := c.categoryNamed(member)
			g.Categories = append(g.Categories, known)
		}
		out = append(out, g)
	}
	return out
}

// allFindings are the findings of discovery and configuration, each once.
func (p *placing) allFindings() []event.Finding {
	all := p.findings
	for _, pr := range p.projects {
		all = append(all, pr.Findings...)
	}
	for _, dir := range p.tree.Unread {
		all = append(all, event.Finding{
			ID: "tree.unread", Status: event.Warn, Value: dir,
			Detail: fmt.Sprintf("the folder %s can't be read: tests in it are not known", dir),
		})
	}
	if slices.Contains(p.tree.Files, "runner.yml") {
		all = append(all, event.Finding{
			ID: "config.name", Status: event.Warn, Value: "runner.yml",
			Detail: "runner.yml is not read: the configuration's name is " + ConfigFile,
		})
	}
	var out []event.Finding
	seen := map[event.Finding]bool{}
	for _, f := range all {
		if !seen[f] {
			seen[f] = true
			out = append(out, f)
		}
	}
	return out
}

// folders are all folders that hold files, sorted.
func folders(files []string) []string {
	seen := map[string]bool{".": true}
	var out []string
	for _, f := range files {
		for d := path.Dir(f); !seen[d]; d = path.Dir(d) {
			seen[d] = true
			out = append(out, d)
		}
	}
	slices.Sort(out)
	return out
}

// folderThere says whether a folder holds files of the tree. The files are sorted, so one search is enough.
func folderThere(tree tool.Tree, dir string) bool {
	i, _ := slices.BinarySearch(tree.Files, dir+"/")
	return i < len(tree.Files) && strings.HasPrefix(tree.Files[i], dir+"/")
}
