// Package testrunner holds only tests of the project as a whole: who may look into whom, and what stands where.
package testrunner

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "testrunner/"

// room is a folder and the rooms that it may look into. A rule's reason is what a failing test prints.
type room struct {
	path   string
	may    []string // of ours; a name that ends in /... allows what lies below it too
	reason string
}

// rooms is the table of design section 4. The first room that holds a folder counts, so inner rooms stand first.
func rooms() []room {
	return []room{
		{"report/event", nil, "the vocabulary knows nobody, so that everybody may know it"},
		{"report", []string{"report/...", "report/event"}, "reports are folds over the stream and know nothing but it"},
		{"runner/process", nil, "processes know nothing of tests"},
		{"runner/contract", nil, "what a WebSocket promises is the same whoever asks"},
		{"runner/tool", []string{"report/event", "runner/contract", "runner/process"}, "adapters are stateless and blind to modes, schedulers and reports"},
		{"runner", []string{"categories", "env", "env/host", "env/service", "runner/...", "report/event"}, "the scheduler tells events and knows no report"},
		{"categories", []string{"env", "runner/contract", "runner/tool", "report/event"}, "the catalog starts nothing and prints nothing"},
		{"env/host", []string{"report/event"}, "facts of this machine need nobody"},
		{"env/preflight", []string{"env", "env/host", "env/docker", "env/service", "runner/process", "report/event"}, "the checks look, and decide nothing"},
		{"env/docker", []string{"env", "env/host", "env/service", "env/lease", "runner/process", "report/event"}, "the engine knows no tests, and decides nothing about a run"},
		{"env/keeper", []string{"env", "env/service", "env/lease", "runner/process", "report/event"}, "a keeper keeps a set, whoever provides it: providers come in from outside"},
		{"env/lease", []string{"env/host", "runner/process", "report/event"}, "who owns what knows processes, not tests"},
		{"env/local", []string{"env", "env/host", "env/service", "env/lease", "runner/process", "report/event"}, "a provider knows no other, and no tests"},
		{"env/stub", []string{"env", "env/service", "report/event"}, "a stub is served by this process, and touches nothing else"},
		{"env/staging", []string{"env", "env/service", "report/event"}, "what somebody else runs is neither started nor stopped"},
		{"env/service", []string{"env", "report/event"}, "services know what serves them, not who asks"},
		{"env", []string{"report/event"}, "the decision is pure: no room of the environment may sway it"},
		{"cmd/runner", []string{"categories", "env/...", "env", "report/...", "report", "runner/...", "runner"}, "wiring may import all"},
		{"scripts", []string{"categories", "env/...", "env", "report/...", "report", "runner/...", "runner"}, "what people and CI run may import all"},
	}
}

// homes says in which rooms a third-party package may be imported by product code (facts: dependencies).
func homes() map[string][]string {
	return map[string][]string{
		"github.com/urfave/cli/v2":              {"cmd/runner"},
		"gotest.tools/gotestsum":                {"runner/tool", "scripts"}, // the benchmark measures against it
		"github.com/valyala/fastjson":           {"runner/tool"},
		"github.com/evanw/esbuild":              {"runner/tool"},
		"github.com/shirou/gopsutil/v3":         {"env/host"},
		"github.com/fatih/color":                {"report"},
		"github.com/vbauerster/mpb/v8":          {"report"},
		"github.com/mattn/go-runewidth":         {"report"},
		"github.com/goccy/go-yaml":              {"categories", "env/stub"}, // an OpenAPI file
		"github.com/invopop/jsonschema":         {"categories"},
		"github.com/bmatcuk/doublestar/v4":      {"categories", "runner/tool"}, // both read globs of runner.yaml
		"github.com/agnivade/levenshtein":       {"categories"},
		"github.com/compose-spec/compose-go/v2": {"env/service"},
		"golang.org/x/sys":                      {"runner/process", "env/lease", "env/docker", "env/local"},
		"github.com/docker/docker":              {"env/docker"},
		"github.com/containerd/errdefs":         {"env/docker"}, // the words of docker/docker's errors
		"github.com/Microsoft/go-winio":         {"env/docker"},
		"github.com/cenkalti/backoff/v5":        {"env/docker", "env/service"},
		"github.com/coder/websocket":            {"env/preflight", "env/service", "env/stub", "runner/contract"},
		"github.com/jackc/pgx/v5":               {"env/service"},
		"go.yaml.in/yaml/v4":                    {"env/service"}, // the compose library's own parser, so that lines agree with it
		"github.com/alicebob/miniredis/v2":      {"env/stub"},
		"github.com/golang-jwt/jwt/v5":          {"env/stub"},
		"github.com/moby/patternmatcher":        {"env/docker"},
		"github.com/docker/go-connections":      {"env/docker"}, // types of docker/docker's interface
		"github.com/opencontainers/image-spec":  {"env/docker"}, // the same
		"golang.org/x/term":                     {"cmd/runner"},
		"golang.org/x/mod":                      {"runner/tool"},
	}
}

