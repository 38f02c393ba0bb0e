package categories

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"testrunner/env"
)

const selectConfig = `version: 1
groups: { slowly: [e2e, mission-critical] }
suites:
  acceptance: { tool: junit, category: mission-critical, dir: web, command: make all, reports: [x.xml] }
`

func selectFrom(t *testing.T, config string, a env.Asked) (Selection, error) {
	t.Helper()
	return mustLoad(t, tree(), config).Select(a)
}

func TestSelect(t *testing.T) {
	for _, c := range []struct {
		name, config string
		asked        env.Asked
		want         string // shape
		notes        string
	}{
		{name: "a category", asked: env.Asked{Categories: []string{"e2e"}}, want: `
e2e | node | web
  web/e2e/y.test.js (e2e)`},
		{name: "a group, in running order", config: selectConfig, asked: env.Asked{Categories: []string{"slowly"}, Exclude: []string{"e2e"}}, want: `
mission-critical | pytest | .
  tests/integration/test_m.py (integration)
mission-critical | acceptance | web | whole | make all | x.xml`},
		{name: "other spelling", asked: env.Asked{Categories: []string{"mission_critical"}}, want: `
mission-critical | pytest | .
  tests/integration/test_m.py (integration)`},
		{name: "a group with an empty member", config: "version: 1\ngroups: { some: [nothing, e2e] }\ncategories: { nothing: {} }\n", asked: env.Asked{Categories: []string{"some"}}, want: `
e2e | node | web
  web/e2e/y.test.js (e2e)`},
		{name: "a tool", asked: env.Asked{Tool: "node"}, want: `
unit | node | web
  web/src/x.test.js (unit)
e2e | node | web
  web/e2e/y.test.js (e2e)`},
		{name: "a tool that a named category lacks", asked: env.Asked{Tool: "go", Categories: []string{"integration", "e2e"}}, want: `
integration | go:. (tags integration) | . | integration
  b_test.go (integration)`, notes: "e2e has no tests of go"},
		{name: "arguments for the tool", asked: env.Asked{Categories: []string{"e2e"}, ToolArgs: []string{"-x", "y"}}, want: `
e2e | node | web | -x y
  web/e2e/y.test.js (e2e)`},
		{name: "a file keeps its categories", asked: env.Asked{Paths: []string{"tests/integration/test_m.py"}}, want: `
integration | pytest | .
  tests/integration/test_m.py (integration)
mission-critical | pytest | .
  tests/integration/test_m.py (integration)`},
		{name: "a file in one of its categories", asked: env.Asked{Paths: []string{"tests/integration/test_m.py"}, Categories: []string{"mission-critical"}}, want: `
mission-critical | pytest | .
  tests/integration/test_m.py (integration)`},
		{name: "a folder, with a slash", asked: env.Asked{Paths: []string{"tests/unit/"}}, want: `
unit | pytest | .
  tests/unit/test_u.py (unit)`},
		{name: "a folder as go writes it", asked: env.Asked{Paths: []string{"./tools/..."}}, want: `
unit | go:tools | tools | whole
  tools/t_test.go (unit)`},
		{name: "a folder with a command's suite", config: selectConfig, asked: env.Asked{Paths: []string{"web"}}, want: `
unit | node | web
  web/src/x.test.js (unit)
e2e | node | web
  web/e2e/y.test.js (e2e)
mission-critical | acceptance | web | whole | make all | x.xml`},
		{name: "a test", asked: env.Asked{Paths: []string{"tests/unit/test_u.py::test_u[a::b]"}}, want: `
unit | pytest | . | tests/unit/test_u.py::test_u[a::b]
  tests/unit/test_u.py (unit)`},
		{name: "a test of a go package", asked: env.Asked{Paths: []string{"tools::TestX/sub"}}, want: `
unit | go:tools | tools | tools/t_test.go::TestX/sub tools::TestX/sub
  tools/t_test.go (unit)`},
		{name: "a whole file and a test of another", asked: env.Asked{Paths: []string{"tests/unit/test_u.py", "tests/contract/test_c.py::test_c"}}, want: `
unit | pytest | .
  tests/unit/test_u.py (unit)
unit | pytest (tests) | . | tests/contract/test_c.py::test_c
  tests/contract/test_c.py (unit)`},
		{name: "a test within a whole file", asked: env.Asked{Paths: []string{"tests/unit/test_u.py", "tests/unit/test_u.py::test_u"}}, want: `
unit | pytest | .
  tests/unit/test_u.py (unit)`},
		{name: "a test that only a command knows", config: selectConfig, asked: env.Asked{Paths: []string{"com.example.UserServiceTest::adds a user"}}, want: `
mission-critical | acceptance | web | make all | x.xml | com.example.UserServiceTest::adds a user`},
		{name: "a subfolder as scope", asked: env.Asked{Scope: "tools"}, want: `
unit | go:tools | tools | whole
  tools/t_test.go (unit)`, notes: "only what lies below tools (everything: runner -C ..)"},
		{name: "a scope yields to a name", asked: env.Asked{Scope: "tools", Categories: []string{"e2e"}}, want: `
e2e | node | web
  web/e2e/y.test.js (e2e)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := selectFrom(t, c.config, c.asked)
			if err != nil {
				t.Fatal(err)
			}
			if s := shape(got.Categories); s != strings.TrimPrefix(c.want, "\n")+"\n" {
				t.Errorf("got\n%s\nwant%s", s, c.want)
			}
			if n := strings.Join(got.Notes, "; "); n != c.notes {
				t.Errorf("notes: %q", n)
			}
			if got.Named != (len(c.asked.Categories)+len(c.asked.Paths) > 0) {
				t.Errorf("named: %t", got.Named)
			}
		})
	}
}

func TestSelectPassesTheFilterOn(t *testing.T) {
	got, err := selectFrom(t, "", env.Asked{Filter: "x.*y"})
	if err != nil {
		t.Fatal(err)
	}
	for _, each := range got.Categories {
		for _, s := range each.Suites {
			if s.Target.Filter != "x.*y" {
				t.Errorf("%s/%s: %q", each.Name, s.Name, s.Target.Filter)
			}
		}
	}
}

// selecting must not change the catalog: it is asked again for explanations.
func TestSelectLeavesTheCatalogAlone(t *testing.T) {
	c := mustLoad(t, tree(), selectConfig)
	before := shape(c.Categories)
	for _, a := range []env.Asked{
		{Paths: []string{"tests/unit/test_u.py::test_u"}, ToolArgs: []string{"-x"}}, {Tool: "go", Filter: "x"}, {Scope: "web"},
	} {
		if _, err := c.Select(a); err != nil {
			t.Fatal(err)
		}
	}
	if after := shape(c.Categories); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
}

func TestSelectRefuses(t *testing.T) {
	const usage, empty = usageCode, emptyCode
	for _, c := range []struct {
		name, config string
		asked        env.Asked
		code         int
		want, remedy string
	}{
		{"unknown category", "", env.Asked{Categories: []string{"intergration"}}, usage, "there is no category or group \"intergration\"; did you mean integration?", "runner integration"},
		{"unknown group", "", env.Asked{Categories: []string{"unit-integratoin"}}, usage, "did you mean unit_integration?", "runner unit_integration"},
		{"nothing near", "", env.Asked{Categories: []string{"zzz"}}, usage, "there are unit, integration, e2e, mission-critical, unit_integration", "runner list"},
		{"a command as a category", "", env.Asked{Categories: []string{"explian"}}, usage, "did you mean the command runner explain?", "runner list"},
		{"a folder as a category", "", env.Asked{Categories: []string{"tests"}}, usage, "it is a folder", "runner tests/"},
		{"unknown excluded", "", env.Asked{Exclude: []string{"e3e"}}, usage, "did you mean e2e?", "runner e2e"},
		{"unknown accepted", "", env.Asked{AllowNotRun: []string{"e3e"}}, usage, "did you mean e2e?", "runner e2e"},
		{"unknown tool", "", env.Asked{Tool: "pytets"}, usage, "there is no tool \"pytets\"; did you mean pytest?; there are go, pytest, node, junit", "runner list"},
		{"bad filter", "", env.Asked{Filter: "("}, usage, "is no regular expression", ""},
		{"arguments for several tools", "", env.Asked{ToolArgs: []string{"-x"}}, usage, "goes to one tool, and go, node, pytest are selected", "runner --tool go -- -x\nrunner --tool node -- -x\nrunner --tool pytest -- -x"},
		{"unknown file", "", env.Asked{Paths: []string{"tests/unit/test_v.py"}}, usage, "there is no file or folder tests/unit/test_v.py; did you mean tests/unit/test_u.py?", "runner tests/unit/test_u.py"},
		{"unknown file of a test", "", env.Asked{Paths: []string{"tests/unit/test_v.py::test_u"}}, usage, "did you mean tests/unit/test_u.py?", "runner tests/unit/test_u.py::test_u"},
		{"unknown file of a test, where a command knows tests", selectConfig, env.Asked{Paths: []string{"tests/unit/test_v.py::test_u"}}, usage, "did you mean tests/unit/test_u.py?", "runner tests/unit/test_u.py::test_u"},
		{"unknown folder", "", env.Asked{Paths: []string{"./wbe"}}, usage, "did you mean web?", "runner web/"},
		{"nothing near a path", "", env.Asked{Paths: []string{"completely/elsewhere.rs"}}, usage, "there is no file or folder", "runner list"},
		{"outside", "", env.Asked{Paths: []string{"../x"}}, usage, "lies outside of", "runner -C DIR"},
		{"a file without tests", "", env.Asked{Paths: []string{"pytest.ini"}}, empty, "pytest.ini holds no tests: none of go, pytest, node, junit takes it for a test file", "runner list"},
		{"a file of another category", "", env.Asked{Paths: []string{"tests/unit/test_u.py"}, Categories: []string{"e2e"}}, empty, "holds no tests in e2e; its tests are in unit", "runner explain tests/unit/test_u.py"},
		{"a file of another tool", "", env.Asked{Paths: []string{"tests/unit/test_u.py"}, Tool: "go"}, empty, "holds no tests of go", "runner explain tests/unit/test_u.py"},
		{"one path of two is empty", "", env.Asked{Paths: []string{"tests/unit", "pytest.ini"}}, empty, "pytest.ini holds no tests", "runner list"},
		{"a named category is empty", "version: 1\ncategories: { none: {} }\n", env.Asked{Categories: []string{"none", "unit"}}, empty, "none holds no tests; looked for tests of go, pytest, node, junit in 14 files", "runner list"},
		{"everything excluded", "", env.Asked{Exclude: []string{"unit_integration", "e2e", "mission-critical"}}, empty, "every category that was asked for is excluded", "runner list"},
		{"a tool without tests", "", env.Asked{Tool: "junit"}, empty, "no tests of junit in unit, integration, e2e, mission-critical", "runner list"},
		{"nothing below the scope", "", env.Asked{Scope: "docs/deep"}, empty, "no tests lie below docs/deep", "runner -C ../.."},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := selectFrom(t, c.config, c.asked)
			var told interface {
				error
				ExitCode() int
				Remedy() string
			}
			if !errors.As(err, &told) {
				t.Fatalf("got %v", err)
			}
			if !strings.Contains(told.Error(), c.want) || told.ExitCode() != c.code || told.Remedy() != c.remedy {
				t.Errorf("got  %d %q, try %q\nwant %d %q, try %q", told.ExitCode(), told, told.Remedy(), c.code, c.want, c.remedy)
			}
		})
	}
}

func TestSelectNothingAtAll(t *testing.T) {
	c := mustLoad(t, map[string]string{"x_test.go": ""}, "")
	_, err := c.Select(env.Asked{})
	var empty *EmptyError
	if !errors.As(err, &empty) || empty.Msg != "no tests were found; looked for tests of go, pytest, node, junit in 1 file" {
		t.Errorf("got %v", err)
	}
}

// What a remedy prints can be typed: the selections that the refusals above suggest work.
func TestSuggestionsWork(t *testing.T) {
	c := mustLoad(t, tree(), "")
	for _, a := range []env.Asked{
		{Categories: []string{"integration"}}, {Categories: []string{"unit_integration"}}, {Categories: []string{"e2e"}}, {Paths: []string{"tests/"}},
		{Paths: []string{"tests/unit/test_u.py"}}, {Paths: []string{"tests/unit/test_u.py::test_u"}}, {Paths: []string{"web/"}},
		{Tool: "go", ToolArgs: []string{"-x"}}, {Tool: "node", ToolArgs: []string{"-x"}}, {Tool: "pytest", ToolArgs: []string{"-x"}},
	} {
		if _, err := c.Select(a); err != nil {
			t.Errorf("%+v: %v", a, err)
		}
	}
	if _, err := c.Explain("tests/unit/test_u.py"); err != nil {
		t.Error(err)
	}
}

func TestExplain(t *testing.T) {
	c := mustLoad(t, tree(), selectConfig)
	for name, want := range map[string][]string{
		"mission_critical": {
			"mission-critical is a category (built in); critical: its absence is accepted only by --allow-not-run",
			"  pytest: 1 file in . (pytest.ini)", "    tests marked mission_critical in files of integration: 1 file",
			"      tests/integration/test_m.py", "  acceptance: the command make all in web (runner.yaml:4:3)", "    its results are read from x.xml",
		},
		"unit/go:tools": {"go:tools is a suite of unit", "  go:tools: 1 file in tools (go.mod)", "    nothing matches: unit: 1 file", "      tools/t_test.go"},
		"tests/integration/test_m.py": {
			"tests/integration/test_m.py", "  integration, suite pytest (pytest.ini): folder tests/integration",
			"  mission-critical, suite pytest (pytest.ini): tests marked mission_critical in files of integration",
			"    mark mission_critical at tests/integration/test_m.py:1",
		},
		"web": {"there is no category"},
		"./web": {
			"./web", "  unit, suite node (package.json): nothing matches: unit", "  e2e, suite node (package.json): folder web/e2e",
			"  mission-critical, suite acceptance: a command's tests (runner.yaml:4:3)",
		},
		"tests/": {
			"tests/", "  unit, suite pytest (pytest.ini): 2 files", "    nothing matches: unit: 1", "    folder tests/unit: 1",
			"  integration, suite pytest (pytest.ini): 2 files", "    folder tests/integration: 2",
			"  mission-critical, suite pytest (pytest.ini): tests marked mission_critical in files of integration",
			"    mark mission_critical at tests/integration/test_m.py:1",
		},
		"tests/unit/test_u.py::test_u": {
			"tests/unit/test_u.py::test_u", "  unit, suite pytest (pytest.ini): folder tests/unit", "which test of the file that is, the tool says when it runs",
		},
		"go.mod": {"go.mod is in no category: none of go, pytest, node, junit takes it for a test file"},
	} {
		got, err := c.Explain(name)
		if err != nil {
			got = []string{err.Error()[:20]}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got\n%s", name, strings.Join(got, "\n"))
		}
	}
	got, err := c.Explain("slowly")
	if err != nil || got[0] != "slowly is a group (runner.yaml:2:11): e2e, mission-critical" || len(got) != 11 {
		t.Errorf("group: %v\n%s", err, strings.Join(got, "\n"))
	}
}
