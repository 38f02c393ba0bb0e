package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"testrunner/categories"
)

// split takes a command line apart: the command ("" is a run), its flags, its positional words, and what stands behind
// "--". It exists because urfave/cli/v2 stops reading flags at the first positional word, silently.
type split struct {
	command     string
	flags       []string
	positionals []string
	rest        []string // behind "--"
	help        bool     // -h or --help was there; urfave would take it for its own and print nothing
}

func splitArgs(args []string, commands []*cli.Command, flags []cli.Flag) split {
	all := slices.Clone(flags)
	names := []string{"help"}
	for _, c := range commands {
		all = append(all, c.Flags...)
		names = append(names, c.Name)
	}
	takesValue := valueFlags(all)
	s := split{}
	first := true
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--":
			s.rest = args[i+1:]
			return s
		case a == "-h" || a == "--help" || a == "-help":
			s.help = true
		case len(a) > 1 && a[0] == '-':
			s.flags = append(s.flags, a)
			name := strings.TrimLeft(a, "-")
			if takesValue[name] && i+1 < len(args) {
				i++
				s.flags = append(s.flags, args[i])
			}
		case first && slices.Contains(names, a):
			s.command, first = a, false
		default:
			s.positionals, first = append(s.positionals, a), false
		}
	}
	return s
}

// argv is the line that urfave/cli/v2 reads rightly: flags first.
func (s split) argv() []string {
	var out []string
	if s.command != "" {
		out = append(out, s.command)
	}
	out = append(out, s.flags...)
	out = append(out, "--")
	return append(out, s.positionals...)
}

// values are all that the line gives to a flag, by any of its names, in order. urfave/cli/v2 keeps the last one alone.
func (s split) values(names ...string) []string {
	var out []string
	for i, f := range s.flags {
		name, value, inside := strings.Cut(strings.TrimLeft(f, "-"), "=")
		switch {
		case !strings.HasPrefix(f, "-") || !slices.Contains(names, name):
		case inside:
			out = append(out, value)
		case i+1 < len(s.flags):
			out = append(out, s.flags[i+1])
		}
	}
	return out
}

func valueFlags(flags []cli.Flag) map[string]bool {
	out := map[string]bool{}
	for _, f := range flags {
		d, ok := f.(cli.DocGenerationFlag)
		for _, n := range f.Names() {
			out[n] = ok && d.TakesValue()
		}
	}
	return out
}

// foreign are flags of other test tools that people type by habit, with what they want.
var foreign = map[string]string{
	"run": "--filter REGEX (-k)", "m": "--category NAME (-c)", "n": "--jobs N (-j)", "lf": "-- --lf", "last-failed": "",
	"junitxml": "--junit FILE", "junit-xml": "--junit FILE", "junitfile": "--junit FILE", "reporter": "--junit FILE", "grep": "--filter REGEX (-k)",
	"t": "--filter REGEX (-k)", "testNamePattern": "--filter REGEX (-k)", "maxfail": "--fail-fast (-x)", "failfast": "--fail-fast (-x)",
	"bail": "--fail-fast (-x)", "tags": "runner.yaml: suites, tags", "race": "-- -race", "count": "-- -count", "short": "-- -short", "s": "--debug",
	"pdb": "--debug PATH::TEST -- --pdb", "workers": "--jobs N (-j)", "maxWorkers": "--jobs N (-j)", "parallel": "--jobs N (-j)", "silent": "--quiet (-q)",
	"html": "", "retries": "",
}

// mendFlagError turns urfave's words about a flag into one line with a suggestion.
func mendFlagError(err error, flags []cli.Flag) error {
	text := err.Error()
	_, name, unknown := strings.Cut(text, "flag provided but not defined: -")
	if !unknown {
		return usageError{text: text, remedy: "runner --help"}
	}
	name = strings.TrimLeft(name, "-")
	dashed := "--" + name
	if len(name) == 1 {
		dashed = "-" + name
	}
	if want, ok := foreign[name]; ok {
		if want == "" {
			return usageError{text: fmt.Sprintf("%s comes in a later version of runner", dashed), remedy: "runner --help"}
		}
		return usageError{text: fmt.Sprintf("there is no flag %s; here it is %s", dashed, want), remedy: "runner --help"}
	}
	var names []string
	for _, f := range flags {
		names = append(names, f.Names()...)
	}
	if near := categories.Nearest(name, names); near != "" {
		return usageError{text: fmt.Sprintf("there is no flag %s; did you mean --%s?", dashed, near), remedy: "runner --help"}
	}
	return usageError{text: fmt.Sprintf("there is no flag %s", dashed), remedy: "runner --help"}
}
