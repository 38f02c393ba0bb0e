package tool

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"testrunner/report/event"
)

func goWriteTree(t testing.TB, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		p := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const goThree = "package p\n\nimport \"testing\"\n\nfunc TestRed(t *testing.T) {}\n\nfunc TestGreen(t *testing.T) {}\n"

func TestGoCommand(t *testing.T) {
	root := goWriteTree(t, map[string]string{
		"m/go.mod":          "module example.com/m\n",
		"m/a_test.go":       goThree,
		"m/b/b_test.go":     "package b\n\nimport \"testing\"\n\nfunc TestBlue(t *testing.T) {}\n",
		"m/b/deep_test.go":  "//go:build e2e\n\npackage b\n\nimport \"testing\"\n\nfunc TestDeep(t *testing.T) {}\n",
		"m/b/more_test.go":  "package b\n\nimport \"testing\"\n\nfunc TestMore(t *testing.T) {}\n",
		"m/bad/bad_test.go": "package bad\n\nfunc TestBad(\n",
	})
	base := Target{Root: root, Dir: "m", Suite: "go", Program: "/go/bin/go", Share: 2, Cores: 2, Files: []string{"m/a_test.go", "m/b/b_test.go", "m/b/more_test.go"}}
	for _, c := range []struct {
		name   string
		change func(*Target)
		want   string
	}{
		{"whole", func(*Target) {}, "-json -v=test2json . ./b"},
		{"a share", func(t *Target) { t.Share = 1 }, "-json -v=test2json -p 1 . ./b"},
		{"a share, and the user's own", func(t *Target) { t.Share, t.Args = 1, []string{"-p", "4"} }, "-json -v=test2json . ./b -p 4"},
		{"arguments", func(t *Target) { t.Args = []string{"-race", "-count", "1", "-args", "-v"} }, "-json -v=test2json . ./b -race -count 1 -args -v"},
		{"tags join", func(t *Target) {
			t.Files, t.Tags, t.Args = []string{"m/b/deep_test.go"}, []string{"e2e"}, []string{"-tags=fast,e2e", "-short"}
		}, "-json -v=test2json -tags e2e,fast -run ^TestDeep$ ./b -short"},
		{"one of two files", func(t *Target) { t.Files = []string{"m/a_test.go", "m/b/b_test.go"} }, "-json -v=test2json -run ^TestBlue$|^TestGreen$|^TestRed$ . ./b"},
		{"filter", func(t *Target) { t.Filter = "Blue|Gone" }, "-json -v=test2json -run Blue|Gone ./b"},
		{"filter keeps what it can't read", func(t *Target) { t.Filter, t.Files = "Blue", append(t.Files, "m/bad/bad_test.go") }, "-json -v=test2json -run Blue ./b ./bad"},
		{"filter with levels in a mixed package", func(t *Target) { t.Filter, t.Files = "Blue/x|More|^Red", []string{"m/b/b_test.go"} }, "-json -v=test2json -run ^TestBlue$/x ./b"},
		{"filter without a match", func(t *Target) { t.Filter = "Gone" }, "-json -v=test2json -run Gone ."},
		{"tests", func(t *Target) { t.Tests = []string{"m/b/b_test.go::TestBlue/a.b", "m/b::TestMore [2]"} }, `-json -v=test2json -run ^TestBlue$/^a\.b$|^TestMore$ ./b`},
		{"left out", func(t *Target) { t.LeaveOut = []string{"m/b"} }, "-json -v=test2json ."},
		{"debug", func(t *Target) { t.Debug = true }, "-v -count=1 . ./b"},
		{"with services nothing comes from the cache", func(t *Target) { t.Served = true }, "-json -v=test2json -count=1 . ./b"},
		{"with services, and the user's own count", func(t *Target) { t.Served, t.Args = true, []string{"-count", "3"} }, "-json -v=test2json . ./b -count 3"},
		{"debug with services", func(t *Target) { t.Served, t.Debug = true, true }, "-v -count=1 . ./b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			target := base
			target.Files = slices.Clone(base.Files)
			c.change(&target)
			got, err := Go{}.Command(target)
			if err != nil {
				t.Fatal(err)
			}
			if argv := strings.Join(got.Argv, " "); argv != "/go/bin/go test "+c.want {
				t.Errorf("\n got  %s\n want /go/bin/go test %s", argv, c.want)
			}
		})
	}
}

