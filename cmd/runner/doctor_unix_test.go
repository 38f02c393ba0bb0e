//go:build unix

package main

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// The table on a real screen of 80 and 120 columns, with colours and without: no line is broken by the terminal, and the worst stands
// last.
func TestDoctorOnAScreen(t *testing.T) {
	host := ownEngine(t)
	p := newPane(t, map[string]string{"go.mod": "module example.com/m\n\ngo 1.26\n", "a_test.go": "package a\n"})
	for _, columns := range []string{"80", "120"} {
		for _, flag := range []string{"", " --no-color"} {
			p.tmux("resize-window", "-x", columns, "-y", "60")
			end := "over-" + columns + strings.TrimSpace(flag)
			p.anew("DOCKER_HOST=" + host + " runner doctor --focus docker" + flag + "; echo; echo " + end)
			p.until(`(?m)^` + end + `$`)
			drawn := p.tmux("capture-pane", "-p")
			if joined := p.tmux("capture-pane", "-p", "-J"); table(joined) != table(drawn) { // -J joins what the terminal broke
				t.Errorf("%s columns: the terminal broke a line:\n%s", columns, drawn)
			}
			for _, want := range []string{`(?m)^✓ docker\.engine +up`, `(?m)^✓ docker\.probe +1 of 1`, `(?m)^ready \(0\)  `} {
				if !regexp.MustCompile(want).MatchString(drawn) {
					t.Errorf("%s columns: the screen does not show %q:\n%s", columns, want, drawn)
				}
			}
			coloured := strings.Contains(p.tmux("capture-pane", "-p", "-e"), "\x1b[32m✓")
			if coloured != (flag == "") {
				t.Errorf("%s columns,%s: colours are %v", columns, flag, coloured)
			}
			t.Logf("%s columns%s:\n%s", columns, flag, drawn)
		}
	}
}

// table is the part of a screen that doctor drew: the command line above it may be longer than the screen is wide.
func table(screen string) string {
	var kept []string
	for line := range strings.Lines(screen) {
		if strings.HasPrefix(line, "✓") || strings.HasPrefix(line, "!") || strings.HasPrefix(line, "✗") || strings.HasPrefix(line, "    ") {
			kept = append(kept, strings.TrimRight(line, " \n"))
		}
	}
	return strings.Join(kept, "\n")
}

// anew clears the screen and then types a line, so that what is looked for can't be of an earlier one.
func (p *pane) anew(line string) {
	p.t.Helper()
	p.enter("clear")
	p.until(`\Aready>\s*\z`)
	p.enter(line)
}

// At a terminal doctor asks before it starts anything: without a yes nothing happens, with one the engine is there.
func TestDoctorAsksAtATerminal(t *testing.T) {
	inside(t, func(t *testing.T) {
		p := newPane(t, map[string]string{})
		p.enter("export RUNNER_STATE_DIR=$PWD/state; runner doctor --fix --focus docker")
		p.until(`runner starts .*dockerd itself`)
		p.until(`go on\? \[y/N\]`)
		p.enter("")
		p.until(`not done: nobody said yes`)
		p.until(`not ready \(5\)  1 failure`)
		p.anew("runner doctor --fix --focus docker")
		p.until(`go on\? \[y/N\]`)
		p.enter("y")
		p.until(`(?m)^the engine works, after `)
		screen := p.until(`(?m)^ready \(0\)  `)
		for line := range strings.Lines(screen) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, " \n")); n > 120 {
				t.Errorf("%d columns: %s", n, line)
			}
		}
		p.anew("runner docker stop")
		p.until(`the engine is stopped`)

		// Ctrl-C while it asks ends it, and starts nothing.
		p.anew("runner doctor --fix --focus docker; echo code $?")
		p.until(`go on\? \[y/N\]`)
		p.press("C-c")
		p.until(`code 130`)
		p.anew("runner docker status; echo code $?")
		p.until(`code 5`)
	})
}
