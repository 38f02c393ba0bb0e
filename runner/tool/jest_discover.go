package tool

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
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
		s := &jestSearch{d: d, project: p, seen: map[string]bool{}, files: map[string]bool{}}
		s.start(u.Dir, asked)
		var out []string
		for _, file := range sortedKeys(s.files) {
			if asked.names(file) {
				out = append(out, file)
			}
		}
		return out
	})
}

// jestOptions is what a script's words say about which files run, and where.
type jestOptions struct {
	args     []string // all of them, as they are
	config   string
	rootDir  string
	projects []string
	patterns []*regexp.Regexp // positional ones and --testPathPattern(s)
	ignore   []*regexp.Regexp
	match    []string
	regex    []string
	workers  int
}

// jestReadOptions reads the words that a script gives to jest.
func jestReadOptions(words []jsWord) jestOptions {
	o := jestOptions{args: jsTexts(words)}
	for i := 0; i < len(words); i++ {
		name, value, has := strings.Cut(words[i].Text, "=")
		if !strings.HasPrefix(name, "-") || name == "--" {
			o.add(&o.patterns, words[i].Text)
			continue
		}
		if !has && jestTakesValue(name) && i+1 < len(words) {
			i++
			value = words[i].Text
		}
		switch name {
		case "-c", "--config":
			o.config = value
		case "--rootDir":
			o.rootDir = value
		case "--projects", "--selectProjects":
			if name == "--projects" {
				o.projects = append(o.projects, value)
			}
			for i+1 < len(words) && !strings.HasPrefix(words[i+1].Text, "-") {
				i++
				if name == "--projects" {
					o.projects = append(o.projects, words[i].Text)
				}
			}
		case "--testPathPattern", "--testPathPatterns":
			o.add(&o.patterns, value)
		case "--testPathIgnorePatterns":
			o.add(&o.ignore, value)
		case "--testMatch":
			o.match = append(o.match, value)
		case "--testRegex":
			o.regex = append(o.regex, value)
		case "-i", "--runInBand":
			o.workers = 1
		case "-w", "--maxWorkers":
			o.workers = jestWorkers(value)
		}
	}
	return o
}

// jestWorkers reads a number of workers; a share of the cores ("50%") does not say one.
func jestWorkers(value string) int {
	if n, err := strconv.Atoi(value); err == nil && n > 0 {
		return n
	}
	return 0
}

func (o *jestOptions) add(list *[]*regexp.Regexp, pattern string) {
	if re, err := regexp.Compile("(?i)" + pattern); err == nil && pattern != "--" && pattern != "" {
		*list = append(*list, re)
	}
}

// names says whether the words of the command line want a file. jest compares with absolute paths, and a leading "./" with
// the folder it is in; here that is a path below the root.
func (o *jestOptions) names(file string) bool {
	at := "/" + file
	if slices.ContainsFunc(o.ignore, func(re *regexp.Regexp) bool { return re.MatchString(at) }) {
		return false
	}
	return len(o.patterns) == 0 || slices.ContainsFunc(o.patterns, func(re *regexp.Regexp) bool {
		text := strings.TrimPrefix(strings.TrimPrefix(re.String(), "(?i)"), "./")
		return re.MatchString(at) || strings.Contains(strings.ToLower(at), strings.ToLower(text))
	})
}

// jestTakesValue says whether an option of jest's takes the next word as its value.
func jestTakesValue(option string) bool {
	switch option {
	case "-c", "--config", "-w", "--maxWorkers", "-t", "--testNamePattern", "--rootDir", "--testPathPattern", "--testPathPatterns",
		"--testPathIgnorePatterns", "--reporters", "--coverageReporters", "--coverageDirectory", "--collectCoverageFrom", "--coverageProvider",
		"--env", "--testEnvironment", "--outputFile", "--shard", "--testTimeout", "--maxConcurrency", "--seed", "--testMatch", "--testRegex",
		"--setupFilesAfterEnv", "--setupFiles", "--globals", "--cacheDirectory", "--testRunner", "--testSequencer", "--globalSetup", "--globalTeardown",
		"--moduleNameMapper", "--roots", "--transform", "--preset", "--changedSince", "--workerIdleMemoryLimit", "--coverageThreshold",
		"--testEnvironmentOptions", "--filter", "--openHandlesTimeout", "--ignoreProjects":
		return true
	default:
		return false
	}
}

// jestKey stands among the configuration files for the key "jest" of package.json.
const jestKey = "package.json#jest"

