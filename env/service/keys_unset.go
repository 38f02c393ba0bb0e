package service

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/template"
)

// plainVariable is one without a default and the like: $NAME or ${NAME}.
var plainVariable = regexp.MustCompile(`\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))`)

// missing takes note of the variables of a text that have no value: like docker compose, the library takes them as empty.
func (w *written) missing(text string, value template.Mapping) {
	for _, m := range plainVariable.FindAllStringSubmatch(strings.ReplaceAll(text, "$$", ""), -1) {
		name := m[1] + m[2]
		if _, set := value(name); !set && !slices.Contains(w.unset, name) {
			w.unset = append(w.unset, name)
		}
	}
}

// missed says in one line which variables have no value, "" where all have one.
func (w *written) missed() string {
	if len(w.unset) == 0 {
		return ""
	}
	slices.Sort(w.unset)
	what := fmt.Sprintf("the variable %s has no value, and is taken as empty", w.unset[0])
	if more := w.unset[1:]; len(more) > 0 {
		what += "; so are " + strings.Join(more, ", ")
	}
	use := regexp.MustCompile(`\$(\{` + w.unset[0] + `\}|` + w.unset[0] + `\b)`)
	for _, f := range w.files {
		if at := use.FindStringIndex(f.text); at != nil {
			return fmt.Sprintf("%s:%d: %s", w.shown(f.name), 1+strings.Count(f.text[:at[0]], "\n"), what)
		}
	}
	return what
}
