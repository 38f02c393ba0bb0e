package tool

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"testrunner/report/event"
)

// junitTruth is issue 2's list of situations: each has a folder in testdata/junit, or a reason why it can't be.
var junitTruth = map[string]string{
	"syntax-error": "", "missing-import": "", "broken-setup": "", "crash-killed": "", "crash-exit": "", "exit-zero": "",
	"invalid-utf8": "", "long-line": "", "no-tests": "", "all-skipped": "", "odd-names": "", "same-name": "",
	"stale-report": "", "truncated": "", "fake-results": "", "args-and-env": "",
	"hang":               "the reports are read after the end alone: TestJUnitStopped",
	"child-holds-stdout": "stdout is not the channel",
	"missing-path":       "no path goes to the command: TestJUnitCheck has the program that is missing",
	"broken-conftest":    "a report has one shape for it: syntax-error",
}

func TestJUnitTruthHasNoEmptyCell(t *testing.T) {
	have := goSituations(t, "junit")
	for name, reason := range junitTruth {
		if got := slices.Contains(have, name); got == (reason != "") {
			t.Errorf("%s: folder %v, reason %q: want exactly one of both", name, got, reason)
		}
	}
}

func junitTarget(t *testing.T, name string) (Target, goExpect) {
	t.Helper()
	dir := filepath.Join("testdata", "junit", name)
	e := goReadExpect(t, dir)
	root := t.TempDir()
	if err := os.CopyFS(root, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return Target{
		Root: root, Dir: ".", Job: "unit/junit", Category: "unit", Suite: "junit", Argv: e.Argv, Args: e.Args,
		Env: e.Env, Reports: e.Reports, Filter: e.Filter,
	}, e
}

// TestJUnitLive runs every situation's command and reads what it wrote.
func TestJUnitLive(t *testing.T) {
	for _, name := range goSituations(t, "junit") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target, e := junitTarget(t, name)
			fold := newGoFold()
			run, c := goExecute(t, JUnit{}, target, e, fold)
			got, lines := fold.close(c)
			if got.counts() != e.counts() {
				t.Errorf("%s\n got  %s\n want %s\n%s\nstderr: %s", e.Why, got.counts(), e.counts(), strings.Join(lines, "\n"), run.exit.Stderr)
			}
			lines = goScrub(lines, target.Root)
			golden := filepath.Join("testdata", "junit", name, "results.txt")
			if *goRecord {
				goWriteLines(t, golden, lines)
			}
			if diff := goDiff(lines, goReadLines(t, golden)); diff != "" {
				t.Errorf("results differ (rewrite with -record-go):\n%s", diff)
			}
			for _, b := range fold.bodies {
				if f, ok := b.(event.TestFinished); ok && len(f.Message)+len(f.Detail)+len(f.Output) > 4*event.Cap {
					t.Errorf("%s: texts of %d bytes", f.Test.ID, len(f.Message)+len(f.Detail)+len(f.Output))
				}
			}
		})
	}
}

func TestJUnitStopped(t *testing.T) {
	target, _ := junitTarget(t, "green")
	fold := newGoFold()
	d := JUnit{}.Decode(target, fold.emit)
	if c := d.End(Exit{Code: -1, Signal: "SIGTERM", Stopped: event.TimedOut}); c.Cause != event.TimedOut {
		t.Errorf("cause %s, want %s", c.Cause, event.TimedOut)
	}
}

// TestJUnitStaleMutant: a decoder that reads what was there before turns the situation red.
func TestJUnitStaleMutant(t *testing.T) {
	for _, mutant := range []bool{false, true} {
		target, e := junitTarget(t, "stale-report")
		fold := newGoFold()
		d := JUnit{}.Decode(target, fold.emit)
		if mutant {
			d.(*junitDecoder).before = nil
		}
		// The scheduler could not delete the stale report, and the command wrote none.
		got, _ := fold.close(d.End(Exit{}))
		if same := got.counts() == e.counts(); same == mutant {
			t.Errorf("mutant %v: got %s, want %s", mutant, got.counts(), e.counts())
		}
	}
}

func TestJUnitCheck(t *testing.T) {
	host := fakeGoHost{path: map[string]string{"make": "/usr/bin/make"}, files: map[string]bool{filepath.Join("/r", "web", "bin", "test"): true}}
	for _, c := range []struct {
		argv    []string
		program string
		missing bool
	}{
		{[]string{"make", "test"}, "/usr/bin/make", false},
		{[]string{"bin/test"}, filepath.Join("/r", "web", "bin", "test"), false},
		{[]string{"bin/other"}, "", true},
		{[]string{"ninja"}, "", true},
	} {
		found := JUnit{}.Check(t.Context(), Target{Root: "/r", Dir: "web", Argv: c.argv, Suite: "web"}, host)
		if found.Program != c.program || (len(found.Findings) > 0) != c.missing {
			t.Errorf("%v: %+v", c.argv, found)
		}
	}
}

