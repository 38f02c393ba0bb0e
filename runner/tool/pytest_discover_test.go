package tool

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"testrunner/report/event"
)

func pytestMapTree(files map[string]string) Tree {
	fsys := fstest.MapFS{}
	tree := Tree{Root: "/repo", FS: fsys}
	for _, name := range sortedKeys(files) {
		fsys[name] = &fstest.MapFile{Data: []byte(files[name])}
		tree.Files = append(tree.Files, name)
	}
	return tree
}

func TestPytestDiscoversWhatPytestWouldCollect(t *testing.T) {
	const test = "def test_a():\n    pass\n"
	cases := map[string]struct {
		files map[string]string
		want  map[string][]string // dir (why) -> files
	}{
		"no configuration": {
			map[string]string{"test_a.py": test, "pkg/a_test.py": test, "pkg/mod.py": test, "conftest.py": "", "build/test_b.py": test, ".hidden/test_c.py": test, "pkg/__init__.py": ""},
			map[string][]string{". (test files by pytest's default names)": {"pkg/a_test.py", "test_a.py"}},
		},
		"scripts that are only named like tests": {
			map[string]string{"test_connection.py": "import sys\nprint(sys.argv)\n"}, map[string][]string{},
		},
		"functions alone, pytest never imported": {
			map[string]string{"test_f.py": "async def test_x():\n  pass\n"},
			map[string][]string{". (test files by pytest's default names)": {"test_f.py"}},
		},
		"precedence in one folder": {
			map[string]string{
				"pytest.ini": "", "pyproject.toml": "[tool.pytest.ini_options]\npython_files='check_*.py'\n", "tox.ini": "[pytest]\npython_files=x\n",
				"setup.cfg": "[tool:pytest]\npython_files=y\n", "test_a.py": test, "check_a.py": test,
			},
			map[string][]string{". (pytest.ini)": {"test_a.py"}},
		},
		"a pyproject that is not pytest's gives way": {
			map[string]string{"pyproject.toml": "[tool.black]\nline-length = 9\n[tool.pytest-watcher]\n", "tox.ini": "[tox]\n[pytest]\npython_files =\n  check_*.py ; no comment\n", "check_a.py": test, "test_a.py": test},
			map[string][]string{". (tox.ini [pytest])": {"check_a.py"}},
		},
		"nested projects": {
			map[string]string{
				"pyproject.toml": "[tool.pytest.ini_options]\n", "tests/test_a.py": test, "svc/api/setup.cfg": "[tool:pytest]\n", "svc/api/tests/test_b.py": test,
				"svc/api/deep/pytest.ini": "[pytest]\n", "svc/api/deep/test_c.py": test, "svc/web/test_d.py": test,
			},
			map[string][]string{
				". (pyproject.toml [tool.pytest.ini_options])": {"svc/web/test_d.py", "tests/test_a.py"},
				"svc/api (svc/api/setup.cfg [tool:pytest])":    {"svc/api/tests/test_b.py"},
				"svc/api/deep (svc/api/deep/pytest.ini)":       {"svc/api/deep/test_c.py"},
			},
		},
		"files beside nested projects": {
			map[string]string{"py/pytest.ini": "", "py/test_a.py": test, "tools/test_b.py": test},
			map[string][]string{"py (py/pytest.ini)": {"py/test_a.py"}, ". (test files by pytest's default names)": {"tools/test_b.py"}},
		},
		"Python projects in folders, without a word of pytest": {
			map[string]string{
				"impl/python/pyproject.toml": "[project]\nname='a'\n", "impl/python/tests/test_a.py": test, "impl/python/sub/setup.py": "", "impl/python/sub/test_b.py": test,
				"svc/api/requirements.txt": "", "svc/api/test_c.py": test, "svc/web/setup.py": "", "svc/web/test_script.py": "print(1)\n",
				"tests/requirements.txt": "", "tests/test_d.py": test, "e2e/requirements.txt": "", "e2e/test_e.py": test,
			},
			map[string][]string{
				"impl/python (impl/python/pyproject.toml, test files by pytest's default names)": {"impl/python/sub/test_b.py", "impl/python/tests/test_a.py"},
				"svc/api (svc/api/requirements.txt, test files by pytest's default names)":       {"svc/api/test_c.py"},
				". (test files by pytest's default names)":                                       {"e2e/test_e.py", "tests/test_d.py"},
			},
		},
		"Python projects whose tests name them from the root": {
			map[string]string{
				"python/setup.py": "", "python/a_test.py": "from python.a import b\n" + test, "python/a.py": "",
				"api/setup.py": "", "api/test_a.py": "import api.x\n" + test, "api/api/x.py": "",
			},
			map[string][]string{
				". (test files by pytest's default names)":                 {"python/a_test.py"},
				"api (api/setup.py, test files by pytest's default names)": {"api/test_a.py"},
			},
		},
		"a Python project below one": {
			map[string]string{"pyproject.toml": "[project]\nname='a'\n", "pkg/a/setup.py": "", "pkg/a/test_a.py": test},
			map[string][]string{". (test files by pytest's default names)": {"pkg/a/test_a.py"}},
		},
		"a Python project below a conftest, and below a configuration": {
			map[string]string{"a/conftest.py": "", "a/b/setup.py": "", "a/b/test_a.py": test, "c/pytest.ini": "", "c/d/setup.py": "", "c/d/test_b.py": test},
			map[string][]string{". (test files by pytest's default names)": {"a/b/test_a.py"}, "c (c/pytest.ini)": {"c/d/test_b.py"}},
		},
		"testpaths, norecursedirs, several patterns": {
			map[string]string{
				"pytest.ini":      "[pytest]\ntestpaths = tests pkg/*/checks gone\nnorecursedirs = slow tmp*\npython_files = test_*.py *_check.py\n",
				"tests/test_a.py": test, "tests/slow/test_b.py": test, "tests/tmp1/test_c.py": test, "tests/build/test_d.py": test,
				"pkg/x/checks/a_check.py": test, "pkg/y/z/checks/a_check.py": test, "test_e.py": test,
			},
			map[string][]string{". (pytest.ini)": {"pkg/x/checks/a_check.py", "tests/build/test_d.py", "tests/test_a.py"}},
		},
		"testpaths that are not there": {
			map[string]string{"pytest.ini": "[pytest]\ntestpaths = gone\n", "test_a.py": test},
			map[string][]string{". (pytest.ini)": {"test_a.py"}},
		},
		"a testpath that is a file, and a pattern with a folder": {
			map[string]string{"pytest.ini": "[pytest]\ntestpaths = run.py spec\npython_files = spec/*/it_*.py\n", "run.py": test, "spec/a/it_x.py": test, "spec/it_y.py": test},
			map[string][]string{". (pytest.ini)": {"run.py", "spec/a/it_x.py"}},
		},
		"ignored in addopts": {
			map[string]string{"setup.cfg": "[tool:pytest]\naddopts = --ignore=old --ignore 'new one' --ignore-glob=*/x_*\n", "old/test_a.py": test, "new one/test_b.py": test, "d/x_/test_c.py": test, "test_d.py": test},
			map[string][]string{". (setup.cfg [tool:pytest])": {"test_d.py"}},
		},
		"doctests": {
			map[string]string{
				"pytest.ini": "[pytest]\naddopts = -q --doctest-modules --doctest-glob=*.rst\n", "setup.py": "", "pkg/mod.py": "", "pkg/__init__.py": "'''\n>>> 1\n'''", "sub/__init__.py": "",
				"doc/a.rst": ">>> 1\n1\n", "doc/b.rst": "prose", "test_x.txt": ">>> 1\n",
			},
			map[string][]string{". (pytest.ini)": {"doc/a.rst", "pkg/__init__.py", "pkg/mod.py"}},
		},
		"doctests in text by default": {
			map[string]string{"test_intro.txt": ">>> 1\n1\n", "test-requirements.txt": "pytest\n", "test_a.py": test},
			map[string][]string{". (test files by pytest's default names)": {"test_a.py", "test_intro.txt"}},
		},
		"pytest 9": {
			map[string]string{"a/pytest.toml": "[pytest]\npython_files = ['it_*.py']\n", "a/it_x.py": test, "b/pyproject.toml": "[tool.pytest]\ntestpaths = [\"t\"]\n", "b/t/test_x.py": test, "b/test_y.py": test},
			map[string][]string{"a (a/pytest.toml [pytest])": {"a/it_x.py"}, "b (b/pyproject.toml [tool.pytest])": {"b/t/test_x.py"}},
		},
		"no Python": {map[string]string{"main.go": "package main", "pyproject.toml": "[tool.pytest.ini_options]\n"}, map[string][]string{}},
	}
	for _, name := range sortedKeys(cases) {
		got := map[string][]string{}
		for _, p := range (Pytest{}).Discover(pytestMapTree(cases[name].files)) {
			for _, f := range p.Files {
				key := fmt.Sprintf("%s (%s)", p.Dir, p.Why)
				got[key] = append(got[key], f.Path)
			}
		}
		if !reflect.DeepEqual(got, cases[name].want) {
			t.Errorf("%s:\ngot  %q\nwant %q", name, got, cases[name].want)
		}
	}
}

