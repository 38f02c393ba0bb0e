package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// check refuses what urfave/cli/v2 takes in silence, and what would then do nothing (law 9): a second value of a flag that takes one, an
// empty value, which is mostly a variable that is not set, and a flag that another one swallows as its value.
func (s split) check(app *cli.App) error {
	err := s.fault
	if s.command == "" {
		return cmp.Or(err, s.checkFlags(app.Flags))
	}
	if known := app.Command(s.command); err == nil && known != nil {
		err = s.checkFlags(known.Flags)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.command, err)
	}
	return nil
}

// checkFlags is check by the flags of the command.
func (s split) checkFlags(flags []cli.Flag) error {
	takesValue := valueFlags(flags)
	for _, g := range s.given {
		if err := g.check(takesValue); err != nil {
			return err
		}
	}
	for _, f := range flags {
		if _, many := f.(*cli.StringSliceFlag); many || !takesValue[f.Names()[0]] {
			continue
		}
		values := s.values(f.Names()...)
		if len(values) < 2 || len(slices.Compact(slices.Sorted(slices.Values(values)))) < 2 {
			continue
		}
		name := dashed(f.Names()[0])
		if name == "--env" { // neither may be swapped for the other
			return usageError{text: fmt.Sprintf("--env %s name two modes at once", strings.Join(values, " and --env ")), remedy: "runner --no-docker"}
		}
		return usageError{text: fmt.Sprintf("%s takes one value, and has %s", name, strings.Join(values, " and ")), remedy: "runner --help"}
	}
	return nil
}

// check is that of one flag alone.
func (g givenFlag) check(takesValue map[string]bool) error {
	if !g.has || !takesValue[g.name] {
		return nil
	}
	if g.apart && strings.HasPrefix(g.value, "-") {
		if _, flag := takesValue[strings.TrimLeft(g.value, "-")]; flag || g.value == "--" {
			return usageError{
				text:   fmt.Sprintf("%s takes a value, and %s follows; if that is the value, write %s=%s", dashed(g.name), g.value, dashed(g.name), g.value),
				remedy: "runner --help",
			}
		}
	}
	empty := g.value == ""
	switch g.name {
	case "category", "c", "exclude", "allow-not-run", "focus":
		empty = len(names([]string{g.value})) == 0 // "," too: two variables that are not set
	case "send": // an empty message is one
		empty = false
	}
	if empty {
		return usageError{text: fmt.Sprintf("%s has an empty value; leave it out, or is a variable not set?", dashed(g.name)), remedy: "runner --help"}
	}
	return nil
}

// dashed is a flag as people type it.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}
