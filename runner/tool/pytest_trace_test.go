package tool

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"testrunner/report/event"
)

// TestPytestLeavesNoTraceInArgumentsAndEnvironment compares what a test sees with a plain run of the same project.
func TestPytestLeavesNoTraceInArgumentsAndEnvironment(t *testing.T) {
	program := pytestProgram(t)
	cases := map[string]struct {
		args, env []string
	}{
		"nothing set":            {nil, []string{"PYTHONPATH", "PYTEST_PLUGINS"}},
		"set and empty":          {nil, []string{"PYTHONPATH=", "PYTEST_PLUGINS"}},
		"the user's own":         {nil, []string{"PYTHONPATH=/somewhere:/else", "PYTEST_PLUGINS=colorsys", "PYTEST_ADDOPTS=-q"}},
		"in an xdist worker":     {[]string{"-n", "1"}, []string{"PYTHONPATH=/somewhere", "PYTEST_PLUGINS"}},
		"without bytecode":       {nil, []string{"PYTHONDONTWRITEBYTECODE=1", "PYTHONPATH"}},
		"a cache of the user's":  {nil, []string{"PYTHONPYCACHEPREFIX=/tmp/nowhere-at-all"}},
		"no autoload of plugins": {nil, []string{"PYTEST_DISABLE_PLUGIN_AUTOLOAD=1"}},
	}
	for _, name := range sortedKeys(cases) {
		c := cases[name]
		t.Run(name, func(t *testing.T) {
			root := copyPytestProject(t, filepath.Join(pytestSituations, "arguments_environment"))
			base := Environ(os.Environ(), Target{}, Command{Env: append([]string{"PYTEST_CURRENT_TEST", "PWD", "OLDPWD"}, c.env...)})

			plain := exec.Command(program, append([]string{"-m", "pytest"}, c.args...)...)
			plain.Dir, plain.Env = root, base
			if out, err := plain.CombinedOutput(); err != nil {
				t.Fatalf("plain pytest: %v\n%s", err, out)
			}
			want := pytestSeen(t, root)

			target := pytestTargetOf(t, root, pytestRun{Args: c.args})
			target.Program, target.Scratch, target.Cache = program, t.TempDir(), t.TempDir()
			command, err := Pytest{}.Command(target)
			if err != nil {
				t.Fatal(err)
			}
			for file, text := range command.Files {
				if err := os.WriteFile(filepath.Join(target.Scratch, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			ours := exec.Command(command.Argv[0], command.Argv[1:]...)
			ours.Dir, ours.Env = root, Environ(base, target, command)
			if out, err := ours.CombinedOutput(); err != nil {
				t.Fatalf("pytest: %v\n%s", err, out)
			}
			got := pytestSeen(t, root)
			for _, key := range sortedKeys(want) {
				if !reflect.DeepEqual(got[key], want[key]) {
					t.Errorf("%s:\nplain %v\nours  %v", key, want[key], got[key])
				}
			}
			if !strings.Contains(pytestRead(t, filepath.Join(target.Scratch, EventsFile)), `"k":"end"`) {
				t.Error("the plugin told no end: it was not there")
			}
		})
	}
}

func pytestSeen(t *testing.T, root string) map[string]any {
	t.Helper()
	path := filepath.Join(root, "seen.json")
	var seen map[string]any
	if err := json.Unmarshal([]byte(pytestRead(t, path)), &seen); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	return seen
}

// pytestMarkedProject has tests that marks send away from their home, in several ways.
func pytestMarkedProject(t *testing.T) string {
	t.Helper()
	return pytestWrite(t, map[string]string{
		"pytest.ini":                       "[pytest]\nmarkers =\n    integration\n    e2e\n    unit\n",
		"tests/unit/test_plain.py":         "def test_a():\n    pass\n",
		"tests/unit/test_some.py":          "import pytest\n\n\ndef test_b():\n    pass\n\n\n@pytest.mark.integration\ndef test_c():\n    pass\n\n\n@pytest.mark.integration\n@pytest.mark.e2e\ndef test_d():\n    pass\n",
		"tests/unit/test_all.py":           "from pytest import mark\n\npytestmark = [\n    mark.e2e,\n]\n\n\nclass TestX:\n    def test_e(self):\n        pass\n",
		"tests/unit/marks.py":              "import pytest\n\nfar = pytest.mark.mission_critical\n",
		"tests/unit/test_far.py":           "from marks import far\n\n\n@far\ndef test_f():\n    pass\n",
		"tests/integration/test_here.py":   "import pytest\n\n\ndef test_g():\n    pass\n\n\n@pytest.mark.unit\ndef test_h():\n    pass\n",
		"tests/added/conftest.py":          "import pytest\n\n\ndef pytest_collection_modifyitems(items):\n    for item in items:\n        if 'added' in str(item.path) and 'yes' in item.name:\n            item.add_marker('integration')\n",
		"tests/added/test_added.py":        "def test_yes():\n    pass\n\n\ndef test_no():\n    pass\n",
		"tests/e2e/conftest.py":            "raise RuntimeError('only e2e may load this')\n",
		"tests/e2e/test_end.py":            "def test_lost():\n    pass\n",
		"tests/mission-critical/test_m.py": "def test_m():\n    pass\n",
	})
}

func pytestWrite(t *testing.T, files map[string]string) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// pytestCatalog makes the targets of a project as the catalog does: a suite a category, a file with marks in each.
func pytestCatalog(t *testing.T, root string) []Target {
	t.Helper()
	projects := Pytest{}.Discover(pytestTree(t, root))
	if len(projects) != 1 {
		t.Fatalf("%d projects, want one", len(projects))
	}
	p := projects[0]
	marks, marked, homes, files := map[string]string{}, map[string][]string{}, map[string]string{}, map[string][]string{}
	for _, f := range p.Files {
		homes[f.Path] = f.Category
		files[f.Category] = append(files[f.Category], f.Path)
		for _, m := range f.Marks {
			marks[m.Name] = m.Category
			if m.Category != f.Category && !slices.Contains(marked[f.Path], m.Category) {
				marked[f.Path] = append(marked[f.Path], m.Category)
				files[m.Category] = append(files[m.Category], f.Path)
			}
		}
	}
	var targets []Target
	for _, category := range sortedKeys(files) {
		others := map[string]string{}
		for file, home := range homes {
			if home != category {
				others[file] = home
			}
		}
		targets = append(targets, Target{
			Root: root, Dir: p.Dir, Job: category + "/pytest", Category: category, Suite: "pytest", Files: sortedSet(files[category]),
			Whole: len(files[category]) == len(p.Files), Marks: marks, Marked: marked, Homes: others, Attempt: 1, Cache: t.TempDir(),
		})
	}
	return targets
}

// TestPytestGivesEachTestToOneCategory runs every category of a project: together they are what plain pytest runs.
func TestPytestGivesEachTestToOneCategory(t *testing.T) {
	program := pytestProgram(t)
	for _, args := range [][]string{nil, {"-n", "2"}} {
		got := map[string][]string{}
		for _, target := range pytestCatalog(t, pytestMarkedProject(t)) {
			target.Program, target.Args = program, args
			o := livePytest(t, target, pytestRun{})
			_, l := foldPytest(t, o)
			if o.cause != event.Done {
				t.Errorf("%s: %s %s", target.Category, o.cause, o.problem)
			}
			for id := range l.broken {
				got[target.Category] = append(got[target.Category], "broken "+id)
			}
			for id, r := range l.results {
				got[target.Category] = append(got[target.Category], id)
				if r.Outcome != event.Passed {
					t.Errorf("%s %s: %s %s", id, r.Outcome, r.Message, r.Detail)
				}
			}
			slices.Sort(got[target.Category])
		}
		want := map[string][]string{
			"unit":             {"tests/added/test_added.py::test_no", "tests/integration/test_here.py::test_h", "tests/unit/test_far.py::test_f", "tests/unit/test_plain.py::test_a", "tests/unit/test_some.py::test_b"},
			"integration":      {"tests/added/test_added.py::test_yes", "tests/integration/test_here.py::test_g", "tests/unit/test_some.py::test_c"},
			"e2e":              {"broken tests/e2e/conftest.py", "tests/unit/test_all.py::TestX::test_e", "tests/unit/test_some.py::test_d"},
			"mission-critical": {"tests/mission-critical/test_m.py::test_m"},
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("with %q:\ngot  %q\nwant %q", args, got, want)
		}
	}
}
