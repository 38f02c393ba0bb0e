package tool_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"testrunner/runner/tool"
)

// playwrightFound lists what discovery finds: a line a project, its files below it.
func playwrightFound(files map[string]string) string {
	tree := tool.Tree{Root: "/r", FS: fstest.MapFS{}}
	for name, text := range files {
		tree.FS.(fstest.MapFS)[name] = &fstest.MapFile{Data: []byte(text)}
		tree.Files = append(tree.Files, name)
	}
	slices.Sort(tree.Files)
	var out []string
	for _, p := range (tool.Playwright{}).Discover(tree) {
		line := fmt.Sprintf("%s: %s", p.Dir, p.Why)
		if len(p.Args) > 0 {
			line += " [" + strings.Join(p.Args, " ") + "]"
		}
		if p.Workers != 0 {
			line += fmt.Sprintf(" workers %d", p.Workers)
		}
		out = append(out, line)
		for _, f := range p.Files {
			out = append(out, fmt.Sprintf("  %s %s (%s)", f.Category, f.Path, f.Why))
		}
		for _, f := range p.Findings {
			out = append(out, "  ! "+f.ID+" "+f.Value)
		}
	}
	return strings.Join(out, "\n")
}

func TestPlaywrightDiscover(t *testing.T) {
	const plain = `import { test } from '@playwright/test';`
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"a script and a configuration", map[string]string{
			"package.json":                 `{"scripts":{"test":"playwright test"}}`,
			"playwright.config.ts":         "import { defineConfig, devices } from '@playwright/test';\nexport default defineConfig({\n  testDir: './e2e', // here\n  fullyParallel: true,\n  use: { ...devices['Desktop Chrome'] },\n});\n",
			"e2e/login.spec.ts":            plain,
			"e2e/cart.integration.spec.ts": plain,
			"e2e/page.ts":                  "",
			"src/unit.test.ts":             "",
		}, `.: package.json script test workers -1
  integration e2e/cart.integration.spec.ts (name *.integration.*)
  e2e e2e/login.spec.ts (folder e2e)`},
		{"e2e by default", map[string]string{
			"package.json":         `{"scripts":{"test":"npx playwright test --workers=2"}}`,
			"playwright.config.js": "module.exports = { testDir: 'specs' };",
			"specs/a.spec.js":      plain,
		}, `.: package.json script test [--workers=2] workers 2
  e2e specs/a.spec.js (playwright: e2e)`},
		{"a script's name", map[string]string{
			"package.json":         `{"scripts":{"test:integration":"playwright test"}}`,
			"playwright.config.js": "module.exports = { testDir: 'specs' };",
			"specs/a.spec.js":      plain,
		}, `.: package.json script test:integration
  integration specs/a.spec.js (script test:integration)`},
		{"projects with patterns of their own", map[string]string{
			"package.json": `{"scripts":{"e2e":"playwright test"}}`,
			"playwright.config.ts": `export default {
  testDir: 'tests', testIgnore: '**/*.slow.*',
  projects: [
    { name: 'setup', testMatch: /.*\.setup\.ts/ },
    { name: 'api', testDir: 'api', testMatch: ['**/*.api.ts', /\.rest\.ts$/], testIgnore: [] },
    { name: 'web', dependencies: ['setup'] },
  ],
};`,
			"tests/auth.setup.ts": plain, "tests/web.spec.ts": plain, "tests/web.slow.spec.ts": plain, "tests/helper.ts": "",
			"api/a.api.ts": plain, "api/b.rest.ts": plain, "api/c.spec.ts": plain,
		}, `.: package.json script e2e
  e2e api/a.api.ts (script e2e)
  e2e api/b.rest.ts (script e2e)
  e2e tests/auth.setup.ts (script e2e)
  e2e tests/web.spec.ts (script e2e)`},
		{"two configurations", map[string]string{
			"package.json":             `{"scripts":{"test:shop":"playwright test -c shop.config.ts","test:api":"playwright test --config api"}}`,
			"shop.config.ts":           "export default { testDir: 'shop' }",
			"api/playwright.config.ts": "export default {}",
			"shop/a.spec.ts":           plain,
			"api/b.spec.ts":            plain,
		}, `.: package.json script test:api [--config api]
  e2e api/b.spec.ts (playwright: e2e)
.: package.json script test:shop [-c shop.config.ts]
  e2e shop/a.spec.ts (playwright: e2e)`},
		{"a configuration that no script names", map[string]string{
			"package.json":             `{"scripts":{"test":"jest"}}`,
			"e2e/playwright.config.ts": "export default { testDir: 'specs' }",
			"e2e/specs/a.spec.ts":      plain,
			"src/a.test.ts":            "",
		}, `.: e2e/playwright.config.ts [--config=e2e/playwright.config.ts]
  e2e e2e/specs/a.spec.ts (folder e2e)`},
		{"without a package", map[string]string{"e2e/playwright.config.ts": "export default {}", "e2e/a.spec.ts": plain}, `e2e: e2e/playwright.config.ts
  e2e e2e/a.spec.ts (folder e2e)`},
		{"a filter in the script", map[string]string{
			"package.json":          `{"scripts":{"test":"playwright test tests/smoke --project chromium"}}`,
			"playwright.config.ts":  "export default {}",
			"tests/smoke/a.spec.ts": plain, "tests/b.spec.ts": plain,
		}, `.: package.json script test [--project chromium tests/smoke --]
  e2e tests/smoke/a.spec.ts (playwright: e2e)`},
		{"the same files with another project", map[string]string{
			"package.json":         `{"scripts":{"test:chromium":"playwright test --project=chromium","test:firefox":"playwright test --project=firefox"}}`,
			"playwright.config.ts": "export default {}",
			"a.spec.ts":            plain,
		}, `.: package.json script test:chromium [--project=chromium]
  e2e a.spec.ts (playwright: e2e)
.: package.json script test:firefox [--project=firefox]
  ! tool.playwright.project firefox`},
		{"a computed configuration", map[string]string{
			"package.json":         `{"scripts":{"test":"playwright test"}}`,
			"playwright.config.ts": "export default defineConfig({ testDir: path.join(__dirname, 'x'), testMatch: /(?<!slow)\\.spec\\.ts/ })",
			"a.spec.ts":            plain,
		}, `.: package.json script test
  e2e a.spec.ts (playwright: e2e)
  ! tool.playwright.computed playwright.config.ts
  ! tool.playwright.computed playwright.config.ts`},
		{"a variable as configuration", map[string]string{
			"package.json":         `{"scripts":{"test":"playwright test"}}`,
			"playwright.config.ts": "const extra = { a: 1 };\nconst config: PlaywrightTestConfig = { testDir: './e2e' };\nexport default config;",
			"e2e/a.spec.ts":        plain, "b.spec.ts": plain,
		}, `.: package.json script test
  e2e e2e/a.spec.ts (folder e2e)`},
		{"no configuration: only what imports playwright", map[string]string{
			"package.json": `{"scripts":{"test":"playwright test"},"devDependencies":{"@playwright/test":"1.65.1"}}`,
			"a.spec.ts":    plain, "b.spec.ts": "import { it } from 'vitest'",
		}, `.: package.json script test
  e2e a.spec.ts (playwright: e2e)`},
		{"the library is no test tool", map[string]string{"package.json": `{"dependencies":{"playwright":"1.65.1"}}`, "a.spec.ts": "import x from 'playwright'"}, ""},
		{"shows and lists", map[string]string{
			"package.json":         `{"scripts":{"test:list":"playwright test --list","report":"playwright show-report"}}`,
			"playwright.config.ts": "export default {}",
			"a.spec.ts":            plain,
		}, `.: playwright.config.ts
  e2e a.spec.ts (playwright: e2e)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := playwrightFound(c.files); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