type source struct {
	path string // relative to the root
	file *ast.File
	set  *token.FileSet
}

// sources are the product's Go files: no tests, no fixtures, no examples.
func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	err := fs.WalkDir(os.DirFS("."), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == "testdata" || name == "node_modules" || p == "examples" || (name != "." && strings.HasPrefix(name, ".")) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, p, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		out = append(out, source{p, file, set})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 20 {
		t.Fatalf("found only %d files: this test looks at the wrong tree", len(out))
	}
	return out
}

func roomOf(dir string) (room, bool) {
	for _, r := range rooms() {
		if dir == r.path || strings.HasPrefix(dir, r.path+"/") {
			return r, true
		}
	}
	return room{}, false
}

func (r room) allows(imported string) bool {
	if imported == r.path || strings.HasPrefix(imported, r.path+"/") && r.path != "env" && r.path != "report" && r.path != "runner" {
		return true
	}
	return slices.ContainsFunc(r.may, func(m string) bool {
		below, ok := strings.CutSuffix(m, "/...")
		return imported == m || ok && (imported == below || strings.HasPrefix(imported, below+"/"))
	})
}

func TestRoomsLookOnlyWhereTheyMay(t *testing.T) {
	for _, s := range sources(t) {
		r, ok := roomOf(path.Dir(s.path))
		if !ok {
			t.Errorf("%s stands in no room of the design", s.path)
			continue
		}
		for _, imp := range s.file.Imports {
			ours, ok := strings.CutPrefix(strings.Trim(imp.Path.Value, `"`), module)
			if ok && !r.allows(ours) {
				t.Errorf("%s imports %s, but %s may not: %s", s.path, ours, r.path, r.reason)
			}
		}
	}
}

func TestThirdPartyPackagesStayAtHome(t *testing.T) {
	for _, s := range sources(t) {
		for _, imp := range s.file.Imports {
			p := strings.Trim(imp.Path.Value, `"`)
			first, _, _ := strings.Cut(p, "/")
			if !strings.Contains(first, ".") {
				continue
			}
			if err := atHome(p, path.Dir(s.path)); err != nil {
				t.Errorf("%s: %v", s.path, err)
			}
		}
	}
}

func atHome(imported, dir string) error {
	for pkg, rooms := range homes() {
		if imported != pkg && !strings.HasPrefix(imported, pkg+"/") {
			continue
		}
		if slices.ContainsFunc(rooms, func(h string) bool { return dir == h || strings.HasPrefix(dir, h+"/") }) {
			return nil
		}
		return fmt.Errorf("%s is at home in %s, not in %s: one place to change when it moves", pkg, strings.Join(rooms, ", "), dir)
	}
	return fmt.Errorf("%s has no home: name one in rooms_test.go", imported)
}

func TestOnlyOneRoomStartsProcesses(t *testing.T) {
	for _, s := range sources(t) {
		for _, imp := range s.file.Imports {
			if imp.Path.Value == `"os/exec"` && path.Dir(s.path) != "runner/process" {
				t.Errorf("%s imports os/exec: only runner/process starts processes, so that each has a group, a deadline and an owner", s.path)
			}
		}
	}
}

func TestOnlyMainExits(t *testing.T) {
	exits := 0
	for _, s := range sources(t) {
		if strings.HasPrefix(s.path, "scripts/") {
			continue // a program of its own, that no user runs
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, isName := sel.X.(*ast.Ident)
			if !isName || sel.Sel.Name != "Exit" || (pkg.Name != "os" && pkg.Name != "syscall") {
				return true
			}
			exits++
			if s.path != "cmd/runner/main.go" {
				t.Errorf("%s: only cmd/runner/main.go may exit, so that reports are written and services removed", s.set.Position(n.Pos()))
			}
			return true
		})
	}
	if exits != 1 {
		t.Errorf("%d calls of os.Exit, want exactly one", exits)
	}
}

func TestNoHiddenState(t *testing.T) {
	for _, s := range sources(t) {
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					t.Errorf("%s: no init(): what happens at import can't be seen, ordered or tested", s.set.Position(d.Pos()))
				}
			}
		}
	}
}

func TestFilesFitAReader(t *testing.T) {
	const limit = 330 // "about 300"
	for _, s := range sources(t) {
		if lines := s.set.File(s.file.Pos()).LineCount(); lines > limit {
			t.Errorf("%s has %d lines: over %d a file holds two subjects", s.path, lines, limit)
		}
	}
}
