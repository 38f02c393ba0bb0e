package ci

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"testrunner/report"
	"testrunner/report/event"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (go test ./report/ci -update writes it)", err)
	}
	if want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n")); got != string(want) {
		t.Errorf("%s differs (go test ./report/ci -update writes it anew); got:\n%s", path, got)
	}
}

var failed = report.Verdict{Word: "FAILED", Code: 1, Line: "FAILED (1)  3 tests: 1 passed, 1 failed"}

// sample has one of everything, with text that tries to get out of its place.
func sample() report.Summary {
	blocked := event.Reason{Code: event.ReasonBlocked, Text: "web/ has no node_modules", Remedy: "npm ci --prefix web"}
	return report.Summary{
		Run: event.RunStarted{Root: filepath.Join(string(filepath.Separator), "work", "repo", "svc")},
		Categories: []report.Category{
			{Name: "unit", Counts: report.Counts{Passed: 1, Failed: 1, Errored: 1, NotRun: 1, CollectionErrors: 1}, Suites: []report.Suite{{Name: "pytest:py",
				Collection: []report.Broken{{CollectionFailed: event.CollectionFailed{Path: "py/test_bad.py", Line: 3, Column: 7,
					Message: "SyntaxError: 100% wrong, see: here", Detail: "  File \"py/test_bad.py\", line 3\n\n    </pre><b>&\n"}, Rerun: "runner py/test_bad.py"}},
				Cases: []report.Case{
					{Test: event.Test{ID: "py/test_a.py::test_x[a,b:c]", Line: 12}, Outcome: event.Failed, Trouble: &report.Trouble{Type: "AssertionError",
						Message: "assert `3` == 4\r\n::error::injected", Output: "</details><script>@everyone #1\n\x1b[31mred", Command: "runner 'py/test_a.py::test_x[a,b:c]'"}},
					{Test: event.Test{ID: "py/test_a.py::test_y", File: "py/base.py", Line: 2}, Outcome: event.Errored, Trouble: &report.Trouble{Type: string(event.NotFinishedType)}},
					{Test: event.Test{ID: "py/test_a.py::test_z"}, Outcome: event.Passed, Trouble: &report.Trouble{}},
					{Test: event.Test{ID: "py/test_a.py::test_q"}, Outcome: event.NotRan, Trouble: &report.Trouble{Reason: event.Reason{Code: event.ReasonFailFast, Text: "an earlier failure ended the run"}}},
				}}}},
			{Name: "integration", Suites: []report.Suite{{Name: "node:web", NotRun: &event.NotRun{Reason: blocked}}}},
			{Name: "e2e", NotRun: &event.NotRun{Reason: blocked, Accepted: "--allow-not-run"}},
		},
		Counts: report.Counts{Passed: 1, Failed: 1, Errored: 1, NotRun: 1, CollectionErrors: 1},
	}
}

func told(t *testing.T, a Actions, s report.Summary, v report.Verdict) (annotations, summary string) {
	t.Helper()
	var out bytes.Buffer
	a.Annotations, a.SummaryFile = &out, filepath.Join(t.TempDir(), "summary.md")
	if err := a.Write(s, v); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(a.SummaryFile)
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), string(page)
}

func TestGolden(t *testing.T) {
	annotations, page := told(t, Actions{}, sample(), failed)
	golden(t, "annotations.txt", annotations)
	golden(t, "summary.md", page)
	annotations, page = told(t, Actions{}, report.Summary{}, report.Verdict{Word: "EMPTY", Code: 4, Line: "EMPTY (4)  0 tests"})
	golden(t, "annotations-empty.txt", annotations)
	golden(t, "summary-empty.md", page)
	if annotations, _ = told(t, Actions{}, report.Summary{}, report.Verdict{Word: "PASSED"}); annotations != "" {
		t.Errorf("a run that passed is annotated: %q", annotations)
	}
}

// Paths of annotations begin at the checkout, also where the run's root lies below it.
func TestPathsBeginAtTheWorkspace(t *testing.T) {
	root := filepath.Join(string(filepath.Separator), "work", "repo")
	annotations, _ := told(t, Actions{Workspace: root}, sample(), failed)
	if !strings.Contains(annotations, "file=svc/py/test_bad.py,line=3,col=7,") {
		t.Error(annotations)
	}
	annotations, _ = told(t, Actions{Workspace: filepath.Join(root, "elsewhere")}, sample(), failed)
	if !strings.Contains(annotations, "file=py/test_bad.py,") {
		t.Error(annotations)
	}
}

func TestFind(t *testing.T) {
	variables := map[string]string{"GITHUB_STEP_SUMMARY": "/s.md", "GITHUB_WORKSPACE": "/w"}
	getenv := func(name string) string { return variables[name] }
	var out bytes.Buffer
	if a := Find(getenv, &out); a != (Actions{}) {
		t.Errorf("outside of GitHub Actions: %+v", a)
	}
	variables["GITHUB_ACTIONS"] = "true"
	if a := Find(getenv, &out); a != (Actions{Annotations: &out, SummaryFile: "/s.md", Workspace: "/w"}) {
		t.Errorf("on GitHub Actions: %+v", a)
	}
}

func TestNothingAskedNothingWritten(t *testing.T) {
	if err := Write(nil, "", sample(), failed); err != nil {
		t.Fatal(err)
	}
}

// A summary that can't be written is told, and does not keep the annotations back.
func TestErrors(t *testing.T) {
	var out bytes.Buffer
	err := Write(&out, filepath.Join(t.TempDir(), "missing", "s.md"), sample(), failed)
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if out.Len() == 0 {
		t.Error("no annotations")
	}
}

