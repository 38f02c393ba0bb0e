package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The same tests, unchanged, in each mode that there is, each result with its mode and how real its services were. testdata/modes has
// PostgreSQL, Redis, a service that hands out tokens and a backend that speaks WebSocket.
func TestModes(t *testing.T) {
	w := newModesTree(t)
	t.Run("docker", func(t *testing.T) {
		w := w.with(t)
		w.withEngine(t)
		putImages(t, w)
		w.inEngine = inNetworkOf(t, w)
		w.do(t, 0, "runner --real-services", `PASSED \(0\)  7 tests: 7 passed.*; docker$`)
		w.results(t, "docker", map[string]string{"unit": "real", "integration": "real", "e2e": "real", "mission-critical": "real"})
		if out, _ := w.shell(t, "docker ps -aq; docker network ls -q --filter label=io.runner.run; docker volume ls -q"); out != "" {
			t.Errorf("left in Docker:\n%s", out)
		}
		w.pages(t)
	})
	t.Run("no-docker", func(t *testing.T) {
		w := w.with(t)
		w.do(t, 0, "runner --no-docker --real-services", `PASSED \(0\)  7 tests: 7 passed.*; no-docker$`)
		w.results(t, "no-docker", map[string]string{"unit": "real", "integration": "real", "e2e": "real", "mission-critical": "real"})
	})
	t.Run("staging", func(t *testing.T) {
		w := w.with(t)
		second := w.staged(t)
		defer second.do(t, 0, "runner services down", `leftovers: 0`)
		w.do(t, 0, "runner --env staging --real-services integration e2e mission-critical", `PASSED \(0\)  6 tests: 6 passed.*; staging$`)
		w.results(t, "staging", map[string]string{"integration": "real", "e2e": "real", "mission-critical": "real"})
		second.do(t, 0, "runner services status", `postgres +ready`)
	})
	t.Run("stubs", func(t *testing.T) {
		w := w.with(t)
		if err := os.Remove(filepath.Join(w.dir, "server")); err != nil {
			t.Fatal(err)
		}
		w.only(t, "sh", "git", "node", "psql", "redis-cli")
		// What may be on stubs is; what may not is not run, which --no-docker accepts, and not of the critical category.
		w.do(t, 5, "runner --no-docker", `INCOMPLETE \(5\)  6 tests: 4 passed, 0 failed, 1 error, 1 skipped.*; no-docker; on stubs: e2e; `+
			`not run: mission-critical \(needs backend: .*\); accepted as not run: integration \(by --no-docker: needs redis: `)
		w.results(t, "no-docker", map[string]string{"unit": "real", "e2e": "stub"})
		w.do(t, 5, "runner --no-docker --real-services e2e", `not run: e2e \(needs `)
		if out, _ := w.shell(t, "cat runner-results/junit.xml"); strings.Contains(out, "stub") {
			t.Errorf("a stub served:\n%s", out)
		}
	})
}

// staged gives the tree a staging environment: a second set of services, on ports of its own, in a tree of its own that is kept up.
func (w modesTree) staged(t *testing.T) (second modesTree) {
	t.Helper()
	second = w.with(t)
	second.do(t, 0, "runner services up --no-docker --ttl 10m", `up: 4 services ready`)
	for name, of := range map[string]string{"POSTGRES": "DATABASE", "REDIS": "REDIS", "AUTH": "AUTH", "BACKEND": "BACKEND"} {
		address, code := second.shell(t, `runner exec -- sh -c 'printf %s "$`+of+`_URL"'`)
		if code != 0 || address == "" {
			t.Fatalf("the address of %s: %d, %s", name, code, address)
		}
		w.environ = append(w.environ, "STAGING_"+name+"="+address)
	}
	return second
}

