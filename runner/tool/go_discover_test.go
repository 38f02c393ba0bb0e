package tool

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"testrunner/report/event"
)

func goMapTree(files map[string]string) Tree {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return Tree{Root: "/r", FS: fsys, Files: sortedKeys(files)}
}

func goTagged(constraint string) string { return "//go:build " + constraint + "\n\npackage p\n" }

func TestGoDiscover(t *testing.T) {
	other := "windows"
	if runtime.GOOS == other {
		other = "linux"
	}
	for _, c := range []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"nothing", map[string]string{"main.go": "package main\n"}, nil},
		{"folders and tags", map[string]string{
			"go.mod":                           "module example.com/x\n",
			"a_test.go":                        "package x\n",
			"tests/integration/db_test.go":     "package integration\n",
			"tests/e2e/unit/x_test.go":         "package unit\n",
			"mission_critical/pay_test.go":     "package m\n",
			"mission-critical/pay_test.go":     "package m\n",
			"a_int_test.go":                    goTagged("integration"),
			"a_both_test.go":                   goTagged("e2e || integration"),
			"a_not_test.go":                    goTagged("!integration"),
			"a_mc_test.go":                     goTagged("missioncritical && " + runtime.GOOS),
			"a_plus_test.go":                   "// +build e2e\n\npackage x\n",
			"a_late_test.go":                   "package x\n\n//go:build e2e\n",
			"a_comment_test.go":                "/*\n//go:build e2e\n*/\npackage x\n",
			"long_test.go":                     strings.Repeat("// licence\n", 3000) + goTagged("e2e"),
			"_hidden/a_test.go":                "package p\n",
			".github/a_test.go":                "package p\n",
			"testdata/a_test.go":               "package p\n",
			"vendor/x/a_test.go":               "package p\n",
			"_a_test.go":                       "package p\n",
			"unit/e2e_test.go":                 "package unit\n",
			"x_" + other + "_test.go":          "package x\n",
			"ignored_test.go":                  goTagged("ignore"),
			"slow_test.go":                     goTagged("slow"),
			"slow2_test.go":                    goTagged("slow"),
			"both_test.go":                     goTagged("integration && gpu"),
			"tests/integration/tagged_test.go": goTagged("e2e"),
		}, []string{
			"go . (go.mod)",
			"  a_both_test.go: integration, build tag integration [integration]",
			"  a_comment_test.go: unit, nothing matches: unit []",
			"  a_int_test.go: integration, build tag integration [integration]",
			"  a_late_test.go: unit, nothing matches: unit []",
			"  a_mc_test.go: mission-critical, build tag missioncritical [missioncritical]",
			"  a_not_test.go: unit, nothing matches: unit []",
			"  a_plus_test.go: e2e, build tag e2e [e2e]",
			"  a_test.go: unit, nothing matches: unit []",
			"  long_test.go: e2e, build tag e2e [e2e]",
			"  mission-critical/pay_test.go: mission-critical, folder mission-critical []",
			"  mission_critical/pay_test.go: mission-critical, folder mission_critical []",
			"  tests/e2e/unit/x_test.go: unit, folder tests/e2e/unit []",
			"  tests/integration/db_test.go: integration, folder tests/integration []",
			"  tests/integration/tagged_test.go: e2e, build tag e2e [e2e]",
			"  unit/e2e_test.go: unit, folder unit []",
			"  ok go.platform 1 test file",
			"  warn go.tag.gpu+integration 1 test file",
			"  warn go.tag.slow 2 test files",
		}},
		{"several modules", map[string]string{
			"go.mod": "module example.com/x\n", "a_test.go": "package x\n",
			"tools/go.mod": "module example.com/x/tools\n\nignore ./web\n\nignore node_modules\n", "tools/deep/b_test.go": "package deep\n",
			"tools/web/c_test.go": "package web\n", "tools/a/node_modules/d_test.go": "package d\n",
			"_examples/one/go.mod": "module example.com/one\n", "_examples/one/e_test.go": "package one\n",
			"empty/go.mod": "module example.com/empty\n",
		}, []string{
			"go . (go.mod)", "  a_test.go: unit, nothing matches: unit []",
			"go _examples/one (go.mod)", "  _examples/one/e_test.go: unit, nothing matches: unit []",
			"go tools (go.mod)", "  tools/deep/b_test.go: unit, nothing matches: unit []",
		}},
		{"workspace", map[string]string{
			"go.work":  "go 1.24\n\nuse (\n\t./a\n\tb\n)\n",
			"a/go.mod": "module a\n", "a/a_test.go": "package a\n",
			"b/go.mod": "module b\n", "b/b_test.go": "package b\n",
			"c/go.mod": "module c\n", "c/c_test.go": "package c\n",
		}, []string{
			"go a (go.mod, used by go.work)", "  a/a_test.go: unit, nothing matches: unit []",
			"go b (go.mod, used by go.work)", "  b/b_test.go: unit, nothing matches: unit []",
			"go c (go.mod, outside go.work) GOWORK=off", "  c/c_test.go: unit, nothing matches: unit []",
		}},
		{"no module", map[string]string{"a_test.go": "package a\n"}, []string{
			"go . (*_test.go without go.mod)", "  warn go.module.missing 1 test file",
		}},
		{"broken go.mod", map[string]string{"go.mod": "module \"\n", "a_test.go": "package a\n"}, []string{
			"go . (go.mod)", "  a_test.go: unit, nothing matches: unit []", "  warn go.mod.invalid go.mod",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, p := range (Go{}).Discover(goMapTree(c.files)) {
				got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s (%s) %s", p.Tool, p.Dir, p.Why, strings.Join(p.Env, " "))))
				for _, f := range p.Files {
					got = append(got, fmt.Sprintf("  %s: %s, %s %v", f.Path, f.Category, f.Why, f.Tags))
				}
				for _, f := range p.Findings {
					got = append(got, fmt.Sprintf("  %s %s %s", f.Status, f.ID, f.Value))
				}
			}
			if diff := goDiff(got, c.want); diff != "" {
				t.Errorf("\n%s", diff)
			}
		})
	}
}

