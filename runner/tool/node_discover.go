package tool

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"testrunner/report/event"
)

// Discover finds what the packages' test scripts run with node --test, and test files that import node:test where no
// script speaks of them. A file belongs to the nearest package whose script runs it. Scripts that run a tool which has no
// adapter are findings that name it: the planned ones in a project of their own name.
func (Node) Discover(tree Tree) []Project {
	packages := jsPackages(tree)
	d := &nodeDiscovery{tree: tree, byFolder: jsByFolder(packages), claimed: map[string]bool{}, tools: map[string][]string{}}
	for _, file := range tree.Files {
		if nodeExtension(file) != "" {
			d.files = append(d.files, file)
		}
	}
	for _, p := range packages {
		d.tools[p.Dir] = d.toolsOf(p)
	}
	slices.SortStableFunc(packages, func(a, b *jsPackage) int { // the deepest first: they take their files before those above
		return cmp.Compare(nodeDepth(b.Dir), nodeDepth(a.Dir))
	})
	for _, p := range packages {
		d.scripts(p)
	}
	d.imports()
	slices.SortStableFunc(d.projects, func(a, b Project) int {
		return cmp.Or(strings.Compare(a.Dir, b.Dir), strings.Compare(a.Tool, b.Tool), strings.Compare(a.Why, b.Why))
	})
	return d.projects
}

// nodeDepth is how deep a folder lies; the root is 0.
func nodeDepth(dir string) int {
	if dir == "." {
		return 0
	}
	return strings.Count(dir, "/") + 1
}

type nodeDiscovery struct {
	tree     Tree
	files    []string // those that could be tests by their ending, sorted
	byFolder map[string]*jsPackage
	tools    map[string][]string // package folder -> the test tools of its scripts
	claimed  map[string]bool
	projects []Project
}

// toolsOf lists the tools that a package's test scripts run.
func (d *nodeDiscovery) toolsOf(p *jsPackage) []string {
	var out []string
	for _, script := range nodeScripts(p) {
		for _, c := range jsCommands(p, script) {
			tool := jsToolOf(c)
			if _, ok := d.program(p, c); ok && tool == "script" {
				tool = "node"
			}
			if tool != "" {
				out = append(out, tool)
			}
		}
	}
	return sortedSet(out)
}

// nodeScripts lists the package's test scripts: those that name a category first, as they say more about their files.
func nodeScripts(p *jsPackage) []string {
	var out []string
	rank := map[string]int{}
	for _, name := range sortedKeys(p.Scripts) {
		category, ok := jsTestScript(name)
		switch {
		case !ok:
			continue
		case category != "":
			rank[name] = 0
		case name == "test":
			rank[name] = 1
		default:
			rank[name] = 2
		}
		out = append(out, name)
	}
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(rank[a], rank[b]) })
	return out
}

