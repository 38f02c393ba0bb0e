package tool

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// vitestAnyName stands for a project's name that comes from elsewhere.
const vitestAnyName = "\x00"

// wanted says whether --project leaves a project in, whose object "test" is given; usual is its name where that says none. One
// whose name is computed stays, and that is told: too many files rather than too few, as vitest itself decides in the end.
func (s *vitestSearch) wanted(file string, test map[string]any, usual string) bool {
	if len(s.options.Project) == 0 {
		return true
	}
	name, known := vitestProjectName(test, usual)
	if !known {
		s.matched = true
		if f := s.d.unreadable(file, "project names"); !slices.Contains(s.project.Findings, f) {
			s.project.Findings = append(s.project.Findings, f)
		}
		return true
	}
	in := slices.ContainsFunc(s.options.Project, func(pattern string) bool { return vitestMeans(pattern, name) })
	s.matched = s.matched || in
	return in
}

// vitestProjectName is a project's name: a text, or an object with a label and a colour. In a browser it gets others beside.
func vitestProjectName(test map[string]any, usual string) (name string, known bool) {
	said, has := test["name"]
	if object, ok := said.(map[string]any); ok {
		said = object["label"]
	}
	switch name, ok := said.(string); {
	case test["browser"] != nil:
		return "", false
	case ok && name != "":
		return name, true
	case has && !ok, test["..."] != nil, usual == vitestAnyName:
		return "", false
	default:
		return usual, true
	}
}

// vitestMeans says whether a name is meant by a pattern of --project, as vitest compares them: in any case, "*" is any text,
// and "!" in front turns it round.
func vitestMeans(pattern, name string) bool {
	pattern, not := strings.CutPrefix(pattern, "!")
	parts := strings.Split(pattern, "*")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile("(?is)^"+strings.Join(parts, ".*")+"$").MatchString(name) != not
}

// folderName is the name of a project that says none: that of the folder's package, else the folder's own.
func (s *vitestSearch) folderName(dir string) string {
	if p := s.d.byFolder[dir]; p != nil && p.Name != "" {
		return p.Name
	}
	return path.Base(path.Join("/", s.d.tree.Root, dir))
}
