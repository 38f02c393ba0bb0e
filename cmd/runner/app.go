package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/urfave/cli/v2"

	"testrunner/report"
)

// Version is the program's version, as --version and the reports say it.
const Version = "0.1.0"

// command is one command of the command line: what help says of it, and what it does.
type command struct {
	name, args, usage string
	flags             []cli.Flag
	run               func(ctx context.Context, c *cli.Context, s split, w World) (int, error)
}

func commands() []command {
	return []command{
		{"list", "[NAME ...]", "what tests there are, in which category, and why", flagsOf(places, []cli.Flag{jsonFlag()}), list},
		{"explain", "NAME", "where a category, suite, path or test went, or with --mode what may run, and why", flagsOf(places, explainFlags()), explain},
		{"init", "[--require TOOL DIR]", "write a commented runner.yaml, or a file by which tests say which services they require", flagsOf(places, initFlags()), initialise},
		{"doctor", "", "look at what a run needs: Docker, this machine, tools, addresses; mend what is safe", flagsOf(places, doctorFlags()), doctor},
		{"docker", "start|stop|status", "the Docker engine: start it, stop it if runner started it, or say how it is", dockerFlags(), dockerCommand},
		{"services", "WORD [NAME ...]", "services without tests; WORD is up, down, status, logs, restart, env or graph", flagsOf(places, servicesFlags()), servicesCommand},
		{"exec", "-- CMD", "run any command with the services up and their variables set", flagsOf(places, execFlags()), execCommand},
		{"clean", "", "remove what dead runs left, on this machine and in Docker", flagsOf(places, cleanFlags()), clean},
		{"report", "[render EVENTS]", "show the last run again; render a saved events.jsonl into reports", flagsOf(places, reportFlags()), showReport},
		{"probe", "websocket URL", "try a WebSocket: connects, events, their order and times; exit 1 broken, 5 no answer", probeFlags(), probeCommand},
		{"completion", "bash|zsh|fish", "print a completion script for a shell", nil, completion},
		{"help", "[COMMAND|exit-codes]", "show this help, a command's, or what the exit codes mean", nil, help},
	}
}

func flagsOf(base func() []cli.Flag, more []cli.Flag) []cli.Flag { return append(base(), more...) }

func jsonFlag() cli.Flag {
	return &cli.BoolFlag{Name: "json", Usage: "as JSON, with stable names"}
}

func initFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "print", Usage: "print the file instead of writing it"},
		&cli.StringFlag{Name: "require", Usage: "write a file into DIR by which tests of `TOOL`, go or pytest, say which services they require"},
	}
}

func explainFlags() []cli.Flag {
	return append([]cli.Flag{
		&cli.BoolFlag{Name: "mode", Usage: "the mode that a run of NAME, or of all, would have now, and why"},
		attachFlag(),
	}, modeFlags()...)
}

func attachFlag() cli.Flag {
	return &cli.BoolFlag{Name: "attach", Usage: "use the services that are up in this tree, or its running compose project, as they are, and leave them up"}
}

// places are the flags that say where: every command that looks at a repository has them.
func places() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "C", Usage: "as if started in `DIR`"},
		&cli.StringFlag{Name: "config", Usage: "read `FILE` instead of runner.yaml at the root"},
		&cli.StringFlag{Name: "results", Usage: "results folder `DIR`; default runner-results at the root"},
	}
}

// modeFlags are the flags that say where services come from: a run has them, and what explains one.
func modeFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "env", Aliases: []string{"environment"}, Usage: "environment `NAME`: auto (default), docker, no-docker, staging, or one of runner.yaml; RUNNER_ENV says it too"},
		&cli.BoolFlag{Name: "no-docker", Usage: "the same as --env no-docker"},
		&cli.BoolFlag{Name: "real-services", Usage: "no stub may serve; what can't be real is not run"},
		&cli.StringSliceFlag{Name: "service", Usage: "a service is at `NAME=URL` (repeat): never started, never stopped; RUNNER_SERVICE_NAME says it too"},
		&cli.BoolFlag{Name: "start-docker", Usage: "start Docker first, where it does not work"},
	}
}

