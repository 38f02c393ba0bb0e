package tool

import (
	"context"
	"fmt"
	"slices"

	"testrunner/report/event"
)

// Mocha is the adapter of mocha 10 and 11.
//
// mocha loads all files before the first test runs, in one process (with --parallel each file in a worker), and ends at the
// first file that can't be loaded. The hook loads each file apart, so that a broken one costs itself alone; where a file takes
// the process with it, the others run again without it.
type Mocha struct{}

var _ Tool = Mocha{}

// Name is "mocha".
func (Mocha) Name() string { return "mocha" }

func (Mocha) hook() jsHook {
	return jsHook{tool: "mocha", oldest: 10, newest: 11, together: true, asks: true}
}

// Cores is one, and with --parallel as many as mocha would start workers.
func (m Mocha) Cores(t Target) int {
	if t.Debug {
		return 1
	}
	workers := t.Workers
	if own, ours := mochaArguments(t); mochaReadOptions(mochaTexts(own, ours)).Parallel {
		workers = mochaReadOptions(mochaTexts(own, ours)).workers()
	}
	files := max(1, len(nodeFiles(t)))
	switch {
	case workers == 0:
		return 1
	case workers > 0:
		return min(workers, files)
	default:
		return files
	}
}

// Check finds node and mocha, and whether the package is installed.
func (m Mocha) Check(ctx context.Context, t Target, h Host) Found {
	return m.hook().check(ctx, t, h, "mocha")
}

// Command is `node mocha.js ARGS`, with the words of the project's own script. No file is named: mocha adds those of an
// argument to those of its configuration, and the tests see their arguments; the hook hands mocha the files.
func (m Mocha) Command(t Target) (Command, error) {
	own, ours := mochaArguments(t)
	asked := mochaReadOptions(mochaTexts(ours))
	for _, w := range asked.Spec {
		return Command{}, fmt.Errorf("mocha: %q behind -- would be a file: name files to runner itself, as in runner %s", w.Text, event.ShellQuote(w.Text))
	}
	for _, name := range mochaReadOptions(mochaTexts(own, ours)).names {
		if reason := mochaRefused(name); reason != "" {
			return Command{}, fmt.Errorf("mocha: --%s %s: leave it out", name, reason)
		}
	}
	args := slices.Concat(own, ours)
	if t.Debug { // the one job in the terminal: no workers, and time to think at a breakpoint
		args = append(args, "--no-parallel", "--timeout=0")
	}
	return m.hook().command(t, args)
}

// mochaRefused says why an option is not for a run that tells of its tests; "" where it is.
func mochaRefused(name string) string {
	switch name {
	case "watch":
		return "never ends"
	case "dry-run":
		return "runs no test and calls all of them passed"
	case "help", "version", "list-interfaces", "list-reporters":
		return "runs no test"
	default:
		return ""
	}
}

// mochaArguments parts a target's arguments into those of the project's script and those that were added (see mochaOwn).
func mochaArguments(t Target) (own, added []string) {
	if i := slices.Index(t.Args, mochaOwn); i >= 0 {
		return t.Args[:i], t.Args[i+1:]
	}
	return nil, t.Args
}

func mochaTexts(lists ...[]string) []jsWord {
	var out []jsWord
	for _, text := range slices.Concat(lists...) {
		out = append(out, jsWord{Text: text, Quoted: true})
	}
	return out
}

// Decode reads the hook's channel.
func (m Mocha) Decode(t Target, emit event.Emit) Decoder {
	return newJSDecoder(m.hook(), t, emit, jsFlaws{})
}
