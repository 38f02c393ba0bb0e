package tool_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var updateTruth = flag.Bool("update-truth", false, "write docs/truth.md anew")

// situation is a row of the truth table: a way in which tests break, and for each tool the folder of testdata that shows what
// is made of it, or "-" and why the cell is impossible.
type situation struct {
	name  string
	cells map[string]string
}

// truthTools are the columns; the page has a table for each group.
func truthTools() []string { return slices.Concat(truthGroups()...) }

func truthGroups() [][]string {
	return [][]string{{"go", "pytest", "node", "junit"}, {"jest", "vitest", "mocha", "playwright", "cargo"}}
}

func truthTable() []situation {
	// The cells in the order of truthTools.
	row := func(name string, cells ...string) situation {
		s := situation{name, map[string]string{}}
		for i, tool := range truthTools() {
			s.cells[tool] = cells[i]
		}
		return s
	}
	return []situation{
		row("syntax error", "syntax-error", "syntax_error", "syntax-error", "syntax-error",
			"syntax-error", "syntax-error", "syntax-error", "syntax-error", "syntax-error"),
		row("missing import", "missing-import", "missing_import", "missing-import", "missing-import",
			"missing-import", "missing-import", "missing-import", "missing-import", "missing-import"),
		row("broken setup or fixture", "broken-setup", "broken_fixture", "broken-setup", "broken-setup",
			"broken-setup", "broken-setup", "broken-setup", "broken-setup", "broken-setup"),
		row("broken root conftest, TestMain", "broken-testmain", "conftest_root", "broken-preload", "- the command has no file that it loads before all others",
			"broken-preload", "broken-global-setup", "broken-preload", "global-setup-broken", "broken-build-script"),
		row("broken subfolder conftest, init", "broken-init", "conftest_subfolder", "top-level-throw", "- the command has no file that it loads before a folder",
			"broken-setup-file", "broken-setup-file", "broken-root-hook", "helper-broken", "broken-shared-module"),
		row("abort", "crash-abort", "abort", "crash-abort", "crash-killed",
			"crash-abort", "crash-abort", "crash-abort", "crash-abort", "crash-abort"),
		row("segmentation fault", "crash-segfault", "segfault", "crash-segfault", "- to us it is the same as an abort: a signal, and what was written before it",
			"crash-segfault", "crash-segfault", "crash-segfault", "crash-segfault", "crash-segfault"),
		row("a test ends the process with a status", "crash-exit", "exit_3", "crash-exit-3", "crash-exit",
			"crash-exit-3", "crash-exit-3", "crash-exit-3", "crash-exit-3", "crash-exit"),
		row("exit 0 in mid-run", "exit-zero", "exit_0", "exit-0", "exit-zero",
			"exit-0", "exit-0", "exit-0", "exit-0", "exit-zero"),
		row("a hang, ended from outside", "hang", "hang", "hang", "- reports are read after the end alone: no test can be open; that the job is then `timeout` is TestJUnitStopped",
			"hang", "hang", "hang", "hang", "hang"),
		row("invalid UTF-8 and control characters", "invalid-utf8", "bytes", "control-characters", "invalid-utf8",
			"control-characters", "control-characters", "control-characters", "control-characters", "invalid-utf8"),
		row("10 MB of output in one line", "long-line", "long_line", "output-10mb", "long-line",
			"output-10mb", "output-10mb", "output-10mb", "output-10mb", "long-line"),
		row("a child outlives the test and holds stdout", "child-holds-stdout", "child_holds_stdout", "child-holds-stdout", "- stdout is not read for results, so nothing can hold them up",
			"child-holds-stdout", "child-holds-stdout", "child-holds-stdout", "child-holds-stdout", "child-holds-stdout"),
		row("no tests", "no-tests", "no_tests", "no-tests", "no-tests",
			"no-tests", "no-tests", "no-tests", "no-tests", "no-tests"),
		row("all skipped", "all-skipped", "all_skipped", "all-skipped", "all-skipped",
			"all-skipped", "all-skipped", "all-skipped", "all-skipped", "all-skipped"),
		row("a missing path", "missing-path", "missing_path", "missing-path", "- no path is given to the command; a report that is not there is the row below",
			"missing-path", "missing-path", "missing-path", "missing-path", "missing-path"),
		row("names with quotes, newlines and emoji", "odd-names", "names", "names", "odd-names",
			"names", "names", "names", "names", "odd-names"),
		row("two tests of the same name", "same-name", "same_name", "same-name", "same-name",
			"same-name", "same-name", "same-name", "same-name", "same-name"),
		row("a report left over from the run before", "- go test writes no file: its results are its own standard output, which begins anew", "stale_report", "stale-report", "stale-report",
			"stale-report", "stale-report", "stale-report", "stale-report", "- no file is written: each executable is started by us, and its results are its own standard output, which begins anew"),
		row("a test prints what looks like results", "fake-results", "fake_output", "fake-lines", "fake-results",
			"fake-lines", "fake-lines", "fake-lines", "fake-lines", "fake-results"),
		row("a test reads its arguments and environment", "args-and-env", "arguments_environment", "arguments-and-environment", "args-and-env",
			"arguments-and-environment", "arguments-and-environment", "arguments-and-environment", "arguments-and-environment", "args-and-env"),
	}
}

