package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"testrunner/env/keeper"
	"testrunner/env/lease"
	"testrunner/report"
	"testrunner/runner/process"
)

// keep is the keeper's main: runner's own program with keeper.Arg and the folder of a set, and what to keep on its stdin. Nobody reads its
// exit code; what it has to complain about goes to the folder's log.
func keep(ctx context.Context, args []string, w World) int {
	if len(args) != 1 {
		return report.Usage
	}
	if err := keepSet(ctx, keeper.Folder(args[0]), w); err != nil {
		fmt.Fprintf(w.Stderr, "keeper: %v\n", err)
		return report.Invalid
	}
	return 0
}

func keepSet(ctx context.Context, folder keeper.Folder, w World) (err error) {
	request, err := keeper.ReadRequest(w.Stdin)
	if err != nil {
		return err
	}
	held, err := lease.Open(string(folder), request.Set)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, held.Close()) }()
	if held.Beside() != "" {
		return errors.Join(fmt.Errorf("another keeper holds %s", folder), os.RemoveAll(held.Dir()))
	}
	if err := process.BecomeSubreaper(); err != nil {
		fmt.Fprintf(w.Stderr, "keeper: %v\n", err) // it goes on: what leaves its group is then not found
	}
	dismiss, err := guardSet(w, held)
	if err != nil {
		return err
	}
	defer dismiss()
	signals, deaf := listen(ctx)
	defer deaf()
	return keeper.Keep(ctx, keeper.Keeping{Folder: folder, Request: request, Signals: signals, Start: startSet(request, folder, w)})
}

// guardSet starts the watchdog of a set of services: it outlives a kill -9 of who keeps them, and ends them then. The returned function
// sends it away.
func guardSet(w World, held *lease.Lease) (func(), error) {
	if w.Executable == "" {
		return func() {}, nil
	}
	guardian, err := lease.Guard([]string{w.Executable}, w.Environ, held)
	if err != nil {
		return nil, err
	}
	return func() {
		if err := release(guardian, held, w); err != nil {
			fmt.Fprintf(w.Stderr, "runner: %v\n", err) // the services are gone all the same
		}
	}, nil
}
