package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// proofs say of each remedy in the code that is not a plain command of runner's how a test knows that it is right, by the
// expression that makes it.
var proofs = map[string]string{
	`"docker stop " + event.ShellQuote(c.Name)`:                               "TestPreflight_names_the_container_that_holds_a_port in env/preflight",
	`event.SetVariable(runtime.GOOS, name, "VALUE")`:                          "TestSecrets_are_named_and_never_read_out in env/preflight",
	`"runner explain " + event.ShellQuote(p.path)`:                            "TestRemediesWork",
	`"runner " + event.ShellQuote(near)`:                                      "TestRemediesWork",
	`"runner " + event.ShellQuote(path.Clean(word)+"/")`:                      "TestRemediesWork",
	`"runner " + event.ShellQuote(slashed(near))`:                             "TestRemediesWork",
	`"runner " + event.ShellQuote(strings.TrimPrefix(near+"::"+name, "::"))`:  "TestRemediesWork",
	`remedy(p, e, s.Name)`:                                                    "TestEachStateHasItsProof in env/docker",
	`takeCommand(p, asked, c.url)`:                                            "TestTakeCommand in env/docker",
	`"docker pull " + reference`:                                              "TestPulls in env/docker",
	`"docker network create " + a.External`:                                   "TestNetworks in env/docker",
	`"docker volume create " + m.Name`:                                        "TestNetworks in env/docker",
	`"runner services restart " + s.Name`:                                     "testdata/script/flag_attach.txtar",
	`fromRoot(a.Scope)`:                                                       "TestRemediesWork",
	`strings.Join(lines, "\n")`:                                               "TestRemediesWork",
	`"runner doctor --focus staging --env " + event.ShellQuote(staging.Name)`: "testdata/script/doctor_staging.txtar",
	`elsewhere(n)`: "testdata/script/writes_staging.txtar",
	`"runner -c " + event.ShellQuote(category)`:         "TestMemoryRemedyHelps in env",
	`event.SetVariable(runtime.GOOS, a.Missing, "URL")`: "testdata/script/environment.txtar",
	`installed(program, m)`:                             "TestLocal in env/service sees that it is told; it installs from the network",
	`event.ShellJoin([]string{"runner", "--env", sick.asked.Environment.Name, s.Name + "::connect"})`: "testdata/script/doctor_websocket.txtar",
	`"runner doctor --focus " + area + " --env staging"`:                                              "testdata/script/doctor_latency.txtar and doctor_websocket.txtar",
	`goRemedy(host)`:                                                    "TestMissingGo",
	`cargoRemedy(host)`:                                                 "TestMissingCargo",
	`pytestRemedy(t, h, env)`:                                           "TestMissingPytest",
	`nodeInstallCommand(t, h, dirs, at, p)`:                             "TestMissingPackages",
	`nodeInstallCommand(t, host, dirs, at, p)`:                          "TestMissingPackages",
	`jsInPackage(t.Dir, "npm install --save-dev "+name)`:                "TestMissingTestTool sees that it is told; it installs from the network",
	`"runner --service " + s.Name + "=URL"`:                             "testdata/script/flag_service.txtar",
	`event.SetVariable(runtime.GOOS, "COMPOSE_PROJECT_NAME", names[0])`: "TestAttachToComposeProject",
	`p.command(mend...)`:                                                "TestAttachToComposeProject sees that it is told; there is no docker compose where the tests run",
	`a.s.Project.command("up", "-d", s.Name)`:                           "TestProjectAddress in env/docker sees that it is told; there is no docker compose where the tests run",
	`a.s.Project.command("restart", s.Name)`:                            "TestAttached in env/docker sees that it is told; there is no docker compose where the tests run",
}

// unproven are the remedies that no test carries out, with the reason.
var unproven = map[string]string{
	`"apt-get install nodejs"`:         "it changes the machine; TestMissingNode sees that it is told",
	`"unset " + playwrightReporter`:    "it is for the caller's own shell, which a test has not",
	`"npm install --save-dev node@22"`: "it needs the registry of npm and a node older than 20",
}

// The number of remedies that nobody carries out. goRemedy's, cargoRemedy's and pytestRemedy's are seen to be told and not carried out
// either: they install from the network.
const notCarriedOut = 3