// jestSearch collects the files of a configuration and of the projects in it.
type jestSearch struct {
	d       *jsDiscovery
	project *Project
	files   map[string]bool
	seen    map[string]bool
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
	for _, object := range jsConfigObjects(s.d.tree.FS, file) {
		for _, key := range jestRead() {
			if value, has := object[key]; has {
				config[key] = value
			}
		}
	}
	return config
}

// jestRead are the keys of a configuration that decide which files run, and how many at once.
func jestRead() []string {
	return []string{"rootDir", "roots", "testMatch", "testRegex", "testPathIgnorePatterns", "projects", "maxWorkers", "..."}
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
	s.match(dir, config, file)
}

func (s *jestSearch) unreadable(file string) {
	if f := s.d.unreadable(file, "test files"); !slices.Contains(s.project.Findings, f) {
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

// match adds the files below dir that the configuration makes tests.
func (s *jestSearch) match(dir string, config map[string]any, file string) {
	m := jestMatcher{dir: dir}
	if known := m.read(config); !known { // too many rather than too few: jest itself decides in the end
		s.unreadable(file)
		m.globs, m.regex = m.globs[:0], append(m.regex, jestLikely)
	}
	for _, file := range s.d.below(dir) {
		if m.is(file) {
			s.files[file] = true
		}
	}
}

// jestLikely are the files that a configuration which can't be read probably means: by their name or a folder above them.
var jestLikely = regexp.MustCompile(`(?i)(?:^|[/._-])(?:__tests__|tests?|specs?|e2e|integration|unit|checks?|it)(?:[/._-]|$)`)

// jestMatcher says which files below a folder are tests.
type jestMatcher struct {
	dir    string
	roots  []string
	globs  []*regexp.Regexp
	not    []*regexp.Regexp // globs with "!" in front
	regex  []*regexp.Regexp
	ignore []*regexp.Regexp
}

// read takes the patterns of a configuration; known is false where one of them is computed.
func (m *jestMatcher) read(config map[string]any) (known bool) {
	known = true
	list := func(key string) []string {
		value, has := config[key]
		if !has || value == nil {
			return nil
		}
		texts, ok := jsStrings(value)
		known = known && ok
		return texts
	}
	for _, root := range list("roots") {
		m.roots = append(m.roots, path.Join(m.dir, strings.TrimPrefix(strings.ReplaceAll(root, "<rootDir>", "."), "/")))
	}
	m.regex = m.expressions(list("testRegex"))
	globs := list("testMatch")
	if len(globs) == 0 && len(m.regex) == 0 {
		globs = jestMatch()
	}
	for _, glob := range globs {
		glob, not := strings.CutPrefix(glob, "!")
		if re, err := jsGlob(m.glob(glob)); err == nil && not {
			m.not = append(m.not, re)
		} else if err == nil {
			m.globs = append(m.globs, re)
		}
	}
	m.ignore = m.expressions(list("testPathIgnorePatterns"))
	return known
}

// glob makes a pattern relative to the root of the tree: jest compares with absolute paths.
func (m *jestMatcher) glob(glob string) string {
	if rest, ok := strings.CutPrefix(glob, "<rootDir>"); ok {
		return path.Join(m.dir, strings.TrimPrefix(rest, "/"))
	}
	return strings.TrimPrefix(glob, "./")
}

// expressions translates regular expressions for absolute paths to ones for "/PATH" below the root of the tree.
func (m *jestMatcher) expressions(patterns []string) []*regexp.Regexp {
	var out []*regexp.Regexp
	for _, pattern := range patterns {
		root := "/" + m.dir
		if m.dir == "." {
			root = ""
		}
		pattern = strings.ReplaceAll(pattern, "<rootDir>", regexp.QuoteMeta(root))
		if re, err := regexp.Compile(strings.ReplaceAll(pattern, `\/`, "/")); err == nil {
			out = append(out, re)
		}
	}
	return out
}

func (m *jestMatcher) is(file string) bool {
	at := "/" + file
	any := func(list []*regexp.Regexp, text string) bool {
		return slices.ContainsFunc(list, func(re *regexp.Regexp) bool { return re.MatchString(text) })
	}
	below := func(root string) bool { return root == "." || strings.HasPrefix(file, root+"/") }
	if len(m.roots) > 0 && !slices.ContainsFunc(m.roots, below) || any(m.ignore, at) || any(m.not, file) {
		return false
	}
	return any(m.globs, file) || any(m.regex, at)
}
