package tool

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gotest.tools/gotestsum/testjson"

	"testrunner/report/event"
)

// goDecodeRecorded replays a situation through a decoder that the caller may have broken on purpose.
func goDecodeRecorded(t *testing.T, name string, cut int, exit *Exit, mutate func(*goDecoder)) (got, want goExpect, d *goDecoder) {
	t.Helper()
	dir := filepath.Join("testdata", "go", name)
	want = goReadExpect(t, dir)
	lines := goReadLines(t, filepath.Join(dir, "recorded.jsonl"))
	var recorded goRecorded
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &recorded); err != nil {
		t.Fatal(err)
	}
	lines = lines[:len(lines)-1]
	if cut >= 0 {
		lines = lines[:cut*len(lines)/100]
	}
	if exit == nil {
		exit = &recorded.Exit
	}
	job, err := newGoJob(goTarget(t, dir, want), goLimit())
	if err != nil {
		t.Fatal(err)
	}
	fold := newGoFold()
	d = newGoDecoder(job, fold.emit)
	if mutate != nil {
		mutate(d)
	}
	for _, line := range lines {
		d.Line([]byte(line))
	}
	if mutate != nil {
		mutate(d)
	}
	c := d.End(*exit)
	got, _ = fold.close(c)
	return got, want, d
}

// goMutants are decoders with one rule taken out each.
func goMutants() map[string]func(*goDecoder) {
	return map[string]func(*goDecoder){
		"end marker ignored": func(d *goDecoder) { d.job.dirs = nil },
		"open test passed": func(d *goDecoder) {
			for _, p := range d.unfinished {
				for _, name := range sortedKeys(p.open) {
					d.result(p, name, testjson.ActionPass, 0)
				}
			}
		},
		"rest of a crash forgotten": func(d *goDecoder) {
			for _, p := range d.unfinished {
				for i := range p.got {
					p.got[i] = true
				}
			}
		},
		"failed build forgotten": func(d *goDecoder) { d.builds = goBuilds{}; d.unexplained = nil },
		"tests of other files counted": func(d *goDecoder) {
			for _, p := range d.packages {
				if p.plan != nil {
					for i := range p.plan.tests {
						p.plan.tests[i].mine = true
					}
				}
			}
		},
	}
}

// TestGoMutants: with any of the rules taken out, the table is red.
func TestGoMutants(t *testing.T) {
	mutants := goMutants()
	for _, mutant := range append([]string{""}, sortedKeys(mutants)...) {
		red := 0
		for _, name := range goSituations(t, "go") {
			got, want, _ := goDecodeRecorded(t, name, -1, nil, mutants[mutant])
			if got.counts() != want.counts() {
				red++
			}
			if mutant != "end marker ignored" {
				continue
			}
			// The marker matters where the stream is cut and the status lies.
			got, _, _ = goDecodeRecorded(t, name, 50, &Exit{}, mutants[mutant])
			if got.Cause == event.Done {
				red++
			}
		}
		if (red > 0) != (mutant != "") {
			t.Errorf("mutant %q: %d situations are red", mutant, red)
		}
	}
}

// TestGoCutStream: wherever a stream is cut and whatever the status says, a job whose packages did not all end is
// never done, and no test vanishes: each that the whole stream knew is passed, failed, errored, skipped or not run.
func TestGoCutStream(t *testing.T) {
	for _, name := range goSituations(t, "go") {
		whole, _, _ := goDecodeRecorded(t, name, -1, nil, nil)
		for cut := 0; cut <= 100; cut += 5 {
			for _, exit := range []Exit{{}, {Code: 1}, {Code: -1, Signal: "SIGKILL"}, {Code: -1, Signal: "SIGTERM", Stopped: event.TimedOut}} {
				got, _, d := goDecodeRecorded(t, name, cut, &exit, nil)
				if got.Cause == event.Done && len(d.missing()) > 0 && got.CollectionErrors == 0 {
					t.Errorf("%s cut at %d%%, %+v: done without %v", name, cut, exit, d.missing())
				}
				if got.Cause == event.Done && exit.Signal != "" {
					t.Errorf("%s cut at %d%%, %+v: done", name, cut, exit)
				}
				sum := got.Passed + got.Failed + got.Errored + got.Skipped + got.NotRun
				if got.Cause != event.Done && sum+got.CollectionErrors == 0 && whole.Passed+whole.Failed > 0 {
					t.Errorf("%s cut at %d%%, %+v: nothing is told", name, cut, exit)
				}
			}
		}
	}
}

