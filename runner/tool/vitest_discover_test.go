package tool_test

import (
	"fmt"
	"testing"

	"testrunner/runner/tool"
)

func TestVitestDiscover(t *testing.T) {
	script := func(line string) string {
		return fmt.Sprintf(`{"scripts":{"test":%q},"devDependencies":{"vitest":"4"}}`, line)
	}
	const source = "export default 1\nif (import.meta.vitest) {}\n"
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"vitest's own patterns", map[string]string{
			"package.json": script("vitest run"), "a.test.js": "", "b.spec.tsx": "", "c.test.mts": "", "d_test.js": "", "test/e.js": "", "src/f.integration.test.ts": "", "e2e/g.test.js": "",
		}, `. ["--"] (package.json script test)
  a.test.js unit (nothing matches: unit)
  b.spec.tsx unit (nothing matches: unit)
  c.test.mts unit (nothing matches: unit)
  e2e/g.test.js e2e (folder e2e)
  src/f.integration.test.ts integration (name *.integration.*)
`},
		{"options, filters and watching", map[string]string{
			"package.json":  `{"scripts":{"test":"vitest","test:unit":"vitest run src --coverage -t 'a b' --maxWorkers=2","test:e2e":"vitest run --dir e2e","test:w":"vitest --watch","dev":"vitest"}}`,
			"src/a.test.js": "", "e2e/b.test.js": "", "c.test.js": "",
		}, `. [] (package.json script test)
  c.test.js unit (nothing matches: unit)
. ["--dir" "e2e"] (package.json script test:e2e)
  e2e/b.test.js e2e (folder e2e)
. ["--coverage" "-t" "a b" "--maxWorkers=2"] (package.json script test:unit) workers 2
  src/a.test.js unit (script test:unit)
`},
		{"a package manager that starts the program", map[string]string{
			"package.json": `{"scripts":{"test":"pnpm lint && pnpm vitest run","test:e2e":"yarn run -s vitest run --dir e2e","test:integration":"bun run c8 vitest run --dir it"},"devDependencies":{"vitest":"4"}}`,
			"a.test.js":    "", "e2e/b.test.js": "", "it/c.test.js": "",
		}, `. [] (package.json script test)
  a.test.js unit (nothing matches: unit)
. ["--dir" "e2e"] (package.json script test:e2e)
  e2e/b.test.js e2e (folder e2e)
. ["--dir" "it"] (package.json script test:integration)
  it/c.test.js integration (script test:integration)
`},
		{"a configuration", map[string]string{
			"package.json":      `{"devDependencies":{"vitest":"4"}}`,
			"vitest.config.ts":  "import { defineConfig } from 'vitest/config'\nexport default defineConfig({\n  plugins: [x()],\n  test: { include: ['checks/**/*.check.ts'], exclude: ['checks/old/**'], includeSource: ['src/*.js'], fileParallelism: false },\n})\n",
			"checks/a.check.ts": "", "checks/old/b.check.ts": "", "c.test.ts": "", "src/d.js": source, "src/e.js": "",
		}, `. ["--"] (vitest.config.ts) workers 1
  checks/a.check.ts unit (nothing matches: unit)
  src/d.js unit (nothing matches: unit)
`},
		{"vite's configuration, and one of its own name", map[string]string{
			"package.json":   `{"scripts":{"test":"vitest run --config conf/it.mjs","test:unit":"vitest run"}}`,
			"vite.config.js": "export default { test: { dir: 'unit' } }", "conf/it.mjs": "export default { test: { include: ['it/*.js'] } }",
			"unit/a.test.js": "", "it/b.js": "", "c.test.js": "",
		}, `. ["--config" "conf/it.mjs"] (package.json script test)
  it/b.js unit (nothing matches: unit)
. [] (package.json script test:unit)
  unit/a.test.js unit (folder unit)
`},
		{"projects in it", map[string]string{
			"package.json":         script("vitest run"),
			"vitest.config.js":     "export default { test: { projects: ['packages/*', '!packages/c', { test: { name: 'here', include: ['own/*.js'] } }] } }",
			"packages/a/a.test.js": "", "packages/b/vitest.config.js": "export default { test: { include: ['x/*.js'] } }", "packages/b/x/b.js": "", "packages/b/y.test.js": "",
			"packages/c/c.test.js": "", "own/d.js": "", "e.test.js": "",
		}, `. ["--"] (package.json script test)
  own/d.js unit (nothing matches: unit)
  packages/a/a.test.js unit (nothing matches: unit)
  packages/b/x/b.js unit (nothing matches: unit)
`},
		{"projects that scripts select by name", map[string]string{
			"package.json":                `{"scripts":{"test:e2e":"vitest run --project e2e","test:unit":"vitest run --project='un*' --project Third","test:rest":"vitest run --project '!e2e'"}}`,
			"vitest.config.ts":            "export default { test: { projects: ['packages/*', { test: { name: 'e2e', include: ['spec/*'] } }, { test: { name: { label: 'unit' }, include: ['small/*'] } }] } }",
			"packages/a/vitest.config.ts": "export default { test: { name: 'A' } }", "packages/a/a.test.js": "",
			"packages/b/package.json": `{"name":"third"}`, "packages/b/b.test.js": "", "packages/c/c.test.js": "",
			"spec/one.js": "", "small/two.js": "", "left-out.test.js": "",
		}, `. ["--project" "e2e"] (package.json script test:e2e)
  spec/one.js e2e (script test:e2e)
. ["--project" "!e2e"] (package.json script test:rest)
  packages/a/a.test.js unit (nothing matches: unit)
  packages/c/c.test.js unit (nothing matches: unit)
. ["--project=un*" "--project" "Third"] (package.json script test:unit)
  packages/b/b.test.js unit (script test:unit)
  small/two.js unit (script test:unit)
`},
		{"projects whose names are computed stay", map[string]string{
			"package.json":     script("vitest run --project e2e"),
			"vitest.config.ts": "export default { test: { projects: ['c', { test: { name: 'unit' } }, { extends: './base.ts', test: { include: ['b/*'] } }] } }",
			"c/vite.config.ts": "export default { test: { name: name(), include: ['*.js'] } }", "a.test.js": "", "b/b.js": "", "c/c.js": "",
		}, `. ["--project" "e2e" "--"] (package.json script test)
  b/b.js unit (nothing matches: unit)
  c/c.js unit (nothing matches: unit)
  ! tool.vitest.computed c/vite.config.ts
  ! tool.vitest.computed vitest.config.ts
`},
		{"one project, of another name", map[string]string{
			"package.json": script("vitest run --project e2e"), "vitest.config.ts": "export default { test: { name: 'unit' } }", "a.test.js": "",
		}, `. ["--project" "e2e" "--"] (package.json script test)
  ! tool.vitest.project --project e2e
`},
		{"the same files another way, and once more", map[string]string{
			"package.json": script("vitest run --environment=jsdom"), "packages/a/package.json": `{"scripts":{"test":"vitest run","test:some":"vitest run -t some --no-file-parallelism","test:dom":"vitest run --environment jsdom"}}`,
			"packages/a/a.test.js": "",
		}, `packages/a [] (packages/a/package.json script test)
  packages/a/a.test.js unit (nothing matches: unit)
packages/a ["--environment" "jsdom"] (packages/a/package.json script test:dom)
  ! tool.vitest.claimed vitest run --environment jsdom
`},
		{"a workspace file", map[string]string{
			"package.json": script("vitest run"), "vitest.workspace.ts": "import { defineWorkspace } from 'vitest/config'\nexport default defineWorkspace([\n  'pkg', // one\n])\n",
			"pkg/a.test.js": "", "b.test.js": "",
		}, `. ["--"] (package.json script test)
  pkg/a.test.js unit (nothing matches: unit)
`},
		{"packages that run it themselves", map[string]string{
			"package.json": script("vitest run"), "a.test.js": "", "packages/b/package.json": script("vitest run --root ."), "packages/b/b.test.js": "", "packages/c/c.test.js": "",
		}, `. ["--"] (package.json script test)
  a.test.js unit (nothing matches: unit)
  packages/c/c.test.js unit (nothing matches: unit)
packages/b ["--root" "." "--"] (packages/b/package.json script test)
  packages/b/b.test.js unit (nothing matches: unit)
`},
		{"a computed list", map[string]string{
			"package.json": script("vitest run"), "vitest.config.ts": "export default defineConfig({ test: { include: globs() } })", "a.test.js": "",
		}, `. ["--"] (package.json script test)
  a.test.js unit (nothing matches: unit)
  ! tool.vitest.computed vitest.config.ts
`},
		{"another tool's tests", map[string]string{
			"package.json": `{"scripts":{"test":"mocha"},"devDependencies":{"vitest":"4"}}`, "a.test.js": "",
		}, ``},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := jsDiscovered(tool.Vitest{}, c.files); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
