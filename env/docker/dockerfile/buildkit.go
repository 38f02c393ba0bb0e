package dockerfile

import (
	"regexp"
	"slices"
	"strings"
)

// Need is something that only BuildKit can build.
type Need struct {
	Line int
	What string // "RUN --mount", "a here-document"
}

// Needs are what of a file only BuildKit can build, in the order of the lines: the builder that every engine has refuses it, mostly
// in the middle of the build.
func (f File) Needs() []Need {
	only := map[string][]string{
		"RUN":  {"mount", "network", "security", "device"},
		"COPY": {"chmod", "link", "parents", "exclude"},
		"ADD":  {"chmod", "link", "exclude", "checksum", "keep-git-dir", "unpack"},
	}
	var needs []Need
	for _, i := range f.Instructions {
		if i.Here {
			needs = append(needs, Need{i.Line, "a here-document"})
		}
		for _, flag := range i.Flags {
			if slices.Contains(only[i.Name], flag.Name) {
				needs = append(needs, Need{i.Line, i.Name + " --" + flag.Name})
			}
		}
	}
	return needs
}

// variable is $NAME or ${NAME}.
var variable = regexp.MustCompile(`\$(?:\{(\w+)\}|(\w+))`)

// PlatformsIn is a Dockerfile's text with the values of variables written into each FROM's --platform, where no ARG declares them:
// BuildKit knows these by itself, the engine's own builder does not. Lines stay where they are.
func PlatformsIn(text string, values Values) string {
	lines := strings.SplitAfter(text, "\n")
	own := map[string]bool{}
	for _, i := range Read(text).Instructions {
		if i.Name == "ARG" {
			for _, p := range Read(text).Pairs(i) {
				own[p.Name] = true
			}
		}
		platform, ok := i.Flag("platform")
		if i.Name != "FROM" || !ok {
			continue
		}
		put := variable.ReplaceAllStringFunc(platform, func(v string) string {
			name := strings.Trim(v, "${}")
			if value, ok := values[name]; ok && !own[name] {
				return value
			}
			return v
		})
		lines[i.Line-1] = strings.Replace(lines[i.Line-1], platform, put, 1)
	}
	return strings.Join(lines, "")
}
