package service

import (
	"fmt"
	"slices"
	"strings"
)

// Support is what runner makes of a key of a compose file.
type Support string

// What runner makes of a key. Nothing is ignored: what has no effect is said once, and what can't be left out is refused.
const (
	Supported     Support = "supported"
	WithoutEffect Support = "without effect"
	Refused       Support = "refused"
)

// Key is one key of the compose schema and what runner makes of it.
type Key struct {
	Path string // "services.*.ports.published": * is a name that the user gives, and places in lists are left out
	Does Support
	Why  string // of what is not supported: why, as the rest of "… is refused: "; else a word on how, or ""
	Way  string // out of a refusal; "" is to reset the key in a file of its own
	Only string // the values for which that is so, in words; all others are supported. "" is all values
	When func(value any, siblings map[string]any) bool
}

// Keys is the one table of all keys, sorted by their paths. A key that is refused or has no effect stands for all that it holds.
func Keys() []Key {
	keys := slices.Concat(projectKeys(), serviceKeys(), containerKeys(), resourceKeys(), buildKeys())
	slices.SortFunc(keys, func(a, b Key) int { return strings.Compare(a.Path, b.Path) })
	return keys
}

// supported are keys below a path that need no more words. "" is the path itself.
func supported(path string, names ...string) []Key {
	out := make([]Key, len(names))
	for i, name := range names {
		out[i] = Key{Path: path + "." + name, Does: Supported}
		if name == "" {
			out[i].Path = path
		}
	}
	return out
}

// without is a key that has no effect in tests.
func noEffect(path, why string) Key { return Key{Path: path, Does: WithoutEffect, Why: why} }

// refused is a key that changes what the tests would see, and that runner can't give them.
func refused(path, why, way string) Key { return Key{Path: path, Does: Refused, Why: why, Way: way} }

// only narrows what is said of a key to some of its values.
func (k Key) only(words string, when func(value any, siblings map[string]any) bool) Key {
	k.Only, k.When = words, when
	return k
}

// way is the way out of a refusal of the key at a path of the user's.
func (k Key) way(path []string) string {
	if k.Way != "" {
		return k.Way
	}
	return fmt.Sprintf("reset it for the tests in a compose file of its own (%s: !reset null), named under compose in runner.yaml", path[len(path)-1])
}

// The values for which a key is not supported.

func noneOf(words ...string) func(any, map[string]any) bool {
	return func(v any, _ map[string]any) bool { return !slices.Contains(words, fmt.Sprint(v)) }
}

func oneOf(words ...string) func(any, map[string]any) bool {
	return func(v any, _ map[string]any) bool { return slices.Contains(words, fmt.Sprint(v)) }
}

func beginsWith(prefixes ...string) func(any, map[string]any) bool {
	return func(v any, _ map[string]any) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(fmt.Sprint(v), p) })
	}
}

// notExternal says that the network or volume is the project's own.
func notExternal(_ any, siblings map[string]any) bool {
	return fmt.Sprint(siblings["external"]) != "true"
}

// renames says that a link gives its service another name.
func renames(v any, _ map[string]any) bool {
	list, _ := v.([]any)
	return slices.ContainsFunc(list, func(each any) bool {
		name, alias, ok := strings.Cut(fmt.Sprint(each), ":")
		return ok && name != alias
	})
}

// table finds keys by their paths.
type table struct {
	keys  map[string]Key
	named map[string]bool // paths below which the user gives the names
}

func newTable() table {
	t := table{keys: map[string]Key{}, named: map[string]bool{}}
	for _, k := range Keys() {
		t.keys[k.Path] = k
		for at := k.Path; ; {
			i := strings.LastIndex(at, ".*")
			if i < 0 {
				break
			}
			at = at[:i]
			t.named[at] = true
		}
	}
	return t
}

// walk visits all keys of a model that the table knows, those of refused ones and those without effect not. path is the user's own.
func (t table) walk(model map[string]any, visit func(k Key, path []string)) {
	t.descend(model, "", nil, visit)
}

func (t table) descend(value any, at string, path []string, visit func(Key, []string)) {
	switch value := value.(type) {
	case []any:
		for _, each := range value {
			t.descend(each, at, path, visit)
		}
	case map[string]any:
		for _, name := range sortedKeys(value) {
			below, next := strings.TrimPrefix(at+"."+name, "."), append(slices.Clone(path), name)
			if t.named[at] {
				t.descend(value[name], at+".*", next, visit)
				continue
			}
			k, known := t.keys[below]
			if !known {
				continue // what the user calls as he likes: variables, labels, options, and x-…
			}
			if k.When != nil && !k.When(value[name], value) {
				k = Key{Path: k.Path, Does: Supported}
			}
			visit(k, next)
			if k.Does == Supported {
				t.descend(value[name], below, next, visit)
			}
		}
	}
}

func sortedKeys(m map[string]any) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
