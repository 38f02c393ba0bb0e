package tool

import (
	"slices"
	"testing"
)

func TestEnvironLaysEachSourceOverTheOnesBefore(t *testing.T) {
	got := Environ(
		[]string{"A=1", "PATH=/bin", "PYTHONPATH=", "GONE=x", "A=2"},
		Target{Env: []string{"PATH=/usr/bin", "NEW=n"}},
		Command{
			Env:   []string{"GONE", "HOOK=h", "EMPTY="},
			Front: []Front{{Name: "PYTHONPATH", Value: "/s", Sep: ":"}, {Name: "NODE_OPTIONS", Value: "-r x", Sep: " "}, {Name: "PATH", Value: "/shim", Sep: ":"}},
		},
	)
	want := []string{"A=2", "PATH=/shim:/usr/bin", "PYTHONPATH=/s:", "NEW=n", "HOOK=h", "EMPTY=", "NODE_OPTIONS=-r x"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestCutPairKeepsTheFolderVariablesOfWindows(t *testing.T) {
	for pair, want := range map[string][2]string{"A=b=c": {"A", "b=c"}, "=C:=C:\\x": {"=C:", "C:\\x"}, "A": {"A", ""}, "": {"", ""}} {
		if name, value := cutPair(pair); name != want[0] || value != want[1] {
			t.Errorf("cutPair(%q) = %q, %q; want %q", pair, name, value, want)
		}
	}
}
