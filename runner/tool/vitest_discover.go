package tool

import (
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Discover finds what the packages' test scripts run with vitest, and packages that have vitest's configuration where no
// script speaks of it. Which files that are is read from the configuration as far as it stands there in plain words.
func (Vitest) Discover(tree Tree) []Project {
	return jsDiscover(tree, "vitest", append(vitestFiles("vitest.config"), vitestFiles("vitest.workspace")...), func(d *jsDiscovery, u jsUse, p *Project) []string {
		o := vitestReadOptions(u.Args)
		if slices.Contains(o.names, "watch") {
			return nil
		}
		p.Args = o.Args
		if len(d.uses[u.Package.Dir]) == 1 {
			p.Args = append(p.Args, vitestAlone)
		}
		dir := path.Join(u.Dir, o.Root)
		found := &vitestSearch{d: d, project: p, options: o, seen: map[string]bool{}}
		file := path.Join(dir, o.Config)
		if o.Config == "" {
			file = d.config(dir, append(vitestFiles("vitest.config"), vitestFiles("vite.config")...))
		}
		found.config(dir, file, "")
		if len(o.Project) > 0 && !found.matched {
			p.Findings = append(p.Findings, d.noProject(u, "--project "+strings.Join(o.Project, " --project ")))
		}
		if p.Workers = o.workers(); p.Workers == 0 {
			p.Workers = found.workers
		}
		files := sortedKeys(found.files)
		if len(o.Filters) == 0 {
			return files
		}
		return slices.DeleteFunc(files, func(file string) bool { return !vitestMatches(u.Dir, file, o.Filters) })
	})
}

// vitestFiles are the names that a configuration file of vitest or vite may have, in the order in which it looks for them.
func vitestFiles(name string) []string {
	var out []string
	for _, ext := range []string{".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"} {
		out = append(out, name+ext)
	}
	return out
}

// vitestMatches says whether a file is meant by one of vitest's own filters: a part of its path, in any case.
func vitestMatches(dir, file string, filters []string) bool {
	name := strings.ToLower(strings.TrimPrefix(file, dir+"/"))
	return slices.ContainsFunc(filters, func(filter string) bool {
		return strings.Contains(name, strings.ToLower(strings.TrimPrefix(filter, "./")))
	})
}

// vitestSearch collects the files of a configuration and of the projects in it.
type vitestSearch struct {
	d       *jsDiscovery
	project *Project
	options vitestOptions
	files   map[string]bool
	seen    map[string]bool // configuration files, folders
	workers int
	matched bool // a project had a name that is asked for, or one that can't be read
}

// vitestPatterns says which files below a folder are tests.
type vitestPatterns struct {
	dir                      string
	include, exclude, source []string
}

// config adds the files of a configuration file ("" is none) whose root is dir. usual is the project's name where the file
// says none.
func (s *vitestSearch) config(dir, file, usual string) {
	if s.seen[dir+"\x00"+file] {
		return
	}
	s.seen[dir+"\x00"+file] = true
	var test map[string]any
	if file != "" {
		var known bool
		if test, known = s.read(file); !known {
			s.project.Findings = append(s.project.Findings, s.d.unreadable(file, "test files"))
			usual = vitestAnyName
		}
	}
	if !s.nested(dir, file, test) && s.wanted(file, test, usual) {
		s.add(s.patterns(dir, test))
	}
}

// read is the object "test" of a configuration; known is false where the text speaks of files in a way that can't be read.
func (s *vitestSearch) read(file string) (test map[string]any, known bool) {
	for _, object := range jsConfigObjects(s.d.tree.FS, file) {
		if t, ok := object["test"].(map[string]any); ok {
			test = t
		}
	}
	known = true
	for _, key := range []string{"include", "exclude", "includeSource", "projects", "workspace"} {
		if value, has := test[key]; has && key != "projects" && key != "workspace" {
			_, ok := jsStrings(value)
			known = known && ok
		}
	}
	if test == nil {
		text, err := fs.ReadFile(s.d.tree.FS, file)
		said := jsUncommented(string(text))
		known = err == nil && !(strings.Contains(said, "test") && (strings.Contains(said, "include") || strings.Contains(said, "projects")))
	}
	if test["fileParallelism"] == false {
		s.workers = 1
	} else if n, ok := test["maxWorkers"].(float64); ok && n >= 1 {
		s.workers = int(n)
	}
	return test, known
}

// nested adds the files of the projects that a configuration file lists, or a workspace file beside it; false where there are none.
func (s *vitestSearch) nested(dir, file string, test map[string]any) bool {
	list, ok := test["projects"].([]any)
	if !ok {
		list, ok = test["workspace"].([]any)
	}
	if !ok {
		name, _ := test["workspace"].(string)
		file = path.Join(dir, name)
		if name == "" {
			if file = s.d.config(dir, append(vitestFiles("vitest.workspace"), vitestFiles("vitest.projects")...)); file == "" {
				return false
			}
		}
		if list = vitestList(s.d.tree.FS, file); list == nil {
			s.project.Findings = append(s.project.Findings, s.d.unreadable(file, "projects"))
			return false
		}
	}
	inline := 0
	for _, one := range list {
		switch one := one.(type) {
		case string:
			s.listed(dir, one, list)
		case map[string]any:
			inner, _ := one["test"].(map[string]any)
			usual := strconv.Itoa(inline)
			inline++
			if one["extends"] != nil || one["..."] != nil {
				usual = vitestAnyName
			}
			if !s.wanted(file, inner, usual) {
				continue
			}
			root, _ := one["root"].(string)
			if own, ok := inner["root"].(string); ok {
				root = own
			}
			p := s.patterns(path.Join(dir, root), inner)
			if one["extends"] == true {
				p = s.patterns(path.Join(dir, root), vitestMerged(test, inner))
			}
			s.add(p)
		default:
			s.project.Findings = append(s.project.Findings, s.d.unreadable(file, "projects"))
		}
	}
	return true
}

func vitestMerged(outer, inner map[string]any) map[string]any {
	out := map[string]any{}
	for _, from := range []map[string]any{outer, inner} {
		for key, value := range from {
			out[key] = value
		}
	}
	return out
}

// listed adds the projects that a glob names: folders, or configuration files.
func (s *vitestSearch) listed(dir, glob string, list []any) {
	if strings.HasPrefix(glob, "!") {
		return
	}
	taken := func(name string) bool {
		return slices.ContainsFunc(list, func(one any) bool {
			not, ok := one.(string)
			return ok && strings.HasPrefix(not, "!") && jsMatch(path.Join(dir, strings.Trim(not[1:], "/")), name)
		})
	}
	pattern := path.Join(dir, strings.Trim(strings.TrimPrefix(glob, "./"), "/"))
	folders := map[string]bool{}
	for _, file := range s.d.tree.Files {
		if jsMatch(pattern, file) && !taken(file) {
			s.config(path.Dir(file), file, s.folderName(path.Dir(file)))
			continue
		}
		for up := path.Dir(file); up != "." && up != "/"; up = path.Dir(up) {
			folders[up] = true
		}
	}
	for _, folder := range sortedKeys(folders) {
		if jsMatch(pattern, folder) && !taken(folder) {
			s.config(folder, s.d.config(folder, append(vitestFiles("vitest.config"), vitestFiles("vite.config")...)), s.folderName(folder))
		}
	}
}

// vitestList reads the list that a workspace file exports.
func vitestList(fsys fs.FS, file string) []any {
	text, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil
	}
	plain := jsUncommented(string(text))
	at := strings.Index(plain, "export default")
	if at < 0 {
		return nil
	}
	open := strings.IndexByte(plain[at:], '[')
	if open < 0 {
		return nil
	}
	p := jsLiteralParser{text: plain, at: at + open}
	list, _ := p.array().([]any)
	return list
}

