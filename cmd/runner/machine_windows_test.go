package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"testrunner/runner"
)

// PostgreSQL's installer puts its programs on no PATH, and they end in .exe.
func TestWindowsProgramOfAFolder(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "PostgreSQL", "17", "bin")
	program := filepath.Join(bin, "postgres.exe")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	m := machine{host: &runner.Host{}}
	if found := m.LookPath("postgres", filepath.Join(bin, "..", "..", "*", "bin")); !slices.Equal(found, []string{program}) {
		t.Errorf("%q", found)
	}
}