func TestGoExitContradictions(t *testing.T) {
	for _, c := range []struct {
		situation string
		code      int
		want      event.Cause
	}{
		{"panic", 0, event.Contradiction},
		{"all-skipped", 1, event.Contradiction},
		{"all-skipped", 0, event.Done},
		{"syntax-error", 0, event.Contradiction},
	} {
		got, _, _ := goDecodeRecorded(t, c.situation, -1, &Exit{Code: c.code}, nil)
		if got.Cause != c.want {
			t.Errorf("%s with status %d: %s, want %s", c.situation, c.code, got.Cause, c.want)
		}
	}
}

func TestGoRefused(t *testing.T) {
	for stderr, want := range map[string]string{
		"go: downloading example.com/y v1.0.0\ngo: errors parsing go.mod:\ngo.mod:3: unknown directive: foo\n": "done go.mod:3 unknown directive: foo",
		"go: go.mod requires go >= 1.99 (running go 1.26.8; GOTOOLCHAIN=local)\n":                              "done go.mod:0 go.mod requires go >= 1.99 (running go 1.26.8; GOTOOLCHAIN=local)",
		"go: errors parsing ../go.work:\n../go.work:5: unknown directive: us\n":                                "done ../go.work:5 unknown directive: us",
		"go: -race requires cgo; enable cgo by setting CGO_ENABLED=1\n":                                        "usage",
		"flag provided but not defined: -x\nusage: go test [build/test flags]\n":                               "usage",
		"": "crashed",
	} {
		job, err := newGoJob(Target{Root: t.TempDir(), Dir: ".", Job: "j", Files: []string{"a/a_test.go"}}, goLimit())
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		d := newGoDecoder(job, func(b event.Body) {
			if c, ok := b.(event.CollectionFailed); ok {
				got = fmt.Sprintf(" %s:%d %s", c.Path, c.Line, c.Message)
			}
		})
		c := d.End(Exit{Code: 2, Stderr: stderr})
		if got = string(c.Cause) + got; got != want {
			t.Errorf("%q: %s, want %s", stderr, got, want)
		}
	}
}

func TestGoFailureMessages(t *testing.T) {
	for output, want := range map[string]string{
		"    a_test.go:5: got 1, want 2\n":                    "got 1, want 2",
		"    a_test.go:5: starting\n    a_test.go:9: broke\n": "broke",
		"    a_test.go:5: \n        \tError Trace:\ta.go:1\n        \tError:      \tNot equal: \n        \t            \texpected: 1\n        \t            \tactual  : 2\n": "Not equal: expected: 1 actual  : 2",
		"panic: boom [recovered]\n\tpanic: boom\n": "panic panic: boom [recovered]",
		"==================\nWARNING: DATA RACE\nRead at\n    testing.go:1: race detected during execution of test\n": "data race data race",
		"":                                 "failed without a word",
		"printed by the program\n":         "printed by the program",
		"got:\none\nwant:\ntwo\n":          "got: one want: two",
		"panic: test timed out after 1s\n": "timeout test timed out after 1s",
	} {
		message, typ := goFailure(output, false)
		if got := strings.TrimSpace(typ + " " + message); got != want {
			t.Errorf("%q: %q, want %q", output, got, want)
		}
	}
}

