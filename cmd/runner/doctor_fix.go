package main

import (
	"context"
	"io"

	"testrunner/env/docker"
)

// mend starts an engine that is off, or restarts one that hangs.
func (sick patient) mend(ctx context.Context) (*mending, error) {
	o := sick.options
	say := io.Writer(sick.world.Stdout)
	if o.json {
		say = sick.world.Stderr // standard output is the document's
	}
	room := newEngineRoom(sick.world, say, o.yes, o.wait, nil)
	room.clocks = docker.Clocks{Answer: sick.catalog.Preflight.Answer, Info: sick.catalog.Preflight.Info}
	m, err := room.start(ctx, o.restart, true)
	if err == nil && len(m.Steps) == 0 && m.Refused == "" {
		err = room.tell("the engine works: there is nothing to mend\n")
	}
	return &m, err
}
