package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"time"

	"golang.org/x/term"

	"testrunner/env/docker"
	"testrunner/env/lease"
	"testrunner/report/event"
	"testrunner/report/text"
)

// engineRoom is where the engine is started and stopped: what is said on the way, and what may be done unasked.
type engineRoom struct {
	world  World
	place  docker.Place
	clocks docker.Clocks
	say    io.Writer
	yes    bool
	wait   time.Duration
}

// newEngineRoom is one that may wait so long; 0 is docker.DefaultWait.
func newEngineRoom(w World, say io.Writer, yes bool, wait time.Duration, log func(string)) engineRoom {
	if wait <= 0 {
		wait = docker.DefaultWait
	}
	return engineRoom{world: w, place: docker.Here(w.Environ, log), say: say, yes: yes, wait: wait}
}

// mending is what was done to the engine, or why not.
type mending struct {
	Steps   []string      // what was to be done, in order
	Stops   []string      // what a restart or stop took down
	Done    bool          // all steps were taken
	Refused string        // why they were not, or what failed
	Slow    bool          // it does not work in time, and is still making progress
	Took    time.Duration // from the first step until it worked
	State   docker.State  // afterwards; before, if nothing was done
	Log     string        // of a dockerd that runner started itself
}

// start starts an engine that is off, or restarts one that hangs, and waits until it works.
func (r engineRoom) start(ctx context.Context, restart, ask bool) (mending, error) {
	m := mending{State: docker.Look(ctx, r.place, r.clocks)}
	if m.State.Works() && !restart {
		return m, nil
	}
	var plan docker.Plan
	var err error
	if restart {
		plan, err = docker.PlanRestart(ctx, r.place, m.State)
	} else {
		plan, err = docker.PlanStart(r.place, m.State)
	}
	if err != nil {
		m.Refused = err.Error()
		return m, r.tell("not mended: %s\n", m.Refused)
	}
	m.Steps, m.Stops = plan.Steps, plan.Stops
	if err := r.announce(plan); err != nil {
		return m, err
	}
	if ask {
		if m.Refused, err = r.consent(ctx); m.Refused != "" || err != nil {
			return m, errors.Join(err, r.tell("not done: %s\n", m.Refused))
		}
	}
	return m, r.carry(ctx, plan, &m)
}

func (r engineRoom) carry(ctx context.Context, plan docker.Plan, m *mending) error {
	waiting, err := r.waiting()
	if err != nil {
		return err
	}
	if err := r.tell("waits up to %s until the engine works\n", r.wait); err != nil {
		return err
	}
	out, err := docker.Carry(ctx, r.place, plan, waiting)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	m.Took, m.Slow, m.Log = out.Took, out.Slow, out.Log
	if out.State.Name != "" {
		m.State = out.State
	}
	switch {
	case err != nil:
		m.Refused = err.Error()
		return r.tell("failed: %s\n", m.Refused)
	case m.State.Works():
		m.Done = true
		return r.tell("the engine works, after %s\n", m.Took.Round(10*time.Millisecond))
	case m.Slow:
		m.Refused = fmt.Sprintf("after %s the engine does not answer yet, and is still making progress: it is slow, not dead; wait longer with --wait", m.Took.Round(time.Second))
	default:
		m.Refused = fmt.Sprintf("after %s the engine does not work, and nothing moves any more: %s", m.Took.Round(time.Second), m.State.Detail)
	}
	return r.tell("%s\n", m.Refused)
}

