package categories

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"testrunner/env"
)

// repositories draws trees of projects, test files, build tags and marks, nested in every way.
func repositories() *rapid.Generator[map[string]string] {
	dirs := []string{"", "a/", "a/b/", "tests/unit/", "tests/integration/", "tests/e2e/x/", "web/", "web/e2e/", "tools/", "mission_critical/", "mission-critical/y/"}
	names := []string{"go.mod", "pytest.ini", "package.json", "conftest.py", "a_test.go", "b_test.go", "test_a.py", "test_b.py", "x.test.js", "y.test.js", "readme"}
	texts := []string{"", "//go:build integration\n", "//go:build e2e\n", "//go:build slow\n", "mark.integration", "mark.e2e mark.mission_critical", "mark.nightly"}
	return rapid.Custom(func(t *rapid.T) map[string]string {
		files := map[string]string{}
		for range rapid.IntRange(0, 25).Draw(t, "files") {
			name := rapid.SampledFrom(dirs).Draw(t, "dir") + rapid.SampledFrom(names).Draw(t, "name")
			files[name] = rapid.SampledFrom(texts).Draw(t, "text")
		}
		return files
	})
}

// configurations draws runner.yaml files, most of them valid ones. "" is none.
func configurations() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		b.WriteString("version: 1\ncategories:\n  nightly: {}\n")
		globs := []string{"a", "tests/**", "**/b_test.go", "web/e2e", "**/*.py"}
		for _, c := range []string{"e2e", "integration"} {
			if rapid.Bool().Draw(t, c) {
				fmt.Fprintf(&b, "  %s: { paths: [%q, %q] }\n", c, rapid.SampledFrom(globs).Draw(t, "glob"), "!"+rapid.SampledFrom(globs).Draw(t, "not"))
			}
		}
		b.WriteString("suites:\n  none: { tool: junit, category: e2e, command: x, reports: [x] }\n")
		for i, s := range []string{
			"{ tool: pytest }", "{ tool: go, args: [-v] }", "{ tool: pytest, paths: [tests], category: nightly }",
			"{ tool: go, category: nightly, tags: [slow] }", "{ tool: pytest, category: nightly, markers: [nightly, integration] }",
			"{ tool: node, paths: ['**/y.test.js'], category: mission_critical }",
		} {
			if rapid.Bool().Draw(t, s) {
				fmt.Fprintf(&b, "  s%d: %s\n", i, s)
			}
		}
		return b.String()
	})
}

// homes counts for each test file of each tool in how many suites it is at home.
func homes(c *Catalog) map[string]int {
	out := map[string]int{}
	for _, each := range c.Categories {
		for _, s := range each.Suites {
			for _, f := range s.Files {
				if f.Category == each.Name {
					out[s.Tool+" "+f.Path]++
				}
			}
		}
	}
	return out
}

func TestEveryFileHasOneHome(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		files := repositories().Draw(t, "repository")
		config := ""
		if rapid.Bool().Draw(t, "configured") {
			config = configurations().Draw(t, "config")
		}
		c, err := load(files, config)
		if err != nil {
			var bad *ConfigError
			if !errors.As(err, &bad) {
				t.Fatal(err)
			}
			return // two claims on one file: refused, which TestConfigRefused looks at
		}
		got := homes(c)
		for _, each := range fakeTools() {
			for _, p := range each.Discover(memoryTree(files)) {
				for _, f := range p.Files {
					if n := got[p.Tool+" "+f.Path]; n != 1 {
						t.Errorf("%s has %d homes", f.Path, n)
					}
				}
			}
		}
		for file, n := range got {
			if n != 1 {
				t.Errorf("%s has %d homes", file, n)
			}
		}
		checkSuites(t, c)
	})
}

