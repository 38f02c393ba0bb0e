package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"testrunner/env/docker"
	"testrunner/env/lease"
	"testrunner/report"
	"testrunner/report/event"
	"testrunner/report/junit"
)

// will is what the watchdog carries out when runner dies. It lies in the results folder while the run goes on.
type will struct {
	JUnit   string `json:"junit"`
	Dialect string `json:"dialect"`
	Scratch string `json:"scratch"`
}

const willFile = "will.json"

// guardRun starts the watchdog, which outlives a kill -9 of this process, ends its jobs and writes junit.xml. The returned
// function sends it away.
func guardRun(w World, held *lease.Lease, out *reports, o options, scratch string) (func(), error) {
	if w.Executable == "" {
		return func() {}, nil
	}
	path := filepath.Join(held.Dir(), willFile)
	text, err := json.Marshal(will{JUnit: out.paths.junit, Dialect: o.dialect.String(), Scratch: scratch})
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		return func() {}, fmt.Errorf("write the watchdog's will: %w", err)
	}
	if err := held.Events(out.paths.events); err != nil {
		return func() {}, err
	}
	// Should the watchdog be killed, too, the next run finds it in the journal.
	if err := held.Journal(string(lease.Folder), 0, "", scratch); err != nil {
		return func() {}, err
	}
	guardian, err := lease.Guard([]string{w.Executable}, w.Environ, held)
	if err != nil {
		return func() {}, err
	}
	return func() {
		if err := release(guardian, held, w); err != nil {
			out.stream.Emit(event.Logged{Text: "watchdog: " + err.Error()})
		}
		if err := os.Remove(path); err != nil {
			out.stream.Emit(event.Logged{Text: "watchdog: " + err.Error()})
		}
	}, nil
}

// release sends the watchdog of a run away that is over; or it stays, to remove what is in an engine that does not answer.
func release(g *lease.Guardian, held *lease.Lease, w World) error {
	if state, err := stateDir(w); err == nil && lease.Lingers(state, held.Run()) {
		return g.Stay()
	}
	return g.Done()
}

// watchdog is the watchdog's main: runner's own program with lease.WatchdogArg and the results folder. Nobody reads its exit
// code; what it has to complain about goes to runner.log.
func watchdog(args []string, w World) int {
	if len(args) != 1 {
		return report.Usage
	}
	dir := args[0]
	watching := lease.Watching{Dir: dir, OnDeath: func(events string) error { return carryOut(dir, events) }}
	state, err := stateDir(w)
	if err == nil {
		mask := maskOf(w.Environ, nil, nil)
		calls := callsInto(w.Stderr, func(line string) string { return "watchdog: " + mask(line) })
		watching.State, watching.Engines = state, docker.Remover{Place: docker.Here(w.Environ, calls)}
	}
	// Without a folder for state nothing was made that would have to be removed, but jobs and their reports there are.
	err = lease.Watch(w.Stdin, watching)
	if err != nil {
		fmt.Fprintf(w.Stderr, "watchdog: %v\n", err)
		return report.Invalid
	}
	return 0
}

// carryOut renders what the dead run had told, and then removes its scratch folder.
func carryOut(dir, events string) error {
	path := filepath.Join(dir, willFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it kept services, and has no reports
	}
	if err != nil {
		return fmt.Errorf("read the will: %w", err)
	}
	var last will
	if err := json.Unmarshal(text, &last); err != nil {
		return fmt.Errorf("read the will: %w", err)
	}
	dialect, err := junit.ParseDialect(last.Dialect)
	if err != nil {
		return err
	}
	summary, err := report.FinishDead(events)
	if err != nil {
		return err
	}
	if err := junit.WriteFile(last.JUnit, summary, dialect); err != nil {
		return err
	}
	if err := os.RemoveAll(last.Scratch); err != nil { // last: what can't be removed costs no report
		return fmt.Errorf("remove the scratch folder: %w", err)
	}
	return os.Remove(path)
}
