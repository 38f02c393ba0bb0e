package tool

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"testrunner/report/event"
)

// Playwright is the adapter of @playwright/test.
//
// playwright loads all files in its main process before the first test runs, runs none of them where one can't be loaded, and
// starts workers that load them again. The hook is one more reporter in the main process; where files are broken the others
// run again without them. A test of two projects (browsers) is two tests: the project ends the name, "login > works [firefox]".
type Playwright struct{}

var _ Tool = Playwright{}

// Name is "playwright".
func (Playwright) Name() string { return "playwright" }

// hook gets in by the variable in which playwright reads the name of one more reporter (its source, createReporters): nothing
// on the way can lose it, as NODE_OPTIONS may be lost.
func (Playwright) hook() jsHook {
	return jsHook{tool: "playwright", variable: playwrightReporter, together: true, stacks: true}
}

const playwrightReporter = "PW_TEST_REPORTER"

// Cores is one a file, as playwright gives each worker a file, up to the workers that the project has; where the tests of one
// file run side by side, too, it is all.
func (Playwright) Cores(t Target) int {
	asked := playwrightReadOptions(t.Args)
	files := max(1, len(nodeFiles(t)))
	workers := t.Workers
	if asked.Workers > 0 {
		workers = asked.Workers
	}
	switch {
	case t.Debug:
		return 1
	case workers < 0 || asked.Parallel:
		return max(1, t.Cores)
	case workers > 0:
		return min(workers, files)
	default:
		return files
	}
}

// Check finds node, playwright's own script and whether the package is installed. Browsers are not looked for: which one a
// test needs is known when the test asks for it, and playwright then says how it is installed.
func (p Playwright) Check(ctx context.Context, t Target, h Host) Found {
	found := p.hook().check(ctx, t, h, "@playwright/test", "playwright")
	if other := h.Getenv(playwrightReporter); other != "" {
		found.Findings = append(found.Findings, event.Finding{
			ID: "tool.playwright.reporter", Status: event.Warn, Value: other,
			Detail: playwrightReporter + " names a reporter of another program: in this run it names runner's, and the other one hears nothing", Remedy: "unset " + playwrightReporter,
		})
	}
	return found
}

// Command is `node cli.js test ARGS FILES`. Files are named as playwright wants them, as expressions that match the end of a
// path; what they match too much the hook leaves out. A whole run names none but what the project's own script names.
func (p Playwright) Command(t Target) (Command, error) {
	own, ours := mochaArguments(t) // as in mocha, "--" parts them
	added := playwrightReadOptions(ours)
	for _, filter := range added.Filters {
		return Command{}, fmt.Errorf("playwright: %q behind -- would choose files: name files to runner itself, as in runner %s", filter, event.ShellQuote(filter))
	}
	scripted := playwrightReadOptions(own)
	for _, name := range slices.Concat(scripted.names, added.names) {
		if reason := playwrightRefused(name); reason != "" {
			return Command{}, fmt.Errorf("playwright: %s %s: leave it out", name, reason)
		}
	}
	args := slices.Concat([]string{"test"}, scripted.Args, added.Args)
	if t.Debug && !slices.Contains(added.names, "--timeout") {
		args = append(args, "--timeout=0") // as its own --debug has it: there is time to think at a breakpoint
	}
	files := scripted.Filters
	if !t.Whole || len(t.LeaveOut) > 0 {
		files = nil
		for _, file := range nodeFiles(t) {
			files = append(files, playwrightArgument(t, file))
		}
	}
	c, err := p.hook().command(t, slices.Concat(args[:1], files, args[1:])) // files first: --project takes all words behind it
	if err != nil {
		return Command{}, err
	}
	for _, front := range c.Front { // the variable holds one name: Check has told of another
		c.Env = append(c.Env, front.Name+"="+front.Value)
	}
	c.Front = nil
	return c, nil
}

// Decode reads the hook's channel.
func (p Playwright) Decode(t Target, emit event.Emit) Decoder {
	return newJSDecoder(p.hook(), t, emit, jsFlaws{})
}

// playwrightArgument is a file as an argument: an expression that is searched in the absolute path, in which "/" separates
// folders on every system (playwright's source, createFileMatcher).
func playwrightArgument(t Target, file string) string {
	return "/" + regexp.QuoteMeta(strings.TrimPrefix(nodeKey(t, file), "/")) + "$"
}