// Law 10: every remedy in the code is one that a test runs, or it is known why not.
func TestEachRemedyHasItsProof(t *testing.T) {
	if len(unproven) != notCarriedOut {
		t.Errorf("%d remedies are not carried out, want %d", len(unproven), notCarriedOut)
	}
	w := newWorkshop(t)
	w.withEngine(t)
	w.do(t, page{path: "before them all"}, step{command: "runner"})
	found := remedies(t)
	var sorted []string
	for expression := range found {
		sorted = append(sorted, expression)
	}
	slices.Sort(sorted)
	for _, expression := range sorted {
		if command := found[expression]; strings.HasPrefix(command+" ", "runner ") {
			w.do(t, page{path: "remedy"}, step{command: filled(strings.Replace(command, "--results DIR", "--results elsewhere", 1))})
		} else if proofs[expression] == "" && unproven[expression] == "" {
			t.Errorf("the remedy %s: show that it works, or say why that can't be", expression)
		}
	}
	for _, known := range []map[string]string{proofs, unproven} {
		for expression := range known {
			if _, ok := found[expression]; !ok {
				t.Errorf("there is no remedy %s any more", expression)
			}
		}
	}
}

// remedies are all remedies of the product's code: what is given to a field Remedy, remedy or Suggestion, as it is written, with its
// text where it is a literal. What only hands one on is left out.
func remedies(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	root := repositoryRoot(t)
	isField := func(e ast.Expr) bool {
		name := ""
		switch e := e.(type) {
		case *ast.Ident:
			name = e.Name
		case *ast.SelectorExpr:
			name = e.Sel.Name
		}
		return name == "Remedy" || name == "remedy" || name == "Suggestion"
	}
	take := func(e ast.Expr) {
		var b bytes.Buffer
		if err := printer.Fprint(&b, token.NewFileSet(), e); err != nil {
			t.Fatal(err)
		}
		if text := literal(e); !isField(e) && b.String() != `""` && !strings.HasPrefix(b.String(), "f(") {
			found[b.String()] = text
		}
	}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{"testdata", "examples", ".git", "node_modules"}, d.Name()):
			return fs.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.KeyValueExpr:
				if isField(n.Key) {
					take(n.Value)
				}
			case *ast.AssignStmt:
				for i, left := range n.Lhs {
					if selector, ok := left.(*ast.SelectorExpr); ok && isField(selector) && len(n.Rhs) == len(n.Lhs) {
						take(n.Rhs[i])
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// What is told as the way out is typed as it is told.
func TestRemediesWork(t *testing.T) {
	w := newWorkshop(t)
	for _, c := range []struct {
		dir, command string
		code         int
		want         []string
	}{
		{"", "runner intgration", 2, []string{"runner integration"}},
		{"", "runner ./tests/unti/", 2, []string{"runner tests/unit"}},
		{"", "runner tests/integration/test_file.py::test_notes_from_a_file", 2, []string{"runner tests/integration/test_files.py::test_notes_from_a_file"}},
		{"", "runner far/away/nothing.md", 2, []string{"runner list"}},
		{"", "runner web", 2, []string{"runner web/"}},
		{"", "runner -c unit tests/integration/test_files.py", 4, []string{"runner explain tests/integration/test_files.py"}},
		{"scripts", "runner", 4, []string{"runner -C .."}},
		{"", "runner tests/unit/ store/ -- -x", 2, []string{"runner --tool go -- -x", "runner --tool pytest -- -x"}},
	} {
		out, code := w.shell(t, "cd ./"+c.dir+" && "+c.command)
		_, said, _ := strings.Cut(out, " try: ")
		var got []string
		for line := range strings.Lines(said) {
			if line = strings.TrimSuffix(line, "\n"); strings.HasPrefix(line, "runner ") {
				got = append(got, line)
			}
		}
		if code != c.code || !slices.Equal(got, c.want) {
			t.Errorf("%s exits with %d and says to try %q, want %d and %q\n%s", c.command, code, got, c.code, c.want, out)
			continue
		}
		for _, command := range got {
			if out, code := w.shell(t, "cd ./"+c.dir+" && "+command); code != 0 {
				t.Errorf("%s\nthe way out %s exits with %d:\n%s", c.command, command, code, out)
			}
		}
	}
}

// bare is a PATH with those programs alone, and runner.
func (w *workshop) bare(t *testing.T, programs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range append(programs, "runner", "git") {
		out, code := w.shell(t, "command -v "+name)
		if code != 0 {
			t.Fatalf("%s is not installed", name)
		}
		if err := os.Symlink(strings.TrimSpace(out), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func (w *workshop) mended(t *testing.T, command, path string, want ...string) {
	t.Helper()
	out, code := w.shell(t, command, "PATH="+path)
	if code != 5 {
		t.Errorf("%s exits with %d, want 5 (INCOMPLETE)", command, code)
	}
	if strings.Count(out, "mend: ") != 2 {
		t.Errorf("%s: what mends it is told where it is found, and again at the end", command)
	}
	for _, w := range want {
		if !strings.Contains(out, w) {
			t.Errorf("%s does not say %q", command, w)
		}
	}
	if t.Failed() {
		t.Log(out)
	}
}

func TestMissingGo(t *testing.T) {
	w := newWorkshop(t)
	w.mended(t, "runner --tool go unit", w.bare(t, "apt-get"), "no go command on PATH", "mend: sudo apt-get install golang-go\n")
}

func TestMissingCargo(t *testing.T) {
	w := newWorkshop(t)
	for name, text := range map[string]string{
		"rust/Cargo.toml": "[package]\nname = \"x\"\n", "rust/src/lib.rs": "#[test]\nfn t() {}\n",
	} {
		if err := os.MkdirAll(filepath.Join(w.dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	w.mended(t, "runner --tool cargo unit", w.bare(t, "apt-get"), "no cargo command on PATH", "mend: sudo apt-get install cargo-web rustc-web\n")
}

func TestMissingNode(t *testing.T) {
	w := newWorkshop(t)
	w.mended(t, "runner --tool node unit", w.bare(t), "node is not on PATH", "mend: apt-get install nodejs\n")
}

// The first python3 on PATH often is one without pytest.
func TestMissingPytest(t *testing.T) {
	w := newWorkshop(t)
	other := filepath.Join(t.TempDir(), "other")
	if out, code := w.shell(t, "python3 -m venv --without-pip '"+other+"'"); code != 0 {
		t.Fatal(out)
	}
	path := w.bare(t) + string(os.PathListSeparator) + filepath.Join(other, "bin")
	w.mended(t, "runner --tool pytest unit", path, "no Python on PATH has pytest", "mend: python3 -m venv .venv && .venv/bin/pip install pytest\n")

	// Its first half is done; then the environment is there and is what must be completed.
	if out, code := w.shell(t, "python3 -m venv --without-pip .venv"); code != 0 {
		t.Fatal(out)
	}
	w.mended(t, "runner --tool pytest unit", path, "has no pytest", "mend: .venv/bin/pip install pytest\n")
}

// A script that calls a tool which the package does not even ask for.
func TestMissingTestTool(t *testing.T) {
	w := newWorkshop(t)
	if err := os.WriteFile(filepath.Join(w.dir, "web", "package.json"), []byte(`{"scripts": {"test": "jest"}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	w.mended(t, "runner --tool jest unit", os.Getenv("PATH"), "jest", "mend: npm --prefix web install --save-dev jest\n")
}

// A package whose dependencies were never installed. The one here lies beside it, so that npm needs no network.
func TestMissingPackages(t *testing.T) {
	w := newWorkshop(t)
	for name, text := range map[string]string{
		"web/package.json":       `{"type": "module", "scripts": {"test": "node --test"}, "dependencies": {"words": "file:./words"}}`,
		"web/words/package.json": `{"name": "words", "version": "1.0.0"}`,
	} {
		if err := os.MkdirAll(filepath.Join(w.dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	w.mended(t, "runner --tool node unit", os.Getenv("PATH"), "no node_modules lies beside or above it", "mend: npm --prefix web install\n")
	if out, code := w.shell(t, "npm --prefix web install", "npm_config_offline=true", "npm_config_audit=false", "npm_config_fund=false"); code != 0 {
		t.Fatal(out)
	}
	if out, code := w.shell(t, "runner --tool node unit"); code != 0 {
		t.Errorf("after it, runner exits with %d:\n%s", code, out)
	}
}
