package cargodrive

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// environment is a list of NAME=VALUE that can be changed.
type environment struct{ pairs []string }

func (e *environment) index(name string) int {
	return slices.IndexFunc(e.pairs, func(pair string) bool {
		have, _, _ := strings.Cut(pair, "=")
		return have == name || runtime.GOOS == "windows" && strings.EqualFold(have, name)
	})
}

func (e *environment) get(name string) (string, bool) {
	i := e.index(name)
	if i < 0 {
		return "", false
	}
	_, value, _ := strings.Cut(e.pairs[i], "=")
	return value, true
}

func (e *environment) set(name, value string) {
	if i := e.index(name); i >= 0 {
		e.pairs[i] = name + "=" + value
		return
	}
	e.pairs = append(e.pairs, name+"="+value)
}

// prepend puts folders in front of where the system looks for dynamic libraries.
func (e *environment) prepend(folders []string) {
	name := "LD_LIBRARY_PATH"
	switch runtime.GOOS {
	case "windows":
		name = "PATH"
	case "darwin":
		name = "DYLD_FALLBACK_LIBRARY_PATH"
	}
	old, set := e.get(name)
	if set && old != "" {
		folders = append(folders, filepath.SplitList(old)...)
	} else if runtime.GOOS == "darwin" { // what the system would take by itself (man dyld)
		if home, ok := e.get("HOME"); ok {
			folders = append(folders, filepath.Join(home, "lib"))
		}
		folders = append(folders, "/usr/local/lib", "/usr/lib")
	}
	e.set(name, strings.Join(folders, string(os.PathListSeparator)))
}

func sortedKeys(m map[string][]string) []string {
	out := make([]string, 0, len(m))
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
