package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// notRunBlocks is how many blocks of commands in README.md and docs/ no test can run. Each says why in its page:
// <!-- not run by the tests: REASON -->. Whoever adds one changes this number.
const notRunBlocks = 4

// plainPrograms are what a page's block may call beside runner, scripts and make.
var plainPrograms = []string{"cmp", "docker"}

// systemPages are about a system with services and an engine: TestModes types them, where both are.
var systemPages = []string{"docs/runbook.md", "docs/running-tests.md"}

func pages(t *testing.T) []page {
	t.Helper()
	root := repositoryRoot(t)
	found, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	var all []page
	for _, file := range append([]string{filepath.Join(root, "README.md")}, found...) {
		rel, err := filepath.Rel(root, file)
		if err != nil {
			t.Fatal(err)
		}
		p, err := readPage(root, filepath.ToSlash(rel))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func repositoryRoot(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// Law 10: what a page tells people to type works. Each page is typed from its top into a fresh copy of examples/mixed.
func TestPagesDoWhatTheySay(t *testing.T) {
	for _, p := range pages(t) {
		if slices.Contains(systemPages, p.path) {
			continue
		}
		t.Run(p.path, func(t *testing.T) {
			t.Parallel()
			w := newWorkshop(t)
			if p.path == "docs/doctor.md" {
				w.withEngine(t)
			}
			w.follow(t, p)
		})
	}
}

// follow types a page from its top.
func (w *workshop) follow(t *testing.T, p page) {
	t.Helper()
	for i, s := range p.steps {
		w.do(t, p, s)
		// A configuration with no command behind it is at least read.
		if s.file == "runner.yaml" && (i+1 == len(p.steps) || p.steps[i+1].heading != "") {
			w.do(t, p, step{line: s.line, command: "runner list"})
		}
	}
}

func TestPagesSayWhatIsNotRun(t *testing.T) {
	var reasons []string
	for _, p := range pages(t) {
		reasons = append(reasons, p.notRun...)
	}
	if len(reasons) != notRunBlocks {
		t.Errorf("%d blocks are not run, want %d:\n%s", len(reasons), notRunBlocks, strings.Join(reasons, "\n"))
	}
}

func TestPagesLinkToWhatIsThere(t *testing.T) {
	for _, p := range pages(t) {
		for _, l := range p.links {
			if _, err := os.Stat(filepath.Join(repositoryRoot(t), path.Dir(p.path), l)); err != nil {
				t.Errorf("%s: %v", p.path, err)
			}
		}
	}
}

// Commands in the running text and in help, with values where words stand for them. They need a run to look back on.
func TestCommandsInTextWork(t *testing.T) {
	said := map[string]string{} // by command, where
	for _, p := range pages(t) {
		for _, span := range p.spans {
			if strings.HasPrefix(span, "runner ") || strings.HasPrefix(span, "scripts/") || strings.HasPrefix(span, "make ") {
				said[span] = p.path
			}
		}
	}
	for name, text := range helpTexts(t) {
		for _, m := range regexp.MustCompile(`(?m)(?:^  |same: )(runner(?: \S+)*)`).FindAllStringSubmatch(text, -1) {
			said[m[1]] = name
		}
	}
	for _, c := range commands() {
		if c.name == "services" || c.name == "probe" {
			continue // they need services that are up: docs/services.md and docs/websocket.md type them
		}
		args := strings.NewReplacer("[", "", "]", "", " ...", "").Replace(c.args)
		for each := range strings.SplitSeq(args, "|") {
			said[strings.TrimSpace("runner "+c.name+" "+each)] = "runner " + c.name + " --help"
		}
	}
	w := newWorkshop(t)
	w.withEngine(t)
	w.do(t, page{path: "before them all"}, step{command: "runner"})
	var sorted []string
	for command := range said {
		sorted = append(sorted, command)
	}
	slices.Sort(sorted)
	for _, command := range sorted {
		w.do(t, page{path: said[command]}, step{command: filled(command)})
		w.clean(t)
	}
}

// The README's table of exit codes is the one of the program.
func TestReadmeExitCodes(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(repositoryRoot(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	want := "<!-- exit-codes: written by `runner help exit-codes`, checked by a test -->\n```text\n" +
		helpTexts(t)["runner help exit-codes"] + "```\n<!-- /exit-codes -->\n"
	if !strings.Contains(string(text), want) {
		t.Errorf("README.md must hold this block:\n%s", want)
	}
}

// workshop is a fresh copy of examples/mixed to type commands in.
type workshop struct {
	root    string // the project's own
	dir     string
	environ []string
	written []string // removed at the next heading
	made    []string // by what a page has typed; removed as well
	within  string   // put before the shell: the network of an engine, which publishes ports there alone
}

func newWorkshop(t *testing.T) *workshop {
	t.Helper()
	w := &workshop{root: repositoryRoot(t), dir: filepath.Join(t.TempDir(), "mixed"), made: []string{"runner.yaml", "web/require.go"}}
	if err := os.CopyFS(w.dir, os.DirFS(filepath.Join(w.root, "examples", "mixed"))); err != nil {
		t.Fatal(err)
	}
	// A copy of a checkout in which somebody ran the example has reports and caches, which a newcomer has not.
	if err := os.RemoveAll(filepath.Join(w.dir, "runner-results")); err != nil {
		t.Fatal(err)
	}
	w.environ = append(os.Environ(), "HOME="+t.TempDir(), "GOCACHE="+goEnv(t, "GOCACHE"), "GOMODCACHE="+goEnv(t, "GOMODCACHE"),
		"GOFLAGS=-mod=mod", "GOPROXY=off", "CI=", "NO_COLOR=", "RUNNER_ENV=", "GIT_CONFIG_NOSYSTEM=1")
	if out, code := w.shell(t, "git init -q ."); code != 0 {
		t.Fatal(out)
	}
	return w
}

// withEngine gives the workshop a Docker engine that works, of its own.
func (w *workshop) withEngine(t *testing.T) {
	t.Helper()
	w.environ = append(w.environ, "DOCKER_HOST="+ownEngine(t), "RUNNER_STATE_DIR="+t.TempDir())
}

// shell runs a command line as a reader would, and returns all that it printed and its exit code.
func (w *workshop) shell(t *testing.T, line string, environ ...string) (string, int) {
	t.Helper()
	argv := append(strings.Fields(w.within), "sh", "-c", line)
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = w.dir, append(slices.Clone(w.environ), environ...)
	out, err := cmd.CombinedOutput()
	var status *exec.ExitError
	if err != nil && !errors.As(err, &status) {
		t.Fatalf("%s: %v", line, err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func (w *workshop) do(t *testing.T, p page, s step) {
	t.Helper()
	where := fmt.Sprintf("%s:%d", p.path, s.line)
	program, _, _ := strings.Cut(s.command, " ")
	switch {
	case s.heading != "":
		w.clean(t)
	case s.file != "":
		if err := os.MkdirAll(filepath.Dir(filepath.Join(w.dir, s.file)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(w.dir, s.file), []byte(s.text), 0o644); err != nil {
			t.Fatalf("%s: %v", where, err)
		}
		w.written = append(w.written, s.file)
	case strings.HasPrefix(program, "scripts/"):
		w.checkScript(t, where, program)
	case program == "make":
		w.checkTarget(t, where, strings.Fields(s.command)[1])
	case program == "runner" || slices.Contains(plainPrograms, program):
		out, code := w.shell(t, s.command)
		if code != s.code {
			t.Errorf("%s: %s\nexits with %d, want %d:\n%s", where, s.command, code, s.code, out)
		} else if s.console && !s.matches(out) {
			t.Errorf("%s: %s\nprints\n%swant\n%s", where, s.command, out, s.output)
		}
	default:
		t.Errorf("%s: %s: no test runs it; say why in the page: <!-- not run by the tests: REASON -->", where, s.command)
	}
}

// clean removes what a section of a page had written, and what "runner init" writes.
func (w *workshop) clean(t *testing.T) {
	t.Helper()
	for _, file := range append(w.written, w.made...) {
		if err := os.RemoveAll(filepath.Join(w.dir, file)); err != nil {
			t.Fatal(err)
		}
	}
	w.written = nil
}

// checkScript looks whether a script could run. It is not run: scripts/test runs this very test, and the others take minutes.
func (w *workshop) checkScript(t *testing.T, where, script string) {
	t.Helper()
	file := filepath.Join(w.root, filepath.FromSlash(script))
	text, err := os.ReadFile(file)
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return
	}
	if info, err := os.Stat(file); err != nil || info.Mode()&0o111 == 0 {
		t.Errorf("%s: %s is not executable (%v)", where, script, err)
	}
	check := "bash -n "
	if first, _, _ := strings.Cut(string(text), "\n"); strings.Contains(first, "python3") {
		check = `python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' `
	}
	if out, code := w.shell(t, check+"'"+file+"'"); code != 0 {
		t.Errorf("%s: %s can't be read: %s", where, script, out)
	}
}

// checkTarget looks whether a target of the Makefile is there, and the script that it calls.
func (w *workshop) checkTarget(t *testing.T, where, target string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(target) + `:; (\S+)`).FindSubmatch(text)
	if m == nil {
		t.Errorf("%s: the Makefile has no target %s", where, target)
		return
	}
	w.checkScript(t, where, string(m[1]))
}
