package tool

import (
	"path"
	"slices"
	"strings"
)

// jsTestTool is the test tool that a program's name stands for, or "".
func jsTestTool(head string) string {
	switch head {
	case "jest", "vitest", "mocha", "playwright", "ava", "tap", "tape", "jasmine", "karma", "cypress", "uvu", "qunit",
		"borp", "wtr", "testcafe", "nightwatch", "japa", "lab", "poku":
		return head
	case "_mocha":
		return "mocha"
	case "jasmine-node":
		return "jasmine"
	case "web-test-runner":
		return "wtr"
	default:
		return ""
	}
}

// jsToolOf names the test tool that a command runs, or "". "node" is node --test; "script" is a program of the project's
// own, which only a script named test makes a test.
func jsToolOf(c jsCommand) string {
	head := c.head()
	var words []string
	for _, w := range c.Words[min(1, len(c.Words)):] {
		words = append(words, w.Text)
	}
	has := func(word string) bool { return slices.Contains(words, word) }
	switch head {
	case "playwright", "cypress":
		if has("test") || has("run") {
			return head
		}
		return ""
	case "node", "nodejs", "tsx", "ts-node":
		if has("--test") {
			return "node"
		}
		return jsToolOfProgram(head, words)
	case "react-scripts", "craco":
		if has("test") {
			return "jest"
		}
	case "ng", "vue-cli-service":
		if has("test") || has("test:unit") {
			return head
		}
	case "bun", "deno":
		if has("test") {
			return head
		}
	case "sh", "bash", "make", "python", "python3", "go", "cargo":
		return "script"
	}
	return jsTestTool(head)
}

// jsManaged takes a package manager off that starts a program and no script of the package: pnpm vitest, yarn run jest, bun run mocha.
func jsManaged(p *jsPackage, c jsCommand) jsCommand {
	if head := c.head(); head != "pnpm" && head != "yarn" && head != "bun" {
		return c
	}
	words := c.Words[1:]
	for len(words) > 0 && slices.Contains([]string{"run", "-s", "--silent", "--if-present"}, words[0].Text) { // others name another package, or runtime
		words = words[1:]
	}
	inner := jsUnwrap(words)
	if head := inner.head(); jsTestTool(head) == "" && head != "node" && head != "tsx" || p.Scripts[words[0].Text] != "" {
		return c
	}
	c.Env, c.Words = append(c.Env, inner.Env...), inner.Words
	return c
}

// jsBesides says whether a program that stands in test scripts is known to run no tests of the package: it checks, builds,
// prints, starts other packages' scripts.
func jsBesides(head string) bool {
	switch head {
	case "eslint", "tsc", "vue-tsc", "standard", "ts-standard", "neostandard", "semistandard", "xo", "prettier", "biome", "oxlint", "dprint", "stylelint",
		"publint", "attw", "knip", "depcheck", "size-limit", "type-coverage", "cspell", "markdownlint", "remark", "commitlint", "api-extractor",
		"rollup", "webpack", "vite", "esbuild", "tsup", "swc", "babel", "unbuild", "rimraf", "rm", "mkdir", "cp", "mv", "cat", "tee", "touch", "sleep",
		"echo", "printf", "exit", "true", "false", "kill", "wait", "git", "[", "if", "then", "fi", "else",
		"npm", "pnpm", "yarn", "bun", "turbo", "nx", "lerna", "wireit", "rush", "c8", "nyc", "codecov", "changeset", "husky":
		return true
	default:
		return false
	}
}

// jsToolOfProgram looks at what node itself is given: node_modules/.bin/jest is jest, test.js the project's own.
func jsToolOfProgram(head string, words []string) string {
	for i := 0; i < len(words); i++ {
		if strings.HasPrefix(words[i], "-") {
			if nodeTakesValue(words[i]) {
				i++
			}
			continue
		}
		parts := strings.Split(strings.ReplaceAll(words[i], `\`, "/"), "/")
		for j, part := range parts {
			name := strings.TrimSuffix(strings.TrimSuffix(part, path.Ext(part)), ".")
			if slices.Contains(parts[:j], "node_modules") && jsTestTool(name) != "" {
				return jsTestTool(name)
			}
		}
		return "script"
	}
	return ""
}

// nodeTakesValue says whether an option of node's takes the next word as its value.
func nodeTakesValue(option string) bool {
	switch option {
	case "-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions", "--env-file", "--env-file-if-exists",
		"--test-reporter", "--test-reporter-destination", "--test-name-pattern", "--test-skip-pattern", "--test-concurrency",
		"--test-timeout", "--test-shard", "--test-isolation", "--experimental-test-isolation", "--test-coverage-include", "--test-coverage-exclude",
		"--test-coverage-lines", "--test-coverage-branches", "--test-coverage-functions", "--test-global-setup", "--test-rerun-failures",
		"--watch-path", "--title", "--icu-data-dir", "--diagnostic-dir", "--input-type", "--unhandled-rejections", "--stack-trace-limit",
		"--max-http-header-size", "--dns-result-order", "--openssl-config", "--redirect-warnings", "--report-dir", "--report-directory",
		"--experimental-config-file", "--localstorage-file", "--snapshot-blob", "-e", "--eval", "-p", "--print":
		return true
	default:
		return false
	}
}

// jsTestScript says whether a script's name is one for tests, and the category that the name stands for. Variants for
// watching, coverage, debugging and updating run the same tests again.
func jsTestScript(name string) (category string, ok bool) {
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == ':' || r == '-' || r == '_' || r == '.' || r == '/' })
	isTest := false
	for i, part := range parts {
		switch part = strings.ToLower(part); part {
		case "test", "tests", "spec", "check":
			isTest = isTest || part != "check"
		case "watch", "coverage", "cov", "debug", "update", "ui", "dev", "only", "ci", "build", "lint", "types", "typecheck", "browser", "bench", "pre", "setup":
			if part == "ci" || part == "only" {
				continue
			}
			return "", false
		case "pretest", "posttest":
			return "", false
		case "mission":
			if i+1 < len(parts) && strings.EqualFold(parts[i+1], "critical") {
				category, isTest = missionCriticalCategory, true
			}
		default:
			if named, known := categoryNamed(part); known {
				category, isTest = named, true
			}
		}
	}
	return category, isTest
}
