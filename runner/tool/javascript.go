package tool

import (
	"encoding/json"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// What the adapters of JavaScript tools share: the packages of a tree, their scripts and workspaces.

// jsPackage is a package.json.
type jsPackage struct {
	Dir     string // relative to the root, "." is the root
	Name    string
	Scripts map[string]string
	Deps    []string // names in dependencies, devDependencies, optionalDependencies and peerDependencies, sorted
	Install bool     // it has dependencies or devDependencies, so an installation is needed
	Manager string   // packageManager: "pnpm@9.1.0"
	Globs   []string // workspaces: folders below Dir that are packages of it
	Member  bool     // a package above lists it as a workspace
	Err     error    // why it can't be read
}

// label is how a person finds the package: its folder.
func (p *jsPackage) label() string { return path.Join(p.Dir, "package.json") }

// jsPackages reads every package.json of the tree, sorted by folder. Those that only serve tests (below a folder named
// fixtures, or below another package's test folder without being one of its workspaces) are no packages of the project.
func jsPackages(tree Tree) []*jsPackage {
	var all []*jsPackage
	for _, file := range tree.Files {
		if path.Base(file) == "package.json" {
			all = append(all, jsReadPackage(tree.FS, file))
		}
	}
	slices.SortFunc(all, func(a, b *jsPackage) int { return strings.Compare(a.Dir, b.Dir) })
	byFolder := jsByFolder(all)
	for _, p := range all {
		globs := slices.Clone(p.Globs)
		if _, ok := slices.BinarySearch(tree.Files, path.Join(p.Dir, "pnpm-workspace.yaml")); ok {
			globs = append(globs, jsPnpmWorkspaces(tree.FS, p.Dir)...)
		}
		for _, dir := range jsListed(globs, p.Dir, all) {
			if q := byFolder[dir]; q != p {
				q.Member = true
			}
		}
	}
	return slices.DeleteFunc(all, func(p *jsPackage) bool { return !p.Member && jsFixture(p.Dir, all) })
}

func jsReadPackage(fsys fs.FS, file string) *jsPackage {
	p := &jsPackage{Dir: path.Dir(file), Scripts: map[string]string{}}
	text, err := fs.ReadFile(fsys, file)
	if err != nil {
		p.Err = err
		return p
	}
	p.read(text)
	return p
}

func (p *jsPackage) read(text []byte) {
	var raw struct {
		Name           json.RawMessage `json:"name"`
		Scripts        map[string]any  `json:"scripts"`
		Workspaces     json.RawMessage `json:"workspaces"`
		PackageManager any             `json:"packageManager"`
		Deps           map[string]any  `json:"dependencies"`
		DevDeps        map[string]any  `json:"devDependencies"`
		OptionalDeps   map[string]any  `json:"optionalDependencies"`
		PeerDeps       map[string]any  `json:"peerDependencies"`
	}
	if err := json.Unmarshal([]byte(strings.TrimPrefix(string(text), "\ufeff")), &raw); err != nil {
		p.Err = err
		return
	}
	_ = json.Unmarshal(raw.Name, &p.Name) // a name of another kind is no name
	for name, script := range raw.Scripts {
		if text, ok := script.(string); ok {
			p.Scripts[name] = text
		}
	}
	p.Manager, _ = raw.PackageManager.(string)
	p.Install = len(raw.Deps)+len(raw.DevDeps) > 0
	for _, deps := range []map[string]any{raw.Deps, raw.DevDeps, raw.OptionalDeps, raw.PeerDeps} {
		p.Deps = append(p.Deps, sortedKeys(deps)...)
	}
	p.Deps = sortedSet(p.Deps)
	var globs []string
	if json.Unmarshal(raw.Workspaces, &globs) != nil {
		var object struct {
			Packages []string `json:"packages"`
		}
		if json.Unmarshal(raw.Workspaces, &object) == nil {
			globs = object.Packages
		}
	}
	p.Globs = globs
}

// jsPnpmWorkspaces reads the list under "packages:" of a pnpm-workspace.yaml. It is written as a block list of strings
// nearly everywhere, or as one in brackets; nothing else of YAML is needed.
func jsPnpmWorkspaces(fsys fs.FS, dir string) []string {
	text, err := fs.ReadFile(fsys, path.Join(dir, "pnpm-workspace.yaml"))
	if err != nil {
		return nil
	}
	var out []string
	add := func(item string) {
		item, _, _ = strings.Cut(item, " #")
		if item = strings.Trim(strings.TrimSpace(item), `"'`); item != "" {
			out = append(out, item)
		}
	}
	inside := false
	for line := range strings.Lines(string(text)) {
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || strings.HasPrefix(trimmed, "#") {
			continue
		}
		if rest, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "packages:"); ok {
			inside = true
			if rest = strings.TrimSpace(rest); strings.HasPrefix(rest, "[") {
				for item := range strings.SplitSeq(strings.Trim(rest, "[]"), ",") {
					add(item)
				}
			}
			continue
		}
		item, isItem := strings.CutPrefix(trimmed, "- ")
		switch {
		case inside && isItem:
			add(item)
		default:
			inside = false
		}
	}
	return out
}

// jsListed lists the folders of the packages that the workspace globs of the package in base name. The last glob that
// matches a folder decides, as "!" takes folders out again.
func jsListed(globs []string, base string, all []*jsPackage) []string {
	listed := map[string]bool{}
	for _, glob := range globs {
		pattern, not := strings.CutPrefix(glob, "!")
		re, err := jsGlob(strings.Trim(strings.TrimPrefix(pattern, "./"), "/"))
		if err != nil {
			continue
		}
		for _, p := range all {
			rel, below := p.Dir, true
			if base != "." {
				rel, below = strings.CutPrefix(p.Dir, base+"/")
			}
			if below && re.MatchString(rel) {
				listed[p.Dir] = !not
			}
		}
	}
	return slices.DeleteFunc(sortedKeys(listed), func(dir string) bool { return !listed[dir] })
}

func jsFixture(dir string, all []*jsPackage) bool {
	parts := strings.Split(dir, "/")
	for i, part := range parts {
		switch part {
		case "fixtures", "fixture", "__fixtures__":
			return true
		case "test", "tests", "__tests__":
			above := path.Join(parts[:i]...)
			if above == "" {
				above = "."
			}
			if slices.ContainsFunc(all, func(p *jsPackage) bool { return p.Dir == above }) {
				return true
			}
		}
	}
	return false
}

// jsByFolder makes a map of packages by their folders.
func jsByFolder(packages []*jsPackage) map[string]*jsPackage {
	out := map[string]*jsPackage{}
	for _, p := range packages {
		out[p.Dir] = p
	}
	return out
}

// jsNearest is the package of a file: the one in the nearest folder above. nil where there is none.
func jsNearest(byFolder map[string]*jsPackage, file string) *jsPackage {
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		if p := byFolder[dir]; p != nil {
			return p
		}
		if dir == "." || dir == "/" {
			return nil
		}
	}
}

// jsMatch matches a path (relative, forward slashes) with a glob as node and the package managers read them: "*" and "?"
// within one name, "**" over folders, "{a,b}", "[a-z]", and "@(a|b)" with its kin.
func jsMatch(glob, name string) bool {
	re, err := jsGlob(glob)
	return err == nil && re.MatchString(name)
}
