package tool

import (
	"bytes"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// pytestRules is which files of a project pytest collects: its own rules, with the patterns made ready.
type pytestRules struct {
	dir       string
	bases     []string // what pytest starts from: the testpaths that are there, else dir
	files     []pytestPattern
	norecurse []pytestPattern
	doctests  []pytestPattern // text files
	modules   bool            // --doctest-modules: every module
	ignored   []string
	ignoring  []*regexp.Regexp
	fsys      fs.FS
	visited   map[string]bool // folder that was looked at -> pytest goes into it and comes by it from above
}

func (d *pytestDiscovery) rules(c pytestConfig) pytestRules {
	r := pytestRules{dir: c.dir, modules: slices.Contains(c.addopts, "--doctest-modules"), fsys: d.tree.FS, visited: map[string]bool{}}
	r.files, r.norecurse = pytestPatterns(c.files), pytestPatterns(c.norecurse)
	globs := c.option("--doctest-glob")
	if len(globs) == 0 {
		globs = []string{"test*.txt"} // pytest's default (doctest.py)
	}
	r.doctests = pytestPatterns(globs)
	for _, p := range c.option("--ignore") {
		r.ignored = append(r.ignored, path.Join(c.dir, p))
	}
	for _, p := range c.option("--ignore-glob") {
		r.ignoring = append(r.ignoring, pytestMatcher(path.Join(c.dir, p)))
	}
	for _, p := range c.testpaths {
		r.bases = append(r.bases, d.glob(path.Join(c.dir, p))...)
	}
	if len(r.bases) == 0 {
		r.bases = []string{c.dir}
	}
	return r
}

// glob is what a testpath names among the files and folders of the tree.
func (d *pytestDiscovery) glob(pattern string) []string {
	if !strings.ContainsAny(pattern, "*?[") {
		if _, ok := slices.BinarySearch(d.dirs, pattern); ok || d.files[pattern] {
			return []string{pattern}
		}
		return nil
	}
	// Python's glob: "*" stays within a name, "**" is any number of folders.
	text := regexp.QuoteMeta(pattern)
	text = strings.NewReplacer(`\*\*/`, `(?:.*/)?`, `\*\*`, `.*`, `\*`, `[^/]*`, `\?`, `[^/]`, `\[`, `[`, `\]`, `]`).Replace(text)
	re, err := regexp.Compile(`\A` + text + `\z`)
	if err != nil {
		return nil
	}
	var out []string
	for _, name := range append(slices.Clone(d.dirs), sortedKeys(d.files)...) {
		if re.MatchString(name) {
			out = append(out, name)
		}
	}
	return out
}

// holds tells whether pytest would look for tests in the file.
func (r pytestRules) holds(file string) bool {
	// The cheap question first: most files of a tree are neither.
	if path.Ext(file) != ".py" && !pytestAny(r.doctests, file) {
		return false
	}
	if !r.reached(file) || pytestLeftOut(file, r.ignored) {
		return false
	}
	if slices.ContainsFunc(r.ignoring, func(re *regexp.Regexp) bool { return re.MatchString(file) }) {
		return false
	}
	if path.Ext(file) != ".py" {
		return r.text(file, ">>>")
	}
	named := pytestAny(r.files, file) || slices.Contains(r.bases, file)
	switch base := path.Base(file); {
	case base == "conftest.py":
		return r.modules && r.text(file, ">>>")
	case base == "__init__.py":
		return (r.modules && r.text(file, ">>>")) || (named && r.text(file, "def test", "class Test"))
	case base == "setup.py" || base == "__main__.py":
		return named
	default:
		return named || r.modules
	}
}

// reached tells whether pytest comes by the file on its way from one of its starting points.
func (r pytestRules) reached(file string) bool {
	for _, base := range r.bases {
		if file == base {
			return true
		}
		if base != "." && !strings.HasPrefix(file, base+"/") {
			continue
		}
		if r.walked(base, path.Dir(file)) {
			return true
		}
	}
	return false
}

// walked tells whether pytest, starting from base, goes into the folder. A folder is asked about once, not once a file.
func (r pytestRules) walked(base, dir string) bool {
	if dir == base {
		return true
	}
	if dir == "." {
		return false
	}
	key := base + "\x00" + dir
	known, ok := r.visited[key]
	if !ok {
		known = !pytestAny(r.norecurse, dir) && r.walked(base, path.Dir(dir))
		r.visited[key] = known
	}
	return known
}

func (r pytestRules) text(file string, words ...string) bool {
	text, err := fs.ReadFile(r.fsys, file)
	return err == nil && slices.ContainsFunc(words, func(w string) bool { return bytes.Contains(text, []byte(w)) })
}

// pytestPattern is one pattern of python_files and the like: Python's fnmatch, with pytest's rule that one without a
// slash is matched against the base name, and a relative one with slashes against any tail of the path.
type pytestPattern struct {
	re    *regexp.Regexp
	whole bool
}

func pytestPatterns(patterns []string) []pytestPattern {
	var out []pytestPattern
	for _, p := range patterns {
		whole := strings.Contains(p, "/")
		if whole && !path.IsAbs(p) {
			p = "*/" + p
		}
		out = append(out, pytestPattern{re: pytestMatcher(p), whole: whole})
	}
	return out
}

func pytestAny(patterns []pytestPattern, file string) bool {
	for _, p := range patterns {
		name := path.Base(file)
		if p.whole {
			name = "/" + file
		}
		if p.re.MatchString(name) {
			return true
		}
	}
	return false
}
