package tool_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"testrunner/report/event"
	"testrunner/runner/tool"
)

// reportedAs is what a report can't tell as the events do, and what the older version itself counts otherwise.
var reportedAs = map[string]func(*jsExpect){
	"vitest/crash-abort": func(w *jsExpect) { // which of the tests it was is not in the report
		w.Passed, w.Errored, w.NotRun, w.Cause = 1, 4, 0, event.Contradiction
	},
	"jest/hang-own-timeout": func(w *jsExpect) { w.Told = nil }, // in other words
	"jest/missing-import":   func(w *jsExpect) { w.Broken = nil },
	"jest/syntax-error":     func(w *jsExpect) { w.Broken = nil },                // where it is stands in the text alone
	"vitest/late-error":     func(w *jsExpect) { w.Cause = event.Contradiction }, // an error of no test
	"vitest/broken-setup":   func(w *jsExpect) { w.Errored, w.Skipped = 3, 0 },   // vitest 2 marks the victims as skipped, and so what was skipped before
}

// TestByReport runs situations of the truth table with versions whose events can't be reached: jest 26 and vitest 2.
func TestByReport(t *testing.T) {
	for adapter, situations := range map[tool.Tool][]string{
		tool.Jest{}: {"all-skipped", "each", "hang-own-timeout", "missing-import", "names", "no-tests-beside-healthy", "select-filter",
			"select-test", "syntax-error", "todo"},
		tool.Vitest{}: {"all-skipped", "bail", "broken-setup", "broken-teardown", "crash-abort", "hang-own-timeout", "late-error", "missing-path", "names",
			"no-tests-beside-healthy", "retries", "same-name", "select-filter", "select-test"},
	} {
		for _, situation := range situations {
			t.Run(adapter.Name()+"/"+situation, func(t *testing.T) {
				t.Parallel()
				want := jsExpected(t, adapter.Name(), situation)
				want.Modules = "oldest"
				if change := reportedAs[adapter.Name()+"/"+situation]; change != nil {
					change(&want)
				}
				j, _ := jsRun(t, adapter, situation, want)
				jsCheck(t, j, want)
			})
		}
	}
}

// TestUnheardHook loses the hook on the way: the same tests are told from the tool's report, and it is said why they ran once more.
func TestUnheardHook(t *testing.T) {
	want := jsExpected(t, "jest", "each")
	target := jsTargets(t, tool.Jest{}, "each", want)[0]
	node, script, _ := strings.Cut(target.Program, "\n")
	deaf := filepath.Join(target.Root, "deaf.cjs")
	nodeWrite(t, deaf, `delete process.env.NODE_OPTIONS;
process.exit(require('child_process').spawnSync(process.execPath, [`+quoted(script)+`, ...process.argv.slice(2)], { stdio: 'inherit' }).status);
`)
	target.Program = node + "\n" + deaf
	j := newJSJudge(tool.Jest{}, "")
	attempts := 0
	for again := &target; again != nil; again = j.again {
		if attempts++; attempts > 2 {
			t.Fatal("it never comes to an end")
		}
		again.Scratch = jsTemp(t)
		lines, x := jsRunTarget(t, tool.Jest{}, *again, want)
		j.attempt(*again, lines, x)
	}
	want.Noted = append(want.Noted, "jest told nothing of its run: something on the way replaces NODE_OPTIONS.")
	jsCheck(t, j, want)
	if attempts != 2 {
		t.Errorf("%d attempts", attempts)
	}
	if _, err := os.Stat(filepath.Join(target.Root, "report.json")); err == nil || slices.Contains(j.causes, event.Crashed) {
		t.Errorf("the report lies in the project (%v), or it crashed: %v", err, j.causes)
	}
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, `\`, `\\`) + "'" }
