package categories

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"testrunner/report/event"
	"testrunner/runner/tool"
)

// fakeTool is an adapter whose rules are small enough to be read at a glance. The catalog must hold for any adapter, so
// these tests don't rest on the real ones; real_test.go has those.
type fakeTool struct {
	name     string
	manifest string // a file that makes its folder a project; the root is one too where loose
	loose    bool
	isTest   func(base string) bool
	marks    bool
}

func fakeTools() []tool.Tool {
	return []tool.Tool{
		fakeTool{name: "go", manifest: "go.mod", isTest: func(b string) bool { return strings.HasSuffix(b, "_test.go") }},
		fakeTool{name: "pytest", manifest: "pytest.ini", loose: true, marks: true, isTest: func(b string) bool {
			return strings.HasPrefix(b, "test_") && strings.HasSuffix(b, ".py")
		}},
		fakeTool{name: "node", manifest: "package.json", isTest: func(b string) bool { return strings.HasSuffix(b, ".test.js") }},
		fakeTool{name: "junit", isTest: func(string) bool { return false }},
		fakeTool{name: "websocket", isTest: func(string) bool { return false }},
	}
}

func (f fakeTool) Name() string { return f.name }

func (f fakeTool) Discover(t tool.Tree) []tool.Project {
	projects := map[string]*tool.Project{}
	for _, file := range t.Files {
		if f.manifest != "" && path.Base(file) == f.manifest {
			projects[path.Dir(file)] = &tool.Project{Tool: f.name, Dir: path.Dir(file), Why: f.manifest}
		}
	}
	if f.loose && projects["."] == nil {
		projects["."] = &tool.Project{Tool: f.name, Dir: ".", Why: "test files"}
	}
	for _, file := range t.Files {
		if !f.isTest(path.Base(file)) {
			continue
		}
		dir := path.Dir(file)
		for projects[dir] == nil && dir != "." {
			dir = path.Dir(dir)
		}
		if p := projects[dir]; p != nil {
			if found, ok := f.file(t, file, p); ok {
				p.Files = append(p.Files, found)
			}
		}
	}
	var out []tool.Project
	for _, dir := range sorted(projects) {
		out = append(out, *projects[dir])
	}
	return out
}

var (
	fakeTag  = regexp.MustCompile(`(?m)^//go:build (.+)$`)
	fakeMark = regexp.MustCompile(`mark\.(integration|e2e|mission_critical)`)
)

func (f fakeTool) file(t tool.Tree, name string, p *tool.Project) (tool.File, bool) {
	out := tool.File{Path: name, Category: Unit, Why: "nothing matches: unit"}
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if slices.Contains(builtIn(), folded(path.Base(dir))) {
			out.Category, out.Why = folded(path.Base(dir)), "folder "+dir
			break
		}
	}
	text, err := fs.ReadFile(t.FS, name)
	if err != nil {
		return out, true
	}
	if m := fakeTag.FindSubmatch(text); f.name == "go" && m != nil {
		tag := string(m[1])
		if !slices.Contains([]string{"integration", "e2e"}, tag) {
			p.Findings = append(p.Findings, event.Finding{ID: "go.tag." + strings.ReplaceAll(tag, " && ", "+"), Status: event.Warn, Detail: "1 test file left out, for want of the build tag " + tag})
			return out, false
		}
		out.Category, out.Why, out.Tags = tag, "build tag "+tag, []string{tag}
	}
	if f.marks {
		for i, line := range strings.Split(string(text), "\n") {
			for _, m := range fakeMark.FindAllStringSubmatch(line, -1) {
				out.Marks = append(out.Marks, tool.Mark{Name: m[1], Category: folded(m[1]), Line: i + 1})
			}
		}
	}
	return out, true
}

var errFake = errors.New("a fake tool runs nothing")

func (f fakeTool) Check(context.Context, tool.Target, tool.Host) tool.Found    { return tool.Found{} }
func (f fakeTool) Cores(tool.Target) int                                       { return 1 }
func (f fakeTool) Command(tool.Target) (tool.Command, error)                   { return tool.Command{}, errFake }
func (f fakeTool) Decode(target tool.Target, emit event.Emit) (d tool.Decoder) { return d }

// memoryTree is a tree that lies in memory.
func memoryTree(files map[string]string) tool.Tree {
	m := fstest.MapFS{}
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return tool.Tree{Root: "/nowhere", FS: m, Files: sorted(files)}
}

// archive reads a txtar text as files.
func archive(text string) map[string]string {
	out := map[string]string{}
	for _, f := range txtar.Parse([]byte(text)).Files {
		out[f.Name] = string(f.Data)
	}
	return out
}

// load makes the catalog of files in memory, with a configuration ("" is none).
func load(files map[string]string, config string) (*Catalog, error) {
	return loadWith(files, config, fakeTools())
}

func loadWith(files map[string]string, config string, tools []tool.Tool) (*Catalog, error) {
	cfg := &configuration{}
	if config != "" {
		var err error
		if cfg, err = parseConfig(ConfigFile, []byte(config)); err != nil {
			return nil, err
		}
	}
	return newCatalog("/nowhere", cfg, memoryTree(files), tools)
}

func mustLoad(t testing.TB, files map[string]string, config string) *Catalog {
	t.Helper()
	c, err := load(files, config)
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	return c
}

// shape is what a catalog selects, a line a suite and file: what has to be equal for two to be the same.
func shape(list []Category) string {
	var b strings.Builder
	for _, c := range list {
		for _, s := range c.Suites {
			t := s.Target
			b.WriteString(c.Name + " | " + s.Name + " | " + t.Dir)
			if t.Whole {
				b.WriteString(" | whole")
			}
			for _, part := range [][]string{t.Tags, t.Args, t.Env, t.Argv, t.Reports, t.Tests} {
				if len(part) > 0 {
					b.WriteString(" | " + strings.Join(part, " "))
				}
			}
			b.WriteByte('\n')
			for _, f := range s.Files {
				b.WriteString("  " + f.Path + " (" + f.Category + ")\n")
			}
		}
	}
	return b.String()
}
