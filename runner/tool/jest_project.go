package tool

import (
	"fmt"
	"slices"
	"strings"

	"testrunner/report/event"
)

// wanted says whether --selectProjects and --ignoreProjects leave a project in. One whose name is computed stays, and that is
// told: too many files rather than too few, as jest itself decides in the end.
func (s *jestSearch) wanted(config map[string]any, file string) bool {
	if len(s.asked.selected)+len(s.asked.ignored) == 0 {
		return true
	}
	name, known := jestDisplayName(config)
	if !known {
		s.matched = true
		s.computed(s.d.unreadable(file, "project names"))
		return true
	}
	in := len(s.asked.selected) == 0 || name != "" && slices.Contains(s.asked.selected, name)
	if in = in && (name == "" || !slices.Contains(s.asked.ignored, name)); in {
		s.matched = true
	}
	return in
}

// jestDisplayName is a project's name, "" where it has none: a text, or an object with a name and a colour.
func jestDisplayName(config map[string]any) (name string, known bool) {
	said, has := config["displayName"]
	if object, ok := said.(map[string]any); ok {
		said = object["name"]
	}
	if name, ok := said.(string); ok {
		return name, true
	}
	return "", !has && config["..."] == nil
}

// nobody is the finding of a selection that leaves no project.
func (s *jestSearch) nobody(u jsUse) (f event.Finding, none bool) {
	if s.matched || len(s.asked.selected)+len(s.asked.ignored) == 0 {
		return f, false
	}
	var option []string
	if len(s.asked.selected) > 0 {
		option = append(option, "--selectProjects "+strings.Join(s.asked.selected, " "))
	}
	if len(s.asked.ignored) > 0 {
		option = append(option, "--ignoreProjects "+strings.Join(s.asked.ignored, " "))
	}
	return s.d.noProject(u, strings.Join(option, " ")), true
}

// noProject is the finding of an option that chooses projects and leaves none.
func (d *jsDiscovery) noProject(u jsUse, option string) event.Finding {
	return event.Finding{
		ID: "tool." + d.tool + ".project", Status: event.Warn, Value: option,
		Detail: fmt.Sprintf("%s: %s leaves none of the configuration's projects, so it runs nothing: write the name as the project has it", u.Why, option),
	}
}