func TestGoCommandRefuses(t *testing.T) {
	for _, args := range [][]string{{"-v"}, {"--v=true"}, {"-test.v"}, {"-json"}, {"-run", "X"}, {"-run=X"}, {"-list", "."}, {"-c"}, {"-n"}, {"-C", "x"}, {"./pkg"}, {"-race", "-v"}} {
		_, err := Go{}.Command(Target{Root: t.TempDir(), Dir: ".", Suite: "go", Files: []string{"a_test.go"}, Args: args})
		if err == nil || !strings.HasPrefix(err.Error(), "suite go: go test argument ") {
			t.Errorf("%v: %v", args, err)
		}
	}
	for _, args := range [][]string{{"-v=test2json"}, {"-ldflags", "-v"}, {"-args", "-v", "-run"}, {"-count", "1", "-timeout=5s"}} {
		if _, err := (Go{}).Command(Target{Root: t.TempDir(), Dir: ".", Files: []string{"a_test.go"}, Args: args}); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
	if _, err := (Go{}).Command(Target{Root: t.TempDir(), Dir: ".", Files: []string{"a_test.go"}, Filter: "("}); err == nil {
		t.Error("no error for a broken filter")
	}
	if _, err := (Go{}).Command(Target{Root: t.TempDir(), Dir: "."}); err == nil {
		t.Error("no error without a package")
	}
}

// TestGoCommandSplits: what does not fit into one command line follows in further attempts, each package once.
func TestGoCommandSplits(t *testing.T) {
	files := map[string]string{"go.mod": "module example.com/m\n"}
	var want []string
	for _, c := range "abcdefghijklmnopqrstuvw" {
		name := strings.Repeat(string(c), 40)
		files[name+"/x_test.go"] = "package x\n\nimport \"testing\"\n\nfunc TestX(t *testing.T) {}\n"
		want = append(want, name)
	}
	target := Target{Root: goWriteTree(t, files), Dir: ".", Job: "unit/go", Attempt: 1}
	for f := range files {
		if strings.HasSuffix(f, "_test.go") {
			target.Files = append(target.Files, f)
		}
	}
	slices.Sort(target.Files)
	var got []string
	left := 0
	for next := &target; next != nil; {
		j, err := newGoJob(*next, 300)
		if err != nil {
			t.Fatal(err)
		}
		if len(next.LeaveOut) < left {
			t.Fatal("an attempt that leaves out less than the one before never ends")
		}
		left = len(next.LeaveOut)
		if j.length() > 300 {
			t.Errorf("%d bytes", j.length())
		}
		got = append(got, j.dirs...)
		next = j.again()
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestGoPattern(t *testing.T) {
	for pattern, want := range map[string]string{
		"":             "",
		"A":            "A",
		"A/b":          "A / b",
		"A/b|C":        "A / b | C",
		"(A|B)/c":      "(A|B) / c",
		"[|/]/c":       "[|/] / c",
		`A\|B\/c`:      `A\|B\/c`,
		"A|":           "A | ",
		"x[]/]":        "x[] / ]",
		"TestA(/)|foo": "TestA(/) | foo",
	} {
		p, err := goParsePattern(pattern)
		if pattern == "x[]/]" {
			if err == nil {
				t.Errorf("%q: no error", pattern)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		var alternatives []string
		for _, alternative := range p {
			var levels []string
			for _, level := range alternative {
				levels = append(levels, level.text)
			}
			alternatives = append(alternatives, strings.Join(levels, " / "))
		}
		if got := strings.Join(alternatives, " | "); got != want {
			t.Errorf("%q: %q, want %q", pattern, got, want)
		}
	}
}

func TestGoExactlyMatchesItselfAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := "Test" + rapid.StringMatching(`[A-Z][a-z.*|()\[\]\\+?^$ü🎉"']{0,8}(/[a-z.*|()\[\]\\+?^$ #0-9]{1,8}){0,2}`).Draw(t, "name")
		p, err := goParsePattern(goExactly(name))
		if err != nil {
			t.Fatal(err)
		}
		if len(p) != 1 || len(p[0]) != strings.Count(name, "/")+1 {
			t.Fatalf("%q becomes %v", goExactly(name), p)
		}
		for i, level := range strings.Split(name, "/") {
			if !p[0][i].re.MatchString(level) || p[0][i].re.MatchString(level+"x") || p[0][i].re.MatchString("x"+level) {
				t.Fatalf("level %q of %q", level, goExactly(name))
			}
		}
	})
}

func TestGoUnescapeUndoesEscapeName(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		if regexp.MustCompile(` \[\d+\]$`).MatchString(name) || strings.Contains(name, "\uFFFD") {
			return
		}
		if got := goUnescape(event.EscapeName(name)); got != name {
			t.Fatalf("%q -> %q -> %q", name, event.EscapeName(name), got)
		}
	})
}