// scripts makes the projects of one package: one for each set of options that its scripts give to node.
func (d *nodeDiscovery) scripts(p *jsPackage) {
	if p.Err != nil {
		d.projects = append(d.projects, Project{Tool: "node", Dir: p.Dir, Why: p.label(), Findings: []event.Finding{{
			ID: "tool.node.manifest", Status: event.Warn, Value: p.label(),
			Detail: fmt.Sprintf("%s can't be read, so its test script is not known: %v", p.label(), p.Err),
		}}})
		return
	}
	var own []*Project
	others := map[string]bool{}
	seen := map[string]bool{}
	for _, script := range nodeScripts(p) {
		commands := jsCommands(p, script)
		known := false
		for _, c := range commands {
			tool := jsToolOf(c)
			if tool == "script" {
				if own, ok := d.program(p, c); ok { // node t.js runs the tests of t.js as node --test does
					c, tool = own, "node"
				}
			}
			known = known || tool != "" && tool != "script"
			switch key := fmt.Sprintf("%q %v", c.Dir, c.Words); {
			case tool == "" || tool == "script":
			case tool == "node" && !seen[key]:
				seen[key] = true
				own = d.command(p, script, c, own)
			case tool != "node" && !others[tool]:
				others[tool] = true
				d.other(p, c, tool)
			}
		}
		if i := slices.IndexFunc(commands, func(c jsCommand) bool { return !jsBesides(c.head()) }); !known && i >= 0 {
			if key := fmt.Sprint(commands[i].Words); !others[key] {
				others[key] = true
				d.other(p, commands[i], "script")
			}
		}
	}
	d.strays(p, own)
	for _, project := range own {
		if len(project.Files) > 0 || len(project.Findings) > 0 {
			slices.SortFunc(project.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
			d.projects = append(d.projects, *project)
		}
	}
}

// program turns `node test.js`, whose file itself uses node:test (or loads files beside it that do), into what node --test
// would be asked for; ok is false where the program is something else, or takes arguments of its own.
func (d *nodeDiscovery) program(p *jsPackage, c jsCommand) (jsCommand, bool) {
	if head := c.head(); head != "node" && head != "nodejs" && head != "tsx" {
		return c, false
	}
	run, ok := nodeReadCommand(c)
	if !ok || len(run.patterns) != 1 {
		return c, false
	}
	file := path.Join(p.Dir, c.Dir, run.patterns[0].Text)
	_, known := slices.BinarySearch(d.files, file)
	return c, known && (d.importsNodeTest(file) || slices.ContainsFunc(d.loads(file), d.importsNodeTest))
}

// command adds the files of one node --test to the project of its options.
func (d *nodeDiscovery) command(p *jsPackage, script string, c jsCommand, own []*Project) []*Project {
	run, ok := nodeReadCommand(c)
	if !ok {
		return own
	}
	dir := path.Join(p.Dir, c.Dir)
	var project *Project
	for _, have := range own {
		if have.Dir == dir && slices.Equal(have.Args, run.args) && slices.Equal(have.Env, c.Env) {
			project = have
		}
	}
	if project == nil {
		project = &Project{Tool: "node", Dir: dir, Why: fmt.Sprintf("%s script %s", p.label(), script), Args: run.args, Env: c.Env}
		own = append(own, project)
	}
	project.Findings = append(project.Findings, run.findings...)
	files, findings := d.search(dir, p, run, c.Script)
	project.Findings = append(project.Findings, findings...)
	from := c.Script
	category, _ := jsTestScript(from)
	if category == "" {
		from = script
		category, _ = jsTestScript(from)
	}
	for _, file := range files {
		d.claimed[file] = true
		project.Files = append(project.Files, nodeFileOf(file, category, from))
	}
	return own
}

// other tells of a tool that is not node's.
func (d *nodeDiscovery) other(p *jsPackage, c jsCommand, tool string) {
	if slices.ContainsFunc(All(), func(a Tool) bool { return a.Name() == tool }) {
		return // its own adapter speaks of it
	}
	var words []string
	for _, w := range c.Words {
		words = append(words, w.Text)
	}
	line := event.Capped(strings.Join(words, " "), 200)
	f := event.Finding{
		ID: "tool." + tool + ".no-adapter", Status: event.Warn, Value: p.label(),
		Detail: fmt.Sprintf("%s: script %q runs %s, which runner has no adapter for: these tests are not run (%s)", p.label(), c.Script, tool, line),
	}
	project := Project{Tool: tool, Dir: p.Dir, Why: fmt.Sprintf("%s script %s", p.label(), c.Script)}
	if !slices.Contains(Planned(), tool) {
		project.Tool = "node"
	}
	if tool == "script" {
		f.ID = "tool.node.own-script"
		f.Detail = fmt.Sprintf("%s: script %q runs a program of its own (%s): runner can't tell its tests apart, so they are not run", p.label(), c.Script, line)
		f.Remedy = "" // the way in is a suite of the tool junit in runner.yaml, which no one command makes
	}
	project.Findings = []event.Finding{f}
	d.projects = append(d.projects, project)
}

// strays tells of files that are plainly node's tests and that none of the package's scripts runs.
func (d *nodeDiscovery) strays(p *jsPackage, own []*Project) {
	if len(own) == 0 {
		return
	}
	strays := slices.DeleteFunc(slices.Clone(d.under(p.Dir)), func(file string) bool {
		return d.claimed[file] || !nodeFound(file, p.Dir) || jsNearest(d.byFolder, file) != p || !d.importsNodeTest(file)
	})
	if len(strays) == 0 {
		return
	}
	loaded := map[string]bool{} // by the package's test files: their tests run with them
	for _, project := range own {
		for _, file := range project.Files {
			for _, other := range d.loads(file.Path) {
				loaded[other] = true
			}
		}
	}
	strays = slices.DeleteFunc(strays, func(file string) bool { return loaded[file] })
	if len(strays) == 0 {
		return
	}
	own[0].Findings = append(own[0].Findings, event.Finding{
		ID: "tool.node.unclaimed", Status: event.Warn, Value: fmt.Sprint(len(strays)),
		Detail: fmt.Sprintf("no test script of %s runs %s, which import node:test", p.label(), nodeSome(strays)),
	})
}

// imports makes projects of test files that import node:test where no script runs node or another test tool.
func (d *nodeDiscovery) imports() {
	byDir := map[string][]File{}
	for _, file := range d.files {
		if d.claimed[file] {
			continue
		}
		dir := "."
		if p := jsNearest(d.byFolder, file); p != nil {
			if dir = p.Dir; len(d.tools[dir]) > 0 && !slices.Equal(d.tools[dir], []string{"script"}) || p.Err != nil {
				continue
			}
		}
		if nodeFound(file, dir) && d.importsNodeTest(file) {
			d.claimed[file] = true
			byDir[dir] = append(byDir[dir], nodeFileOf(file, "", ""))
		}
	}
	for _, dir := range sortedKeys(byDir) {
		d.projects = append(d.projects, Project{Tool: "node", Dir: dir, Why: "test files that import node:test", Files: byDir[dir]})
	}
}

// nodeSome lists the first few of many.
func nodeSome(files []string) string {
	if len(files) <= 3 {
		return strings.Join(files, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(files[:3], ", "), len(files)-3)
}
