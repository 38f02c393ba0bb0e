package service

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// foundKey is a key of the compose files that is refused or without effect, and where it stands.
type foundKey struct {
	Key
	path  []string // as the user has it: services, web, gpus
	where string   // compose.yaml:12
}

// findKeys finds the keys of the merged model that are not simply supported. What is refused counts wherever it comes from; of what has no
// effect only that is told which somebody wrote, and no default of the library's.
func findKeys(model map[string]any, said *written) []foundKey {
	var out []foundKey
	newTable().walk(model, func(k Key, path []string) {
		if k.Does == Supported {
			return
		}
		where, whole := said.find(path...)
		if !whole && k.Does == WithoutEffect {
			return
		}
		f := foundKey{Key: k, path: path, where: where}
		if !slices.ContainsFunc(out, f.same) { // several in a list are found at the first
			out = append(out, f)
		}
	})
	return out
}

func (f foundKey) same(other foundKey) bool {
	return f.where == other.where && slices.Equal(f.path, other.path)
}

// Refusal is a key of the compose files that runner can't give a service. It is one line: what, where, why and the way out.
type Refusal struct {
	Where string // compose.yaml:12
	Key   string // services.web.gpus
	Why   string
	Way   string
}

// Error says it all in one line.
func (r Refusal) Error() string {
	return fmt.Sprintf("%s: %s is refused: %s; %s", r.Where, r.Key, r.Why, r.Way)
}

func (f foundKey) refusal() Refusal {
	return Refusal{Where: f.where, Key: strings.Join(f.path, "."), Why: f.Why, Way: f.way(f.path)}
}

// refusedOf are the refused keys that a service has, or that a network, volume, secret or config has which it uses.
func refusedOf(found []foundKey, s types.ServiceConfig) []Refusal {
	var out []Refusal
	for _, f := range found {
		if f.Does == Refused && len(f.path) > 1 && uses(s, f.path[0], f.path[1]) {
			out = append(out, f.refusal())
		}
	}
	return out
}

// uses says whether a service is, or uses, what stands under that name in that part of the file.
func uses(s types.ServiceConfig, part, name string) bool {
	switch part {
	case "services":
		return s.Name == name
	case "networks":
		_, ok := s.Networks[name]
		return ok
	case "volumes":
		return slices.ContainsFunc(s.Volumes, func(v types.ServiceVolumeConfig) bool { return v.Type == types.VolumeTypeVolume && v.Source == name })
	case "secrets":
		return slices.ContainsFunc(s.Secrets, func(v types.ServiceSecretConfig) bool { return v.Source == name })
	case "configs":
		return slices.ContainsFunc(s.Configs, func(v types.ServiceConfigObjConfig) bool { return v.Source == name })
	}
	return false
}

// notesOf says once of each key without effect that it has none, and where it stands first.
func notesOf(found []foundKey) []string {
	var out []string
	seen := map[string]bool{}
	for _, f := range found {
		if f.Does != WithoutEffect || seen[f.Path] {
			continue
		}
		seen[f.Path] = true
		more := ""
		if n := countNotes(found, f.Path) - 1; n > 0 {
			more = fmt.Sprintf(" (and %d more)", n)
		}
		out = append(out, fmt.Sprintf("%s: %s%s has no effect in tests: %s", f.where, strings.Join(f.path, "."), more, f.Why))
	}
	return out
}

func countNotes(found []foundKey, path string) int {
	n := 0
	for _, f := range found {
		if f.Path == path && f.Does == WithoutEffect {
			n++
		}
	}
	return n
}

// Refusal is what of the named services runner can't give them in containers, each key in a line of its own; nil where it can all.
// What serves them without a container does not ask.
func (g Graph) Refusal(names []string) error {
	var all []error
	for _, s := range g.Services {
		if !slices.Contains(names, s.Name) {
			continue
		}
		for _, r := range s.Refused {
			if !slices.ContainsFunc(all, func(e error) bool { return e == error(r) }) { // a network's, that several use
				all = append(all, r)
			}
		}
	}
	return errors.Join(all...)
}
