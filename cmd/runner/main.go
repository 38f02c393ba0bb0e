// Command runner runs all the tests of a repository, in any language, and never lies about what it could not run.
//
// This package is wiring: it reads the command line, finds the root, joins the rooms into the flow of a run, and turns
// the verdict into the exit code. It decides nothing about tests.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"testrunner/env/keeper"
	"testrunner/env/lease"
	"testrunner/report"
	"testrunner/runner/contract"
	"testrunner/runner/process"
	"testrunner/runner/tool/cargodrive"
)

// gcPercent lets the heap grow by a third before it is collected: what runner holds is the ledger of a run, which only grows,
// and the memory belongs to the tests. (A million events take as long as with a half: scripts/bench --only stream.)
const gcPercent = 35

// closingGCPercent is for the reports at a run's end: the summary of a large run is half as large as its ledger, and nothing else
// is kept. The peak is lower by a sixth, for a tenth of processor time (the same bench).
const closingGCPercent = 10

func main() {
	debug.SetGCPercent(gcPercent)
	os.Exit(mainCode(context.Background(), os.Args[1:], system()))
}

// World is everything outside of the program that a command touches, so that a test can put another in its place.
type World struct {
	Stdin          *os.File
	Stdout, Stderr io.Writer
	Dir            string        // working directory
	Args           []string      // behind the program's name, as typed
	Environ        []string      // NAME=VALUE
	Executable     string        // this program, for the watchdog; "" starts none
	Stall          time.Duration // how long a job may be silent before it is looked at; 0 is a minute
}

func system() World {
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	self, err := os.Executable()
	if err != nil {
		self = ""
	}
	return World{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Dir: dir, Args: os.Args[1:], Environ: os.Environ(), Executable: self}
}

// coder is an error that knows its exit code, such as a usage error's 2 or an empty selection's 4.
type coder interface{ ExitCode() int }

// remedier is an error that knows the way out.
type remedier interface{ Remedy() string }

// mainCode runs one command line and returns the exit code. A panic is a fault of ours and says so (70).
func mainCode(ctx context.Context, args []string, w World) (code int) {
	defer func() {
		if fault := recover(); fault != nil {
			fmt.Fprintf(w.Stderr, "runner: this is a bug in runner: %v\n%s", fault, debug.Stack())
			code = report.Bug
		}
	}()
	if len(args) > 0 && (args[0] == lease.WatchdogArg || args[0] == keeper.Arg) {
		process.CloseInherited()
	}
	if len(args) > 0 && args[0] == lease.WatchdogArg {
		return watchdog(args[1:], w)
	}
	if len(args) > 0 && args[0] == keeper.Arg {
		return keep(ctx, args[1:], w)
	}
	if len(args) > 1 && args[0] == cargodrive.Arg {
		if err := cargodrive.Drive(ctx, args[1], w.Environ); err != nil {
			fmt.Fprintf(w.Stderr, "runner: drive cargo: %v\n", err)
			return report.Bug
		}
		return 0
	}
	if len(args) > 1 && args[0] == contract.Arg {
		return tryContract(ctx, args[1], w)
	}
	code, err := dispatch(ctx, args, w)
	if err == nil {
		return code
	}
	return complain(w.Stderr, err)
}

// tryContract is a job of the tool websocket. A signal has its usual effect: what was not told by then is missing.
func tryContract(ctx context.Context, settings string, w World) int {
	held, err := contract.Drive(ctx, settings, func(name string) string { return getenv(w.Environ, name) }, w.Stdout)
	switch {
	case err != nil:
		fmt.Fprintf(w.Stderr, "runner: %v\n", err)
		return report.Bug
	case !held:
		return report.Failed
	}
	return 0
}

// complain prints an error as one line, and the way out as another.
func complain(w io.Writer, err error) int {
	fmt.Fprintf(w, "runner: %v\n", err)
	var r remedier
	if errors.As(err, &r) && r.Remedy() != "" {
		fmt.Fprintf(w, "  try: %s\n", r.Remedy())
	}
	var c coder
	if errors.As(err, &c) {
		return c.ExitCode()
	}
	return report.Bug
}

// withRemedy is an error and the way out of it in one line.
func withRemedy(err error) string {
	var r remedier
	if errors.As(err, &r) && r.Remedy() != "" {
		return err.Error() + "; try: " + r.Remedy()
	}
	return err.Error()
}

// usageError is a command line that can't be understood, or a file named on it that can't be used.
type usageError struct {
	text   string
	remedy string
}

func (e usageError) Error() string  { return e.text }
func (e usageError) ExitCode() int  { return report.Usage }
func (e usageError) Remedy() string { return e.remedy }

func usagef(format string, args ...any) error { return usageError{text: fmt.Sprintf(format, args...)} }
