package tool_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"testrunner/runner/tool"
)

// jsDiscovered writes what discovery finds, one line a project, file and finding.
func jsDiscovered(adapter tool.Tool, files map[string]string) string {
	tree := tool.Tree{Root: "/r", FS: fstest.MapFS{}}
	for name, text := range files {
		tree.FS.(fstest.MapFS)[name] = &fstest.MapFile{Data: []byte(text)}
		tree.Files = append(tree.Files, name)
	}
	slices.Sort(tree.Files)
	var b strings.Builder
	for _, p := range adapter.Discover(tree) {
		fmt.Fprintf(&b, "%s %q (%s)", p.Dir, append(slices.Clone(p.Env), p.Args...), p.Why)
		if p.Workers != 0 {
			fmt.Fprintf(&b, " workers %d", p.Workers)
		}
		b.WriteByte('\n')
		for _, file := range p.Files {
			fmt.Fprintf(&b, "  %s %s (%s)\n", file.Path, file.Category, file.Why)
		}
		for _, f := range p.Findings {
			fmt.Fprintf(&b, "  ! %s %s\n", f.ID, f.Value)
		}
	}
	return b.String()
}

func TestMochaDiscover(t *testing.T) {
	script := func(line string) string {
		return fmt.Sprintf(`{"scripts":{"test":%q},"devDependencies":{"mocha":"11"}}`, line)
	}
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"the folder test, not those below it", map[string]string{
			"package.json": script("mocha"), "test/a.js": "", "test/b.mjs": "", "test/c.ts": "", "test/.d.js": "", "test/deep/e.js": "", "lib/f.test.js": "",
		}, `. [] (package.json script test)
  test/a.js unit (nothing matches: unit)
  test/b.mjs unit (nothing matches: unit)
`},
		{"options and specs as they are written", map[string]string{
			"package.json":  script("cross-env TZ=UTC nyc mocha -r ts-node/register --extension ts --recursive --exclude 'src/**/skip.*' 'src/**/*.spec.ts' spec other"),
			"src/a.spec.ts": "", "src/deep/b.spec.ts": "", "src/skip.spec.ts": "", "spec/deep/c.ts": "", "spec/d.js": "", "other.js": "",
		}, `. ["TZ=UTC" "-r" "ts-node/register" "--extension" "ts" "--recursive" "--exclude" "src/**/skip.*" "src/**/*.spec.ts" "spec" "other" "--"] (package.json script test)
  other.js unit (nothing matches: unit)
  spec/d.js unit (nothing matches: unit)
  spec/deep/c.ts unit (nothing matches: unit)
  src/a.spec.ts unit (nothing matches: unit)
  src/deep/b.spec.ts unit (nothing matches: unit)
`},
		{"the shell reads an unquoted glob first", map[string]string{
			"package.json": script("mocha test/**/*.js"), "test/deep/a.js": "", "test/deeper/still/b.js": "", "test/c.js": "",
		}, `. ["test/**/*.js" "--"] (package.json script test)
  test/deep/a.js unit (nothing matches: unit)
`},
		{"a configuration of each kind, above too", map[string]string{
			"package.json":   `{"workspaces":["y","j","c","k","n"]}`,
			"y/package.json": script("mocha"), "y/.mocharc.yml": "# how\nspec:\n  - 'unit/*.js' # all\n  - \"more.js\"\nparallel: true\n", "y/unit/a.js": "", "y/more.js": "",
			"j/package.json": script("mocha"), "j/.mocharc.jsonc": "{ /* a */ \"spec\": [\"x/**/*.js\"], // b\n \"jobs\": 3, \"parallel\": true, }", "j/x/y/a.js": "",
			"c/package.json": script("mocha"), "c/.mocharc.cjs": "// c\nmodule.exports = { spec: ['x/*.js'], require: [process.env.X], recursive: true };", "c/x/a.js": "",
			"k/package.json": `{"scripts":{"test":"mocha"},"mocha":{"spec":"k.js"}}`, "k/k.js": "",
			"n/package.json": script("mocha"), "n/test/a.js": "",
			".mocharc.json": `{"extension":["ts"]}`, "n/test/b.ts": "",
		}, `c [] (c/package.json script test)
  c/x/a.js unit (nothing matches: unit)
j [] (j/package.json script test) workers 3
  j/x/y/a.js unit (nothing matches: unit)
k [] (k/package.json script test)
  k/k.js unit (nothing matches: unit)
n [] (n/package.json script test)
  n/test/a.js unit (nothing matches: unit)
  n/test/b.ts unit (nothing matches: unit)
y [] (y/package.json script test) workers -1
  y/more.js unit (nothing matches: unit)
  y/unit/a.js unit (folder y/unit)
`},
		{"categories by name, folder and script", map[string]string{
			"package.json": `{"scripts":{"test":"mocha --recursive","test:integration":"mocha spec/api","test:e2e:watch":"mocha --watch x"}}`,
			"test/a.js":    "", "test/b.integration.js": "", "test/e2e/c.js": "", "spec/api/d.js": "", "x.js": "",
		}, `. ["--recursive" "--"] (package.json script test)
  test/a.js unit (nothing matches: unit)
  test/b.integration.js integration (name *.integration.*)
  test/e2e/c.js e2e (folder test/e2e)
. ["spec/api" "--"] (package.json script test:integration)
  spec/api/d.js integration (script test:integration)
`},
		{"no script, and mocha's own configuration", map[string]string{
			"package.json": `{"scripts":{"test":"make check"},"devDependencies":{"mocha":"11"}}`, ".mocharc.json": `{"spec":["t/*.js"]}`, "t/a.js": "",
		}, `. [] (.mocharc.json)
  t/a.js unit (nothing matches: unit)
`},
		{"through node and tsx", map[string]string{
			"package.json": `{"scripts":{"test":"node --expose-gc --import tsx node_modules/mocha/bin/mocha.js 'a/*.js'","test:unit":"tsx node_modules/.bin/mocha b"}}`,
			"a/a.js":       "", "b/b.js": "",
		}, `. ["--expose-gc" "--import=tsx" "a/*.js" "--"] (package.json script test)
  a/a.js unit (nothing matches: unit)
. ["--import=tsx" "b" "--"] (package.json script test:unit)
  b/b.js unit (script test:unit)
`},
		{"what can't be found or read is said", map[string]string{
			"package.json": script("mocha 'dist/**/*.js'"), ".mocharc.js": "module.exports = require('@x/mocharc');",
		}, `. ["dist/**/*.js" "--"] (package.json script test)
  ! tool.mocha.computed .mocharc.js
  ! tool.mocha.no-files dist/**/*.js
`},
		{"MOCHA_OPTIONS, and none of the files", map[string]string{
			"package.json": script("MOCHA_OPTIONS='--spec m.js --parallel --jobs=2' mocha --no-config --no-package"), ".mocharc.json": `{"spec":["t.js"]}`, "m.js": "", "t.js": "",
		}, `. ["MOCHA_OPTIONS=--spec m.js --parallel --jobs=2" "--no-config" "--no-package" "--"] (package.json script test) workers 2
  m.js unit (nothing matches: unit)
`},
		{"the same files another way, and once more", map[string]string{
			"package.json": script("mocha && mocha --parallel && mocha -R dot --exit"), "test/a.js": "",
		}, `. [] (package.json script test)
  test/a.js unit (nothing matches: unit)
. ["--parallel" "--"] (package.json script test) workers -1
  ! tool.mocha.claimed mocha --parallel
`},
		{"another tool's tests", map[string]string{"package.json": script("jest"), "test/a.js": ""}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := jsDiscovered(tool.Mocha{}, c.files); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}
