package tool_test

import (
	"fmt"
	"testing"

	"testrunner/runner/tool"
)

func TestJestDiscover(t *testing.T) {
	script := func(line string) string {
		return fmt.Sprintf(`{"scripts":{"test":%q},"devDependencies":{"jest":"30"}}`, line)
	}
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"jest's own patterns", map[string]string{
			"package.json": script("jest"), "a.test.js": "", "b.spec.tsx": "", "c.test.mts": "", "d_test.js": "", "src/__tests__/e.js": "", "src/f.integration.test.ts": "", "e2e/g.test.js": "",
		}, `. [] (package.json script test)
  a.test.js unit (nothing matches: unit)
  b.spec.tsx unit (nothing matches: unit)
  c.test.mts unit (nothing matches: unit)
  e2e/g.test.js e2e (folder e2e)
  src/__tests__/e.js unit (nothing matches: unit)
  src/f.integration.test.ts integration (name *.integration.*)
`},
		{"options and patterns of scripts, wrappers, watching", map[string]string{
			"package.json":  `{"scripts":{"test":"npm run test:unit","test:unit":"cross-env TZ=UTC npx jest src --coverage -w 2","test:e2e":"node --expose-gc node_modules/jest/bin/jest.js --testPathPattern=e2e","test:watch":"jest --watch"}}`,
			"src/a.test.js": "", "e2e/b.test.js": "", "c.test.js": "",
		}, `. ["node" "--expose-gc" "jest" "--testPathPattern=e2e"] (package.json script test:e2e)
  e2e/b.test.js e2e (folder e2e)
. ["TZ=UTC" "src" "--coverage" "-w" "2"] (package.json script test:unit) workers 2
  src/a.test.js unit (script test:unit)
`},
		{"a configuration in package.json", map[string]string{
			"package.json":       `{"scripts":{"test":"jest"},"jest":{"roots":["<rootDir>/lib"],"testRegex":"\\.check\\.js$","testPathIgnorePatterns":["/node_modules/","<rootDir>/lib/old/"]}}`,
			"lib/a.check.js":     "",
			"lib/old/b.check.js": "", "src/c.check.js": "", "lib/d.test.js": "",
		}, `. [] (package.json script test)
  lib/a.check.js unit (nothing matches: unit)
`},
		{"a configuration in TypeScript, and none of its scripts", map[string]string{
			"package.json":   `{"devDependencies":{"jest":"30"}}`,
			"jest.config.ts": "import type { Config } from 'jest';\n\n// testMatch: ['never']\nconst config: Config = {\n  rootDir: 'src', /* a comment */\n  testMatch: ['<rootDir>/**/*.it.ts', '!**/skip/**'],\n  maxWorkers: 3,\n};\n\nexport default config;\n",
			"src/a.it.ts":    "", "src/skip/b.it.ts": "", "src/c.test.ts": "", "d.it.ts": "",
		}, `. [] (jest.config.ts) workers 3
  src/a.it.ts unit (nothing matches: unit)
`},
		{"projects: folders, globs, objects", map[string]string{
			"package.json":               script("jest"),
			"jest.config.js":             "module.exports = {\n  projects: ['<rootDir>/packages/*', { displayName: 'own', testMatch: ['<rootDir>/own/*.js'] }],\n};\n",
			"packages/a/jest.config.js":  "module.exports = { testMatch: ['**/*.spec.js'] };",
			"packages/a/x.spec.js":       "",
			"packages/a/y.test.js":       "",
			"packages/b/package.json":    `{"jest":{"testRegex":["_test\\.js$"]}}`,
			"packages/b/z_test.js":       "",
			"own/one.js":                 "",
			"elsewhere/left-out.test.js": "",
		}, `. [] (package.json script test)
  own/one.js unit (nothing matches: unit)
  packages/a/x.spec.js unit (nothing matches: unit)
  packages/b/z_test.js unit (nothing matches: unit)
`},
		{"projects that scripts select by name", map[string]string{
			"package.json": `{"scripts":{"test:e2e":"jest --selectProjects e2e","test:unit":"jest --selectProjects=unit dom -i","test:rest":"jest --ignoreProjects e2e unit dom"}}`,
			"jest.config.js": "module.exports = { projects: [{ displayName: 'e2e', testMatch: ['<rootDir>/spec/**'] }, './unit.config.js', '<rootDir>/packages/*',\n" +
				"  { displayName: { name: 'dom', color: 'red' }, testMatch: ['<rootDir>/dom/*'] }, { testMatch: ['<rootDir>/nameless/*'] }] };",
			"unit.config.js":             "module.exports = { displayName: 'unit', testMatch: ['<rootDir>/small/*.js'] };",
			"packages/a/jest.config.js":  "module.exports = { displayName: 'a', rootDir: '.' };",
			"packages/a/x.spec.js":       "",
			"spec/one.js":                "",
			"small/two.js":               "",
			"dom/three.js":               "",
			"nameless/four.js":           "",
			"elsewhere/left-out.test.js": "",
		}, `. ["--selectProjects" "e2e"] (package.json script test:e2e)
  spec/one.js e2e (script test:e2e)
. ["--ignoreProjects" "e2e" "unit" "dom"] (package.json script test:rest)
  nameless/four.js unit (nothing matches: unit)
  packages/a/x.spec.js unit (nothing matches: unit)
. ["--selectProjects=unit" "dom" "-i"] (package.json script test:unit) workers 1
  dom/three.js unit (script test:unit)
  small/two.js unit (script test:unit)
`},
		{"projects whose names are computed stay", map[string]string{
			"package.json":     script("jest --selectProjects e2e"),
			"jest.config.js":   "module.exports = { projects: [{ displayName: 'unit' }, { displayName: 'e2e', testMatch: ['<rootDir>/b/*'] }, './c', './d'] };",
			"c/jest.config.js": "module.exports = { displayName: name(), testMatch: ['<rootDir>/t/*.js'] };", "d/jest.config.js": "module.exports = create('d');",
			"a.test.js": "", "b/b.js": "", "c/t/c.js": "", "d/d.test.js": "",
		}, `. ["--selectProjects" "e2e"] (package.json script test)
  b/b.js unit (nothing matches: unit)
  c/t/c.js unit (nothing matches: unit)
  d/d.test.js unit (nothing matches: unit)
  ! tool.jest.computed c/jest.config.js
  ! tool.jest.computed d/jest.config.js
`},
		{"a name that no project has", map[string]string{
			"package.json": script("jest --selectProjects uint"), "jest.config.js": "module.exports = { projects: [{ displayName: 'unit' }] };", "a.test.js": "",
		}, `. ["--selectProjects" "uint"] (package.json script test)
  ! tool.jest.project --selectProjects uint
`},
		{"projects on the command line", map[string]string{
			"package.json": script("jest --projects a b"), "a/package.json": "{}", "a/a.test.js": "", "b/jest.config.js": "module.exports = {};", "b/b.test.js": "", "c.test.js": "",
		}, `. ["--projects" "a" "b"] (package.json script test)
  a/a.test.js unit (nothing matches: unit)
  b/b.test.js unit (nothing matches: unit)
`},
		{"the same files another way: the first runs them, the others are told", map[string]string{
			"package.json": `{"scripts":{"test":"TZ=UTC jest && TZ=Asia/Tokyo jest && TZ=UTC jest -c dom.config.js"}}`, "dom.config.js": "module.exports = {};", "a.test.js": "",
		}, `. ["TZ=UTC"] (package.json script test)
  a.test.js unit (nothing matches: unit)
. ["TZ=Asia/Tokyo"] (package.json script test)
  ! tool.jest.claimed TZ=Asia/Tokyo jest
. ["TZ=UTC" "-c" "dom.config.js"] (package.json script test)
  ! tool.jest.claimed TZ=UTC jest -c dom.config.js
`},
		{"the same files, other tests of them", map[string]string{
			"package.json": `{"scripts":{"test:e2e":"jest -t e2e","test:unit":"jest --testNamePattern=unit"}}`, "a.test.js": "",
		}, `. ["-t" "e2e"] (package.json script test:e2e)
  a.test.js e2e (script test:e2e)
. ["--testNamePattern=unit"] (package.json script test:unit)
  ! tool.jest.claimed jest --testNamePattern=unit
`},
		{"the same once more", map[string]string{
			"package.json": `{"scripts":{"test":"jest","test:ci":"CI=1 jest --ci --coverage --no-cache -w 2 --reporters default","test:some":"jest src -t some","test:fast":"jest -o --bail"}}`,
			"a.test.js":    "", "src/b.test.js": "",
		}, `. [] (package.json script test)
  a.test.js unit (nothing matches: unit)
  src/b.test.js unit (nothing matches: unit)
`},
		{"workspaces: each package's own script takes its files first", map[string]string{
			"package.json":            `{"workspaces":["packages/*"],"scripts":{"test":"jest"}}`,
			"top.test.js":             "",
			"packages/a/package.json": `{"name":"a","scripts":{"test":"jest --silent"}}`,
			"packages/a/a.test.js":    "",
			"packages/b/package.json": `{"name":"b"}`,
			"packages/b/b.test.js":    "",
		}, `. [] (package.json script test)
  packages/b/b.test.js unit (nothing matches: unit)
  top.test.js unit (nothing matches: unit)
packages/a ["--silent"] (packages/a/package.json script test)
  packages/a/a.test.js unit (nothing matches: unit)
`},
		{"a configuration that is computed", map[string]string{
			"package.json": script("jest"), "jest.config.js": "module.exports = { testMatch: patterns() };", "check/a.js": "", "lib/b.js": "",
		}, `. [] (package.json script test)
  check/a.js unit (nothing matches: unit)
  ! tool.jest.computed jest.config.js
`},
		{"jest inside another program", map[string]string{"package.json": script("react-scripts test"), "src/a.test.js": ""}, `. [] (package.json script test)
  ! tool.jest.wrapped package.json
`},
		{"another tool's tests", map[string]string{"package.json": script("vitest run"), "a.test.js": ""}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := jsDiscovered(tool.Jest{}, c.files); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
