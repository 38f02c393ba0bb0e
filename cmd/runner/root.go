package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"testrunner/categories"
	"testrunner/env/service"
	"testrunner/runner/process"
	"testrunner/runner/tool"
)

// resultsFolder is where runs write, below the root, unless --results names another folder.
const resultsFolder = "runner-results"

// place is where a command works.
type place struct {
	root    string // absolute
	start   string // absolute: the working directory, or -C's
	scope   string // start relative to root, forward slashes; "." is the root
	config  string // absolute path of --config, "" is runner.yaml at the root if there is one
	results string // absolute
}

// manifests make a folder a root where there is neither runner.yaml nor .git.
var manifests = []string{"go.work", "go.mod", "package.json", "pyproject.toml", "pytest.ini", "setup.cfg", "tox.ini", "Cargo.toml"}

type flagValues interface {
	String(string) string
}

func findPlace(f flagValues, w World) (place, error) {
	p := place{start: w.Dir}
	if dir := f.String("C"); dir != "" {
		p.start = absolute(w.Dir, dir)
		if info, err := os.Stat(p.start); err != nil || !info.IsDir() {
			return p, usageError{text: fmt.Sprintf("-C %s: there is no such folder", dir)}
		}
	}
	// Git and the tools tell real paths, so a symlinked working directory would look like another place.
	if real, err := filepath.EvalSymlinks(p.start); err == nil {
		p.start = real
	}
	p.root = findRoot(p.start)
	scope, err := filepath.Rel(p.root, p.start)
	if err != nil {
		return p, usagef("%s is not below the root %s", p.start, p.root)
	}
	p.scope = filepath.ToSlash(scope)
	if c := f.String("config"); c != "" {
		p.config = absolute(p.start, c)
		if info, err := os.Stat(p.config); err != nil || info.IsDir() {
			return p, usageError{text: fmt.Sprintf("--config %s: there is no such file", c)}
		}
	}
	p.results = filepath.Join(p.root, resultsFolder)
	if r := f.String("results"); r != "" {
		p.results = absolute(p.start, r)
	}
	return p, nil
}

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

// findRoot is the nearest folder with runner.yaml up to .git, else the one with .git, else the nearest with a manifest,
// else the start itself.
func findRoot(start string) string {
	manifest := ""
	for dir := start; ; dir = filepath.Dir(dir) {
		if exists(filepath.Join(dir, "runner.yaml")) || exists(filepath.Join(dir, ".git")) {
			return dir
		}
		if manifest == "" && slices.ContainsFunc(manifests, func(m string) bool { return exists(filepath.Join(dir, m)) }) {
			manifest = dir
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	if manifest != "" {
		return manifest
	}
	return start
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// loadCatalog finds the files and makes the catalog.
func loadCatalog(ctx context.Context, p place, w World) (*categories.Catalog, error) {
	skip := []string{}
	if rel, err := filepath.Rel(p.root, p.results); err == nil && !strings.HasPrefix(rel, "..") {
		skip = append(skip, filepath.ToSlash(rel))
	}
	tree, err := categories.NewTree(p.root, func() ([]string, error) { return gitFiles(ctx, p.root, w.Environ) }, skip...)
	if err != nil {
		return nil, err
	}
	files, _ := service.ComposeFile(p.root, w.Environ)
	return categories.Load(p.root, p.config, tree, tool.All(), files...)
}

// gitFiles lists what git does not ignore, tracked or not, relative to root. Git itself is asked, since nothing else
// reads every ignore file as it does.
func gitFiles(ctx context.Context, root string, environ []string) ([]string, error) {
	var out bytes.Buffer
	argv := []string{"git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"}
	p, err := process.Start(ctx, process.Spec{Argv: argv, Dir: root, Env: environ, Stdout: &out})
	if err != nil {
		return nil, fmt.Errorf("list files: %w", err)
	}
	if exit := p.Wait(); exit.Code != 0 {
		return nil, fmt.Errorf("list files: git ls-files ended with %d", exit.Code)
	}
	if out.Len() == 0 {
		// The repository around it ignores this folder, or it is empty: what lies there is walked.
		return nil, errors.New("list files: git knows none here")
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\x00"), "\x00"), nil
}