// stop stops the engine that runner started, and no other. Containers that stop with it are listed, and asked about.
func (r engineRoom) stop(ctx context.Context) (mending, error) {
	m := mending{}
	waiting, err := r.waiting()
	if err != nil {
		return m, err
	}
	record, err := docker.ReadRecord(waiting.StateDir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && record.ID.Pid != 0 && !record.ID.Alive() {
		m.Done = true
		return m, r.tell("nothing to stop: no engine runs that runner started, and another's is left alone\n")
	}
	m.State = docker.Look(ctx, r.place, r.clocks)
	plan, err := docker.PlanStop(ctx, r.place, m.State, waiting.StateDir)
	if err != nil {
		m.Refused = err.Error()
		return m, r.tell("not stopped: %s\n", m.Refused)
	}
	m.Steps, m.Stops = plan.Steps, plan.Stops
	if err := r.announce(plan); err != nil {
		return m, err
	}
	if len(plan.Stops) > 0 {
		if m.Refused, err = r.consent(ctx); m.Refused != "" || err != nil {
			return m, errors.Join(err, r.tell("not done: %s\n", m.Refused))
		}
	}
	begun := time.Now()
	if err := docker.Stop(ctx, r.place, plan, waiting); err != nil {
		m.Refused = err.Error()
		return m, r.tell("failed: %s\n", m.Refused)
	}
	m.Done, m.Took = true, time.Since(begun)
	return m, r.tell("the engine is stopped, after %s\n", m.Took.Round(10*time.Millisecond))
}

func (r engineRoom) waiting() (docker.Waiting, error) {
	dir, err := lease.StateDir(runtime.GOOS, r.place.Home, r.place.Getenv)
	if err != nil {
		return docker.Waiting{}, usageError{text: err.Error()}
	}
	return docker.Waiting{
		StateDir: dir, Wait: r.wait, Tell: r.progress(), Terminal: r.atTerminal(), Environ: r.world.Environ, Now: time.Now(),
	}, nil
}

// announce says what is going to be done, before anything is.
func (r engineRoom) announce(plan docker.Plan) error {
	var b strings.Builder
	for _, step := range plan.Steps {
		fmt.Fprintf(&b, "runner %s\n", text.Line(step))
	}
	for _, stops := range plan.Stops {
		fmt.Fprintf(&b, "  stops with it: %s\n", text.Line(stops))
	}
	return r.tell("%s", b.String())
}

// consent asks a person. Where there is none, --yes must have been said. The answer is why it is refused, "" if it is not.
func (r engineRoom) consent(ctx context.Context) (refused string, err error) {
	if r.yes {
		return "", nil
	}
	if !r.atTerminal() {
		return "this is no terminal, so it needs --yes", nil
	}
	if err := r.tell("go on? [y/N] "); err != nil {
		return "", err
	}
	answer := make(chan string, 1)
	go func() { // a read of the terminal can't be taken back; after a signal it ends with the program
		line, _ := bufio.NewReader(r.world.Stdin).ReadString('\n')
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case said := <-answer:
		if said == "y" || said == "yes" {
			return "", nil
		}
		return "nobody said yes", nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// atTerminal tells whether somebody can be asked: what we say is seen, and what is typed is heard.
func (r engineRoom) atTerminal() bool {
	out, ok := r.say.(*os.File)
	return ok && r.world.Stdin != nil && term.IsTerminal(int(out.Fd())) && term.IsTerminal(int(r.world.Stdin.Fd()))
}

// sayAgain is how long progress may look the same before it is told once more.
const sayAgain = 5 * time.Second

// progress tells of each state that is new, and now and then that it is still the same.
func (r engineRoom) progress() func(docker.Progress) {
	var last docker.Name
	var told time.Duration
	return func(p docker.Progress) {
		if p.State.Works() || p.State.Name == last && p.Elapsed-told < sayAgain {
			return
		}
		last, told = p.State.Name, p.Elapsed
		line := fmt.Sprintf("  %s: %s", p.Elapsed.Round(100*time.Millisecond), event.FirstLine(text.Line(p.State.Detail)))
		if p.Next > 0 {
			line += fmt.Sprintf("; looks again in %s", p.Next.Round(10*time.Millisecond))
		}
		_ = r.tell("%s\n", line) // what can't be told here can't be told at the end either, and is an error there
	}
}

func (r engineRoom) tell(format string, args ...any) error {
	if _, err := fmt.Fprintf(r.say, format, args...); err != nil {
		return fmt.Errorf("say what is done: %w", err)
	}
	return nil
}
