package tool

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"testrunner/report/event"
)

// jsUse is one way in which a package runs a tool: a command of a test script, or the tool as it is configured.
type jsUse struct {
	Package *jsPackage
	Dir     string   // working directory, relative to the root
	Script  string   // the script that the command stands in, "" where there is none
	Program string   // the command's name: "jest", "react-scripts", "node"
	Named   string   // the script that led to it
	Node    []string // options of node's in front of the tool's program: "--experimental-vm-modules"
	Args    []jsWord // what the tool is given
	Before  []jsWord // options of node's in front of the tool's path
	Env     []string
	Why     string
}

// jsDiscovery finds the projects of one of the JavaScript tools that search for their tests by patterns.
type jsDiscovery struct {
	tree     Tree
	tool     string
	byFolder map[string]*jsPackage
	uses     map[string][]jsUse // by package folder
	claimed  map[string]bool
	owners   map[string]jsUse // by file: the use that runs it
}

// jsDiscover asks find for the files of each use, the deepest package's first: they are taken before those above. find
// completes the project (Args, Findings, Workers) and returns its files; configs are the tool's configuration files, or keys
// ("package.json#jest"), which make a use of a package whose scripts run no test tool.
func jsDiscover(tree Tree, tool string, configs []string, find jsFind) []Project {
	packages := jsPackages(tree)
	d := &jsDiscovery{tree: tree, tool: tool, byFolder: jsByFolder(packages), uses: map[string][]jsUse{}, claimed: map[string]bool{}, owners: map[string]jsUse{}}
	for _, p := range packages {
		d.uses[p.Dir] = d.usesOf(p, configs)
	}
	slices.SortStableFunc(packages, func(a, b *jsPackage) int { return cmp.Compare(nodeDepth(b.Dir), nodeDepth(a.Dir)) })
	var out []Project
	var uses, configured []jsUse
	for _, p := range packages {
		for _, u := range d.uses[p.Dir] {
			if u.Script != "" {
				uses = append(uses, u)
			} else {
				configured = append(configured, u)
			}
		}
	}
	for _, u := range append(uses, configured...) { // what a script runs is not run for a configuration's sake
		project := Project{Tool: tool, Dir: u.Dir, Why: u.Why, Env: u.Env}
		from := u.Script
		category, _ := jsTestScript(from)
		if category == "" {
			from = u.Named
			category, _ = jsTestScript(from)
		}
		for _, file := range sortedSet(find(d, u, &project)) {
			if !d.claimed[file] {
				d.claimed[file], d.owners[file] = true, u
				project.Files = append(project.Files, nodeFileOf(file, category, from))
			}
		}
		if f, lost := d.lost(u, &project, find); lost {
			project.Findings = append(project.Findings, f)
		}
		if len(project.Files)+len(project.Findings) > 0 {
			out = append(out, project)
		}
	}
	slices.SortStableFunc(out, func(a, b Project) int {
		return cmp.Or(strings.Compare(a.Dir, b.Dir), strings.Compare(a.Why, b.Why), slices.Compare(a.Args, b.Args))
	})
	return out
}

