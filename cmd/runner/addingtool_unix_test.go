//go:build unix

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var fileBlock = regexp.MustCompile("(?ms)^```(?:go|sh-file|text-file) (\\S+)\n(.*?)^```$")

// The page on adding a tool is typed off: its adapter is built into runner, without a change to the tree, and run on its project.
func TestAddingATool(t *testing.T) {
	root := repositoryRoot(t)
	page, err := os.ReadFile(filepath.Join(root, "docs", "adding-a-tool.md"))
	if err != nil {
		t.Fatal(err)
	}
	project, replaced := t.TempDir(), map[string]string{}
	put := func(dir, name, text string) string {
		t.Helper()
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		return file
	}
	source := t.TempDir()
	for _, m := range fileBlock.FindAllStringSubmatch(string(page), -1) {
		if strings.HasSuffix(m[1], ".go") {
			replaced[filepath.Join(root, filepath.FromSlash(m[1]))] = put(source, m[1], m[2])
		} else {
			put(project, m[1], m[2])
		}
	}
	list := filepath.Join(root, "runner", "tool", "all.go")
	text, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	replaced[list] = put(source, "all.go", strings.Replace(string(text), "return []Tool{", "return []Tool{Tally{}, ", 1))
	overlay, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(source, "built")
	build := exec.Command("go", "build", "-overlay", put(source, "overlay.json", string(overlay)), "-o", program, "./cmd/runner")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the page's adapter does not build: %v\n%s", err, out)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"unit"}, 1, `FAILED (1)  4 tests: 2 passed, 1 failed, 1 error`},
		{[]string{"e2e"}, 1, `FAILED (1)  2 tests: 1 passed, 0 failed, 1 error`},
		{[]string{"list"}, 0, "tally"},
	} {
		run := exec.Command(program, c.args...)
		run.Dir = project
		out, err := run.CombinedOutput()
		if code := run.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(out), c.want) {
			t.Errorf("runner %s exits with %d (%v), want %d and %q:\n%s", strings.Join(c.args, " "), code, err, c.code, c.want, out)
		}
	}
}
