package categories

import (
	"bytes"
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"testrunner/runner/tool"
)

// Each archive in testdata/catalog is a repository, with or without a runner.yaml, and what becomes of it: "shape" is
// suites and files, "list" is what runner list prints, "findings" what discovery and configuration remark.
func TestCatalog(t *testing.T) {
	files, err := filepath.Glob("testdata/catalog/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no archives", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			repository, config := map[string]string{}, ""
			kept := &txtar.Archive{Comment: a.Comment}
			for _, f := range a.Files {
				if strings.HasPrefix(f.Name, "want/") {
					continue
				}
				kept.Files = append(kept.Files, f)
				if f.Name == ConfigFile {
					config = string(f.Data)
					continue
				}
				repository[f.Name] = string(f.Data)
			}
			c, err := load(repository, config)
			if err != nil {
				t.Fatal(err)
			}
			kept.Files = append(kept.Files, whatBecame(t, c)...)
			golden(t, file, txtar.Format(kept))
		})
	}
}

func whatBecame(t *testing.T, c *Catalog) []txtar.File {
	t.Helper()
	l, err := List(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	var table, marks bytes.Buffer
	if err := l.Print(&table); err != nil {
		t.Fatal(err)
	}
	for _, each := range c.Categories {
		for _, s := range each.Suites {
			for _, m := range sorted(s.Target.Marks) {
				marks.WriteString(each.Name + " " + s.Name + ": mark " + m + " -> " + s.Target.Marks[m] + "\n")
			}
			for _, f := range sorted(s.Target.Homes) {
				marks.WriteString(each.Name + " " + s.Name + ": " + f + " is at home in " + s.Target.Homes[f] + "\n")
			}
			for _, f := range sorted(s.Target.Marked) {
				marks.WriteString(each.Name + " " + s.Name + ": " + f + " is held by " + strings.Join(s.Target.Marked[f], ", ") + " too\n")
			}
		}
	}
	return []txtar.File{
		{Name: "want/shape", Data: []byte(shape(c.Categories))},
		{Name: "want/marks", Data: marks.Bytes()},
		{Name: "want/list", Data: table.Bytes()},
	}
}

func TestBuiltInNamesAreThereWithoutTests(t *testing.T) {
	c := mustLoad(t, map[string]string{"readme": ""}, "")
	var names []string
	for _, each := range c.Categories {
		names = append(names, each.Name)
		if each.Critical != (each.Name == MissionCritical) || each.Why != "built in" {
			t.Errorf("%+v", each)
		}
	}
	if !slices.Equal(names, builtIn()) {
		t.Errorf("got %q", names)
	}
	for _, word := range []string{"unit_integration", "unit-integration"} {
		if got, err := c.Names([]string{word}); err != nil || !slices.Equal(got, []string{Unit, Integration}) {
			t.Errorf("%s: %q, %v", word, got, err)
		}
	}
	if got, err := c.Names([]string{"mission_critical", "unit", "unit"}); err != nil || !slices.Equal(got, []string{Unit, MissionCritical}) {
		t.Errorf("%q, %v", got, err)
	}
}

// The adapters name the same built-in categories; a file of another one would get a category that nobody planned.
func TestAdaptersKnowTheBuiltInCategories(t *testing.T) {
	files := map[string]string{"go.mod": "module x\n\ngo 1.24\n"}
	for _, name := range builtIn() {
		files[name+"/a_test.go"] = "package a\n"
	}
	c, err := loadWith(files, "", tool.All())
	if err != nil {
		t.Fatal(err)
	}
	for _, each := range c.Categories {
		if each.homeFiles() != 1 {
			t.Errorf("%s has %d files", each.Name, each.homeFiles())
		}
	}
	if len(c.Categories) != len(builtIn()) {
		t.Errorf("%d categories", len(c.Categories))
	}
}

func TestOrder(t *testing.T) {
	c := mustLoad(t, tree(), "version: 1\norder: [mission_critical, zeta]\ncategories:\n  zeta: {}\n  alpha: {}\n")
	var names []string
	for _, each := range c.Categories {
		names = append(names, each.Name)
	}
	if want := []string{MissionCritical, "zeta", Unit, Integration, E2E, "alpha"}; !slices.Equal(names, want) || !c.Ordered {
		t.Errorf("got %q", names)
	}
}

// A file that two projects of one tool name is the deeper one's: nested configurations overlap in the wild.
func TestFileOfTwoProjects(t *testing.T) {
	file := []tool.File{{Path: "a/b/test_x.py", Category: Unit, Why: "w"}}
	both := known{fakeTools()[1], []tool.Project{{Tool: "pytest", Dir: "a/b", Files: file}, {Tool: "pytest", Dir: ".", Files: file}}}
	c, err := newCatalog("/nowhere", &configuration{}, memoryTree(nil), []tool.Tool{both})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := shape(c.Categories), "unit | pytest | a/b | whole\n  a/b/test_x.py (unit)\n"; got != want {
		t.Errorf("got %s", got)
	}
}

func TestListJSONHasStableNames(t *testing.T) {
	c := mustLoad(t, tree(), goodConfigs["section 8's shape"])
	l, err := List(c, []string{"e2e"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	if got := slices.Sorted(maps.Keys(v)); !slices.Equal(got, []string{"categories", "config", "findings", "groups", "root"}) {
		t.Errorf("listing: %q", got)
	}
	category := v["categories"].([]any)[0].(map[string]any)
	if got := slices.Sorted(maps.Keys(category)); !slices.Equal(got, []string{"critical", "exclusive", "files", "name", "suites", "timeout", "why"}) {
		t.Errorf("category: %q", got)
	}
	suite := category["suites"].([]any)[0].(map[string]any)
	want := []string{"args", "assumed", "cases", "command", "dir", "exclusive", "files", "modes", "name", "needs", "reports", "stubs", "tags", "timeout", "tool", "why", "writes"}
	if got := slices.Sorted(maps.Keys(suite)); !slices.Equal(got, want) {
		t.Errorf("suite: %q", got)
	}
	if bytes.Contains(text, []byte("null")) {
		t.Errorf("a list is null: %s", text)
	}
	if _, err := List(c, []string{"e3e"}); err == nil || !strings.Contains(err.Error(), "did you mean e2e?") {
		t.Errorf("unknown name: %v", err)
	}
}

func TestListFitsEightyColumns(t *testing.T) {
	files := map[string]string{}
	for _, name := range []string{strings.Repeat("長い", 40), strings.Repeat("long-", 30), "esc\x1b[31m"} {
		files["tests/integration/"+name+"/test_x.py"] = ""
	}
	c := mustLoad(t, files, "")
	l, err := List(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := l.Print(&b); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		line = strings.TrimSuffix(line, "\n")
		if columns(line) > listWidth || strings.ContainsRune(line, 0x1b) {
			t.Errorf("%q", line)
		}
	}
}
