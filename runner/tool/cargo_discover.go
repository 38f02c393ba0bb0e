package tool

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"testrunner/report/event"
)

// Discover finds one project a workspace, or a package that is in none. Its files are the sources of targets that cargo test
// runs: a library's and a program's, where the modules of the source hold anything that looks like a test, and those in tests/.
// What holds none is built along (Project.Beside), as are examples.
//
// It reads manifests and sources, and never asks cargo, which may want the network.
func (Cargo) Discover(tree Tree) []Project {
	d := &cargoDiscovery{tree: tree, manifests: map[string]cargoManifest{}, faults: map[string]error{}, projects: map[string]*Project{}}
	for _, name := range tree.Files {
		if path.Base(name) != "Cargo.toml" {
			continue
		}
		text, err := fs.ReadFile(tree.FS, name)
		if err == nil {
			d.manifests[path.Dir(name)], err = cargoTOML(string(text))
		}
		if err != nil {
			d.faults[path.Dir(name)] = err
		}
	}
	for _, dir := range sortedKeys(d.manifests) {
		if d.manifests[dir].isWorkspace() {
			d.members(dir)
		}
	}
	for _, dir := range sortedKeys(d.manifests) {
		if d.manifests[dir].isPackage() {
			d.place(dir)
		}
	}
	for _, dir := range sortedKeys(d.faults) {
		p := d.project(d.above(dir), "Cargo.toml")
		p.Findings = append(p.Findings, event.Finding{
			ID: "cargo.manifest.invalid", Status: event.Warn, Value: path.Join(dir, "Cargo.toml"), Detail: path.Join(dir, "Cargo.toml") + ": " + d.faults[dir].Error(),
		})
	}
	var out []Project
	for _, dir := range sortedKeys(d.projects) {
		p := d.projects[dir]
		slices.SortFunc(p.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
		p.Files = slices.CompactFunc(p.Files, func(a, b File) bool { return a.Path == b.Path })
		if p.Beside = sortedSet(p.Beside); len(p.Files) == 0 {
			p.Beside = nil
		}
		if len(p.Files)+len(p.Findings) > 0 {
			out = append(out, *p)
		}
	}
	return out
}

type cargoDiscovery struct {
	tree      Tree
	manifests map[string]cargoManifest // by folder
	faults    map[string]error
	owner     map[string]string // folder of a member -> folder of its workspace
	projects  map[string]*Project
}

func (d *cargoDiscovery) project(dir, why string) *Project {
	if d.projects[dir] == nil {
		d.projects[dir] = &Project{Tool: "cargo", Dir: dir, Why: why}
	}
	return d.projects[dir]
}

// members finds the packages of a workspace: those that it names, and those that they depend on by path, as far as they lie
// below it (The Cargo Book, "Workspaces").
func (d *cargoDiscovery) members(root string) {
	if d.owner == nil {
		d.owner = map[string]string{}
	}
	m := d.manifests[root]
	out := func(dir string) bool {
		return slices.ContainsFunc(m.values[pytestKey("workspace", "exclude")], func(e string) bool {
			e = path.Join(root, e)
			return dir == e || strings.HasPrefix(dir, e+"/")
		})
	}
	var queue []string
	add := func(dir string) {
		if _, isMember := d.owner[dir]; !isMember && d.manifests[dir].isPackage() && (dir == root || root == "." || strings.HasPrefix(dir, root+"/")) {
			d.owner[dir] = root
			queue = append(queue, dir)
		}
	}
	add(root)
	for _, dir := range sortedKeys(d.manifests) {
		for _, pattern := range m.values[pytestKey("workspace", "members")] {
			if ok, err := path.Match(path.Join(root, pattern), dir); err == nil && ok && !out(dir) {
				add(dir)
			}
		}
	}
	for len(queue) > 0 {
		dir := queue[0]
		queue = queue[1:]
		for _, rel := range d.manifests[dir].paths() {
			if below := path.Join(dir, rel); !out(below) {
				add(below)
			}
		}
	}
}

// above is the folder of the nearest workspace above a folder, or the folder itself.
func (d *cargoDiscovery) above(dir string) string {
	for up := dir; ; up = path.Dir(up) {
		if d.manifests[up].isWorkspace() {
			return up
		}
		if up == "." {
			return dir
		}
	}
}

// place sends a package's targets to its project.
func (d *cargoDiscovery) place(dir string) {
	home, isMember := d.owner[dir]
	switch root := d.above(dir); {
	case isMember:
	case d.fixture(dir):
		return // a package that tests of another one use: cargo would not test it either
	case root != dir && !d.excluded(root, dir):
		p := d.project(root, "Cargo.toml [workspace]")
		p.Findings = append(p.Findings, event.Finding{
			ID: "cargo.workspace.stray", Status: event.Warn, Value: dir,
			Detail: fmt.Sprintf("%s lies in the workspace %s, which neither names nor excludes it: cargo refuses to test it", dir, path.Join(root, "Cargo.toml")),
		})
		return
	default:
		home = dir
	}
	why := "Cargo.toml"
	if d.manifests[home].isWorkspace() {
		why = "Cargo.toml [workspace]"
	}
	p := d.project(home, why)
	for _, t := range cargoTargets(d.tree.FS, dir, d.manifests[dir]) {
		switch {
		case t.kind == "example" && !t.test:
			p.Beside = append(p.Beside, t.src)
		case t.kind == "test" || t.test && t.own || (t.test || t.docs) && d.holdsTests(t):
			p.Files = append(p.Files, cargoFile(dir, t))
		case t.test:
			p.Beside = append(p.Beside, t.src)
		}
	}
}

// excluded says whether a workspace excludes the folder.
func (d *cargoDiscovery) excluded(root, dir string) bool {
	return slices.ContainsFunc(d.manifests[root].values[pytestKey("workspace", "exclude")], func(e string) bool {
		e = path.Join(root, e)
		return dir == e || strings.HasPrefix(dir, e+"/")
	})
}

// fixture says whether a folder lies in the tests of a package above it.
func (d *cargoDiscovery) fixture(dir string) bool {
	for up := path.Dir(dir); dir != "."; up = path.Dir(up) {
		if below := strings.TrimPrefix(dir, up+"/"); d.manifests[up].isPackage() || d.manifests[up].isWorkspace() {
			if up == "." {
				below = dir
			}
			for part := range strings.SplitSeq(below, "/") {
				if slices.Contains([]string{"tests", "test", "fixtures", "testdata", "target", "benches"}, part) {
					return true
				}
			}
		}
		if up == "." {
			return false
		}
	}
	return false
}

// cargoFile is where a target belongs. A folder or a file named like a category says so; else cargo's own words count, which
// calls what lies in tests/ integration tests and what stands in the sources unit tests.
func cargoFile(dir string, t cargoTarget) File {
	f := File{Path: t.src}
	if category, why, ok := folderCategory(t.src); ok {
		f.Category, f.Why = category, why
		return f
	}
	if category, why, ok := cargoNameCategory(t.src); ok && t.kind == "test" {
		f.Category, f.Why = category, why
		return f
	}
	f.Category, f.Why = unitCategory, nothingMatches
	if t.kind == "test" {
		f.Category, f.Why = integrationCategory, "cargo's integration tests: "+path.Join(dir, "tests")
		if !strings.HasPrefix(t.src, path.Join(dir, "tests")+"/") {
			f.Why = "cargo's integration tests: [[test]] in " + path.Join(dir, "Cargo.toml")
		}
	}
	return f
}

// cargoNameCategory reads the category from a file's name: e2e.rs, e2e_login.rs, login_e2e.rs.
func cargoNameCategory(src string) (category, why string, ok bool) {
	stem := strings.TrimSuffix(path.Base(src), ".rs")
	for _, name := range append(conventions(), unitCategory) {
		for _, word := range []string{name, strings.ReplaceAll(name, "-", "_")} {
			for _, between := range []string{"_", "-"} {
				if stem == word || strings.HasPrefix(stem, word+between) || strings.HasSuffix(stem, between+word) {
					return name, "file name " + path.Base(src), true
				}
			}
		}
	}
	return "", "", false
}

// What a source that holds tests looks like: an attribute with "test" in it, a macro that makes some, or, in a library, examples
// in its documentation. A source that has any of it and no test costs an executable that runs none.
var (
	cargoTestMark = regexp.MustCompile(`#!?\[[^\]\n]*test|\b\w*(?:test|quickcheck)\w*!`)
	cargoDocMark  = regexp.MustCompile("(?m)^\\s*(?://[/!]|\\*|/\\*\\*).*(?:```|~~~)|^\\s*//[/!] {5,}\\S|#!?\\[(?:cfg_attr\\([^\\]]*)?\\s*doc\\s*=")
)

// holdsTests looks at the modules of a target.
func (d *cargoDiscovery) holdsTests(t cargoTarget) bool {
	return slices.ContainsFunc(cargoModules(d.tree.FS, t.src), func(m cargoModule) bool {
		return t.test && cargoTestMark.Match(m.text) || t.docs && cargoDocMark.Match(m.text)
	})
}
