package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"testrunner/categories"
	"testrunner/env"
	"testrunner/env/docker"
	"testrunner/report"
	"testrunner/report/event"
	"testrunner/runner"
)

// doctorOptions are a doctor's command line, read and checked.
type doctorOptions struct {
	options
	json    bool
	fix     bool
	restart bool
	yes     bool
	wait    time.Duration
	areas   []string // of --focus; none: all
	focus   []string // categories and groups of --focus
	repeat  int      // 0: not asked
}

func doctorFlags() []cli.Flag {
	return []cli.Flag{
		jsonFlag(),
		&cli.BoolFlag{Name: "fix", Usage: "start a Docker engine that is off, and look again; it says first what it will do"},
		&cli.BoolFlag{Name: "restart", Usage: "with --fix: end and start an engine that hangs, after listing what stops with it"},
		yesFlag(), waitFlag(),
		&cli.StringFlag{Name: "env", Aliases: []string{"environment"}, Usage: "look at what environment `NAME` needs; RUNNER_ENV says it too"},
		&cli.BoolFlag{Name: "no-docker", Usage: "the same as --env no-docker"},
		&cli.StringSliceFlag{Name: "focus", Usage: "only `NAME`: docker, host, tools, staging or websocket (tries the contracts on staging); or what a category or group needs (repeat, or commas)"},
		&cli.IntFlag{Name: "repeat", Usage: "start the test containers `N` times: success rate, times, leftovers; below 95 % fails"},
		&cli.BoolFlag{Name: "no-color", Usage: "no colours; NO_COLOR does the same"},
	}
}

func yesFlag() cli.Flag {
	return &cli.BoolFlag{Name: "yes", Usage: "don't ask before something is started or ended; needed where there is no terminal"}
}

func waitFlag() cli.Flag {
	return &cli.StringFlag{Name: "wait", Usage: "wait for the engine for `D`, such as 60s; default: 180s"}
}

// The areas that --focus names beside categories and groups.
const (
	dockerArea    = "docker"
	hostArea      = "host"
	toolsArea     = "tools"
	stagingArea   = "staging"
	websocketArea = "websocket"
)

func areas() []string { return []string{dockerArea, hostArea, toolsArea, stagingArea, websocketArea} }

func readDoctor(c *cli.Context, p place, w World) (doctorOptions, error) {
	d := doctorOptions{
		json: c.Bool("json"), fix: c.Bool("fix"), restart: c.Bool("restart"), yes: c.Bool("yes"), repeat: c.Int("repeat"),
	}
	for _, name := range names(c.StringSlice("focus")) {
		if slices.Contains(areas(), name) {
			d.areas = append(d.areas, name)
		} else {
			d.focus = append(d.focus, name)
		}
	}
	d.color = !c.Bool("no-color") && getenv(w.Environ, "NO_COLOR") == ""
	d.asked.Scope = p.scope
	d.readEnvironment(c, w)
	for _, only := range []string{"restart", "yes", "wait"} {
		if c.IsSet(only) && !d.fix {
			return d, usageError{text: "--" + only + " belongs to --fix", remedy: "runner doctor --fix"}
		}
	}
	if c.IsSet("repeat") && d.repeat < 1 {
		return d, usagef("--repeat %d: at least 1", d.repeat)
	}
	if c.NArg() > 0 {
		return d, usageError{text: fmt.Sprintf("doctor takes no name; to look at what %s needs, name it with --focus", c.Args().First()), remedy: "runner doctor --help"}
	}
	var err error
	d.wait, err = readWait(c)
	return d, err
}

func readWait(c *cli.Context) (time.Duration, error) {
	t := c.String("wait")
	if t == "" {
		return docker.DefaultWait, nil
	}
	wait, err := time.ParseDuration(t)
	if err != nil || wait <= 0 {
		return 0, usagef("--wait %q is no duration; write it as 60s or 3m", t)
	}
	return wait, nil
}

// doctor looks at everything that a run needs, and mends what is safe if it is asked to.
func doctor(ctx context.Context, c *cli.Context, s split, w World) (int, error) {
	p, err := findPlace(c, w)
	if err != nil {
		return 0, err
	}
	o, err := readDoctor(c, p, w)
	if err != nil {
		return 0, err
	}
	signals, deaf := listen(ctx)
	defer deaf()
	var saw checkup
	err = interruptible(ctx, signals, deaf, runner.NewClock(time.Now), func(ctx context.Context) error {
		catalog, err := loadCatalog(ctx, p, w)
		if err != nil {
			return err
		}
		saw, err = examine(ctx, catalog, p, o, w)
		return err
	})
	var ended stoppedEarly
	if errors.As(err, &ended) {
		return 0, doctorStopped{ended}
	}
	if err != nil {
		return 0, err
	}
	if o.json {
		return saw.code(), saw.writeJSON(w.Stdout)
	}
	return saw.code(), saw.print(w, o)
}

// doctorStopped is a doctor that a signal ended. What it had started for a trial is removed by then.
type doctorStopped struct{ stoppedEarly }

func (doctorStopped) Error() string { return "ended by a signal: not everything was looked at" }

// patient is whom the doctor looks at: the selection, and what it needs.
type patient struct {
	catalog   *categories.Catalog
	place     place
	options   doctorOptions
	world     World
	selection categories.Selection
	asked     env.Asked
	needs     env.Needs
	found     []event.Finding // by reading alone: what can't be read of compose files
	docker    bool            // the engine is looked at
	staging   bool            // addresses of staging are
}

// admit finds out whom to look at. Nothing of the environment has been touched when it returns.
func admit(ctx context.Context, catalog *categories.Catalog, p place, o doctorOptions, w World) (patient, error) {
	sick := patient{catalog: catalog, place: p, options: o, world: w}
	var err error
	if sick.asked, err = resolve(catalog, o.options, w); err != nil {
		return sick, err
	}
	sick.asked.Categories = o.focus
	sick.selection, err = catalog.Select(sick.asked)
	var c coder
	if err != nil && !(errors.As(err, &c) && c.ExitCode() == report.Empty) { // without any test, the machine can still be looked at
		return sick, err
	}
	if sick.needs, _, sick.found, err = needsOf(ctx, catalog, sick.selection, sick.asked, w); err != nil {
		return sick, err
	}
	if sick.asked, err = addressed(sick.asked, knownNames(catalog, sick.needs.Services), w.Environ); err != nil {
		return sick, err
	}
	mode := sick.asked.Mode()
	named := mode == event.Docker || o.fix || o.repeat > 0 || slices.Contains(o.areas, dockerArea)
	if named && (mode == event.NoDocker || mode == event.Staging) {
		return sick, usageError{text: fmt.Sprintf("there is no Docker to look at in %s, which %s asks for", mode, sick.asked.EnvFrom), remedy: "runner doctor --env docker"}
	}
	sick.staging = sick.wants(stagingArea) && env.LookAt(sick.asked, sick.needs).Staging
	for _, area := range []string{stagingArea, websocketArea} {
		if slices.Contains(o.areas, area) && !sick.staging && mode != event.Staging {
			return sick, usageError{text: "there is no staging to look at: nobody asked for it", remedy: "runner doctor --focus " + area + " --env staging"}
		}
	}
	sick.docker = named || sick.wants(dockerArea) && env.LookAt(sick.asked, sick.needs).Docker
	return sick, nil
}

// wants tells whether an area is looked at: all are, but for a focus.
func (sick patient) wants(area string) bool {
	return len(sick.options.areas) == 0 || slices.Contains(sick.options.areas, area)
}
