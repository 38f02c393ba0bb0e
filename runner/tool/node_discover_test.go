package tool_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"testrunner/runner/tool"
)

func mustRead(t testing.TB, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// nodeDiscovered writes what discovery finds, one line a project, file and finding.
func nodeDiscovered(files map[string]string) string {
	tree := tool.Tree{Root: "/r", FS: fstest.MapFS{}}
	for name, text := range files {
		tree.FS.(fstest.MapFS)[name] = &fstest.MapFile{Data: []byte(text)}
		tree.Files = append(tree.Files, name)
	}
	slices.Sort(tree.Files)
	var b strings.Builder
	for _, p := range (tool.Node{}).Discover(tree) {
		fmt.Fprintf(&b, "%s %s", p.Tool, p.Dir)
		if len(p.Args)+len(p.Env) > 0 {
			fmt.Fprintf(&b, " %v", append(slices.Clone(p.Env), p.Args...))
		}
		fmt.Fprintf(&b, " (%s)\n", p.Why)
		for _, file := range p.Files {
			fmt.Fprintf(&b, "  %s %s (%s)\n", file.Path, file.Category, file.Why)
		}
		for _, f := range p.Findings {
			fmt.Fprintf(&b, "  ! %s\n", f.ID)
		}
	}
	return b.String()
}

func TestNodeDiscover(t *testing.T) {
	const own = "require('node:test')"
	script := func(line string) string { return fmt.Sprintf(`{"scripts":{"test":%q}}`, line) }
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"node's own search", map[string]string{
			"package.json": script("node --test"), "a.test.js": own, "test.mjs": own, "test-b.cjs": own, "c_test.js": own, "d-test.js": own,
			"test/any.js": own, "lib/e.js": own, "lib/contest.js": own, "f.spec.js": own, "g.test.ts": own,
		}, `node . (package.json script test)
  a.test.js unit (nothing matches: unit)
  c_test.js unit (nothing matches: unit)
  d-test.js unit (nothing matches: unit)
  test-b.cjs unit (nothing matches: unit)
  test.mjs unit (nothing matches: unit)
  test/any.js unit (nothing matches: unit)
  ! tool.node.typescript
  ! tool.node.unclaimed
`},
		{"categories by name and folder", map[string]string{
			"package.json": script("node --test"), "integration/a.test.js": own, "test/e2e/b.js": own, "test/e2e/c.unit.test.js": own,
			"d.integration-test.js": own, "d2.integration.test.js": own, "tests/mission_critical/e.test.js": own, "f.e2e.test.js": own,
		}, `node . (package.json script test)
  d.integration-test.js integration (name *.integration-test.*)
  d2.integration.test.js integration (name *.integration.*)
  f.e2e.test.js e2e (name *.e2e.*)
  integration/a.test.js integration (folder integration)
  test/e2e/b.js e2e (folder test/e2e)
  test/e2e/c.unit.test.js unit (name *.unit.*)
  tests/mission_critical/e.test.js mission-critical (folder tests/mission_critical)
`},
		{"wrappers, environment, options", map[string]string{
			"package.json": script("npm run build && cross-env NODE_ENV=test c8 -r text -x 'a b' node --import ./setup.mjs --test --test-reporter=spec 'spec/**/*.js' | tee log"),
			"spec/a/b.js":  own, "spec/c.js": own, "setup.mjs": "",
		}, `node . [NODE_ENV=test --import ./setup.mjs --test-reporter=spec] (package.json script test)
  spec/a/b.js unit (nothing matches: unit)
  spec/c.js unit (nothing matches: unit)
`},
		{"the shell knows no **", map[string]string{
			"package.json": script("node --test spec/**/*.js"), "spec/a/b.js": own, "spec/c.js": own, "spec/a/b/d.js": own,
		}, `node . (package.json script test)
  spec/a/b.js unit (nothing matches: unit)
`},
		{"scripts of scripts", map[string]string{
			"package.json": `{"scripts":{"test":"run-s lint test:*","lint":"eslint .","test:unit":"node --test a.js","test:e2e":"npm run -s browser","browser":"node --test b.js","test:watch":"node --test --watch"}}`,
			"a.js":         own, "b.js": own,
		}, `node . (package.json script test:e2e)
  a.js unit (script test:unit)
  b.js e2e (script test:e2e)
`},
		{"each set of options is a project", map[string]string{
			"package.json": `{"scripts":{"test":"node --test unit/","test:integration":"node --env-file .env --test slow.js"}}`,
			"unit/a.js":    own, "slow.js": own,
		}, `node . (package.json script test)
  unit/a.js unit (folder unit)
node . [--env-file .env] (package.json script test:integration)
  slow.js integration (script test:integration)
`},
		{"workspaces, and the package above", map[string]string{
			"package.json": `{"workspaces":["packages/*"],"scripts":{"test":"node --test && npm test --workspaces"}}`,
			"a.test.js":    own, "packages/b/package.json": script("node --test"), "packages/b/b.test.js": own, "packages/c/package.json": `{}`,
			"packages/c/c.test.js": own, "packages/d/package.json": script("jest --ci"), "packages/d/d.test.js": "",
			"test/fixtures/x/package.json": script("node --test"), "test/fixtures/x/x.test.js": own,
		}, `node . (package.json script test)
  a.test.js unit (nothing matches: unit)
  packages/c/c.test.js unit (nothing matches: unit)
  test/fixtures/x/x.test.js unit (nothing matches: unit)
node packages/b (packages/b/package.json script test)
  packages/b/b.test.js unit (nothing matches: unit)
`},
		{"tools with and without an adapter", map[string]string{
			"package.json": `{"scripts":{"test":"nyc mocha && npx playwright test","test:unit":"vitest run","test:other":"NODE_OPTIONS=--experimental-vm-modules node node_modules/ava/entrypoints/cli.mjs"}}`,
			"a.test.js":    own,
		}, `node . (package.json script test:other)
  ! tool.ava.no-adapter
`},
		{"a program of its own, and tests beside it", map[string]string{
			"package.json": script("node test.js"), "test.js": "", "a.test.js": own,
		}, `node . (package.json script test)
  ! tool.node.own-script
node . (test files that import node:test)
  a.test.js unit (nothing matches: unit)
`},
		{"a program that uses node:test", map[string]string{
			"package.json":  `{"scripts":{"test":"npm run test-coverage","test-coverage":"c8 --100 npm run test-api","test-api":"node --conditions development test/index.js"}}`,
			"test/index.js": "import './a.js'\n", "test/a.js": own, "test/b.js": "",
		}, `node . [--conditions development] (package.json script test)
  test/index.js unit (nothing matches: unit)
`},
		{"programs that nobody knows, and those that test nothing", map[string]string{
			"package.json": `{"scripts":{"test":"npm run lint && npm run test:types && cd sub && npm test","lint":"eslint .","test:types":"tstyche","test:unit":"tsc && node --test"}}`, "a.test.js": own,
		}, `node . (package.json script test:types)
  ! tool.node.own-script
node . (package.json script test:unit)
  a.test.js unit (script test:unit)
`},
		{"no package.json", map[string]string{"a.test.mjs": `import { test } from "node:test"`, "b.test.js": "", "go.mod": ""}, `node . (test files that import node:test)
  a.test.mjs unit (nothing matches: unit)
`},
		{"tsx, cd, built files", map[string]string{
			"package.json": `{"scripts":{"test":"tsx --test src/a.test.ts && cd web && node --test dist/"}}`, "src/a.test.ts": own,
		}, `node . [--import tsx] (package.json script test)
  src/a.test.ts unit (nothing matches: unit)
node web (package.json script test)
  ! tool.node.no-files
`},
		{"one process for all, and a computed list", map[string]string{
			"package.json": script("node --test --test-isolation=none $(find test -name '*.js')"), "test/a.js": own,
		}, `node . (package.json script test)
  test/a.js unit (nothing matches: unit)
  ! tool.node.isolation
  ! tool.node.computed
`},
		{"a manifest that can't be read", map[string]string{"package.json": `{"scripts":`, "a.test.js": own}, `node . (package.json)
  ! tool.node.manifest
`},
		{"pnpm", map[string]string{
			"package.json": `{"scripts":{"test":"pnpm -r test"}}`, "pnpm-workspace.yaml": "packages:\n  # all\n  - \"libs/*\"\n", "libs/test/package.json": script("node --test"), "libs/test/a.test.js": own,
		}, `node libs/test (libs/test/package.json script test)
  libs/test/a.test.js unit (nothing matches: unit)
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := nodeDiscovered(c.files); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

// Discovery has its part in the 200 ms from runner's start to the first tool's, in a tree of 40,000 files.
func BenchmarkNodeDiscover(b *testing.B) {
	tree := tool.Tree{Root: "/r", FS: fstest.MapFS{}}
	add := func(name, text string) {
		tree.FS.(fstest.MapFS)[name] = &fstest.MapFile{Data: []byte(text)}
		tree.Files = append(tree.Files, name)
	}
	add("package.json", `{"workspaces":["packages/*"],"scripts":{"test":"npm test -ws"}}`)
	for i := range 200 {
		dir := fmt.Sprintf("packages/p%03d/", i)
		add(dir+"package.json", `{"scripts":{"test":"node --test 'test/**/*.test.js'"}}`)
		for k := range 200 {
			add(fmt.Sprintf("%stest/f%03d.test.js", dir, k), "require('node:test')")
		}
	}
	slices.Sort(tree.Files)
	for b.Loop() {
		if n := len(tool.Node{}.Discover(tree)); n != 200 {
			b.Fatal(n)
		}
	}
}

// nodeHost is a machine in memory.
type nodeHost struct {
	path    []string
	exists  []string
	version string
}

func (h nodeHost) Getenv(string) string          { return "" }
func (h nodeHost) LookPath(name string) []string { return h.path }
func (h nodeHost) Exists(path string) bool       { return slices.Contains(h.exists, filepath.ToSlash(path)) }
func (h nodeHost) Output(context.Context, string, ...string) (string, error) {
	if h.version == "" {
		return "", errors.New("no such program")
	}
	return h.version, nil
}

func TestNodeCheck(t *testing.T) {
	root := filepath.ToSlash(t.TempDir())
	for name, text := range map[string]string{
		"package.json": `{"devDependencies":{"a":"1"}}`, "web/package.json": `{"dependencies":{"a":"1"},"packageManager":"yarn@4.1.0"}`, "bare/package.json": `{}`,
	} {
		if err := os.MkdirAll(filepath.Join(root, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		nodeWrite(t, filepath.Join(root, name), text)
	}
	for _, c := range []struct {
		name, dir string
		host      nodeHost
		program   string
		findings  []string // id: remedy
	}{
		{"installed", ".", nodeHost{[]string{"/bin/node"}, []string{root + "/node_modules"}, "v20.1.0"}, "/bin/node", nil},
		{"the package's own node", "web", nodeHost{[]string{"/bin/node"}, []string{root + "/node_modules/.bin/node", root + "/node_modules"}, "v22.0.0"}, filepath.Join(root, "node_modules/.bin/node"), nil},
		{"too old", "bare", nodeHost{[]string{"/bin/node"}, nil, "v18.20.4"}, "/bin/node", []string{"tool.node.version: npm install --save-dev node@22"}},
		{"missing", ".", nodeHost{}, "", []string{"tool.node.missing: apt-get install nodejs"}},
		{"does not start", "bare", nodeHost{path: []string{"/bin/node"}}, "/bin/node", []string{"tool.node.version: "}},
		{"npm ci", ".", nodeHost{[]string{"/bin/node"}, []string{root + "/package-lock.json"}, "v20.1.0"}, "/bin/node", []string{"tool.node.not-installed: npm ci"}},
		{"no lock", ".", nodeHost{[]string{"/bin/node"}, nil, "v20.1.0"}, "/bin/node", []string{"tool.node.not-installed: npm install"}},
		{"packageManager, in a folder", "web", nodeHost{[]string{"/bin/node"}, nil, "v20.1.0"}, "/bin/node", []string{"tool.node.not-installed: yarn --cwd web install"}},
		{"the lock of the root", "web", nodeHost{[]string{"/bin/node"}, []string{root + "/pnpm-lock.yaml"}, "v20.1.0"}, "/bin/node", []string{"tool.node.not-installed: pnpm install"}},
		{"plug and play", "web", nodeHost{[]string{"/bin/node"}, []string{root + "/.pnp.cjs"}, "v20.1.0"}, "/bin/node", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := tool.Node{}.Check(t.Context(), tool.Target{Root: filepath.FromSlash(root), Dir: c.dir}, c.host)
			var got []string
			for _, f := range found.Findings {
				got = append(got, f.ID+": "+f.Remedy)
			}
			if found.Program != c.program || !slices.Equal(got, c.findings) {
				t.Errorf("got %q %q", found.Program, got)
			}
		})
	}
}

func TestNodeCommand(t *testing.T) {
	base := tool.Target{Root: "/r", Dir: "web", Job: "unit/node", Files: []string{"web/b.test.js", "web/a.test.js"}, Program: "node", Share: 4, Cores: 4, Scratch: "/s", Attempt: 1}
	for _, c := range []struct {
		name string
		with func(*tool.Target)
		want string // the command line, or the error
	}{
		{"all cores", func(*tool.Target) {}, "node --test a.test.js b.test.js"},
		{"a share", func(t *tool.Target) { t.Share = 2 }, "node --test-concurrency=2 --test a.test.js b.test.js"},
		{"a share of one file", func(t *tool.Target) { t.Share, t.Files = 2, t.Files[:1] }, "node --test b.test.js"},
		{"the user's own share", func(t *tool.Target) { t.Share, t.Args = 2, []string{"--test-concurrency", "3"} }, "node --test-concurrency 3 --test a.test.js b.test.js"},
		{"left out", func(t *tool.Target) { t.LeaveOut = []string{"web/a.test.js"} }, "node --test b.test.js"},
		{"one test", func(t *tool.Target) { t.Tests = []string{`web/a.test.js::A > x\n[2]`} }, `node --test-name-pattern=^A$ --test-name-pattern=^x\u000a\[2\]$ --test a.test.js`},
		{"a filter", func(t *tool.Target) { t.Filter = "(?i)ab" }, "node --test-name-pattern=/(?:[Aa][Bb])/u --test a.test.js b.test.js"},
		{"debug", func(t *tool.Target) { t.Debug, t.Files = true, t.Files[:1] }, "node b.test.js"},
		{"debug of several", func(t *tool.Target) { t.Debug = true }, "node --test-concurrency=1 --test a.test.js b.test.js"},
		{"no process each", func(t *tool.Target) { t.Args = []string{"--test-isolation=none"} }, "error: node: --test-isolation=process is the only one with which runner can tell which file broke: leave it out"},
		{"watch", func(t *tool.Target) { t.Args = []string{"--watch"} }, "error: node: --watch never ends: leave it out"},
		{"nothing", func(t *tool.Target) { t.Files = nil }, "error: node: no test file in web: name one below it"},
		{"a bad filter", func(t *tool.Target) { t.Filter = "(" }, "error: node: -k \"(\": error parsing regexp: missing closing ): `(`"},
	} {
		t.Run(c.name, func(t *testing.T) {
			target := base
			target.Files = slices.Clone(base.Files)
			c.with(&target)
			command, err := tool.Node{}.Command(target)
			got := strings.Join(command.Argv, " ")
			if err != nil {
				got = "error: " + err.Error()
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}
