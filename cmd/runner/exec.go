package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"testrunner/env/keeper"
	"testrunner/env/lease"
	"testrunner/report"
	"testrunner/report/event"
	"testrunner/report/text"
	"testrunner/runner"
	"testrunner/runner/process"
)

func execFlags() []cli.Flag {
	return append([]cli.Flag{
		&cli.StringSliceFlag{Name: "category", Aliases: []string{"c"}, Usage: "the services that category or group `NAME` needs (repeat, or commas); default: what any test needs"},
	}, modeFlags()...)
}

// execCommand runs any command with services up and their variables set: those that are kept, else its own, which are gone afterwards.
func execCommand(ctx context.Context, c *cli.Context, s split, w World) (int, error) {
	if c.NArg() > 0 || len(s.rest) == 0 {
		return 0, usageError{text: "exec takes a command, behind --", remedy: "runner exec --help"}
	}
	p, err := findPlace(c, w)
	if err != nil {
		return 0, err
	}
	e := execution{world: w, place: p, argv: s.rest}
	s.rest = nil // it is the command's, not a tool's
	o, err := readOptions(c, s, p, w)
	if err != nil {
		return 0, err
	}
	signals, deaf := listen(ctx)
	defer deaf()
	var plan servicesPlan
	err = interruptible(ctx, signals, deaf, runner.NewClock(time.Now), func(ctx context.Context) (err error) {
		plan, err = needServices(ctx, o, p, w, nil, names(c.StringSlice("category")))
		if err != nil {
			return err
		}
		if e.kept, err = e.keptSet(plan, asksForMode(c)); err != nil || e.kept {
			return err
		}
		return plan.look(ctx, p, w)
	})
	if err != nil {
		return 0, err
	}
	e.curfew = newCurfew(runner.NewClock(time.Now), 0)
	hearing, enough := context.WithCancel(ctx)
	defer enough()
	e.signals = e.curfew.relay(hearing, signals)
	if e.kept || len(plan.served) == 0 {
		return e.run(ctx, e.variables)
	}
	return e.withOwn(ctx, plan)
}

// asksForMode says whether the line says where services come from. A kept set may then be another one than what is asked for.
func asksForMode(c *cli.Context) bool {
	for _, flag := range []string{"env", "environment", "no-docker", "real-services", "start-docker"} {
		if c.IsSet(flag) {
			return true
		}
	}
	return false
}

// execution is one command with services.
type execution struct {
	world     World
	place     place
	argv      []string
	kept      bool // a kept set serves
	variables []string
	signals   <-chan process.Signal
	curfew    *curfew
	held      *lease.Lease // where its own services are up: the command goes with them after a kill -9
}

// keptSet says whether the set that is up in this tree serves what is needed. One that does not is left alone, and that is said.
func (e *execution) keptSet(plan servicesPlan, moded bool) (bool, error) {
	folder, err := servicesFolder(e.place, e.world)
	if err != nil {
		return false, err
	}
	s, err := folder.Read()
	if errors.Is(err, fs.ErrNotExist) || err == nil && (s.Phase != keeper.Up || !s.Keeper.Alive()) {
		return false, nil
	}
	if err != nil {
		return false, notReady{text: err.Error(), remedy: "runner services down"}
	}
	why := ""
	for _, name := range plan.needed() {
		if _, ok := s.Service(name); !ok {
			why = name + " is not among them"
		}
		if plan.around.asked.Names(name) {
			why = name + " is asked for at another address"
		}
	}
	if mode := plan.around.asked.Mode(); moded && mode != s.Mode {
		why = fmt.Sprintf("they are in mode %s", s.Mode)
	}
	if why != "" {
		return false, e.say("the services that are up in this tree are not used: %s", why)
	}
	if !s.AllReady() {
		return false, notReady{text: "the services that are up in this tree are not ready: how they are says runner services status"}
	}
	e.variables = s.Variables
	return true, nil
}

// withOwn starts services for the command alone, and removes them after it.
func (e *execution) withOwn(ctx context.Context, plan servicesPlan) (code int, err error) {
	dir, err := stateDir(e.world)
	if err != nil {
		return 0, err
	}
	if err := sweepFirst(ctx, e.world); err != nil {
		return 0, err
	}
	id := newSetID()
	held, err := lease.Open(string(keeper.FolderOf(dir, e.place.root))+".exec", id)
	if err != nil {
		return 0, notReady{text: err.Error()}
	}
	e.held = held
	folder := keeper.Folder(held.Dir())
	defer func() {
		err = errors.Join(err, held.Close())
		if held.Beside() != "" {
			err = errors.Join(err, os.RemoveAll(held.Dir()))
		}
	}()
	if err := folder.Clear(); err != nil {
		return 0, notReady{text: err.Error()}
	}
	request, err := requestOf(ctx, plan, folder)
	if err != nil {
		return 0, err
	}
	if err := process.BecomeSubreaper(); err != nil {
		return 0, err
	}
	dismiss, err := guardSet(e.world, held)
	if err != nil {
		return 0, err
	}
	defer dismiss()
	request.Set, request.Divide = id, false
	for i := range request.Services {
		request.Services[i].Spec.Wanted = nil // beside a kept set, the kernel's ports disturb nobody
	}
	return e.serve(ctx, request, folder)
}

