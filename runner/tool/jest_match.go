package tool

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

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
