package tool

import (
	"bytes"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"testrunner/report/event"
)

// Discover finds one project a folder with a configuration of pytest's or a Python project of its own (see manifests),
// and one at the root for test files by pytest's default names that lie below none. A file belongs to the nearest of
// them; so plain `pytest` in each Dir finds it.
func (Pytest) Discover(tree Tree) []Project {
	d := newPytestDiscovery(tree)
	var projects []Project
	for _, dir := range sortedKeys(d.configs) {
		c := d.configs[dir]
		if p, ok := d.project(c); ok && (!c.assumed || d.holdsTests(p.Files)) {
			projects = append(projects, p)
		}
	}
	if _, ok := d.configs["."]; !ok {
		if p, ok := d.project(pytestDefaults()); ok && d.holdsTests(p.Files) {
			projects = append(projects, p)
		}
	}
	slices.SortFunc(projects, func(a, b Project) int { return strings.Compare(a.Dir, b.Dir) })
	return projects
}

type pytestDiscovery struct {
	tree    Tree
	files   map[string]bool
	configs map[string]pytestConfig
	own     map[string][]string // files by the folder of the project that they belong to; "" is none's
	dirs    []string            // every folder that holds a file, at any depth, sorted
	texts   map[string][]byte   // of conftests
}

func newPytestDiscovery(tree Tree) *pytestDiscovery {
	d := &pytestDiscovery{tree: tree, files: map[string]bool{}, configs: map[string]pytestConfig{}, own: map[string][]string{}, texts: map[string][]byte{}}
	dirs := map[string]bool{".": true}
	candidates := map[string]bool{}
	for _, file := range tree.Files {
		d.files[file] = true
		for dir := path.Dir(file); !dirs[dir]; dir = path.Dir(dir) {
			dirs[dir] = true
		}
		if slices.Contains(pytestConfigNames(), path.Base(file)) {
			candidates[path.Dir(file)] = true
		}
	}
	d.dirs = sortedKeys(dirs)
	for _, dir := range sortedKeys(candidates) {
		if c, ok := pytestConfigOf(tree.FS, dir, func(f string) bool { return d.files[f] }); ok {
			d.configs[dir] = c
		}
	}
	d.manifests()
	for _, file := range tree.Files {
		switch path.Ext(file) {
		case ".py", ".txt", ".rst", ".md":
			owner := d.owner(file)
			d.own[owner] = append(d.own[owner], file)
		default:
			if len(d.configs) > 0 {
				owner := d.owner(file) // --doctest-glob may name any file
				d.own[owner] = append(d.own[owner], file)
			}
		}
	}
	return d
}

// manifests adds the folders that are Python projects and say nothing of pytest: `python -m pytest` puts the folder that
// it is started in on sys.path, so the tests of services/api import what lies in services/api from there alone. Only the
// outermost counts, and none below a conftest.py or a configuration of pytest's: from above, those would not be seen.
func (d *pytestDiscovery) manifests() {
	assumed := map[string]pytestConfig{}
	for _, dir := range d.dirs {
		file, ok := d.manifest(dir)
		if !ok || dir == "." || d.governed(dir) || d.fromRoot(dir) {
			continue
		}
		c := pytestDefaults()
		c.dir, c.why = dir, file+", test files by pytest's default names"
		assumed[dir] = c
	}
	for dir, c := range assumed {
		if _, ok := d.configs[dir]; !ok {
			d.configs[dir] = c
		}
	}
}

// manifest is the file that makes a folder a Python project. A requirements.txt in a folder of tests is those tests' alone.
func (d *pytestDiscovery) manifest(dir string) (string, bool) {
	for _, name := range []string{"pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "requirements.txt"} {
		if !d.files[path.Join(dir, name)] {
			continue
		}
		base := path.Base(dir)
		if _, category := categoryNamed(base); name == "requirements.txt" && (category || base == "test" || base == "tests") {
			continue
		}
		return path.Join(dir, name), true
	}
	return "", false
}

// governed tells whether a folder above is a project of pytest's, or holds what its tests may share.
func (d *pytestDiscovery) governed(dir string) bool {
	for dir != "." {
		dir = path.Dir(dir)
		_, configured := d.configs[dir]
		_, project := d.manifest(dir)
		if configured || project || d.files[path.Join(dir, "conftest.py")] {
			return true
		}
	}
	return false
}

