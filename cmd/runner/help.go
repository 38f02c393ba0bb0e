package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"testrunner/report"
)

const helpHead = `runner runs all the tests of a repository, in any language, with their own tools,
and never lies about what it could not run.

usage: runner [flags] [category | path | path::test ...] [-- arguments for the tool]
       runner COMMAND [flags]

  runner                           all tests
  runner unit                      a category: unit, integration, e2e, mission-critical; or a group
  runner --exclude e2e             all but one
  runner tests/unit/               what lies below a folder (a path has a slash or a dot)
  runner -k 'escape|Find'          by name, in every tool
  runner --dry-run                 what would run, and why
`

const helpFoot = `
Reports lie in runner-results/ at the root. The last line of a run is its verdict, and the exit code
says the same: runner help exit-codes
`

// helpWidth is the width that help fits into, in columns: a narrow window, or half of a wide one.
const helpWidth = 100

// flagGroup is a heading of the help with the flags below it.
type flagGroup struct {
	title string
	names []string // each flag's first name
}

func flagGroups() []flagGroup {
	return []flagGroup{
		{"what to run", []string{"category", "exclude", "test", "filter", "tool", "C", "config"}},
		{"how to run it", []string{"dry-run", "jobs", "timeout", "fail-fast", "debug"}},
		{"where services come from", []string{"env", "no-docker", "real-services", "service", "start-docker", "attach", "keep", "keep-data"}},
		{"what to accept", []string{"allow-not-run", "strict"}},
		{"reports", []string{"results", "junit", "junit-dialect", "events"}},
		{"on the screen", []string{"verbose", "quiet", "no-color", "ci", "version", "help"}},
	}
}

func helpAll(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString(helpHead)
	flags := runFlags()
	lines := make([]helpLine, 0, len(flags))
	for _, g := range flagGroups() {
		lines = append(lines, helpLine{})
		lines = append(lines, helpLine{left: g.title})
		for _, name := range g.names {
			i := slices.IndexFunc(flags, func(f cli.Flag) bool { return f.Names()[0] == name })
			lines = append(lines, flagLine(flags[i]))
		}
	}
	lines = append(lines, helpLine{}, helpLine{left: "commands (runner COMMAND --help says more)"})
	for _, c := range commands() {
		lines = append(lines, helpLine{"  " + strings.TrimSpace(c.name+" "+c.args), c.usage})
	}
	writeHelp(&b, lines)
	b.WriteString(helpFoot)
	_, err := w.Write(b.Bytes())
	return err
}

func helpFor(w io.Writer, c command) error {
	var b bytes.Buffer
	words := []string{"runner", c.name}
	if len(c.flags) > 0 {
		words = append(words, "[flags]")
	}
	if c.args != "" {
		words = append(words, c.args)
	}
	fmt.Fprintf(&b, "runner %s: %s\n\nusage: %s\n", c.name, c.usage, strings.Join(words, " "))
	if len(c.flags) > 0 {
		lines := []helpLine{{}, {left: "flags"}}
		for _, f := range c.flags {
			lines = append(lines, flagLine(f))
		}
		writeHelp(&b, lines)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// helpLine is a name and what it means; without a meaning it is a heading.
type helpLine struct{ left, right string }

func flagLine(f cli.Flag) helpLine {
	d, ok := f.(cli.DocGenerationFlag)
	if !ok { // every flag type of urfave/cli/v2 is one
		return helpLine{left: "  --" + f.Names()[0]}
	}
	value, usage := placeholder(d.GetUsage())
	var names []string
	for _, n := range f.Names() {
		dashes := "--"
		if len(n) == 1 {
			dashes = "-"
		}
		names = append(names, dashes+n)
	}
	return helpLine{"  " + strings.TrimSpace(strings.Join(names, ", ")+" "+value), usage}
}

// writeHelp writes the lines in two columns, and breaks what would be wider than helpWidth.
func writeHelp(b *bytes.Buffer, lines []helpLine) {
	width := 0
	for _, l := range lines {
		if l.right != "" {
			width = max(width, len(l.left)+2)
		}
	}
	for _, l := range lines {
		left := l.left
		for _, part := range broken(l.right, helpWidth-width) {
			fmt.Fprintf(b, "%-*s%s\n", width, left, part)
			left = ""
		}
		if l.right == "" {
			fmt.Fprintln(b, left)
		}
	}
}

// broken breaks a text at blanks into lines of at most width.
func broken(text string, width int) []string {
	var lines []string
	for _, word := range strings.Fields(text) {
		if last := len(lines) - 1; last >= 0 && len(lines[last])+1+len(word) <= width {
			lines[last] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

// placeholder takes the value's name, in backquotes, out of a flag's usage.
func placeholder(usage string) (value, text string) {
	before, rest, ok := strings.Cut(usage, "`")
	if !ok {
		return "", usage
	}
	value, after, _ := strings.Cut(rest, "`")
	return value, before + value + after
}

func helpExitCodes(w io.Writer) error {
	var b bytes.Buffer
	var lines []helpLine
	for _, c := range report.ExitCodes() {
		lines = append(lines, helpLine{fmt.Sprintf("%-3d  %s", c.Code, c.Word), c.Means})
	}
	writeHelp(&b, lines)
	_, err := w.Write(b.Bytes())
	return err
}
