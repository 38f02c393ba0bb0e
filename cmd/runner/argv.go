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
	given       []givenFlag // what the flags say, in order
	positionals []string
	rest        []string // behind "--"
	fault       error    // what can't be taken apart
	help        bool     // -h or --help was there; urfave would take it for its own and print nothing
}

// givenFlag is a flag as it was typed: -k sum, --filter=sum.
type givenFlag struct {
	name  string // without dashes
	value string
	has   bool // a value
	apart bool // the value is the word behind it
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
		case len(a) > 1 && a[0] == '-':
			for _, flag := range s.unbundled(a, takesValue) {
				g := givenFlag{}
				g.name, g.value, g.has = strings.Cut(strings.TrimLeft(flag, "-"), "=")
				s.help = s.help || !g.has && (g.name == "h" || g.name == "help")
				s.flags = append(s.flags, flag)
				if takesValue[g.name] && !g.has && i+1 < len(args) {
					i++
					g.value, g.has, g.apart = args[i], true, true
					s.flags = append(s.flags, g.value)
				}
				s.given = append(s.given, g)
			}
		case first && slices.Contains(names, a):
			s.command, first = a, false
		default:
			s.positionals, first = append(s.positionals, a), false
		}
	}
	return s
}

// unbundled takes -xk apart into -x and -k: the last of a bundle may take a value. urfave/cli/v2 does so too, but too late to know that
// the next word is one.
func (s *split) unbundled(word string, takesValue map[string]bool) []string {
	letters, value, has := strings.Cut(word[1:], "=")
	if _, known := takesValue[letters]; known || len(letters) < 2 || letters[0] == '-' {
		return []string{word}
	}
	var out []string
	for i, letter := range letters {
		takes, known := takesValue[string(letter)]
		if !known {
			return []string{word}
		}
		if last := i == len(letters)-1; takes && !last && s.fault == nil {
			s.fault = usageError{text: fmt.Sprintf("%s: -%c takes a value, so it can only be the last of them", word, letter), remedy: "runner --help"}
		}
		out = append(out, "-"+string(letter))
	}
	if has {
		out[len(out)-1] += "=" + value
	}
	return out
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
	for _, g := range s.given {
		if g.has && slices.Contains(names, g.name) {
			out = append(out, g.value)
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
	dashed := dashed(name)
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
