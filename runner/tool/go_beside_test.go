package tool

import (
	"reflect"
	"slices"
	"testing"
)

func TestGoFindsWhatIsBuiltBesideTheTests(t *testing.T) {
	projects := Go{}.Discover(goMapTree(map[string]string{
		"go.mod": "module example.com/x\n", "a/a.go": "package a\n", "a/a_test.go": "package a\n",
		"cmd/x/main.go":      "package main\n",
		"cmd/y/main.go":      goTagged("tools"),
		"cmd/y/two.go":       "// a comment\npackage main\n",
		"tools/tools.go":     goTagged("tools"),
		"plan9/x_plan9.go":   "package plan9\n",
		"cgo/c.go":           "package cgo\n\nimport \"C\"\n",
		"testdata/x/x.go":    "package x\n",
		"_old/x.go":          "package x\n",
		"tagged/x.go":        "package tagged\n",
		"tagged/x_test.go":   goTagged("integration"),
		"nested/go.mod":      "module example.com/x/nested\n",
		"nested/x.go":        "package nested\n",
		"nested/sub/x.go":    "package sub\n",
		"other/go.mod":       "module example.com/x/other\n",
		"other/x_test.go":    "package other\n",
		"other/cmd/z/run.go": "package main\n",
	}))
	got := map[string][]string{}
	for _, p := range projects {
		got[p.Dir] = p.Beside
	}
	want := map[string][]string{".": {"cmd/x", "cmd/y"}, "other": {"other/cmd/z"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// They are named where all of a suite is asked for, and not where tests are.
func TestGoNamesWhatIsBuiltBesideTheTests(t *testing.T) {
	whole := Target{Root: t.TempDir(), Dir: ".", Files: []string{"a/a_test.go"}, Beside: []string{"cmd/x"}}
	filtered, one := whole, whole
	filtered.Filter = "TestA"
	one.Tests = []string{"a/a_test.go::TestA"}
	for name, c := range map[string]struct {
		target Target
		want   bool
	}{"whole": {whole, true}, "-k": {filtered, false}, "one test": {one, false}} {
		command, err := Go{}.Command(c.target)
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.Contains(command.Argv, "./cmd/x"); got != c.want {
			t.Errorf("%s: %v", name, command.Argv)
		}
	}
}
