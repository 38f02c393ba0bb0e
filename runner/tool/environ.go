package tool

import (
	"runtime"
	"strings"
)

// Environ is the whole environment of a job: base (runner's own, as os.Environ gives it), then Target.Env, then the
// command's Env and Front, each over the ones before. The order of base is kept, and no name stands twice.
func Environ(base []string, t Target, c Command) []string {
	e := environ{at: map[string]int{}}
	for _, pair := range base {
		e.set(pair)
	}
	for _, pair := range t.Env {
		e.set(pair)
	}
	for _, pair := range c.Env {
		if strings.Contains(pair, "=") {
			e.set(pair)
		} else {
			e.remove(pair)
		}
	}
	for _, f := range c.Front {
		if old, ok := e.get(f.Name); ok {
			e.set(f.Name + "=" + f.Value + f.Sep + old)
		} else {
			e.set(f.Name + "=" + f.Value)
		}
	}
	return e.list()
}

type environ struct {
	pairs []string // "" is a removed one
	at    map[string]int
}

// environKey makes one key of the spellings that are one variable: names ignore case on Windows.
func environKey(name string) string {
	if runtime.GOOS == "windows" {
		return strings.ToUpper(name)
	}
	return name
}

// cutPair splits NAME=VALUE. Windows has names that begin with "=" (its current folders, "=C:=C:\\x").
func cutPair(pair string) (name, value string) {
	if pair == "" {
		return "", ""
	}
	i := strings.Index(pair[1:], "=") + 1
	if i == 0 {
		return pair, ""
	}
	return pair[:i], pair[i+1:]
}

func (e *environ) set(pair string) {
	name, _ := cutPair(pair)
	key := environKey(name)
	if i, ok := e.at[key]; ok {
		e.pairs[i] = pair
		return
	}
	e.at[key] = len(e.pairs)
	e.pairs = append(e.pairs, pair)
}

func (e *environ) remove(name string) {
	key := environKey(name)
	if i, ok := e.at[key]; ok {
		e.pairs[i] = ""
		delete(e.at, key)
	}
}

func (e *environ) get(name string) (string, bool) {
	i, ok := e.at[environKey(name)]
	if !ok {
		return "", false
	}
	_, value := cutPair(e.pairs[i])
	return value, true
}

func (e *environ) list() []string {
	var out []string
	for _, pair := range e.pairs {
		if pair != "" {
			out = append(out, pair)
		}
	}
	return out
}

// SameName says whether two names are one variable: case does not count on Windows.
func SameName(a, b string) bool { return environKey(a) == environKey(b) }
