package categories

import (
	"maps"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// unitIntegration is the group that exists without any configuration.
const unitIntegration = "unit_integration"

// builtIn lists the built-in categories in the order in which they run.
func builtIn() []string { return []string{Unit, Integration, E2E, MissionCritical} }

// Reserved lists every command of the command line, later ones too: no category and no group may have such a name,
// since the first word of a line would not say which of the two is meant (design section 2).
func Reserved() []string {
	return []string{
		"clean", "collect", "completion", "docker", "doctor", "exec", "explain", "help", "init", "list", "monitor",
		"probe", "report", "services",
	}
}

// IsPath tells a path or test from a category, group or command by its look alone.
func IsPath(word string) bool {
	return strings.ContainsAny(word, "/.") || strings.Contains(word, "::")
}

// folded is the form in which names are compared: "-" and "_" are equal.
func folded(name string) string { return strings.ReplaceAll(name, "_", "-") }

// sameName says whether two names mean the same.
func sameName(a, b string) bool { return folded(a) == folded(b) }

// nameFault says what is wrong with the name of a category or group; "" is nothing.
func nameFault(name string) string {
	switch {
	case name == "":
		return "a name must not be empty"
	case strings.HasPrefix(name, "-"):
		return "a name must not start with \"-\": it would look like a flag"
	case strings.ContainsAny(name, "/.:"):
		return "a name must not hold \"/\", \".\" or \":\": it would look like a path or a test"
	case strings.ContainsFunc(name, func(r rune) bool { return r == ',' || r <= ' ' || r == 0x7f }):
		return "a name must not hold commas, blanks or control characters"
	case slices.Contains(Reserved(), folded(name)):
		return "\"" + name + "\" is a command's name"
	}
	return ""
}

// nearest returns the candidate that the word was most likely meant to be, or "": at most about a third of it may differ.
// Of equally near ones the first in order wins, so that the answer is always the same.
func nearest(word string, candidates []string) string {
	best, limit := "", max(1, (len([]rune(word))+1)/3)
	for _, c := range candidates {
		if sameName(word, c) {
			return c
		}
		// Lengths that differ more can't be near, and the distance of two long paths is dear.
		if d := len(c) - len(word); d > limit*4 || -d > limit*4 {
			continue
		}
		if d := distance(strings.ToLower(word), strings.ToLower(c)); d <= limit {
			best, limit = c, d-1
		}
	}
	return best
}

// distance counts the letters to change; letters that only changed places count as one.
func distance(a, b string) int {
	d := levenshtein.ComputeDistance(a, b)
	if d == 2 && len(a) == len(b) && slices.Equal(letters(a), letters(b)) {
		return 1
	}
	return d
}

func letters(word string) []rune {
	r := []rune(word)
	slices.Sort(r)
	return r
}

// orNearest is " (did you mean X?)" or "".
func orNearest(word string, candidates []string) string {
	if n := nearest(word, candidates); n != "" {
		return "; did you mean " + n + "?"
	}
	return ""
}

// sorted returns the keys of a map in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// Nearest returns the candidate that a misspelt word was most likely meant to be, or "".
func Nearest(word string, candidates []string) string { return nearest(word, candidates) }
