package main

import (
	"path/filepath"
	"runtime"

	"testrunner/runner"
)

// machine answers env/service what is installed here.
type machine struct {
	host *runner.Host
	root string
}

func (m machine) LookPath(name string, folders ...string) []string {
	found := m.host.LookPath(name)
	if runtime.GOOS == "windows" { // a pattern knows nothing of what PATH would add
		name += ".exe"
	}
	for _, pattern := range folders {
		// A pattern that is none of this system's matches nothing.
		more, err := filepath.Glob(filepath.Join(pattern, name))
		if err == nil {
			found = append(found, more...)
		}
	}
	return found
}

func (m machine) InTree(path string) bool {
	return exists(filepath.Join(m.root, filepath.FromSlash(path)))
}