// checkSuites are the laws of every catalog: names are unique, each test that a mark sends away has exactly one suite in
// the category that it is sent to, and "whole" means whole.
func checkSuites(t *rapid.T, c *Catalog) {
	for _, each := range c.Categories {
		names, holds := map[string]bool{}, map[string]int{}
		for _, s := range each.Suites {
			if names[s.Name] {
				t.Errorf("%s has two suites %s", each.Name, s.Name)
			}
			names[s.Name] = true
			if s.Target.Category != each.Name || s.Target.Suite != s.Name || !slices.Equal(s.Target.Files, paths(s.Files)) || !slices.IsSorted(s.Target.Files) {
				t.Errorf("%s/%s: target %+v", each.Name, s.Name, s.Target)
			}
			for _, f := range s.Files {
				holds[s.Tool+" "+f.Path]++
				marked := f.Category != each.Name
				if marked && (!slices.Contains(s.Target.Marked[f.Path], each.Name) || s.Target.Homes[f.Path] != f.Category) {
					t.Errorf("%s/%s: %s is here for no mark", each.Name, s.Name, f.Path)
				}
			}
			if s.Target.Whole && len(s.Files) > 0 {
				checkWhole(t, c, s)
			}
		}
		for file, n := range holds {
			if n != 1 {
				t.Errorf("%s is in %d suites of %s", file, n, each.Name)
			}
		}
		for _, s := range each.Suites {
			for file, to := range s.Target.Marked {
				if slices.Contains(to, each.Name) && holds[s.Tool+" "+file] != 1 {
					t.Errorf("%s is said to be in %s too", file, each.Name)
				}
			}
		}
	}
}

// checkWhole looks for a file that the tool would find where the suite works, and that the suite does not hold.
func checkWhole(t *rapid.T, c *Catalog, whole Suite) {
	for _, each := range c.Categories {
		for _, s := range each.Suites {
			for _, f := range s.Target.Files {
				if s.Tool == whole.Tool && s.Target.Dir == whole.Target.Dir && !slices.Contains(whole.Target.Files, f) {
					t.Errorf("%s/%s is said to be whole without %s", whole.Target.Category, whole.Name, f)
				}
			}
		}
	}
}

func TestSelectAllIsTheUnion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		files := repositories().Draw(t, "repository")
		c, err := load(files, configurations().Draw(t, "config"))
		if err != nil {
			return
		}
		all, err := c.Select(env.Asked{})
		if err != nil {
			t.Fatal(err)
		}
		var union string
		for _, each := range c.Categories {
			one, err := c.Select(env.Asked{Categories: []string{each.Name}})
			var empty *EmptyError
			switch {
			case errors.As(err, &empty):
			case err != nil:
				t.Fatal(err)
			default:
				union += shape(one.Categories)
			}
		}
		if got := shape(all.Categories); got != union {
			t.Errorf("all\n%s\nunion\n%s", got, union)
		}
	})
}

// What is selected by path is what the whole selection has below it: no more, no less, nothing moved.
func TestSelectByPathKeepsEveryPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, err := load(repositories().Draw(t, "repository"), "")
		if err != nil {
			t.Fatal(err)
		}
		dir := rapid.SampledFrom([]string{"a", "tests", "tests/integration", "web", "test_a.py", "."}).Draw(t, "path")
		sel, err := c.Select(env.Asked{Paths: []string{dir}})
		if err != nil {
			sel = Selection{}
		}
		if got, want := placesBelow(sel.Categories, "."), placesBelow(c.Categories, dir); got != want {
			t.Errorf("%s: %v\ngot\n%s\nwant\n%s", dir, err, got, want)
		}
	})
}

func placesBelow(list []Category, dir string) string {
	var lines []string
	for _, each := range list {
		for _, s := range each.Suites {
			for _, f := range s.Files {
				if below(f.Path, dir) {
					lines = append(lines, each.Name+" "+s.Name+" "+f.Path)
				}
			}
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestInitSelectsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		files := repositories().Draw(t, "repository")
		c, err := load(files, "")
		if err != nil {
			t.Fatal(err)
		}
		text, err := Init(c, nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := load(files, string(text))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if before, after := shape(c.Categories), shape(again.Categories); before != after {
			t.Errorf("without\n%s\nwith\n%s\n%s", before, after, text)
		}
		if len(again.Findings) != len(c.Findings) || again.Ordered {
			t.Errorf("findings %+v", again.Findings)
		}
	})
}

func FuzzConfig(f *testing.F) {
	for _, c := range badConfigs {
		f.Add(c.text)
	}
	for _, name := range sorted(goodConfigs) {
		f.Add(goodConfigs[name])
	}
	for _, key := range sorted(keyCases) {
		f.Add(keyCases[key].with)
	}
	files := tree()
	f.Fuzz(func(t *testing.T, text string) {
		start := time.Now()
		c, err := load(files, text)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
		if err != nil {
			var bad *ConfigError
			if !errors.As(err, &bad) || len(bad.Problems) == 0 {
				t.Fatalf("not a fault of the file: %v", err)
			}
			return
		}
		if text != "" && len(homes(c)) == 0 {
			t.Errorf("a configuration must not lose every test")
		}
	})
}
