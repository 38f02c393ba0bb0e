package categories

import (
	"fmt"
	"strings"
)

// The exit codes of this package's errors: design section 6.
const (
	usageCode = 2
	emptyCode = 4
)

// UsageError is a command line that can't be meant: an unknown category, tool or path.
type UsageError struct {
	Msg        string // what is wrong, with the nearest name
	Suggestion string // the command to type instead; "" is none
}

func (e *UsageError) Error() string { return e.Msg }

// ExitCode is 2.
func (e *UsageError) ExitCode() int { return usageCode }

// Remedy is the command to type instead.
func (e *UsageError) Remedy() string { return e.Suggestion }

// EmptyError is a selection in which no test is left.
type EmptyError struct {
	Msg        string
	Suggestion string
}

func (e *EmptyError) Error() string { return e.Msg }

// ExitCode is 4.
func (e *EmptyError) ExitCode() int { return emptyCode }

// Remedy is the command that shows what there is.
func (e *EmptyError) Remedy() string { return e.Suggestion }

// ConfigError is everything that is wrong with a runner.yaml.
type ConfigError struct {
	Path     string // as the user knows it: relative to the root where it lies below
	Problems []Problem
}

// Problem is one fault, at a place that counts from 1.
type Problem struct {
	Line, Column int
	Msg          string
}

// Error is one line a problem: "runner.yaml:4:3: …".
func (e *ConfigError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = fmt.Sprintf("%s:%d:%d: %s", e.Path, p.Line, p.Column, p.Msg)
	}
	return strings.Join(lines, "\n")
}

// ExitCode is 2.
func (e *ConfigError) ExitCode() int { return usageCode }

// Remedy is empty: each problem says its own way out.
func (e *ConfigError) Remedy() string { return "" }