// patterns is what a configuration says of its files; vitest's own defaults where it does not, or can't be read.
func (s *vitestSearch) patterns(dir string, test map[string]any) vitestPatterns {
	out := vitestPatterns{
		dir: dir, include: []string{"**/*.{test,spec}.?(c|m)[jt]s?(x)"}, exclude: []string{"**/node_modules/**", "**/.git/**"},
	}
	if root, ok := test["root"].(string); ok {
		out.dir = path.Join(dir, root)
	}
	if below, ok := test["dir"].(string); ok {
		out.dir = path.Join(out.dir, below)
	}
	if s.options.Dir != "" {
		out.dir = path.Join(dir, s.options.Dir)
	}
	if list, ok := jsStrings(test["include"]); ok {
		out.include = list
	}
	if list, ok := jsStrings(test["exclude"]); ok {
		out.exclude = list
	}
	out.exclude = append(slices.Clone(out.exclude), s.options.Exclude...)
	out.source, _ = jsStrings(test["includeSource"])
	return out
}

// add adds the files that the patterns mean.
func (s *vitestSearch) add(p vitestPatterns) {
	if s.files == nil {
		s.files = map[string]bool{}
	}
	match := func(globs []string, file string) bool {
		return slices.ContainsFunc(globs, func(glob string) bool { return jsMatch(strings.TrimPrefix(glob, "./"), file) })
	}
	for _, file := range s.d.below(p.dir) {
		name := file
		if p.dir != "." {
			name = strings.TrimPrefix(file, p.dir+"/")
		}
		switch {
		case match(p.exclude, name):
		case match(p.include, name):
			s.files[file] = true
		case match(p.source, name):
			if text, err := fs.ReadFile(s.d.tree.FS, file); err == nil && strings.Contains(string(text), "import.meta.vitest") {
				s.files[file] = true
			}
		}
	}
}