func TestJUnitCommandNeedsCommandAndReports(t *testing.T) {
	for _, target := range []Target{{Suite: "s"}, {Suite: "s", Argv: []string{"x"}}, {Suite: "s", Argv: []string{"x"}, Reports: []string{"a/[.xml"}}} {
		if _, err := (JUnit{}).Command(target); err == nil {
			t.Errorf("%+v: no error", target)
		}
	}
	c, err := JUnit{}.Command(Target{Argv: []string{"make", "test"}, Args: []string{"V=1"}, Reports: []string{"out/*.xml"}, Program: "/bin/make"})
	if err != nil || strings.Join(c.Argv, " ") != "/bin/make test V=1" || !slices.Equal(c.Stale, []string{"out/*.xml"}) {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestGlob(t *testing.T) {
	root := t.TempDir()
	for _, f := range []string{"a.xml", "out/b.xml", "out/deep/c.xml", "out/deep/er/d.xml", "node_modules/x/e.xml", "out/f.txt"} {
		if err := os.MkdirAll(filepath.Join(root, filepath.Dir(f)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, f), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for glob, want := range map[string]string{
		"*.xml":                 "a.xml",
		"**/*.xml":              "a.xml out/b.xml out/deep/c.xml out/deep/er/d.xml",
		"**/**/*.xml":           "a.xml out/b.xml out/deep/c.xml out/deep/er/d.xml",
		"out/**":                "out/b.xml out/deep/c.xml out/deep/er/d.xml out/f.txt",
		"out/**/c.xml":          "out/deep/c.xml",
		"o?t/[b-c].xml":         "out/b.xml",
		"gone/*.xml":            "",
		"node_modules/**/*.xml": "node_modules/x/e.xml",
		"./out/b.xml":           "out/b.xml",
	} {
		files, err := Glob(root, glob)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range files {
			rel, _ := filepath.Rel(root, f)
			got = append(got, filepath.ToSlash(rel))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", glob, got, want)
		}
	}
	if files, err := Glob(t.TempDir(), filepath.ToSlash(filepath.Join(root, "*.xml"))); err != nil || len(files) != 1 {
		t.Errorf("absolute: %v, %v", files, err)
	}
	if _, err := Glob(root, "["); err == nil {
		t.Error("no error for a broken glob")
	}
}

// FuzzForeignJUnit: whatever a file holds, it is read to an end, and every case has an outcome.
func FuzzForeignJUnit(f *testing.F) {
	for _, pattern := range []string{"testdata/junit/*/*.xml", "testdata/junit/*/out/*.xml"} {
		files, _ := filepath.Glob(pattern)
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		cases := 0
		err := parseJUnit(strings.NewReader(string(text)), func(c junitCase) {
			cases++
			if c.outcome == "" || c.micros < 0 || c.line < 0 {
				t.Errorf("%+v", c)
			}
			if len(c.name) > junitLine+len("…") {
				t.Errorf("a name of %d bytes", len(c.name))
			}
		}, func(junitBroken) {})
		if err == nil && !strings.Contains(string(text), "s") {
			t.Errorf("%q passes for a report", text)
		}
	})
}

// TestJUnitWriters reads what real tools wrote (testdata/junit-writers/record.sh records it).
func TestJUnitWriters(t *testing.T) {
	for name, want := range map[string][]string{
		"pytest": {
			"errored test_mixed::test_errors failed on setup with \"RuntimeError: no database\"",
			"failed test_mixed::test_fails AssertionError: assert {'a': 1} == {'a': 2}",
			`failed test_mixed::test_names[\\x1b[31m\\x00] AssertionError: assert '\x00' not in '\x1b[31m\x00'`,
			"passed test_mixed::test_names[a<b>&\"c\"]",
			`passed test_mixed::test_names[two\\nlines]`,
			"passed test_mixed::test_passes",
			"skipped test_mixed::test_skipped needs a printer",
			"broken test_broken line 0, error: ModuleNotFoundError: No module named 'nowhere_to_be_found'",
			"cause done",
		},
		"node": {
			"passed test::a<b>&&quot;c&quot;", // node escapes twice
			"failed test::fails testCodeFailure Expected values to be strictly equal:1 !== 2",
			"passed test::passes", "passed test::same", "passed test::same [2]", "skipped test::skipped needs a printer",
			"cause done",
		},
		"gotestsum": {
			"failed example.com/x::TestFails Failed", "passed example.com/x::TestPasses", "passed example.com/x::TestPasses/sub",
			"skipped example.com/x::TestSkipped mixed_test.go:9: needs a printer",
			"cause done",
		},
	} {
		root := t.TempDir()
		fold := newGoFold()
		d := JUnit{}.Decode(Target{Root: root, Dir: ".", Job: "j", Reports: []string{"*.xml"}}, fold.emit)
		text, err := os.ReadFile(filepath.Join("testdata", "junit-writers", name+".xml"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, "r.xml"), text, 0o644); err != nil {
			t.Fatal(err)
		}
		_, lines := fold.close(d.End(Exit{Code: 1}))
		if diff := goDiff(lines, want); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}
