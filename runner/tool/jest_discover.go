package tool

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"testrunner/report/event"
)

// jestConfigFiles are jest's configuration files, in the order in which it looks for them (jest-config, JEST_CONFIG_EXT_ORDER).
func jestConfigFiles() []string {
	return []string{"jest.config.js", "jest.config.ts", "jest.config.mjs", "jest.config.mts", "jest.config.cjs", "jest.config.cts", "jest.config.json"}
}

// jestMatch are jest 30's default patterns (docs, testMatch). What jest 29 does not know of them it leaves out itself, and
// that is told.
func jestMatch() []string {
	return []string{"**/__tests__/**/*.?([mc])[jt]s?(x)", "**/?(*.)+(spec|test).?([mc])[jt]s?(x)"}
}

// jestDiscover finds the packages that run jest, and their test files.
func jestDiscover(tree Tree) []Project {
	return jsDiscover(tree, "jest", append(jestConfigFiles(), jestKey), func(d *jsDiscovery, u jsUse, p *Project) []string {
		if u.Program == "react-scripts" || u.Program == "craco" {
			p.Findings = append(p.Findings, event.Finding{
				ID: "tool.jest.wrapped", Status: event.Warn, Value: u.Package.label(),
				Detail: fmt.Sprintf("%s: script %q runs jest inside %s, which hides its configuration: runner can't start it, so these tests are not run", u.Package.label(), u.Script, u.Program),
			})
			return nil
		}
		asked := jestReadOptions(u.Args)
		p.Args, p.Workers = asked.args, asked.workers
		if len(u.Node) > 0 {
			p.Args = slices.Concat([]string{jestNode}, u.Node, []string{jestSelf}, asked.args)
		}
		s := &jestSearch{d: d, project: p, asked: asked, seen: map[string]bool{}, files: map[string]bool{}}
		s.start(u.Dir, asked)
		if f, none := s.nobody(u); none {
			p.Findings = append(p.Findings, f)
		}
		var out []string
		for _, file := range sortedKeys(s.files) {
			if asked.names(file) {
				out = append(out, file)
			}
		}
		return out
	})
}

// jestKey stands among the configuration files for the key "jest" of package.json.
const jestKey = "package.json#jest"

// jestSearch collects the files of a configuration and of the projects in it.
type jestSearch struct {
	d       *jsDiscovery
	project *Project
	asked   jestOptions
	files   map[string]bool
	seen    map[string]bool
	matched bool // a project had a name that is selected, or one that can't be read
}

// start reads the configuration that jest itself would find in dir.
func (s *jestSearch) start(dir string, asked jestOptions) {
	base := dir
	if asked.rootDir != "" {
		base = path.Join(dir, asked.rootDir)
	}
	if len(asked.projects) > 0 {
		for _, one := range asked.projects {
			s.named(base, one)
		}
		return
	}
	file := s.find(base)
	if asked.config != "" && !strings.HasPrefix(asked.config, "{") {
		file = path.Join(dir, asked.config)
	}
	config := s.read(file)
	if len(asked.match) > 0 {
		config["testMatch"] = jestList(asked.match)
	}
	if len(asked.regex) > 0 {
		config["testRegex"] = jestList(asked.regex)
	}
	s.config(jestRoot(file, base), file, config)
}

func jestList(texts []string) []any {
	var out []any
	for _, text := range texts {
		out = append(out, text)
	}
	return out
}

// jestRoot is the folder that patterns are relative to: that of the configuration file.
func jestRoot(file, dir string) string {
	if file == "" {
		return dir
	}
	return path.Dir(file)
}

// find is the configuration of a folder: the nearest above that has a configuration file or a package.json, as jest resolves
// it. The name is that of a package.json where that one counts; "" is none.
func (s *jestSearch) find(dir string) string {
	for {
		if file := s.d.config(dir, jestConfigFiles()); file != "" {
			return file
		}
		if file := path.Join(dir, "package.json"); s.d.has(file) {
			return file
		}
		if dir == "." || dir == "/" {
			return ""
		}
		dir = path.Dir(dir)
	}
}