// usesOf lists how a package runs the tool, each command once; those that watch are none.
func (d *jsDiscovery) usesOf(p *jsPackage, configs []string) []jsUse {
	if p.Err != nil {
		return nil // node's adapter tells of it
	}
	var out []jsUse
	seen := map[string]bool{}
	other := false
	for _, script := range nodeScripts(p) {
		for _, c := range jsCommands(p, script) {
			switch tool := jsToolOf(c); {
			case tool == d.tool:
				args := jsArguments(c, tool)
				key := fmt.Sprintf("%q %v %v", c.Dir, args, c.Env)
				if !seen[key] && !jsWatches(tool, args) {
					seen[key] = true
					out = append(out, jsUse{Package: p, Dir: path.Join(p.Dir, c.Dir), Script: c.Script, Program: c.head(), Named: script, Node: jsNodeOptions(c), Args: args, Before: jsBefore(c, tool), Env: c.Env, Why: fmt.Sprintf("%s script %s", p.label(), script)})
				}
			case tool != "" && tool != "script":
				other = true
			}
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, name := range configs {
		file, key, isKey := strings.Cut(path.Join(p.Dir, name), "#")
		if d.has(file) && (!isKey || d.hasKey(file, key)) {
			why := file
			if isKey {
				why += " key " + key
			}
			return []jsUse{{Package: p, Dir: p.Dir, Why: why}}
		}
	}
	if !other && slices.Contains(p.Deps, d.tool) && len(p.Scripts["test"]) == 0 {
		return []jsUse{{Package: p, Dir: p.Dir, Why: p.label() + " depends on " + d.tool}}
	}
	return nil
}

// jsWatches says whether a tool is told to wait for changes. To mocha --ui is something else, and a word names files.
func jsWatches(tool string, args []jsWord) bool {
	watching := []string{"--watch", "--watchAll", "watch", "dev", "--ui"}
	if tool == "mocha" {
		watching = []string{"--watch", "-w"}
	}
	return slices.ContainsFunc(args, func(w jsWord) bool { return slices.Contains(watching, w.Text) })
}

// jsArguments is what a command gives to the tool: the words behind the tool's name, or behind its path for node.
func jsArguments(c jsCommand, tool string) []jsWord {
	words := c.Words
	if jsTestTool(jsBase(words[0].Text)) == tool {
		return slices.Clone(words[1:])
	}
	for i := 1; i < len(words); i++ { // node --flag node_modules/.bin/jest ARGS
		if !strings.HasPrefix(words[i].Text, "-") && strings.Contains(words[i].Text, tool) {
			return slices.Clone(words[i+1:])
		}
	}
	return slices.Clone(words[1:])
}

// jsBefore is what stands between node and the tool's path: node's own options.
func jsBefore(c jsCommand, tool string) []jsWord {
	if jsTestTool(c.head()) == tool {
		return nil
	}
	return slices.Clone(c.Words[1:max(1, len(c.Words)-len(jsArguments(c, tool))-1)])
}

// jsNodeOptions is what a command gives to node in front of the tool's program.
func jsNodeOptions(c jsCommand) []string {
	if head := c.head(); head != "node" && head != "nodejs" {
		return nil
	}
	var out []string
	for i := 1; i < len(c.Words) && strings.HasPrefix(c.Words[i].Text, "-"); i++ {
		out = append(out, c.Words[i].Text)
		if nodeTakesValue(c.Words[i].Text) && i+1 < len(c.Words) {
			i++
			out = append(out, c.Words[i].Text)
		}
	}
	return out
}

func (d *jsDiscovery) has(file string) bool {
	_, ok := slices.BinarySearch(d.tree.Files, file)
	return ok
}

// below lists the files under a folder that could be tests by their ending, without those that a package below runs by its
// own script: they would run twice.
func (d *jsDiscovery) below(dir string) []string {
	var out []string
	for _, file := range d.tree.Files {
		if nodeExtension(file) == "" || dir != "." && !strings.HasPrefix(file, dir+"/") || d.claimed[file] {
			continue
		}
		out = append(out, file)
	}
	return out
}

// hasKey says whether a JSON file has a key at its top.
func (d *jsDiscovery) hasKey(file, key string) bool {
	for _, object := range jsConfigObjects(d.tree.FS, file) {
		if _, has := object[key]; has {
			return true
		}
	}
	return false
}

// config finds a configuration file of the tool in a folder: the first of the names that is there.
func (d *jsDiscovery) config(dir string, names []string) string {
	for _, name := range names {
		if file := path.Join(dir, name); d.has(file) {
			return file
		}
	}
	return ""
}

// unreadable is the finding of a configuration whose patterns are computed.
func (d *jsDiscovery) unreadable(file, what string) event.Finding {
	return event.Finding{
		ID: "tool." + d.tool + ".computed", Status: event.Warn, Value: file,
		Detail: fmt.Sprintf("%s computes its %s, which runner can't read: it takes the files that look like tests, and %s itself decides when it runs", file, what, d.tool),
	}
}

// jsTexts is the texts of words.
func jsTexts(words []jsWord) []string {
	var out []string
	for _, w := range words {
		out = append(out, w.Text)
	}
	return out
}
