package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"testrunner/categories"
	"testrunner/env/docker"
	"testrunner/env/keeper"
	"testrunner/env/lease"
	"testrunner/report"
	"testrunner/report/event"
	"testrunner/report/text"
	"testrunner/runner"
)

// servicesVerb is one word behind "runner services": the flags that belong to it beside those that say where, and what it does.
type servicesVerb struct {
	name  string
	flags []string
	run   func(context.Context, servicesRoom) (int, error)
}

func servicesVerbs() []servicesVerb {
	mode := []string{"env", "environment", "no-docker", "real-services", "service", "start-docker"}
	return []servicesVerb{
		{"up", append(mode, "ttl", "verbose", "v"), servicesUp},
		{"down", nil, servicesDown},
		{"status", []string{"json"}, servicesStatus},
		{"logs", []string{"follow", "f"}, servicesLogs},
		{"restart", nil, servicesRestart},
		{"env", []string{"format"}, servicesEnv},
		{"graph", []string{"env", "environment", "format"}, servicesGraph},
	}
}

func servicesFlags() []cli.Flag {
	return append([]cli.Flag{
		&cli.StringFlag{Name: "ttl", Usage: "with up: end the services after `D`, such as 8h; default: when they are taken down"},
		&cli.BoolFlag{Name: "follow", Aliases: []string{"f"}, Usage: "with logs: go on with what is written"},
		&cli.StringFlag{Name: "format", Usage: "with env: `FORMAT` dotenv (default), json or powershell; with graph: text (default), dot or mermaid"},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "with up: where the time went"},
		jsonFlag(),
	}, modeFlags()...)
}

// servicesRoom is what a verb works with.
type servicesRoom struct {
	world  World
	c      *cli.Context
	split  split
	place  place
	names  []string // behind the verb
	folder keeper.Folder
}

// servicesCommand keeps services up without tests, and says how they are.
func servicesCommand(ctx context.Context, c *cli.Context, s split, w World) (int, error) {
	verbs := servicesVerbs()
	i := slices.IndexFunc(verbs, func(v servicesVerb) bool { return v.name == c.Args().First() })
	if i < 0 {
		return 0, unknownVerb(c.Args().First(), verbs)
	}
	verb := verbs[i]
	for _, other := range verbs {
		for _, flag := range other.flags {
			if c.IsSet(flag) && !slices.Contains(verb.flags, flag) {
				return 0, usageError{text: fmt.Sprintf("--%s belongs to runner services %s", flag, other.name), remedy: "runner services --help"}
			}
		}
	}
	p, err := findPlace(c, w)
	if err != nil {
		return 0, err
	}
	folder, err := servicesFolder(p, w)
	if err != nil {
		return 0, err
	}
	room := servicesRoom{world: w, c: c, split: s, place: p, names: names(c.Args().Tail()), folder: folder}
	signals, deaf := listen(ctx)
	defer deaf()
	code := 0
	err = interruptible(ctx, signals, deaf, runner.NewClock(time.Now), func(ctx context.Context) (err error) {
		code, err = verb.run(ctx, room)
		return err
	})
	var ended stoppedEarly
	if errors.As(err, &ended) {
		return 0, servicesStopped{ended}
	}
	return code, err
}

func unknownVerb(word string, verbs []servicesVerb) error {
	var all []string
	for _, v := range verbs {
		all = append(all, v.name)
	}
	said := fmt.Sprintf("services takes one of the words %s", strings.Join(all, ", "))
	if near := categories.Nearest(word, all); near != "" && word != "" {
		said = fmt.Sprintf("services has no %q; did you mean %s?", word, near)
	}
	return usageError{text: said, remedy: "runner services --help"}
}

// servicesStopped is a command about services that a signal ended.
type servicesStopped struct{ stoppedEarly }

func (servicesStopped) Error() string {
	return "ended by a signal: how the services are now says runner services status"
}

// servicesFolder is where the set of this tree lies.
func servicesFolder(p place, w World) (keeper.Folder, error) {
	dir, err := stateDir(w)
	if err != nil {
		return "", err
	}
	return keeper.FolderOf(dir, p.root), nil
}

func stateDir(w World) (string, error) {
	at := docker.Here(w.Environ, nil)
	dir, err := lease.StateDir(runtime.GOOS, at.Home, at.Getenv)
	if err != nil {
		return "", usageError{text: err.Error()}
	}
	return dir, nil
}

// noSet is the error of a verb that needs a set where none is up.
func noSet(why string) error {
	return notReady{text: why, remedy: "runner services up"}
}

// notReady is an environment that is not as it must be.
type notReady struct{ text, remedy string }

func (e notReady) Error() string  { return e.text }
func (e notReady) ExitCode() int  { return report.Incomplete }
func (e notReady) Remedy() string { return e.remedy }

// leftBehind is what could not be removed.
type leftBehind struct{ text string }

func (e leftBehind) Error() string { return e.text }
func (leftBehind) ExitCode() int   { return report.Invalid }

// living reads the state of a set that is up, and says why there is none.
func (r servicesRoom) living() (keeper.State, error) {
	s, err := r.folder.Read()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, noSet("no services are up in " + r.place.root)
	case err != nil:
		return s, notReady{text: err.Error(), remedy: "runner services down"}
	case s.Phase.Over():
		return s, noSet("no services are up in " + r.place.root + lastWords(s))
	case !s.Keeper.Alive():
		return s, notReady{text: fmt.Sprintf("the keeper of the services (process %d) died", s.Keeper.Pid), remedy: "runner services down"}
	}
	return s, nil
}

func lastWords(s keeper.State) string {
	if s.Failure == "" {
		return ""
	}
	return "; the last ones failed: " + event.FirstLine(s.Failure)
}

// servicesDown takes this tree's own set down: never another's, and nothing by a name.
func servicesDown(ctx context.Context, r servicesRoom) (int, error) {
	if len(r.names) > 0 {
		return 0, usageError{text: "services down takes no names: what is up goes down as a whole", remedy: "runner services down"}
	}
	s, err := r.folder.Read()
	if errors.Is(err, fs.ErrNotExist) || err == nil && s.Phase.Over() && len(s.Leftovers) == 0 && !s.Keeper.Alive() {
		if err == nil { // what is said of the last ones is over, too
			err = r.folder.Forget()
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return 0, err
		}
		return 0, r.say("no services are up in %s\n", r.place.root)
	}
	if err != nil {
		return 0, notReady{text: err.Error()}
	}
	begun, lived := time.Now(), s.Keeper.Alive()
	last, err := r.folder.Down(ctx, s, 0)
	if err != nil {
		return 0, err
	}
	swept, left, err := r.sweep(ctx, last)
	if err != nil {
		return 0, err
	}
	if !lived && !s.Phase.Over() {
		if err := r.say("the keeper (process %d) had died\n", s.Keeper.Pid); err != nil {
			return 0, err
		}
	}
	for _, each := range swept {
		if err := r.say("  removed %s\n", text.Line(each)); err != nil {
			return 0, err
		}
	}
	if len(left) > 0 {
		return 0, leftBehind{"left behind: " + strings.Join(left, "; ")}
	}
	if err := r.folder.Forget(); err != nil {
		return 0, err
	}
	return 0, r.say("down: %s in %s; leftovers: 0\n", counted(len(last.Services), "service"), time.Since(begun).Round(10*time.Millisecond))
}

func (r servicesRoom) say(format string, args ...any) error {
	if _, err := fmt.Fprintf(r.world.Stdout, format, args...); err != nil {
		return fmt.Errorf("say what is done: %w", err)
	}
	return nil
}
