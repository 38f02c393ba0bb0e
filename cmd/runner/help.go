package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"testrunner/report"
)

const helpHead = `runner runs all the tests of a repository, in any language, with their own tools,
and never lies about what it could not run.

usage: runner [flags] [category | path | path::test ...] [-- arguments for the tool]
       runner COMMAND [flags]

  runner                            all tests
  runner unit                       one category: unit, integration, e2e, mission-critical, or a group
  runner --exclude e2e              all but one
  runner -k 'login|logout'          by name, in every tool
  runner --dry-run                  what would run, and why
`

func helpAll(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString(helpHead)
	b.WriteString("\nflags\n")
	writeFlags(&b, runFlags())
	b.WriteString("\ncommands (runner COMMAND --help says more)\n")
	t := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	for _, c := range commands() {
		fmt.Fprintf(t, "  %s\t%s\n", strings.TrimSpace(c.name+" "+c.args), c.usage)
	}
	t.Flush()
	b.WriteString("\nThe last line of a run is its verdict; its exit code: runner help exit-codes\n")
	_, err := w.Write(b.Bytes())
	return err
}

func helpFor(w io.Writer, c command) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "runner %s: %s\n\nusage: runner %s\n", c.name, c.usage, strings.TrimSpace(c.name+" [flags] "+c.args))
	if len(c.flags) > 0 {
		b.WriteString("\nflags\n")
		writeFlags(&b, c.flags)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func writeFlags(b io.Writer, flags []cli.Flag) {
	t := tabwriter.NewWriter(b, 0, 8, 2, ' ', 0)
	for _, f := range flags {
		d, ok := f.(cli.DocGenerationFlag)
		if !ok {
			continue
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
		fmt.Fprintf(t, "  %s\t%s\n", strings.TrimSpace(strings.Join(names, ", ")+" "+value), usage)
	}
	t.Flush()
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
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, c := range report.ExitCodes() {
		fmt.Fprintf(t, "%d\t%s\t%s\n", c.Code, c.Word, c.Means)
	}
	return t.Flush()
}
