package dockerfile

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Need is something that the builder which every engine has can't build, and BuildKit can.
type Need struct {
	Line  int
	What  string // "RUN --mount", "a here-document"
	Since string // the API of the first engine whose own BuildKit can: "1.42" is Docker 23; "" needs more than an engine, such as a secret
}

// The APIs of the engines whose own BuildKit learned something: Docker 20.10, 23, 25 and 29.
const (
	docker20 = "1.41"
	docker23 = "1.42"
	docker25 = "1.44"
	docker29 = "1.52"
	never    = ""
)

// Needs are what of a file only BuildKit can build, in the order of the lines: the builder that every engine has refuses it, mostly
// in the middle of the build.
func (f File) Needs() []Need {
	since := map[string]map[string]string{
		"RUN":  {"mount": docker20, "network": docker23, "security": never, "device": never},
		"COPY": {"chmod": docker20, "link": docker23, "parents": docker29, "exclude": docker29},
		"ADD":  {"chmod": docker20, "link": docker23, "exclude": docker29, "checksum": docker25, "keep-git-dir": docker25, "unpack": docker29},
	}
	var needs []Need
	for _, i := range f.Instructions {
		if i.Here {
			needs = append(needs, Need{i.Line, "a here-document", docker23})
		}
		for _, flag := range i.Flags {
			api, only := since[i.Name][flag.Name]
			need := Need{i.Line, i.Name + " --" + flag.Name, api}
			if kind := option(flag.Value, "type"); flag.Name == "mount" && (kind == "secret" || kind == "ssh") {
				need.What, need.Since = need.What+"=type="+kind, never
			}
			if only {
				needs = append(needs, need)
			}
		}
	}
	return needs
}

// option is the value of a name in "type=cache,target=/x"; "" is none.
func option(text, name string) string {
	for pair := range strings.SplitSeq(text, ",") {
		if n, value, ok := strings.Cut(pair, "="); ok && strings.EqualFold(strings.TrimSpace(n), name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// WithoutSyntax is a Dockerfile's text without the directive that names another frontend than the engine's own. Lines stay where they are.
func WithoutSyntax(text string) string {
	lines := strings.SplitAfter(text, "\n")
	for n, line := range lines {
		m := directive.FindStringSubmatch(strings.ToLower(strings.Trim(line, " \t\r\n\ufeff")))
		if m == nil {
			break
		}
		if m[1] == "syntax" {
			lines[n] = "#" + line[len(strings.TrimRight(line, "\r\n")):]
		}
	}
	return strings.Join(lines, "")
}

// Step is the line of a step as BuildKit names it: the n-th of so many of a stage, by its name or place; "" is the last one. 0 is unknown.
func Step(stages []Stage, stage string, n, of int) int {
	at := len(stages) - 1
	if stage != "" {
		at = named(stages, stage)
		if number, ok := strings.CutPrefix(stage, "stage-"); at < 0 && ok {
			if n, err := strconv.Atoi(number); err == nil && n < len(stages) {
				at = n
			}
		}
	}
	if at < 0 {
		return 0
	}
	var lines []int
	if s := stages[at]; s.From < 0 && s.Base != Scratch {
		lines = append(lines, s.Line)
	}
	for _, i := range stages[at].Instructions {
		if slices.Contains([]string{"RUN", "COPY", "ADD", "WORKDIR"}, i.Name) {
			lines = append(lines, i.Line)
		}
	}
	if len(lines) != of || n < 1 || n > of {
		return 0
	}
	return lines[n-1]
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
