package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"testrunner/env/docker"
	"testrunner/env/lease"
	"testrunner/env/local"
	"testrunner/report"
	"testrunner/report/text"
	"testrunner/runner"
)

func cleanFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "images", Usage: "also remove the images that runner built and that nothing uses"},
		&cli.BoolFlag{Name: "dry-run", Usage: "say what would be removed, and remove nothing"},
	}
}

// passing is how long a watchdog that is just at it is waited for.
const passing = 15 * time.Second

// clean removes what dead runs left: in this tree, on this machine and in the engine that is asked here.
func clean(ctx context.Context, c *cli.Context, _ split, w World) (int, error) {
	if c.NArg() > 0 {
		return 0, usageError{text: fmt.Sprintf("clean takes no names, so not %q either: it goes by what runs wrote down", c.Args().First()), remedy: "runner clean"}
	}
	p, err := findPlace(c, w)
	if err != nil {
		return 0, err
	}
	state, err := stateDir(w)
	if err != nil {
		return 0, err
	}
	signals, deaf := listen(ctx)
	defer deaf()
	b := &broom{out: w.Stdout, look: c.Bool("dry-run"), state: state, place: docker.Here(w.Environ, nil)}
	err = interruptible(ctx, signals, deaf, runner.NewClock(time.Now), func(ctx context.Context) error {
		b.tree(p.results)
		if err := b.inventories(ctx); err != nil {
			return err
		}
		b.templates(time.Now())
		b.engine(ctx, c.Bool("images"))
		return ctx.Err()
	})
	if err != nil {
		return 0, err
	}
	return b.verdict()
}

// broom goes from place to place and tells what it does.
type broom struct {
	out   io.Writer
	look  bool
	state string
	place docker.Place

	gone, left int
	err        error // of telling
}

func (b *broom) tell(format string, args ...any) {
	if _, err := fmt.Fprintln(b.out, text.Line(fmt.Sprintf(format, args...))); err != nil && b.err == nil {
		b.err = fmt.Errorf("say what is removed: %w", err)
	}
}

// took tells of something that is gone, or would be.
func (b *broom) took(what fmt.Stringer, run string) {
	b.gone++
	verb := "removed"
	if b.look {
		verb = "would remove"
	}
	b.tell("%s %s, of run %s", verb, what, run)
}

// stays tells of something that is left behind.
func (b *broom) stays(format string, args ...any) {
	b.left++
	b.tell("left: "+format, args...)
}

// tree concludes what dead runs of this tree left in its results folder: jobs, scratch, and a report that is none yet.
func (b *broom) tree(results string) {
	for _, a := range lease.Conclude(results, b.look, carryOut) {
		for _, t := range a.Things {
			b.took(t, a.Run)
		}
		if a.Err != nil {
			b.stays("%s: %v", a.Dir, a.Err)
		}
	}
}

