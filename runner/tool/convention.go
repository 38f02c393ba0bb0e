package tool

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// The built-in categories as the adapters name them. The catalog owns the words; a test there compares both lists.
const (
	unitCategory            = "unit"
	integrationCategory     = "integration"
	e2eCategory             = "e2e"
	missionCriticalCategory = "mission-critical"
)

// nothingMatches is the reason of a file that no convention sends anywhere.
const nothingMatches = "nothing matches: unit"

// conventions are the names, other than unit, that folders, build tags, marks and file names may carry, lightest first.
func conventions() []string {
	return []string{integrationCategory, e2eCategory, missionCriticalCategory}
}

// categoryNamed returns the built-in category that a name stands for. "-" and "_" are equal in names, so
// mission_critical is mission-critical; case counts, as it does in every tool that reads such names.
func categoryNamed(name string) (category string, ok bool) {
	name = strings.ReplaceAll(name, "_", "-")
	switch name {
	case unitCategory, integrationCategory, e2eCategory, missionCriticalCategory:
		return name, true
	default:
		return "", false
	}
}

// folderCategory returns the category of the nearest folder above the file (a path relative to the root, forward
// slashes) that is named like one, and why: "folder tests/integration". ok is false where no folder is.
func folderCategory(file string) (category, why string, ok bool) {
	for dir := path.Dir(file); dir != "." && dir != "/"; dir = path.Dir(dir) {
		if category, ok := categoryNamed(path.Base(dir)); ok {
			return category, "folder " + dir, true
		}
	}
	return "", "", false
}

// sortedSet returns the texts sorted, each once.
func sortedSet(texts []string) []string {
	out := slices.Clone(texts)
	slices.Sort(out)
	return slices.Compact(out)
}

// sortedKeys returns the keys of the map, sorted.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