func TestGoOutputKeepsHeadAndTail(t *testing.T) {
	var o goOutput
	for i := range 100_000 {
		o.add([]byte(fmt.Sprintf("line %d é\n", i)))
	}
	text := o.String()
	if len(text) > event.Cap+100 || !strings.HasPrefix(text, "line 0 é\n") || !strings.HasSuffix(text, "line 99999 é\n") || strings.ContainsRune(text, '\uFFFD') {
		t.Errorf("%d bytes, %q … %q", len(text), text[:20], text[len(text)-20:])
	}
	if !strings.Contains(text, "bytes left out") || cap(o.tail) > 8*event.Cap {
		t.Errorf("capacity %d", cap(o.tail))
	}
}

// TestGoPlanIsGoTestsOwn compares the plan of a folder with what go test itself lists.
func TestGoPlanIsGoTestsOwn(t *testing.T) {
	root := goWriteTree(t, map[string]string{
		"go.mod":        "module example.com/x\n\ngo 1.24\n",
		"a/in_test.go":  "package a\n\nimport (\n\t\"fmt\"\n\t\"os\"\n\ttt \"testing\"\n)\n\nfunc TestMain(m *tt.M) { os.Exit(m.Run()) }\n\nfunc Test(t *tt.T) {}\n\nfunc Test_x(t *tt.T) {}\n\nfunc Testé(t *tt.T) {}\n\nfunc (x) TestMethod(t *tt.T) {}\n\ntype x struct{}\n\nvar s = `\nfunc TestInString(t *tt.T) {}\n`\n\n/*\nfunc TestInComment(t *tt.T) {}\n*/\n\nfunc Example() {\n\tfmt.Println(s != \"\")\n\t// output:\n\t// true\n}\n\nfunc Example_none() { fmt.Println() }\n\nfunc FuzzX(f *tt.F) { f.Fuzz(func(*tt.T, int) {}) }\n",
		"a/out_test.go": "package a_test\n\nimport \"testing\"\n\nfunc TestOut(t *testing.T) {}\n\nfunc TestMain2(t *testing.T) {}\n",
		"a/tag_test.go": "//go:build e2e\n\npackage a\n\nimport \"testing\"\n\nfunc TestTagged(t *testing.T) {}\n",
	})
	target := Target{Root: root, Dir: ".", Files: []string{"a/in_test.go", "a/out_test.go"}}
	j, err := newGoJob(target, goLimit())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, test := range j.plan("a").mine() {
		got = append(got, test.name)
	}
	var want []string
	for name := range strings.Lines(goListTests(t, root)) {
		want = append(want, strings.TrimSpace(name))
	}
	slices.Sort(want)
	sorted := slices.Sorted(slices.Values(got))
	if diff := goDiff(sorted, want); diff != "" || len(want) < 6 {
		t.Errorf("plan against go test -list:\n%s", diff)
	}
}

func FuzzGoStream(f *testing.F) {
	files, _ := filepath.Glob("testdata/go/*/recorded.jsonl")
	for _, name := range files {
		lines := goReadLines(f, name)
		if text := strings.Join(lines[:len(lines)-1], "\n"); len(text) < 20_000 {
			f.Add([]byte(text), 1)
		}
	}
	root := f.TempDir()
	f.Fuzz(func(t *testing.T, stream []byte, code int) {
		job, err := newGoJob(Target{Root: root, Dir: ".", Job: "j", Files: []string{"ok/ok_test.go", "bad/bad_test.go"}}, goLimit())
		if err != nil {
			t.Fatal(err)
		}
		fold := newGoFold()
		d := newGoDecoder(job, fold.emit)
		for line := range bytes.Lines(stream) {
			d.Line(bytes.TrimSuffix(line, []byte("\n")))
		}
		c := d.End(Exit{Code: code})
		if c.Cause == "" || c.Cause == event.Done && len(d.missing()) > 0 && len(fold.broken) == 0 {
			t.Fatalf("%+v, missing %v", c, d.missing())
		}
		if c.Cause != event.Done && c.Problem == "" {
			t.Fatalf("%+v without a problem", c)
		}
		for _, b := range fold.bodies {
			if r, ok := b.(event.TestFinished); ok && (r.Test.ID == "" || !slices.Contains(event.Outcomes(), r.Outcome)) {
				t.Fatalf("%+v", r)
			}
		}
	})
}