// serve has the services up while the command runs.
func (e *execution) serve(ctx context.Context, request keeper.Request, folder keeper.Folder) (code int, err error) {
	set, err := startSet(request, folder, e.world)(ctx, func() {})
	if err != nil {
		return 0, notReady{text: err.Error()}
	}
	begun := time.Now()
	defer func() {
		tidy, cancel := e.curfew.closing(ctx, closeWithin)
		defer cancel()
		if left := set.Close(tidy); len(left) > 0 {
			err = errors.Join(err, leftBehind{"left behind: " + strings.Join(left, "; ")})
		}
	}()
	waiting, stop := context.WithCancel(ctx)
	defer stop()
	ready := make(chan error, 1)
	go func() { ready <- set.Ready(waiting) }()
	for {
		select {
		case sig := <-e.signals:
			if sig == process.Interrupt || sig == process.Terminate {
				return 0, stoppedCommand{stoppedEarly{sig}}
			}
		case err := <-ready:
			if err != nil {
				e.explain(set.Services(ctx, false))
				return 0, notReady{text: err.Error()}
			}
			names := make([]string, len(request.Services))
			for i, s := range request.Services {
				names[i] = s.Served.Service
			}
			if err := e.say("%s ready in %s; mode %s", strings.Join(names, ", "), time.Since(begun).Round(10*time.Millisecond), request.Mode); err != nil {
				return 0, err
			}
			return e.run(ctx, set.Variables())
		}
	}
}

// closeWithin is how long services may take to end.
const closeWithin = 30 * time.Second

// explain shows what the services that failed wrote last.
func (e *execution) explain(services []keeper.Service) {
	for _, s := range services {
		if s.State != keeper.ServiceFailed {
			continue
		}
		_ = e.say("%s: %s", s.Name, text.Line(event.FirstLine(s.Error))) // the error that follows says it, too
		for _, line := range s.Tail {
			_ = e.say("    %s", text.Line(line))
		}
	}
}

// run runs the command with the terminal. Its exit code is ours.
func (e *execution) run(ctx context.Context, variables []string) (int, error) {
	environ := append(append([]string{}, e.world.Environ...), variables...)
	p, err := process.Start(ctx, process.Spec{Argv: e.argv, Dir: e.place.start, Env: environ, Terminal: true, Escaped: e.own("escaped")})
	if err != nil {
		return 0, usageError{text: err.Error(), remedy: "runner exec --help"}
	}
	e.own("job")(p.ID(), e.argv[0])
	var asked process.Signal
	for {
		select {
		case sig, ok := <-e.signals:
			if ok && (sig == process.Interrupt || sig == process.Terminate) {
				asked = sig
				p.Stop(process.DefaultGrace)
			}
			continue
		case <-p.Done():
		}
		break
	}
	switch exit := p.Wait(); {
	case asked == process.Terminate:
		return report.Terminated, nil
	case asked == process.Interrupt:
		return report.Interrupted, nil
	case exit.Signal != "":
		return signalCode(exit.Signal), nil
	default:
		return exit.Code, nil
	}
}

// own writes a process of the command down, so that the watchdog ends it should runner be killed. What can't be written costs the command
// nothing: it runs already.
func (e *execution) own(kind string) func(process.ID, string) {
	return func(id process.ID, what string) {
		if e.held == nil {
			return
		}
		if err := e.held.Journal(kind, id.Pid, id.Born, what); err != nil {
			_ = e.say("%v", err)
		}
	}
}

// signalCode is what a shell makes of a signal.
func signalCode(name string) int {
	const shell = 128
	numbers := map[string]int{"SIGHUP": 1, "SIGINT": 2, "SIGQUIT": 3, "SIGILL": 4, "SIGABRT": 6, "SIGFPE": 8, "SIGKILL": 9, "SIGSEGV": 11, "SIGPIPE": 13, "SIGTERM": 15}
	if n, ok := numbers[name]; ok {
		return shell + n
	}
	return shell
}

// say tells on stderr: stdout is the command's.
func (e *execution) say(format string, args ...any) error {
	if _, err := fmt.Fprintf(e.world.Stderr, "runner: "+format+"\n", args...); err != nil {
		return fmt.Errorf("say what is done: %w", err)
	}
	return nil
}

// stoppedCommand is a command that a signal ended before it began.
type stoppedCommand struct{ stoppedEarly }

func (stoppedCommand) Error() string {
	return "ended by a signal while the services came up: the command was not run, and the services are gone"
}
