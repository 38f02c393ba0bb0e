package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// helpTexts are all texts of help by the command line that prints them.
func helpTexts(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	var b bytes.Buffer
	take := func(name string, err error) {
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = b.String()
		b.Reset()
	}
	take("runner --help", helpAll(&b))
	take("runner help exit-codes", helpExitCodes(&b))
	for _, c := range commands() {
		take("runner "+c.name+" --help", helpFor(&b, c))
	}
	return texts
}

func TestHelpFitsItsWidth(t *testing.T) {
	for name, text := range helpTexts(t) {
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > helpWidth || strings.HasSuffix(line, " \n") {
				t.Errorf("%s: a line of %d columns, or one that ends in a blank:\n%s", name, n, line)
			}
		}
	}
}

func TestEachFlagStandsInOneGroup(t *testing.T) {
	var grouped, flags []string
	for _, g := range flagGroups() {
		grouped = append(grouped, g.names...)
	}
	for _, f := range runFlags() {
		flags = append(flags, f.Names()[0])
	}
	slices.Sort(grouped)
	slices.Sort(flags)
	if !slices.Equal(grouped, flags) {
		t.Errorf("in groups: %v\nflags:     %v", grouped, flags)
	}
}

func TestFlagHelpNamesItsValue(t *testing.T) {
	takesValue := valueFlags(runFlags())
	for _, f := range runFlags() {
		l := flagLine(f)
		last := l.left[strings.LastIndex(l.left, " ")+1:]
		if named := strings.ToUpper(last) == last && !strings.HasPrefix(last, "-"); named != takesValue[f.Names()[0]] {
			t.Errorf("%q: the name of a value stands there where, and only where, there is one", l.left)
		}
		if l.right == "" {
			t.Errorf("%q says nothing", l.left)
		}
	}
}

// A flag of another tool is answered with a flag of this one.
func TestForeignFlagsLeadSomewhere(t *testing.T) {
	known := valueFlags(runFlags())
	for name, want := range foreign {
		if _, ours := known[name]; ours {
			t.Errorf("%s is a flag of runner itself", name)
		}
		word, _, _ := strings.Cut(want, " ")
		_, ours := known[strings.TrimLeft(word, "-")]
		if want != "" && word != "--" && word != "runner.yaml:" && !ours {
			t.Errorf("%s leads to %q, which is no flag", name, want)
		}
	}
}
