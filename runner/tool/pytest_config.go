package tool

import (
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// pytestConfig is the part of a pytest configuration that says which files hold tests.
type pytestConfig struct {
	dir       string
	why       string // "pyproject.toml [tool.pytest.ini_options]"
	files     []string
	testpaths []string
	norecurse []string
	addopts   []string
	problem   string // why the file could not be read to its end
	assumed   bool   // no file configures pytest here: its defaults
}

// pytestConfigNames are the files that may configure pytest, in the order in which it asks them (findpaths.py, locate_config).
func pytestConfigNames() []string {
	return []string{"pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"}
}

// pytestConfigOf is the configuration in a folder: the first file that has one.
func pytestConfigOf(fsys fs.FS, dir string, has func(string) bool) (pytestConfig, bool) {
	for _, name := range pytestConfigNames() {
		file := path.Join(dir, name)
		if !has(file) {
			continue
		}
		text, err := fs.ReadFile(fsys, file)
		if err != nil {
			continue
		}
		if values, why, problem, ok := pytestSettingsIn(name, string(text)); ok {
			c := pytestConfigFrom(values)
			c.dir, c.why = dir, path.Join(dir, why)
			if problem != "" {
				c.problem = file + ": " + problem
			}
			return c, true
		}
	}
	return pytestConfig{}, false
}

// pytestSettingsIn reads pytest's settings from the text of a file. ok is false where the file has none.
func pytestSettingsIn(name, text string) (values map[string][]string, why, problem string, ok bool) {
	switch path.Ext(name) {
	case ".toml":
		return pytestTOMLSettings(name, text)
	case ".cfg":
		section, ok := pytestINI(text, "tool:pytest")
		return pytestArgs(section), name + " [tool:pytest]", "", ok
	default:
		section, ok := pytestINI(text, "pytest")
		if name == "pytest.ini" {
			return pytestArgs(section), name, "", true // always pytest's, even if empty
		}
		return pytestArgs(section), name + " [pytest]", "", ok
	}
}

func pytestTOMLSettings(name, text string) (values map[string][]string, why, problem string, ok bool) {
	all, err := pytestTOML(text)
	if err != nil {
		problem = err.Error()
	}
	// pytest 9 reads its settings as TOML types from [tool.pytest], and from pytest.toml.
	tables := []string{pytestKey("tool", "pytest", "ini_options"), pytestKey("tool", "pytest")}
	if name != "pyproject.toml" {
		tables = []string{pytestKey("pytest")}
	}
	for _, table := range tables {
		values = map[string][]string{}
		_, found := all[table]
		for key, list := range all {
			if rest, ok := strings.CutPrefix(key, table); ok && rest != "" && strings.Count(rest, "\x00") == 1 {
				found = true
				values[strings.TrimSuffix(rest, "\x00")] = list
			}
		}
		if found && (table != pytestKey("tool", "pytest") || len(values) > 0) {
			return values, name + " [" + strings.ReplaceAll(strings.TrimSuffix(table, "\x00"), "\x00", ".") + "]", problem, true
		}
	}
	return nil, "", problem, name != "pyproject.toml"
}

// pytestArgs splits each value of an ini section, as pytest does for the settings that matter here.
func pytestArgs(section map[string]string) map[string][]string {
	values := map[string][]string{}
	for key, text := range section {
		values[key] = pytestWords(text)
	}
	return values
}

// pytestDefaults is pytest without any configuration.
func pytestDefaults() pytestConfig {
	return pytestConfig{
		dir: ".", why: "test files by pytest's default names", assumed: true,
		files:     []string{"test_*.py", "*_test.py"},
		norecurse: []string{"*.egg", ".*", "_darcs", "build", "CVS", "dist", "node_modules", "venv", "{arch}"},
	}
}

func pytestConfigFrom(values map[string][]string) pytestConfig {
	c := pytestDefaults()
	c.assumed = false
	// In TOML a setting may be one text with several words, or a list.
	words := func(key string) ([]string, bool) {
		list, ok := values[key]
		if ok && len(list) == 1 {
			list = pytestWords(list[0])
		}
		return list, ok
	}
	if list, ok := words("python_files"); ok {
		c.files = list
	}
	if list, ok := words("norecursedirs"); ok {
		c.norecurse = list
	}
	c.testpaths, _ = words("testpaths")
	c.addopts, _ = words("addopts")
	return c
}

// option returns the values of an option in addopts, as --name=value or --name value.
func (c pytestConfig) option(name string) []string {
	var values []string
	for i, arg := range c.addopts {
		if value, ok := strings.CutPrefix(arg, name+"="); ok {
			values = append(values, value)
		} else if arg == name && i+1 < len(c.addopts) {
			values = append(values, c.addopts[i+1])
		}
	}
	return values
}

// pytestMatcher translates a pattern of fnmatch: "*" matches slashes too.
func pytestMatcher(pattern string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?s)\A(?:`)
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; c {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteString(".")
		case '[':
			end := strings.IndexByte(pattern[min(i+2, len(pattern)):], ']')
			if end < 0 {
				b.WriteString(`\[`)
				continue
			}
			set := pattern[i+1 : i+2+end]
			i += 2 + end
			set = strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`, `^`, `\^`).Replace(set)
			if rest, ok := strings.CutPrefix(set, "!"); ok {
				set = "^" + rest
			}
			b.WriteString("[" + set + "]")
		default:
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		}
	}
	b.WriteString(`)\z`)
	re, err := regexp.Compile(b.String())
	if err != nil {
		return regexp.MustCompile(`\A` + regexp.QuoteMeta(pattern) + `\z`)
	}
	return re
}
