package tool

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"testrunner/report/event"
)

// JUnit is the adapter of any command that writes JUnit files: it exists only where runner.yaml says so.
type JUnit struct{}

var _ Tool = JUnit{}

// Name is "junit".
func (JUnit) Name() string { return "junit" }

// Discover finds nothing: no file of a tree says which command writes reports where.
func (JUnit) Discover(Tree) []Project { return nil }

// Cores is 1: what the command does with cores can't be known, nor can it be told its share. A heavy one is declared
// exclusive in runner.yaml.
func (JUnit) Cores(Target) int { return 1 }

// Check looks for the command's program: on PATH, or below the suite's folder where its name holds a slash.
func (JUnit) Check(_ context.Context, t Target, host Host) Found {
	if len(t.Argv) == 0 {
		return Found{} // Command says it
	}
	program := t.Argv[0]
	if strings.ContainsAny(program, `/\`) {
		if !filepath.IsAbs(program) {
			program = filepath.Join(t.Root, filepath.FromSlash(t.Dir), filepath.FromSlash(program))
		}
		if host.Exists(program) {
			return Found{Program: program}
		}
	} else if found := host.LookPath(program); len(found) > 0 {
		return Found{Program: found[0]}
	}
	return Found{Findings: []event.Finding{{
		ID: "tool.junit.missing", Status: event.Fail, Value: t.Argv[0],
		Detail: fmt.Sprintf("suite %s: program %s not found: install it, or name another command in runner.yaml", t.Suite, t.Argv[0]),
	}}}
}

// Command is the suite's own command line and then the arguments behind "--". The reports of an earlier run are stale.
// There is no way to ask an unknown program for its stacks: the signal that dumps one ends another.
func (JUnit) Command(t Target) (Command, error) {
	switch {
	case len(t.Argv) == 0:
		return Command{}, fmt.Errorf("suite %s: tool junit needs a command in runner.yaml", t.Suite)
	case len(t.Reports) == 0:
		return Command{}, fmt.Errorf("suite %s: tool junit needs reports in runner.yaml: where the command writes its JUnit files", t.Suite)
	}
	for _, glob := range t.Reports {
		if err := checkGlob(glob); err != nil {
			return Command{}, fmt.Errorf("suite %s: reports: %w", t.Suite, err)
		}
	}
	argv := slices.Concat(t.Argv, t.Args)
	if t.Program != "" {
		argv[0] = t.Program
	}
	return Command{Argv: argv, Stale: t.Reports, Channel: NoChannel}, nil
}