// pages types the pages that are about such a system, in the network of its engine, with a staging environment beside it.
func (w modesTree) pages(t *testing.T) {
	one := w.with(t)
	one.within, one.inEngine = w.inEngine, ""
	second := one.staged(t)
	defer second.do(t, 0, "runner services down", `leftovers: 0`)
	for _, p := range pages(t) {
		if !slices.Contains(systemPages, p.path) {
			continue
		}
		t.Run(p.path, func(t *testing.T) {
			reader := one.with(t)
			if p.path == "docs/running-tests.md" { // where it names no mode it means any, and an engine takes seconds for each run
				reader.environ = append(reader.environ, "RUNNER_ENV=no-docker")
			}
			reader.follow(t, p)
		})
	}
}

// modesTree is the tree of testdata/modes, with what its services are made of.
type modesTree struct {
	*workshop
	inEngine string // put before a command that must reach what an engine of this test publishes
}

func newModesTree(t *testing.T) modesTree {
	t.Helper()
	w := &workshop{root: repositoryRoot(t), dir: filepath.Join(t.TempDir(), "made")}
	w.environ = append(os.Environ(), "HOME="+t.TempDir(), "RUNNER_STATE_DIR="+t.TempDir(), "GOFLAGS=", "GOWORK=off", "CI=", "NO_COLOR=", "RUNNER_ENV=", "GIT_CONFIG_NOSYSTEM=1")
	if err := os.CopyFS(w.dir, os.DirFS("testdata/modes")); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", "server", "server.go")
	build.Dir, build.Env = w.dir, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.Remove(filepath.Join(w.dir, "server.go")); err != nil { // a newcomer to the tree sees no Go in it
		t.Fatal(err)
	}
	return modesTree{workshop: w}
}

// with is the same tree once more, for one mode.
func (w modesTree) with(t *testing.T) modesTree {
	t.Helper()
	one := *w.workshop
	one.dir = filepath.Join(t.TempDir(), "system")
	if err := os.CopyFS(one.dir, os.DirFS(w.dir)); err != nil {
		t.Fatal(err)
	}
	one.environ = append([]string{}, w.environ...)
	return modesTree{workshop: &one}
}

// do runs a command line, which must end with the code and print a line that matches.
func (w modesTree) do(t *testing.T, code int, line, want string) {
	t.Helper()
	out, got := w.shell(t, w.inEngine+line)
	if got != code || !regexp.MustCompile(`(?m)`+want).MatchString(out) {
		t.Fatalf("%s\nexits with %d, want %d, and %q in\n%s", line, got, code, want, out)
	}
}

// results looks into junit.xml: each suite names its mode, and how real its services were.
func (w modesTree) results(t *testing.T, mode string, fidelity map[string]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, "runner-results", "junit.xml"))
	if err != nil {
		t.Fatal(err)
	}
	suites := strings.Split(string(text), "<testsuite ")[1:]
	seen := map[string]string{}
	for _, suite := range suites {
		of := func(property string) string {
			m := regexp.MustCompile(`<property name="runner\.` + property + `" value="([^"]*)"`).FindStringSubmatch(suite)
			if m == nil {
				return ""
			}
			return m[1]
		}
		if _, asked := fidelity[of("category")]; asked && of("mode") == mode {
			seen[of("category")] = of("fidelity")
		}
	}
	for category, want := range fidelity {
		if seen[category] != want {
			t.Errorf("%s: mode and fidelity are not %s and %s but %q, in\n%s", category, mode, want, seen[category], text)
		}
	}
}

// only leaves these programs on PATH, and runner.
func (w modesTree) only(t *testing.T, names ...string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range append(names, "runner") {
		program, err := exec.LookPath(name)
		if err == nil {
			err = os.Symlink(program, filepath.Join(dir, name))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w.environ = append(w.environ, "PATH="+dir)
}

// inNetworkOf is what runs a command in the network of the workshop's own engine, which publishes ports there alone.
func inNetworkOf(t *testing.T, w modesTree) string {
	t.Helper()
	socket := strings.TrimPrefix(getenvLast(w.environ, "DOCKER_HOST"), "unix://")
	pid, err := os.ReadFile(filepath.Join(filepath.Dir(socket), "pid"))
	if err != nil {
		t.Fatal(err)
	}
	return "nsenter -n -t " + strings.TrimSpace(string(pid)) + " "
}
