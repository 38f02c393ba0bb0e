package tool

import (
	"context"
	"fmt"
	"slices"

	"testrunner/report/event"
)

// Vitest is the adapter of vitest 3 and 4, and of older ones by their report (javascript_report.go).
//
// vitest runs each file in a worker (a process, a thread or a vm of its own) and tells its reporters of the tests in bundles.
// The hook listens beside the project's reporters, and in each worker as a setup file before those of the project, so that
// what a dying or spinning worker was at is known. vitest isolates broken files by itself.
type Vitest struct{}

var _ Tool = Vitest{}

// Name is "vitest".
func (Vitest) Name() string { return "vitest" }

func (Vitest) hook() jsHook {
	return jsHook{tool: "vitest", oldest: 3, newest: 4, reports: true, emptyFails: true, stacks: true}
}

// Cores is one a file, as far as the project lets vitest start workers.
func (Vitest) Cores(t Target) int {
	files := max(1, len(nodeFiles(t)))
	workers := t.Workers
	own, _ := vitestArguments(t.Args)
	if asked := vitestReadOptions(mochaTexts(own)).workers(); asked > 0 {
		workers = asked
	}
	switch {
	case t.Debug:
		return 1
	case workers > 0:
		return min(workers, files)
	default:
		return files
	}
}

// Check finds node and vitest, and whether the package is installed.
func (v Vitest) Check(ctx context.Context, t Target, h Host) Found {
	return v.hook().check(ctx, t, h, "vitest")
}

// vitestNamed is the most files that are spelled out on the command line.
const vitestNamed = 20

// Command is `node vitest.mjs run FILES ARGS`. What vitest makes of the names is more than the files that are meant, as it
// takes them for parts of paths; the hook makes it exact, so a long list need not be there at all.
func (v Vitest) Command(t Target) (Command, error) {
	h := v.hook()
	t.Args, h.alone = vitestArguments(t.Args)
	asked := vitestReadOptions(mochaTexts(t.Args))
	if len(asked.Filters) > 0 {
		return Command{}, fmt.Errorf("vitest: %q behind -- would choose files: name files to runner itself, as in runner %s", asked.Filters[0], event.ShellQuote(asked.Filters[0]))
	}
	for _, name := range asked.names {
		if reason := vitestRefused(name); reason != "" {
			return Command{}, fmt.Errorf("vitest: --%s %s: leave it out", name, reason)
		}
	}
	args := []string{"run"}
	_, byReport := reportedBy(t) // no hook makes the names exact
	if files := nodeFiles(t); !t.Whole && (len(files) <= vitestNamed || byReport) {
		for _, file := range files {
			args = append(args, nodeArgument(t, file))
		}
	}
	return h.command(t, append(args, t.Args...))
}

// vitestAlone stands in a project's arguments where no other project of its package runs vitest: then vitest's own search, not
// ours, says which files there are. What stands in a configuration can't always be read.
const vitestAlone = "--"

// vitestArguments takes that word out again.
func vitestArguments(args []string) (own []string, alone bool) {
	i := slices.Index(args, vitestAlone)
	if i < 0 {
		return args, false
	}
	return slices.Delete(slices.Clone(args), i, i+1), true
}

// vitestRefused says why an option is not for a run that tells of its tests; "" where it is.
func vitestRefused(name string) string {
	switch name {
	case "watch", "ui", "standalone":
		return "never ends"
	case "help", "version", "listTags", "clearCache", "mergeReports":
		return "runs no test"
	case "shard":
		return "leaves out files that were selected"
	default:
		return ""
	}
}

// Decode reads the hook's channel.
func (v Vitest) Decode(t Target, emit event.Emit) Decoder {
	return v.hook().decoder(t, emit, jsFlaws{})
}