func many(n int) report.Summary {
	suite, output := report.Suite{Name: "go:."}, strings.Repeat("<output> & more\n", 5000)
	for i := range n {
		suite.Cases = append(suite.Cases, report.Case{Test: event.Test{ID: fmt.Sprintf("a/a_test.go::Test%d", i)}, Outcome: event.Failed,
			Trouble: &report.Trouble{Message: "boom", Output: output, Command: "runner x"}})
		suite.Collection = append(suite.Collection, report.Broken{CollectionFailed: event.CollectionFailed{Path: fmt.Sprintf("b%d_test.go", i)}})
	}
	return report.Summary{Categories: []report.Category{{Name: "unit", Suites: []report.Suite{suite}}}}
}

func TestSlotTenSaysHowManyMore(t *testing.T) {
	annotations, _ := told(t, Actions{}, many(5), failed)
	lines := strings.Split(strings.TrimSpace(annotations), "\n")
	if len(lines) != 10 || strings.Contains(annotations, "more") {
		t.Errorf("ten fit, and there are %d:\n%s", len(lines), annotations)
	}
	annotations, _ = told(t, Actions{}, many(6), failed)
	lines = strings.Split(strings.TrimSpace(annotations), "\n")
	if len(lines) != 10 || !strings.HasPrefix(lines[9], "::error title=and 3 more::") {
		t.Errorf("%d lines:\n%s", len(lines), annotations)
	}
	if !strings.Contains(lines[5], "b5_test.go") || !strings.Contains(lines[6], "Test0") {
		t.Errorf("collection errors do not stand first:\n%s", annotations)
	}
}

// A tool that refuses its command line is no file: an annotation that names one which is not there is shown nowhere.
func TestAToolIsNoFile(t *testing.T) {
	suite := report.Suite{Name: "node", Collection: []report.Broken{{CollectionFailed: event.CollectionFailed{
		Path: "node", Reason: string(event.BadUsage), Message: "bad option"}}},
		Cases: []report.Case{{Test: event.Test{Name: "[crashed] unit: node"}, Outcome: event.Errored, Trouble: &report.Trouble{Message: "gone"}}}}
	got, page := told(t, Actions{}, report.Summary{Categories: []report.Category{{Name: "unit", Suites: []report.Suite{suite}}}}, failed)
	want := "::error title=could not be collected%3A node::bad option\n"
	if !strings.HasPrefix(got, want) || !strings.Contains(got, "::error title=[crashed] unit%3A node::gone") {
		t.Errorf("got %s", got)
	}
	if !strings.Contains(page, "&#91;crashed&#93; unit&#58; node") {
		t.Errorf("the page does not name it:\n%s", page)
	}
}

// The page stays below its budget, with what stood in the file before, and says that something is left out.
func TestPageKeepsItsBudget(t *testing.T) {
	path := filepath.Join(t.TempDir(), "summary.md")
	before := strings.Repeat("x", 100_000)
	if err := os.WriteFile(path, []byte(before), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Write(nil, path, many(5000), failed); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(page) > budget || len(page) < budget/2 {
		t.Errorf("%d bytes", len(page))
	}
	if !strings.HasPrefix(string(page), before) || !strings.HasSuffix(string(page), "junit.xml has them all.\n") {
		t.Errorf("the end is %q", page[len(page)-200:])
	}
	if strings.Count(string(page), "<details>") != strings.Count(string(page), "</details>") {
		t.Error("an element is cut in two")
	}
}

// Whatever a test says: each line is one command of ours, properties and message come back whole, and the page has no
// element that is not ours.
func TestAnyText(t *testing.T) {
	ours := regexp.MustCompile(`</?(details|summary|code|pre)>`)
	block := regexp.MustCompile(`<pre>\n[^<]*</pre>`) // where only "<" means anything
	command := regexp.MustCompile(`^::(error|warning) (file=[^,:]*,(line=\d+,(col=\d+,)?)?)?title=[^,:]*::[^\r\n]*$`)
	word := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"::error::x", "\n::set-output name=a::b", "%0A", "a,b:c", "</pre>", "</details>", "<img src=x>", "```", "| a |", "[x](http://y)", "@me", "#1", "\x1b[31m", "&lt;"}))
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		w := func() string { return word.Draw(t, "word") }
		s := report.Summary{Categories: []report.Category{{Name: "unit", Suites: []report.Suite{{Name: "go:.",
			Collection: []report.Broken{{CollectionFailed: event.CollectionFailed{Path: w(), Message: w(), Detail: w()}, Rerun: w()}},
			Cases: []report.Case{
				{Test: event.Test{ID: w(), File: w(), Line: 3}, Outcome: event.Failed, Trouble: &report.Trouble{Type: w(), Message: w(), Detail: w(), Output: w(), Command: w()}},
				{Test: event.Test{ID: w()}, Outcome: event.NotRan, Trouble: &report.Trouble{Reason: event.Reason{Text: w(), Remedy: w()}, Accepted: w()}},
			}}}}, {Name: "e2e", NotRun: &event.NotRun{Reason: event.Reason{Text: w()}, Accepted: w()}}}}
		var out bytes.Buffer
		path := filepath.Join(dir, "summary.md")
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		if err := Write(&out, path, s, report.Verdict{Word: "FAILED", Code: 1, Line: w()}); err != nil {
			t.Fatal(err)
		}
		for _, l := range strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n") {
			if !command.MatchString(l) {
				t.Fatalf("not a command of ours: %q", l)
			}
		}
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if rest := ours.ReplaceAllString(block.ReplaceAllString(string(page), ""), ""); strings.ContainsAny(rest, "<`@[") {
			t.Fatalf("markup got through: %q", rest)
		}
	})
}
