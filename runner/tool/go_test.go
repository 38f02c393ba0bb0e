package tool

import (
	"context"
	"errors"
)

// fakeGoHost is a machine in a map.
type fakeGoHost struct {
	path  map[string]string // program -> where
	files map[string]bool
	env   map[string]string
}

func (h fakeGoHost) Getenv(name string) string { return h.env[name] }

func (h fakeGoHost) LookPath(name string) []string {
	if p := h.path[name]; p != "" {
		return []string{p}
	}
	return nil
}

func (h fakeGoHost) Exists(path string) bool { return h.files[path] }

func (fakeGoHost) Output(context.Context, string, ...string) (string, error) {
	return "", errors.New("nothing runs here")
}