// TestGoDiscoverSeesAnIgnoredWorkspace: git ignores go.work in many repositories, so the tree does not hold it.
func TestGoDiscoverSeesAnIgnoredWorkspace(t *testing.T) {
	tree := goMapTree(map[string]string{"go.work": "go 1.24\n\nuse ./a\n", "a/go.mod": "module a\n", "b/go.mod": "module b\n", "b/b_test.go": "package b\n"})
	tree.Files = []string{"a/go.mod", "b/b_test.go", "b/go.mod"}
	projects := Go{}.Discover(tree)
	if len(projects) != 1 || len(projects[0].Env) != 1 || projects[0].Env[0] != "GOWORK=off" {
		t.Errorf("%+v", projects)
	}
}

func TestFolderCategory(t *testing.T) {
	for file, want := range map[string]string{
		"a.go":                              " ",
		"integration":                       " ",
		"integration/a":                     "integration folder integration",
		"tests/e2e/deep/er/a":               "e2e folder tests/e2e",
		"tests/mission_critical/a":          "mission-critical folder tests/mission_critical",
		"tests/mission-critical/unit/a":     "unit folder tests/mission-critical/unit",
		"integrations/Integration/e2etests": " ",
	} {
		category, why, ok := folderCategory(file)
		if got := category + " " + why; got != want || ok != (category != "") {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
}

func TestGoCheck(t *testing.T) {
	found := Go{}.Check(t.Context(), Target{Root: t.TempDir(), Dir: "."}, fakeGoHost{path: map[string]string{"apt-get": "/usr/bin/apt-get"}})
	if len(found.Findings) != 1 || found.Findings[0].ID != "tool.go.missing" || found.Findings[0].Status != event.Fail || found.Findings[0].Remedy == "" {
		t.Errorf("%+v", found)
	}
	real := strings.TrimSpace(goOutputOf("go", "env", "GOROOT")) + "/bin/go"
	found = Go{}.Check(t.Context(), Target{Root: t.TempDir(), Dir: "."}, fakeGoHost{path: map[string]string{"go": real}})
	if found.Program != real || len(found.Findings) != 1 || !strings.HasPrefix(found.Findings[0].Value, "go1.") {
		t.Errorf("%+v", found)
	}
}

func BenchmarkGoDiscover(b *testing.B) {
	files := map[string]string{"go.mod": "module example.com/x\n"}
	for i := range 5000 {
		files[fmt.Sprintf("pkg%d/a_test.go", i)] = "// Copyright\n\npackage p\n\nimport \"testing\"\n"
	}
	tree := goMapTree(files)
	for b.Loop() {
		Go{}.Discover(tree)
	}
}
