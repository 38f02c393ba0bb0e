package tool

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"testrunner/report/event"
)

// Jest is the adapter of jest 27 to 30, and of older ones by their report (javascript_report.go).
type Jest struct{}

var _ Tool = Jest{}

// Name is "jest".
func (Jest) Name() string { return "jest" }

func (Jest) hook() jsHook {
	return jsHook{tool: "jest", oldest: 27, newest: 30, reports: true, emptyFails: true, asks: true}
}

// Discover finds the packages that run jest, and their test files by jest's own patterns (see jest_discover.go).
func (Jest) Discover(tree Tree) []Project { return jestDiscover(tree) }

// Check finds node and the jest of the nearest node_modules.
func (j Jest) Check(ctx context.Context, t Target, h Host) Found {
	return j.hook().check(ctx, t, h, "jest", "jest-cli")
}

// Cores is one a file, as jest gives each worker a file, but no more than the project lets it start.
func (Jest) Cores(t Target) int {
	files := max(1, len(nodeFiles(t)))
	switch {
	case t.Debug:
		return 1
	case t.Workers > 0:
		return min(t.Workers, files)
	default:
		return files
	}
}

// Command is `node OPTIONS JEST ARGS`, with the project's own arguments alone: any other would be seen by tests that read
// process.argv, and some fail then. The hook makes the selection of files and tests, and sets the number of workers.
func (j Jest) Command(t Target) (Command, error) {
	node, args := jestArguments(t.Args)
	for _, arg := range args {
		switch name, value, _ := strings.Cut(arg, "="); name {
		case "--watch", "--watchAll":
			if value != "false" {
				return Command{}, fmt.Errorf("jest: %s never ends: leave it out", name)
			}
		case "--listTests", "--showConfig", "--clearCache", "--init", "--version", "-v", "--help", "-h", "--collectTests":
			return Command{}, fmt.Errorf("jest: with %s no test runs: leave it out", name)
		}
	}
	c, err := j.hook().command(t, args)
	if err != nil {
		return Command{}, err
	}
	c.Argv = slices.Insert(c.Argv, 1, node...)
	return c, nil
}

// Decode reads the hook's channel.
func (j Jest) Decode(t Target, emit event.Emit) Decoder {
	return j.hook().decoder(t, emit, jsFlaws{})
}
