//go:build unix

package main

import (
	"regexp"
	"testing"
)

// Colours are for terminals, and for those who did not refuse them.
func TestColours(t *testing.T) {
	t.Parallel()
	p := newPane(t, map[string]string{
		"package.json": `{"scripts": {"test": "node --test"}}`,
		"a.test.js":    "require('node:test').test('a', () => {});\n",
	})
	colour := regexp.MustCompile("\x1b\\[[0-9;]*3[0-7][;m]")
	for _, c := range []struct {
		line string
		want bool
	}{
		{"runner", true},
		{"runner --no-color", false},
		{"NO_COLOR=1 runner", false},
		{"runner --ci", false},
		{"runner report", true},
		{"runner report --no-color", false},
		{"NO_COLOR=1 runner report", false},
	} {
		p.enter("clear; " + c.line + "; echo code=$?")
		p.until(`(?s)PASSED \(0\)  1 test.*code=0\n`)
		screen := p.tmux("capture-pane", "-p", "-e")
		if colour.MatchString(screen) != c.want {
			t.Errorf("%s: colours %v\n%q", c.line, !c.want, screen)
		}
		p.enter("clear; echo cleared")
		p.until(`(?m)^cleared$`)
	}
}