func runFlags() []cli.Flag {
	return append(append([]cli.Flag{
		&cli.StringSliceFlag{Name: "category", Aliases: []string{"c"}, Usage: "run category or group `NAME` (repeat, or commas); default: all"},
		&cli.StringSliceFlag{Name: "exclude", Usage: "leave out category or group `NAME`"},
		&cli.StringSliceFlag{Name: "test", Usage: "run the test `ID` (path::name), as reports print it"},
		&cli.StringFlag{Name: "filter", Aliases: []string{"k"}, Usage: "only tests whose name matches `REGEX`, in every tool"},
		&cli.StringFlag{Name: "tool", Usage: "only suites of the tool `NAME`"},
		&cli.StringFlag{Name: "junit", Usage: "write junit.xml to `FILE`"},
		&cli.StringFlag{Name: "junit-dialect", Value: "common", Usage: "`DIALECT` of junit.xml: common, or strict for readers that check junit-10.xsd"},
		&cli.StringFlag{Name: "events", Usage: "write events.jsonl to `FILE`"},
		&cli.IntFlag{Name: "jobs", Aliases: []string{"j"}, Usage: "core slots: `N` processes side by side; default: the cores"},
		&cli.StringFlag{Name: "timeout", Usage: "end the run after `D`, such as 10m; default: none"},
		&cli.BoolFlag{Name: "fail-fast", Aliases: []string{"x"}, Usage: "after a failure start nothing new"},
		&cli.StringSliceFlag{Name: "allow-not-run", Usage: "accept that category `NAME` could not run"},
		&cli.BoolFlag{Name: "strict", Usage: "accept nothing: no test not run, no absence"},
		attachFlag(),
		&cli.BoolFlag{Name: "keep", Usage: "leave the services up after the run, as runner services up does"},
		&cli.BoolFlag{Name: "keep-data", Usage: "with --keep or --attach: don't reset the databases of services that are up"},
		&cli.BoolFlag{Name: "debug", Usage: "one job with the terminal: no capture, no deadline"},
		&cli.BoolFlag{Name: "dry-run", Usage: "print the plan and run nothing"},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "a line a test, and the tools' own output"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "problems and the verdict alone"},
		&cli.BoolFlag{Name: "no-color", Usage: "no colours; NO_COLOR does the same"},
		&cli.BoolFlag{Name: "ci", Usage: "plain lines and annotations; on where CI is set"},
		&cli.BoolFlag{Name: "version", Usage: "print the version"},
		&cli.BoolFlag{Name: "help", Aliases: []string{"h"}, Usage: "print this help"},
	}, modeFlags()...), places()...)
}

// reportFlags are the reports that "runner report render" can write.
func reportFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "junit", Usage: "with render: write junit.xml to `FILE`; default: standard output"},
		&cli.StringFlag{Name: "junit-dialect", Value: "common", Usage: "with render: `DIALECT` of junit.xml, common or strict"},
		&cli.BoolFlag{Name: "no-color", Usage: "no colours; NO_COLOR does the same"},
	}
}

// dispatch reads the line and runs its command.
func dispatch(ctx context.Context, args []string, w World) (int, error) {
	code := 0
	app := newApp()
	s := splitArgs(args, app.Commands, app.Flags)
	if s.help {
		return 0, helpOn(s.command, w)
	}
	if err := s.check(app); err != nil {
		return 0, err
	}
	app.Action = func(c *cli.Context) (err error) {
		code, err = runTests(ctx, c, s, w)
		return err
	}
	for _, each := range commands() {
		app.Command(each.name).Action = func(c *cli.Context) (err error) {
			code, err = each.run(ctx, c, s, w)
			return err
		}
	}
	err := app.RunContext(ctx, append([]string{"runner"}, s.argv()...))
	return code, err
}

func newApp() *cli.App {
	app := &cli.App{
		Name: "runner", Flags: runFlags(), HideHelp: true, HideVersion: true, Writer: io.Discard, ErrWriter: io.Discard,
		DisableSliceFlagSeparator: true, UseShortOptionHandling: true,
		ExitErrHandler: func(*cli.Context, error) {}, // we exit, urfave does not
	}
	app.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return mendFlagError(err, app.Flags) }
	for _, each := range commands() {
		flags := append(each.flags, &cli.BoolFlag{Name: "help", Aliases: []string{"h"}, Usage: "print this help"})
		app.Commands = append(app.Commands, &cli.Command{
			Name: each.name, ArgsUsage: each.args, Usage: each.usage, Flags: flags, HideHelp: true, UseShortOptionHandling: true,
			OnUsageError: func(_ *cli.Context, err error, _ bool) error {
				err = mendFlagError(err, flags)
				return fmt.Errorf("%s: %w", each.name, err)
			},
		})
	}
	return app
}

// helpOn is what --help prints behind a command, or alone.
func helpOn(name string, w World) error {
	for _, each := range commands() {
		if each.name == name {
			return helpFor(w.Stdout, each)
		}
	}
	return helpAll(w.Stdout)
}

func help(_ context.Context, c *cli.Context, s split, w World) (int, error) {
	topic := c.Args().First()
	if topic == "exit-codes" {
		return 0, helpExitCodes(w.Stdout)
	}
	if topic == "" || slices.ContainsFunc(commands(), func(c command) bool { return c.name == topic }) {
		return 0, helpOn(topic, w)
	}
	return report.Usage, usageError{text: fmt.Sprintf("there is no help for %q", topic), remedy: "runner help"}
}