func TestPytestFilesHaveTheirCategoryAndMarks(t *testing.T) {
	tree := pytestMapTree(map[string]string{
		"tests/unit/test_a.py":                "import pytest\n\n# @pytest.mark.e2e\n@pytest.mark.integration\n@pytest.mark.slow\ndef test_a(): pass\n@pytest.mark.integration\ndef test_b(): pass\n",
		"tests/integration/unit/test_b.py":    "def test_b(): pass\n",
		"tests/mission_critical/db/test_c.py": "pytestmark = [mark . e2e]\ndef test_c(): pass\n",
		"e2e/conftest.py":                     "def pytest_collection_modifyitems(items):\n    for i in items: i.add_marker('mission-critical')\n",
		"e2e/test_d.py":                       "def test_d(): pass\n",
		"other/test_e.py":                     "import pytest\nassert pytest.mark.unit_of_measure\ndef test_e(): pass\n",
	})
	got := map[string]string{}
	for _, f := range (Pytest{}).Discover(tree)[0].Files {
		got[f.Path] = fmt.Sprintf("%s, %s, %v", f.Category, f.Why, f.Marks)
	}
	want := map[string]string{
		"tests/unit/test_a.py":                "unit, folder tests/unit, [{integration integration 4}]",
		"tests/integration/unit/test_b.py":    "unit, folder tests/integration/unit, []",
		"tests/mission_critical/db/test_c.py": "mission-critical, folder tests/mission_critical, [{e2e e2e 1}]",
		"e2e/test_d.py":                       "e2e, folder e2e, [{mission-critical mission-critical 0}]",
		"other/test_e.py":                     "unit, nothing matches: unit, []",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestPytestProjectSaysItsWorkersAndItsTrouble(t *testing.T) {
	tree := pytestMapTree(map[string]string{
		"a/pytest.ini": "[pytest]\naddopts = -q -n auto\n", "a/test_a.py": "def test_a(): pass\n",
		"b/pyproject.toml": "[tool.pytest.ini_options]\naddopts = \"-n4\"\n[broken\n", "b/test_b.py": "def test_b(): pass\n",
	})
	projects := Pytest{}.Discover(tree)
	if len(projects) != 2 || projects[0].Workers != -1 || projects[1].Workers != 4 {
		t.Fatalf("got %+v", projects)
	}
	if f := projects[1].Findings; len(f) != 1 || f[0].Status != event.Warn || !strings.Contains(f[0].Value, "b/pyproject.toml: line 3") {
		t.Errorf("findings %+v", f)
	}
}

func TestPytestReadsTOMLAsPeopleWriteIt(t *testing.T) {
	text := "\ufeff# a comment with [tool.pytest.ini_options]\n" + `title = """
[tool.pytest.ini_options]
testpaths = ["wrong"]
"""
[project]
dependencies = ["pytest>=7 ; python_version > '3'", 'x'] # why [not]
[project.optional-dependencies]
test = [
  "pytest",  # for tests
  "a[b]",
]
[tool . "pytest" . ini_options]
addopts = "-ra \"quoted one\" \
    --strict"
testpaths = [
    # first
    "tests",
    'more\tests',  "a#b"
    ,
]
minversion = 7.0
log_cli = true
filterwarnings = [['nested'], {a = "b"}]
python_files = """test_*.py
  it_*.py"""
[[tool.mypy.overrides]]
module = 'x'
empty = ""
`
	values, err := pytestTOML(text)
	if err != nil {
		t.Fatal(err)
	}
	options := func(key string) []string { return values[pytestKey("tool", "pytest", "ini_options", key)] }
	for key, want := range map[string][]string{
		"addopts": {`-ra "quoted one" --strict`}, "testpaths": {"tests", `more\tests`, "a#b"}, "minversion": {"7.0"}, "log_cli": {"true"},
		"python_files": {"test_*.py\n  it_*.py"},
	} {
		if got := options(key); !reflect.DeepEqual(got, want) {
			t.Errorf("%s = %q, want %q", key, got, want)
		}
	}
	if got := values[pytestKey("project", "optional-dependencies", "test")]; !reflect.DeepEqual(got, []string{"pytest", "a[b]"}) {
		t.Errorf("extra = %q", got)
	}
	for _, style := range []string{"[tool.pytest]\nini_options.testpaths = ['t']\n", "[tool]\npytest = { ini_options = { testpaths = [\"t\"] } }\n", "tool.pytest.ini_options.testpaths = \"t\"\n"} {
		settings, _, _, ok := pytestTOMLSettings("pyproject.toml", style)
		if !ok || !reflect.DeepEqual(settings["testpaths"], []string{"t"}) {
			t.Errorf("%q: %q %v", style, settings, ok)
		}
	}
}

func TestPytestReadsINIAsPytestDoes(t *testing.T) {
	text := "; first\n[other]\ntestpaths = no\n[pytest] # here\ntestpaths: a b\n# between\n  c\n\n  \"d e\"\naddopts = -k 'x y' --a=b\\ c  # not a comment\nurl:x=y\n[more]\ntestpaths = no\n"
	values, ok := pytestINI(text, "pytest")
	want := map[string]string{"testpaths": "a b\nc\n\"d e\"", "addopts": `-k 'x y' --a=b\ c  # not a comment`, "url": "x=y"}
	if !ok || !reflect.DeepEqual(values, want) {
		t.Errorf("got  %q %v\nwant %q", values, ok, want)
	}
	if got := pytestWords(values["addopts"]); !reflect.DeepEqual(got, []string{"-k", "x y", "--a=b c", "#", "not", "a", "comment"}) {
		t.Errorf("words %q", got)
	}
	if got := pytestWords(`a "" 'b'"c" "d\"e\f"`); !reflect.DeepEqual(got, []string{"a", "", "bc", `d"e\f`}) {
		t.Errorf("words %q", got)
	}
}

func TestPytestIDsCanBeSelectedAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		id := event.TestID("tests/test_a.py", "test_p["+name+"]")
		want := "tests/test_a.py::test_p[" + name + "]"
		if got := pytestUnescape(pytestOrdinal.ReplaceAllString(id, "")); got != want {
			t.Fatalf("%q became %q, want %q", id, got, want)
		}
	})
}

func FuzzPytestConfig(f *testing.F) {
	f.Add("[tool.pytest.ini_options]\ntestpaths = [\"a\", 'b'] # c\n", "tests/test_a.py")
	f.Add("[pytest]\naddopts = -n 3 'x\n  y\n", "a/b.py")
	f.Fuzz(func(t *testing.T, text, file string) {
		for _, name := range pytestConfigNames() {
			pytestSettingsIn(name, text)
		}
		for _, p := range pytestWords(text) {
			pytestAny(pytestPatterns([]string{p}), file)
		}
		tree := pytestMapTree(map[string]string{"pytest.ini": text, "pyproject.toml": text, "a/tox.ini": text, "tests/test_a.py": text})
		Pytest{}.Discover(tree)
	})
}