// expectation is what expect.json of a situation's folder says, as far as the page shows it. The tools' own truth tests assert it
// against the real tool and against the recorded stream.
type expectation struct {
	Passed     int    `json:"passed"`
	Failed     int    `json:"failed"`
	Errored    int    `json:"errored"`
	Skipped    int    `json:"skipped"`
	NotRun     int    `json:"not_run"`
	Collection int    `json:"collection_errors"`
	Cause      string `json:"cause"`
}

func (e expectation) String() string {
	var parts []string
	for _, n := range []struct {
		count int
		word  string
	}{{e.Passed, "passed"}, {e.Failed, "failed"}, {e.Errored, "errored"}, {e.Skipped, "skipped"}, {e.NotRun, "not run"}, {e.Collection, "not collected"}} {
		if n.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n.count, n.word))
		}
	}
	if len(parts) == 0 {
		parts = []string{"nothing ran"}
	}
	return strings.Join(parts, ", ") + "; " + e.Cause
}

// A cell without a folder, a folder without expectation or recording, and an impossible cell without its reason are holes.
func TestTruthTableHasNoEmptyCell(t *testing.T) {
	for _, s := range truthTable() {
		for _, tool := range truthTools() {
			cell := s.cells[tool]
			if reason, impossible := strings.CutPrefix(cell, "-"); impossible {
				if len(strings.TrimSpace(reason)) < 20 {
					t.Errorf("%s, %s: an impossible cell needs its reason", s.name, tool)
				}
				continue
			}
			if _, err := readExpectation(tool, cell); err != nil {
				t.Errorf("%s, %s: %v", s.name, tool, err)
			}
			if tool == "junit" {
				continue // its recording is the report file itself
			}
			if recorded, err := os.ReadFile(filepath.Join("testdata", tool, cell, "recorded.jsonl")); err != nil || len(recorded) == 0 {
				t.Errorf("%s, %s: no recorded stream: run scripts/record", s.name, tool)
			}
		}
	}
}

func readExpectation(tool, cell string) (expectation, error) {
	var e expectation
	data, err := os.ReadFile(filepath.Join("testdata", tool, cell, "expect.json"))
	if err != nil {
		return e, fmt.Errorf("the cell is empty: %w", err)
	}
	if err := json.Unmarshal(data, &e); err != nil {
		return e, fmt.Errorf("testdata/%s/%s/expect.json: %w", tool, cell, err)
	}
	if e.Cause == "" {
		return e, fmt.Errorf("testdata/%s/%s/expect.json names no cause", tool, cell)
	}
	return e, nil
}

func TestTruthPageIsCurrent(t *testing.T) {
	var page bytes.Buffer
	page.WriteString(`# The truth table

What each tool does when tests break, and what runner makes of it: the ledger's numbers and how the job ended. Each cell is a
folder in ` + "`runner/tool/testdata`" + `, asserted against the real tool and against a recorded stream. ` + "`done`" + ` is the only good end;
` + "`crashed`" + `, ` + "`vanished`" + ` (status 0 without an end-of-run word), ` + "`contradiction`" + ` and ` + "`usage`" + ` are never green, whatever the numbers say.
`)
	for _, group := range truthGroups() {
		page.WriteString("\n| situation |")
		for _, tool := range group {
			fmt.Fprintf(&page, " %s |", truthTitle(tool))
		}
		page.WriteString("\n| --- |" + strings.Repeat(" --- |", len(group)) + "\n")
		for _, s := range truthTable() {
			fmt.Fprintf(&page, "| %s |", s.name)
			for _, tool := range group {
				fmt.Fprintf(&page, " %s |", truthCell(t, tool, s.cells[tool]))
			}
			page.WriteString("\n")
		}
	}
	page.WriteString("\nThis page is written by `go test ./runner/tool -run TruthPage -update-truth`.\n")
	path := filepath.Join("..", "..", "docs", "truth.md")
	if *updateTruth {
		if err := os.WriteFile(path, page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(have, page.Bytes()) {
		t.Errorf("docs/truth.md is not what the table says (%v): run go test ./runner/tool -run TruthPage -update-truth", err)
	}
}

// truthTitle is the head of a tool's column.
func truthTitle(tool string) string {
	switch tool {
	case "go", "cargo":
		return tool + " test"
	case "node":
		return "node --test"
	default:
		return tool
	}
}

// truthCell is a cell as the page shows it.
func truthCell(t *testing.T, tool, cell string) string {
	t.Helper()
	if reason, impossible := strings.CutPrefix(cell, "- "); impossible {
		return "*impossible: " + reason + "*"
	}
	e, err := readExpectation(tool, cell)
	if err != nil {
		t.Fatal(err)
	}
	return e.String()
}
