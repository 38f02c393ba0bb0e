package categories

import (
	"strings"
	"testing"

	"testrunner/env"
	"testrunner/runner/tool"
)

func TestClaims(t *testing.T) {
	for _, c := range []struct {
		name, files, config, want string
	}{
		{
			name:   "a folder that is no project's own is a working directory below it, and not the whole project",
			files:  "-- pytest.ini --\n-- sub/test_a.py --\n",
			config: "suites: { a: { tool: pytest, dir: ./sub/ } }",
			want:   "unit | a | sub\n  sub/test_a.py (unit)\n",
		},
		{
			name:   "a project below the folder keeps its own working directory",
			files:  "-- a/go.mod --\n-- a/x_test.go --\n-- b/go.mod --\n-- b/y_test.go --\n",
			config: "suites: { all: { tool: go, dir: . } }",
			want:   "unit | all:a | a | whole\n  a/x_test.go (unit)\nunit | all:b | b | whole\n  b/y_test.go (unit)\n",
		},
		{
			name:   "paths win over the tool, the deeper folder over the other",
			files:  "-- pytest.ini --\n-- x/test_a.py --\n-- x/y/test_b.py --\n-- test_c.py --\n",
			config: "suites: { all: { tool: pytest }, x: { tool: pytest, dir: x }, b: { tool: pytest, paths: [x/y] } }",
			want:   "unit | all | .\n  test_c.py (unit)\nunit | b | .\n  x/y/test_b.py (unit)\nunit | x | x\n  x/test_a.py (unit)\n",
		},
		{
			name:   "of two suites with tags the one with fewer holds what needs no more",
			files:  "-- go.mod --\n-- a_test.go --\n//go:build slow\n\npackage x\n-- b_test.go --\n//go:build slow && db\n\npackage x\n",
			config: "suites: { a: { tool: go, category: e2e, tags: [slow, db] }, b: { tool: go, category: e2e, tags: [slow] } }",
			want:   "e2e | a | . | slow db\n  b_test.go (e2e)\ne2e | b | . | slow\n  a_test.go (e2e)\n",
		},
		{
			name:   "a suite moves its files, and comes before a category's paths",
			files:  "-- pytest.ini --\n-- x/test_a.py --\n-- x/test_b.py --\n",
			config: "categories: { e2e: { paths: [x] } }\nsuites: { a: { tool: pytest, category: mission_critical, paths: [x/test_a.py] } }",
			want:   "e2e | pytest | .\n  x/test_b.py (e2e)\nmission-critical | a | .\n  x/test_a.py (mission-critical)\n",
		},
		{
			name:   "a suite may be called as the tool is",
			files:  "-- pytest.ini --\n-- test_a.py --\n-- test_b.py --\n",
			config: "suites: { pytest: { tool: pytest, paths: [test_b.py] } }",
			want:   "unit | pytest | .\n  test_b.py (unit)\nunit | pytest #2 | .\n  test_a.py (unit)\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := mustLoad(t, archive(c.files), "version: 1\n"+c.config+"\n")
			if s := shape(got.Categories); s != c.want {
				t.Errorf("got\n%s\nwant\n%s", s, c.want)
			}
			for _, f := range got.Findings {
				if strings.HasPrefix(f.ID, "go.tag.") {
					t.Errorf("answered already: %s", f.Detail)
				}
			}
		})
	}
}

// Projects overlap in the wild: a file below another project's folder stays with the project that found it.
func TestAProjectsFolderStandsForTheProject(t *testing.T) {
	outer := []tool.File{{Path: "sub/test_a.py", Category: Unit, Why: "w"}}
	inner := []tool.File{{Path: "sub/deep/test_b.py", Category: Unit, Why: "w"}}
	both := known{fakeTools()[1], []tool.Project{{Tool: "pytest", Dir: ".", Files: outer}, {Tool: "pytest", Dir: "sub", Files: inner}}}
	cfg, err := parseConfig(ConfigFile, []byte("version: 1\nsuites: { r: { tool: pytest, dir: . }, s: { tool: pytest, dir: sub } }\n"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := newCatalog("/nowhere", cfg, memoryTree(map[string]string{"sub/test_a.py": "", "sub/deep/test_b.py": ""}), []tool.Tool{both})
	if err != nil {
		t.Fatal(err)
	}
	want := "unit | r | . | whole\n  sub/test_a.py (unit)\nunit | s | sub | whole\n  sub/deep/test_b.py (unit)\n"
	if got := shape(c.Categories); got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestANarrowedSuiteIsNotWhole(t *testing.T) {
	c := mustLoad(t, archive("-- pytest.ini --\n-- x/test_a.py --\n-- test_b.py --\n"), "")
	for word, whole := range map[string]bool{".": true, "x": false, "x/test_a.py": false, "test_b.py::t": false} {
		sel, err := c.Select(env.Asked{Paths: []string{word}})
		if err != nil {
			t.Fatal(err)
		}
		if got := sel.Categories[0].Suites[0].Target.Whole; got != whole {
			t.Errorf("%s: whole is %t", word, got)
		}
	}
}
