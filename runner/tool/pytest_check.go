package tool

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"testrunner/report/event"
)

// pytestProbe prints the interpreter, and whether it has pytest. sys.executable looks through the shims of pyenv and asdf.
const pytestProbe = `import sys, importlib.util as u; print(sys.executable); print("yes" if u.find_spec("pytest") else "no")`

// Check takes the Python of the active virtual environment, else of the nearest one from Dir up to Root, else the first on
// PATH that has pytest: the first python3 on PATH often has not. Where virtual environments are there, and none has pytest, the project's is
// to be completed: another Python would not have the project's dependencies.
func (Pytest) Check(ctx context.Context, t Target, h Host) Found {
	dir := filepath.Join(t.Root, filepath.FromSlash(t.Dir))
	environments := pytestEnvironments(t, h)
	for _, env := range environments {
		if program, ok := pytestAsk(ctx, h, dir, pytestPython(env)); ok {
			return Found{Program: program}
		}
	}
	if len(environments) > 0 {
		return pytestMissing(t, h, environments[0], "the virtual environment "+environments[0]+" has no pytest")
	}
	seen := map[string]bool{}
	for _, name := range []string{"python3", "python"} {
		for _, program := range h.LookPath(name) {
			if seen[program] {
				continue
			}
			seen[program] = true
			if program, ok := pytestAsk(ctx, h, dir, program); ok {
				return Found{Program: program}
			}
		}
	}
	if len(seen) == 0 {
		return pytestMissing(t, h, "", "there is no Python on PATH")
	}
	return pytestMissing(t, h, "", "no Python on PATH has pytest, and there is no virtual environment")
}

// pytestEnvironments are the folders of the virtual environments that concern the target, the best first.
func pytestEnvironments(t Target, h Host) []string {
	var found []string
	if env := h.Getenv("VIRTUAL_ENV"); env != "" && h.Exists(pytestPython(env)) {
		found = append(found, env)
	}
	for dir := filepath.Join(t.Root, filepath.FromSlash(t.Dir)); ; dir = filepath.Dir(dir) {
		for _, name := range []string{".venv", "venv", "env"} {
			env := filepath.Join(dir, name)
			if h.Exists(filepath.Join(env, "pyvenv.cfg")) && h.Exists(pytestPython(env)) {
				found = append(found, env)
			}
		}
		if dir == filepath.Clean(t.Root) || dir == filepath.Dir(dir) {
			return found
		}
	}
}

func pytestPython(env string) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(env, "Scripts", "python.exe")
	}
	return filepath.Join(env, "bin", "python")
}

// pytestAsk returns the interpreter behind program, if it has pytest. It asks in the job's folder, as the job will.
func pytestAsk(ctx context.Context, h Host, dir, program string) (string, bool) {
	out, err := h.Output(ctx, dir, program, "-c", pytestProbe)
	lines := strings.Fields(strings.ReplaceAll(out, " ", "\x00"))
	if err != nil || len(lines) != 2 || lines[1] != "yes" {
		return "", false
	}
	return strings.ReplaceAll(lines[0], "\x00", " "), true
}

func pytestMissing(t Target, h Host, env, detail string) Found {
	return Found{Findings: []event.Finding{{
		ID: "tool.pytest.missing", Status: event.Fail, Value: t.Dir, Detail: detail, Remedy: pytestRemedy(t, h, env),
	}}}
}

var pytestRequirement = regexp.MustCompile(`(?mi)^\s*["']?pytest\b`)

// pytestRemedy is one command, for a shell in the root, that makes pytest available.
func pytestRemedy(t Target, h Host, env string) string {
	dir := filepath.Join(t.Root, filepath.FromSlash(t.Dir))
	in := ""
	if t.Dir != "." && t.Dir != "" {
		in = t.Dir + "/"
	}
	if env == "" {
		for _, lock := range [][2]string{{"uv.lock", "uv sync"}, {"poetry.lock", "poetry install"}, {"pdm.lock", "pdm install"}, {"Pipfile.lock", "pipenv install --dev"}} {
			if h.Exists(filepath.Join(dir, lock[0])) {
				if in == "" {
					return lock[1]
				}
				return "cd " + pytestQuote(t.Dir) + pytestThen() + lock[1]
			}
		}
	}
	create, pip := "", ""
	if env == "" {
		place := in + ".venv"
		python := "python3"
		pip = place + "/bin/pip"
		if runtime.GOOS == "windows" { // where there is no python3
			python, pip = "python", place+"/Scripts/pip"
		}
		create = python + " -m venv " + pytestQuote(place) + pytestThen()
	} else {
		pip = filepath.Join(filepath.Dir(pytestPython(env)), "pip")
		if rel, err := filepath.Rel(t.Root, pip); err == nil && filepath.IsLocal(rel) {
			pip = filepath.ToSlash(rel)
		}
	}
	program := pytestQuote(pip)
	if runtime.GOOS == "windows" && strings.HasPrefix(program, "'") {
		program = "& " + program // PowerShell would only print it
	}
	return create + program + " install " + pytestWhat(dir, in)
}

// pytestThen joins two commands: Windows PowerShell, which comes with every Windows, has no &&.
func pytestThen() string {
	if runtime.GOOS == "windows" {
		return "; "
	}
	return " && "
}

// pytestWhat is what pip is to install: what the project itself names with pytest in it, else pytest.
func pytestWhat(dir, in string) string {
	for _, name := range []string{
		"requirements-dev.txt", "requirements_dev.txt", "dev-requirements.txt", "requirements-test.txt", "requirements-tests.txt",
		"test-requirements.txt", "requirements/dev.txt", "requirements/test.txt", "requirements.txt",
	} {
		if text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name))); err == nil && pytestRequirement.Match(text) {
			return "-r " + pytestQuote(in+name)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "pyproject.toml"))
	if err != nil {
		return "pytest"
	}
	values, _ := pytestTOML(string(text)) // what could be read is enough for a hint
	self := "."                           // the project itself, for pip
	if in != "" {
		self = "./" + strings.TrimSuffix(in, "/")
	}
	extras := pytestKey("project", "optional-dependencies")
	for _, key := range sortedKeys(values) {
		if name, ok := strings.CutPrefix(key, extras); ok && pytestRequirement.MatchString(strings.Join(values[key], "\n")) {
			return "-e " + pytestQuote(self+"["+strings.TrimSuffix(name, "\x00")+"]")
		}
	}
	if pytestRequirement.MatchString(strings.Join(values[pytestKey("project", "dependencies")], "\n")) {
		return "-e " + pytestQuote(self)
	}
	return "pytest"
}

// pytestQuote quotes a word for a POSIX shell where it must be.
func pytestQuote(word string) string {
	if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+=,") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