// fromRoot tells whether tests below the folder import it by its path from the root (python/a_test.py has "from python.a
// import b"): then they are meant to be started there. A package of that name in the folder itself is what they mean first.
func (d *pytestDiscovery) fromRoot(dir string) bool {
	top, _, _ := strings.Cut(dir, "/")
	imports, err := regexp.Compile(`(?m)^[ \t]*(?:from|import)[ \t]+` + regexp.QuoteMeta(top) + `\b`)
	if err != nil {
		return false
	}
	for _, own := range []string{path.Join(dir, top), path.Join(dir, "src", top)} {
		if _, folder := slices.BinarySearch(d.dirs, own); folder || d.files[own+".py"] {
			return false
		}
	}
	rules := pytestPatterns(pytestDefaults().files)
	return slices.ContainsFunc(d.tree.Files, func(file string) bool {
		if !strings.HasPrefix(file, dir+"/") || !pytestAny(rules, file) {
			return false
		}
		text, err := fs.ReadFile(d.tree.FS, file)
		return err == nil && imports.Match(text)
	})
}

// owner is the nearest folder above the file that is a project; "" where there is none.
func (d *pytestDiscovery) owner(file string) string {
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		if _, ok := d.configs[dir]; ok {
			return dir
		}
		if dir == "." {
			return ""
		}
	}
}

// project is the project of a configuration. ok is false where it holds no test file.
func (d *pytestDiscovery) project(c pytestConfig) (Project, bool) {
	p := Project{Tool: "pytest", Dir: c.dir, Why: c.why}
	owner := c.dir
	if _, ok := d.configs[c.dir]; !ok {
		owner = ""
	}
	rules := d.rules(c)
	for _, file := range d.own[owner] {
		if rules.holds(file) {
			p.Files = append(p.Files, d.file(file))
		}
	}
	if c.problem != "" {
		p.Findings = append(p.Findings, event.Finding{
			ID: "tool.pytest.config", Status: event.Warn, Value: c.problem,
			Detail: "pytest's settings behind it were not read, so its test files may be found differently than pytest does",
		})
	}
	if n, ok := pytestWorkers(c.addopts); ok {
		p.Workers = n
	}
	slices.SortFunc(p.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return p, len(p.Files) > 0
}

// file is a test file with its category and the marks that may send some of its tests elsewhere.
func (d *pytestDiscovery) file(name string) File {
	f := File{Path: name, Category: unitCategory, Why: nothingMatches}
	if category, why, ok := folderCategory(name); ok {
		f.Category, f.Why = category, why
	}
	text, err := fs.ReadFile(d.tree.FS, name)
	if err == nil {
		f.Marks = pytestMarks(text)
	}
	for dir := path.Dir(name); ; dir = path.Dir(dir) {
		for _, m := range pytestMarks(d.conftest(dir)) {
			if !slices.ContainsFunc(f.Marks, func(known Mark) bool { return known.Name == m.Name }) {
				m.Line = 0 // it is not in this file
				f.Marks = append(f.Marks, m)
			}
		}
		if dir == "." {
			return f
		}
	}
}

func (d *pytestDiscovery) conftest(dir string) []byte {
	name := path.Join(dir, "conftest.py")
	if !d.files[name] {
		return nil
	}
	text, ok := d.texts[name]
	if !ok {
		text, _ = fs.ReadFile(d.tree.FS, name) // one that can't be read marks nothing; pytest will say why
		d.texts[name] = text
	}
	return text
}

var pytestMarkUse = regexp.MustCompile(`\bmark\s*\.\s*([A-Za-z_]\w*)|\badd_marker\(\s*["']([\w-]+)["']`)

// pytestMarks finds the marks in a text that are named like a category, each where it stands first. It is generous: a
// mark that no test turns out to have changes nothing, as the plugin asks each test.
func pytestMarks(text []byte) []Mark {
	if !bytes.Contains(text, []byte("mark")) {
		return nil
	}
	var marks []Mark
	number := 0
	for line := range bytes.Lines(text) {
		number++
		if !bytes.Contains(line, []byte("mark")) || bytes.HasPrefix(bytes.TrimLeft(line, " \t"), []byte("#")) {
			continue
		}
		for _, m := range pytestMarkUse.FindAllSubmatch(line, -1) {
			name := string(m[1]) + string(m[2])
			category, ok := categoryNamed(name)
			if ok && !slices.ContainsFunc(marks, func(known Mark) bool { return known.Name == name }) {
				marks = append(marks, Mark{Name: name, Category: category, Line: number})
			}
		}
	}
	return marks
}

var pytestTestText = regexp.MustCompile(`(?m)^\s*(async\s+)?def test|^\s*class \w*Test|\bunittest\b|\bpytest\b|>>>`)

// holdsTests tells whether any of the files looks like tests. Scripts that are only named like them make no project.
func (d *pytestDiscovery) holdsTests(files []File) bool {
	return slices.ContainsFunc(files, func(f File) bool {
		text, err := fs.ReadFile(d.tree.FS, f.Path)
		return err == nil && pytestTestText.Match(text)
	})
}
