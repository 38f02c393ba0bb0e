package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/urfave/cli/v2"

	"testrunner/env/docker"
	"testrunner/env/preflight"
	"testrunner/report"
	"testrunner/report/event"
	"testrunner/report/terminal"
	"testrunner/runner"
)

func dockerFlags() []cli.Flag {
	return []cli.Flag{
		yesFlag(), waitFlag(),
		&cli.BoolFlag{Name: "no-color", Usage: "no colours; NO_COLOR does the same"},
	}
}

// dockerCommand starts the engine, stops what runner started of it, or says how it is.
func dockerCommand(ctx context.Context, c *cli.Context, _ split, w World) (int, error) {
	verb := c.Args().First()
	if c.NArg() != 1 || verb != "start" && verb != "stop" && verb != "status" {
		return 0, usageError{text: "docker takes one word: start, stop or status", remedy: "runner docker status"}
	}
	for _, f := range []struct{ flag, of string }{{"wait", "start"}, {"yes", "stop"}, {"no-color", "status"}} {
		if c.IsSet(f.flag) && verb != f.of {
			return 0, usageError{text: fmt.Sprintf("--%s belongs to runner docker %s", f.flag, f.of), remedy: "runner docker --help"}
		}
	}
	wait, err := readWait(c)
	if err != nil {
		return 0, err
	}
	room := newEngineRoom(w, w.Stdout, c.Bool("yes"), wait, nil)
	signals, deaf := listen(ctx)
	defer deaf()
	code := 0
	err = interruptible(ctx, signals, deaf, runner.NewClock(time.Now), func(ctx context.Context) (err error) {
		switch verb {
		case "start":
			code, err = startCommand(ctx, room)
		case "stop":
			code, err = stopCommand(ctx, room)
		default:
			code, err = statusCommand(ctx, room, !c.Bool("no-color") && getenv(w.Environ, "NO_COLOR") == "")
		}
		return err
	})
	var ended stoppedEarly
	if errors.As(err, &ended) {
		return 0, dockerStopped{ended}
	}
	return code, err
}

// dockerStopped is a start or stop that a signal ended. An engine that had been started by then goes on.
type dockerStopped struct{ stoppedEarly }

func (dockerStopped) Error() string {
	return "ended by a signal: how the engine is now says runner docker status"
}

func startCommand(ctx context.Context, room engineRoom) (int, error) {
	m, err := room.start(ctx, false, false)
	if err != nil {
		return 0, err
	}
	if m.State.Works() {
		if !m.Done {
			return 0, room.tell("the engine works already, and was left as it is: %s\n", m.State.Host)
		}
		return 0, nil
	}
	return report.Incomplete, nil
}

func stopCommand(ctx context.Context, room engineRoom) (int, error) {
	m, err := room.stop(ctx)
	if err != nil || m.Done {
		return 0, err
	}
	return report.Incomplete, nil
}

// statusCommand says how the engine is, and whether runner started it.
func statusCommand(ctx context.Context, room engineRoom, color bool) (int, error) {
	state := docker.Look(ctx, room.place, room.clocks)
	waiting, err := room.waiting()
	if err != nil {
		return 0, err
	}
	started := event.Finding{ID: "docker.started", Status: event.OK, Value: "not by runner", Detail: "runner docker stop would leave it alone"}
	record, err := docker.ReadRecord(waiting.StateDir)
	switch {
	case err == nil && (record.ID.Pid == 0 || record.ID.Alive()):
		started.Value = "by runner"
		started.Detail = record.Started.Local().Format("2006-01-02 15:04:05") + "; runner docker stop ends it"
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		started.Status, started.Value, started.Detail = event.Unknown, "", err.Error()
	}
	width, isTerminal := screenOf(room.world)
	if err := terminal.Findings(room.say, append(preflight.Engine(state), started), width(), color && isTerminal); err != nil {
		return 0, err
	}
	if !state.Works() || started.Status == event.Unknown {
		return report.Incomplete, nil
	}
	return 0, nil
}
