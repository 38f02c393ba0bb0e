package tool

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"testrunner/report/event"
)

// pytestTestHost is this machine.
type pytestTestHost struct{ environ map[string]string }

func (h pytestTestHost) Getenv(name string) string { return h.environ[name] }

func (pytestTestHost) LookPath(name string) []string {
	var found []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			found = append(found, path)
		}
	}
	return found
}

func (pytestTestHost) Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (pytestTestHost) Output(ctx context.Context, dir string, argv ...string) (string, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = dir
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

// pytestProgram is the Python that Check finds here.
func pytestProgram(t *testing.T) string {
	t.Helper()
	found := Pytest{}.Check(t.Context(), Target{Root: t.TempDir(), Dir: "."}, pytestTestHost{})
	if found.Program == "" {
		t.Fatalf("no pytest on this machine: %+v", found.Findings)
	}
	return found.Program
}

// pytestFakeHost has the Pythons and files that it is told of.
type pytestFakeHost struct {
	environ map[string]string
	path    map[string][]string
	files   []string
	pytest  map[string]string // program -> the interpreter behind it, "" is one without pytest
}

func (h pytestFakeHost) Getenv(name string) string     { return h.environ[name] }
func (h pytestFakeHost) LookPath(name string) []string { return h.path[name] }
func (h pytestFakeHost) Exists(path string) bool       { return slices.Contains(h.files, path) }
func (h pytestFakeHost) Output(_ context.Context, _ string, argv ...string) (string, error) {
	behind, ok := h.pytest[argv[0]]
	if !ok {
		return "", errors.New("no such program")
	}
	if behind == "" {
		return argv[0] + "\nno", nil
	}
	return behind + "\nyes", nil
}

func TestPytestTakesThePythonOfTheProject(t *testing.T) {
	venv := func(dirs ...string) (files []string) {
		for _, dir := range dirs {
			files = append(files, pytestPython(dir), filepath.Join(dir, "pyvenv.cfg"))
		}
		return files
	}
	py := pytestPython
	cases := map[string]struct {
		host pytestFakeHost
		want string // the program, or "" for a finding
	}{
		"the first python3 has not": {
			pytestFakeHost{path: map[string][]string{"python3": {"/shims/python3", "/usr/bin/python3"}}, pytest: map[string]string{"/shims/python3": "", "/usr/bin/python3": "/usr/bin/python3"}},
			"/usr/bin/python3",
		},
		"a shim is looked through": {
			pytestFakeHost{path: map[string][]string{"python": {"/shims/python"}}, pytest: map[string]string{"/shims/python": "/opt/my py/bin/python"}},
			"/opt/my py/bin/python",
		},
		"the active environment before the nearest": {
			pytestFakeHost{environ: map[string]string{"VIRTUAL_ENV": "/active"}, files: append(venv("/repo/.venv"), venv("/active")...), pytest: map[string]string{py("/active"): py("/active"), py("/repo/.venv"): py("/repo/.venv")}},
			py("/active"),
		},
		"the nearest environment": {
			pytestFakeHost{files: venv("/repo/.venv", "/repo/svc/venv"), pytest: map[string]string{py("/repo/.venv"): py("/repo/.venv"), py("/repo/svc/venv"): py("/repo/svc/venv")}},
			py("/repo/svc/venv"),
		},
		"one above that has it": {
			pytestFakeHost{files: venv("/repo/.venv", "/repo/svc/env"), pytest: map[string]string{py("/repo/.venv"): py("/repo/.venv"), py("/repo/svc/env"): ""}},
			py("/repo/.venv"),
		},
		"not above the root": {
			pytestFakeHost{files: venv("/.venv"), pytest: map[string]string{py("/.venv"): py("/.venv")}}, "",
		},
		"an environment without pytest is completed, not passed over": {
			pytestFakeHost{files: venv("/repo/.venv"), path: map[string][]string{"python3": {"/usr/bin/python3"}}, pytest: map[string]string{py("/repo/.venv"): "", "/usr/bin/python3": "/usr/bin/python3"}},
			"",
		},
		"nothing": {pytestFakeHost{}, ""},
	}
	for _, name := range sortedKeys(cases) {
		found := Pytest{}.Check(t.Context(), Target{Root: "/repo", Dir: "svc/api"}, cases[name].host)
		want := cases[name].want
		if found.Program != want {
			t.Errorf("%s: %q, want %q", name, found.Program, want)
		}
		if bad := len(found.Findings) == 1 && found.Findings[0].Status == event.Fail; bad != (want == "") {
			t.Errorf("%s: findings %+v", name, found.Findings)
		}
	}
}

func TestPytestMissingNamesOneCommand(t *testing.T) {
	cases := map[string]struct {
		files map[string]string
		dir   string
		want  string
	}{
		"nothing named":       {nil, ".", "python3 -m venv .venv && .venv/bin/pip install pytest"},
		"requirements":        {map[string]string{"requirements.txt": "requests\npytest-cov\npytest==7\n"}, ".", "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt"},
		"requirements not it": {map[string]string{"requirements.txt": "requests\n", "requirements-dev.txt": "# x\nPyTest\n"}, ".", "python3 -m venv .venv && .venv/bin/pip install -r requirements-dev.txt"},
		"an extra":            {map[string]string{"pyproject.toml": "[project.optional-dependencies]\ndocs = ['sphinx']\ntest = ['pytest>=7']\n"}, ".", "python3 -m venv .venv && .venv/bin/pip install -e '.[test]'"},
		"a dependency":        {map[string]string{"a b/pyproject.toml": "[project]\ndependencies = [\n 'pytest',\n]\n"}, "a b", "python3 -m venv 'a b/.venv' && 'a b/.venv/bin/pip' install -e './a b'"},
		"a lock":              {map[string]string{"svc/uv.lock": ""}, "svc", "cd svc && uv sync"},
	}
	for _, name := range sortedKeys(cases) {
		c := cases[name]
		root := pytestWrite(t, c.files)
		host := pytestFakeHost{}
		for file := range c.files {
			host.files = append(host.files, filepath.Join(root, filepath.FromSlash(file)))
		}
		found := Pytest{}.Check(t.Context(), Target{Root: root, Dir: c.dir}, host)
		if len(found.Findings) != 1 || found.Findings[0].ID != "tool.pytest.missing" || found.Findings[0].Remedy != c.want {
			t.Errorf("%s: %+v, want %q", name, found.Findings, c.want)
		}
	}
}

// TestPytestRemedyMakesAnEnvironmentThatCheckSees types the remedy as far as it goes without a network, and asks again.
func TestPytestRemedyMakesAnEnvironmentThatCheckSees(t *testing.T) {
	root := pytestWrite(t, map[string]string{"requirements.txt": "pytest\n"})
	target := Target{Root: root, Dir: "."}
	found := Pytest{}.Check(t.Context(), target, pytestFakeHost{})
	create, install, ok := strings.Cut(found.Findings[0].Remedy, " && ")
	if !ok {
		t.Fatalf("remedy %q", found.Findings[0].Remedy)
	}
	pip, _, _ := strings.Cut(install, " ")
	cmd := exec.Command("sh", "-c", create+" && "+pip+" --version")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd.Args, err, out)
	}
	found = Pytest{}.Check(t.Context(), target, pytestTestHost{})
	if want := ".venv/bin/pip install -r requirements.txt"; len(found.Findings) != 1 || found.Findings[0].Remedy != want {
		t.Errorf("in the new environment: %+v, want %q", found, want)
	}
}