// inventories removes what the inventories of dead runs name, in this tree or another.
func (b *broom) inventories(ctx context.Context) error {
	sweeping := lease.Sweeping{State: b.state, Engines: docker.Remover{Place: b.place}, Look: b.look}
	for until := time.Now().Add(passing); ; {
		all, err := lease.Sweep(ctx, sweeping)
		if err != nil {
			return err
		}
		busy := false
		for _, r := range all {
			busy = busy || r.Fate == lease.Passing
		}
		if done := !busy || b.look || ctx.Err() != nil || time.Now().After(until); done {
			for _, r := range all {
				b.remains(r)
			}
			return nil
		}
		for _, r := range all {
			if r.Fate == lease.Dead && len(r.Left) == 0 {
				b.remains(r) // it is gone, and the next look does not tell of it
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// remains tells what became of one inventory.
func (b *broom) remains(r lease.Remains) {
	switch r.Fate {
	case lease.Alive:
		if len(r.Things) > 0 {
			b.tell("kept: %s of run %s, which lives (process %d)", counted(len(r.Things), "thing"), r.Run, r.Owner.Pid)
		}
	case lease.Foreign:
		b.tell("left alone: %s: %s", r.Path, r.Why)
	case lease.Passing:
		b.stays("what run %s made: another process removes it just now, and is not done after %s", r.Run, passing)
	case lease.Dead:
		for _, t := range r.Gone {
			b.took(t, r.Run)
		}
		for _, l := range r.Left {
			b.stays("%s", l)
		}
	}
}

// engine removes from the engine that is asked here what the labels say is of a dead run, though no inventory names it: another state
// folder was used, or it was lost. With images, those that were built go too.
func (b *broom) engine(ctx context.Context, images bool) {
	state := docker.Look(ctx, b.place, docker.Clocks{})
	if !state.Works() {
		if images {
			b.stays("images: the engine does not work: %s; try: runner doctor --focus docker", state.Detail)
		}
		return // what the inventories name in it has been told of
	}
	e, err := docker.Connect(b.place, state.Host)
	if err != nil {
		b.stays("the engine at %s: %v", state.Host, err)
		return
	}
	defer e.Close()
	me := docker.Me(b.place, "")
	if err := b.labelled(ctx, e, state.Host, me); err != nil {
		b.stays("the engine at %s: %v", state.Host, err)
	}
	if !images {
		return
	}
	removed, err := docker.CleanImages(ctx, e, me, b.look)
	for _, r := range removed {
		b.gone++
		b.tell("%s image %s", map[bool]string{true: "would remove", false: "removed"}[b.look], r)
	}
	if err != nil {
		b.stays("%v", err)
	}
}

// templateAge is how long a template of a database is kept that no run uses. To make one again takes some seconds.
const templateAge = 30 * 24 * time.Hour

// templates removes the templates of databases that no run has used for long.
func (b *broom) templates(now time.Time) {
	gone, err := local.CleanTemplates(filepath.Join(b.state, "cache"), now.Add(-templateAge), b.look)
	for _, t := range gone {
		b.gone++
		b.tell("%s %s", map[bool]string{true: "would remove", false: "removed"}[b.look], t)
	}
	if err != nil {
		b.stays("%v", err)
	}
}

func (b *broom) labelled(ctx context.Context, e docker.Engine, h docker.Host, me docker.Maker) error {
	living, err := lease.Living(b.state)
	if err != nil {
		return err
	}
	all, err := docker.Leftovers(ctx, e, h, me)
	if err != nil {
		return err
	}
	dead := docker.Abandoned(all, living)
	if !b.look {
		dead, err = docker.Sweep(ctx, e, dead)
	}
	for _, l := range dead {
		b.took(l, l.Maker.Run)
	}
	return err
}

// livingRuns are the ids of the runs and kept sets of this machine that live.
func livingRuns(w World) (map[string]bool, error) {
	state, err := stateDir(w)
	if err != nil {
		return nil, err
	}
	return lease.Living(state)
}

// verdict is the last line and the exit code.
func (b *broom) verdict() (int, error) {
	switch {
	case b.left > 0:
		b.tell("%s left behind", counted(b.left, "thing"))
	case b.look && b.gone > 0:
		b.tell("%s would be removed: runner clean", counted(b.gone, "thing"))
	default:
		b.tell("nothing is left")
	}
	if b.left > 0 || b.look && b.gone > 0 {
		return report.Invalid, b.err
	}
	return 0, b.err
}

// sweepDead removes what dead runs left on this machine, at the start of a command that makes services of its own. It returns a line for
// each thing that is gone and for each that is not.
func sweepDead(ctx context.Context, w World, calls func(string)) []string {
	state, err := stateDir(w)
	if err != nil {
		return nil // without a folder for state nobody has left anything
	}
	ctx, cancel := context.WithTimeout(ctx, sweepWithin)
	defer cancel()
	all, err := lease.Sweep(ctx, lease.Sweeping{State: state, Engines: docker.Remover{Place: docker.Here(w.Environ, calls)}})
	if err != nil {
		return []string{err.Error()}
	}
	var out []string
	for _, r := range all {
		for _, t := range r.Gone {
			out = append(out, fmt.Sprintf("%s, of run %s", t, r.Run))
		}
		for _, l := range r.Left {
			out = append(out, fmt.Sprintf("not yet: %s, of run %s; runner clean tries again", l, r.Run))
		}
	}
	return out
}

// sweepWithin is how long a start may wait for what dead runs left: processes get process.DefaultGrace, an engine that hangs its clock.
const sweepWithin = 8 * time.Second