// read is what a configuration file says in plain words.
func (s *jestSearch) read(file string) map[string]any {
	if path.Base(file) == "package.json" {
		if config, ok := jestPackage(s.d.tree.FS, file); ok {
			return config
		}
		return map[string]any{}
	}
	config := map[string]any{}
	if file == "" {
		return config
	}
	objects := jsConfigObjects(s.d.tree.FS, file)
	if text, err := fs.ReadFile(s.d.tree.FS, file); len(objects) == 0 && err == nil && !jsExported.Match(text) {
		config["displayName"] = jsUnknown{}
	}
	for _, object := range objects {
		for _, key := range jestRead() {
			if value, has := object[key]; has {
				config[key] = value
			}
		}
	}
	return config
}

// jestRead are the keys of a configuration that decide which files run, by which name, and how many at once.
func jestRead() []string {
	return []string{"rootDir", "roots", "testMatch", "testRegex", "testPathIgnorePatterns", "projects", "maxWorkers", "displayName", "..."}
}

// jestPackage reads the key "jest" of a package.json.
func jestPackage(fsys fs.FS, file string) (config map[string]any, ok bool) {
	text, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, false
	}
	var raw struct {
		Jest map[string]any `json:"jest"`
	}
	if json.Unmarshal([]byte(strings.TrimPrefix(string(text), "\ufeff")), &raw) != nil || raw.Jest == nil {
		return nil, false
	}
	return raw.Jest, true
}

// config adds the files of one configuration, or of the projects in it. dir is its root folder.
func (s *jestSearch) config(dir, file string, config map[string]any) {
	if root, ok := config["rootDir"].(string); ok {
		dir = path.Join(dir, strings.ReplaceAll(root, "<rootDir>", "."))
	}
	if n, ok := config["maxWorkers"].(float64); ok && n >= 1 && s.project.Workers == 0 {
		s.project.Workers = int(n)
	}
	if list, ok := config["projects"].([]any); ok && len(list) > 0 {
		for _, one := range list {
			switch one := one.(type) {
			case string:
				s.named(dir, one)
			case map[string]any:
				s.config(dir, file, one)
			default:
				s.unreadable(file)
				s.match(dir, map[string]any{}, file)
			}
		}
		return
	}
	if _, has := config["projects"]; has {
		s.unreadable(file)
	}
	if s.wanted(config, file) {
		s.match(dir, config, file)
	}
}

func (s *jestSearch) unreadable(file string) { s.computed(s.d.unreadable(file, "test files")) }

// computed tells of what can't be read, once.
func (s *jestSearch) computed(f event.Finding) {
	if !slices.Contains(s.project.Findings, f) {
		s.project.Findings = append(s.project.Findings, f)
	}
}

// named adds the projects that a text in "projects" names: folders, configuration files, or globs of both.
func (s *jestSearch) named(dir, text string) {
	text = path.Join(dir, strings.TrimPrefix(strings.ReplaceAll(text, "<rootDir>", "."), "/"))
	var folders []string
	for _, file := range s.d.tree.Files {
		switch base := path.Base(file); {
		case file == text || jsMatch(text, file) && (slices.Contains(jestConfigFiles(), base) || base == "package.json"):
			s.once(path.Dir(file), file)
		case base == "package.json" || slices.Contains(jestConfigFiles(), base):
			if folder := path.Dir(file); folder == text || jsMatch(text, folder) {
				folders = append(folders, folder)
			}
		}
	}
	for _, folder := range sortedSet(folders) {
		s.once(folder, s.find(folder))
	}
}

func (s *jestSearch) once(dir, file string) {
	if key := dir + "\x00" + file; !s.seen[key] {
		s.seen[key] = true
		s.config(jestRoot(file, dir), file, s.read(file))
	}
}
