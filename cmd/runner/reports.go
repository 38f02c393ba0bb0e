package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"golang.org/x/term"

	"testrunner/env/lease"
	"testrunner/report"
	"testrunner/report/ci"
	"testrunner/report/event"
	"testrunner/report/junit"
	"testrunner/report/terminal"
	"testrunner/runner/process"
)

// reports are the stream of a run and the sinks behind it.
type reports struct {
	stream   *report.Stream
	ledger   *report.Ledger
	events   *report.JSONL
	log      *report.Log
	junit    *junit.File
	terminal *terminal.Terminal
	environ  []string
	paths    paths
}

// paths are where a run's reports lie, absolute.
type paths struct{ events, junit, log string }

func (o options) paths(dir string) paths {
	p := paths{events: filepath.Join(dir, "events.jsonl"), junit: filepath.Join(dir, "junit.xml"), log: filepath.Join(dir, "runner.log")}
	if o.events != "" {
		p.events = o.events
	}
	if o.junit != "" {
		p.junit = o.junit
	}
	return p
}

func openReports(r prepared, dir string, w World) (*reports, error) {
	out := &reports{paths: r.options.paths(dir), ledger: report.NewLedger(), environ: w.Environ}
	out.stream = report.NewStream(time.Now, r.masks())
	var err error
	// A report may be wanted in a folder that does not exist yet, such as out/ci.
	for _, path := range []string{out.paths.events, out.paths.junit} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, usageError{text: fmt.Sprintf("make the folder of %s: %v", path, err)}
		}
	}
	// Before the stream begins: from here on a green report of the run before would be a lie, and nobody may know yet.
	out.junit = junit.NewFile(out.paths.junit, r.options.dialect)
	if err := out.junit.Remove(); err != nil {
		return nil, usageError{text: err.Error(), remedy: "runner --junit FILE"}
	}
	if err := removeUsual(out.paths, dir, r.options.dialect); err != nil {
		return nil, usageError{text: err.Error(), remedy: "runner --results DIR"}
	}
	if out.events, err = report.CreateJSONL(out.paths.events); err != nil {
		return nil, usageError{text: err.Error(), remedy: "runner --events FILE"}
	}
	if out.log, err = report.CreateLog(out.paths.log); err != nil {
		return nil, usageError{text: err.Error(), remedy: "runner --results DIR"}
	}
	out.terminal = newTerminal(r.options, out.paths, r.place.root, w)
	out.stream.Add(out.events, out.paths.events)
	out.stream.Add(out.ledger, "ledger")
	out.stream.Add(out.log, out.paths.log)
	out.stream.Add(out.junit, out.paths.junit)
	out.stream.Add(out.terminal, "terminal")
	return out, nil
}

// removeUsual removes what an earlier run left at the usual places where this one writes elsewhere: `runner report` and CI would take
// it for the last run's.
func removeUsual(p paths, dir string, d junit.Dialect) error {
	usual := options{}.paths(dir)
	if usual.junit != p.junit {
		if err := junit.NewFile(usual.junit, d).Remove(); err != nil {
			return err
		}
	}
	if usual.events != p.events {
		if err := os.Remove(usual.events); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove the stream of the run before: %w", err)
		}
	}
	return nil
}

func newTerminal(o options, p paths, root string, w World) *terminal.Terminal {
	width, isTerminal := screenOf(w)
	isTerminal = isTerminal && !o.debug && !o.ci
	return terminal.New(terminal.Options{
		Out: w.Stdout, IsTerminal: isTerminal, Width: width, Colour: o.color && isTerminal,
		Quiet: o.quiet, Verbose: o.verbose, CI: o.ci, Now: time.Now, Foreground: o.debug,
		Reports: terminal.Reports{JUnit: shown(w.Dir, p.junit), Events: shown(w.Dir, p.events), Log: shown(w.Dir, p.log)},
		From:    rootFlag(w.Dir, root),
	})
}

// rootFlag is the flag with which paths of the root mean the same when they are typed in dir; "" if dir is the root.
func rootFlag(dir, root string) string {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	rel, err := filepath.Rel(dir, root)
	if err != nil || rel == "." {
		return ""
	}
	return "-C " + event.ShellQuote(filepath.ToSlash(rel))
}

// screenOf is how wide standard output is now, and whether it is a terminal.
func screenOf(w World) (width func() int, isTerminal bool) {
	f, ok := w.Stdout.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return func() int { return 80 }, false
	}
	return func() int {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
		return 80
	}, true
}

// shown is a path as short as it can be written from dir.
func shown(dir, path string) string {
	if rel, err := filepath.Rel(dir, path); err == nil && len(rel) < len(path) {
		return rel
	}
	return path
}

// suspend gives the terminal back before runner stops itself, and takes it again afterwards.
func (out *reports) suspend() error {
	out.terminal.Pause()
	defer out.terminal.Resume()
	return process.SuspendSelf()
}

// record writes a job's process into the journal, for the watchdog. A journal that can't be written is told, not fatal: it
// matters only if runner is killed.
func (out *reports) record(held *lease.Lease) func(string, process.ID, string) {
	return func(kind string, id process.ID, what string) {
		if err := held.Journal(kind, id.Pid, id.Born, what); err != nil {
			out.stream.Emit(event.Logged{Text: "journal: " + err.Error()})
		}
	}
}

func (out *reports) forget(held *lease.Lease) func(process.ID) {
	return func(id process.ID) {
		if err := held.Forget(id.Pid); err != nil {
			out.stream.Emit(event.Logged{Text: "journal: " + err.Error()})
		}
	}
}

// tellStart tells everything that is known before the first job. With the plan, junit.xml says of each category that it
// has not run, so that no stale green is left whatever happens next.
func (out *reports) tellStart(r prepared, id string, held *lease.Lease, unguarded error) {
	emit := out.stream.Emit
	hostname, err := os.Hostname()
	if err != nil {
		hostname = "unknown"
	}
	started := event.RunStarted{
		Version: event.Version, Run: id, Runner: Version, Args: openArgs(r.args), Root: r.place.root, Host: hostname,
		OS: runtime.GOOS + "/" + runtime.GOARCH, Pid: os.Getpid(), Strict: r.options.asked.Strict,
	}
	if r.place.scope != "." {
		started.Scope = r.place.scope
	}
	emit(started)
	if unguarded != nil {
		emit(event.Noted{Level: "warn", Text: fmt.Sprintf("no watchdog: %v; if runner is killed, its jobs go on", unguarded)})
	}
	if other := held.Beside(); other != "" {
		emit(event.Noted{Level: "info", Text: fmt.Sprintf("run %s is going on here, so this one's reports lie in %s", other, held.Dir())})
	}
	for _, s := range held.Swept() {
		emit(event.Noted{Level: "info", Text: "ended what a dead run had left: " + s})
	}
	for _, probe := range r.probes {
		emit(event.Logged{Text: "probe " + probe})
	}
	for _, n := range r.selection.Notes {
		emit(event.Noted{Level: "info", Text: n})
	}
	if r.empty != nil {
		emit(event.Noted{Level: "error", Text: withRemedy(r.empty)})
	}
	for _, f := range r.findings {
		emit(event.Found{Finding: f})
	}
	emit(event.Decided{Asked: r.decision.Asked, Mode: r.decision.Mode, Project: r.decision.Project, Why: r.decision.Why, Rules: r.decision.Rules, Admissions: r.decision.Told()})
	emit(r.plan.Planned)
	for _, n := range r.plan.NotRun {
		emit(n)
	}
}

// finish writes the reports and prints the verdict. A report that can't be written makes the verdict INVALID, so the
// order is: junit.xml, the last event, events.jsonl, the terminal.
func (out *reports) finish(r prepared, w World) (report.Verdict, error) {
	debug.SetGCPercent(closingGCPercent)
	if err := out.junit.Close(out.ledger.Summary()); err != nil {
		out.stream.Emit(event.ReportFailed{Path: out.paths.junit, Err: err.Error()})
	}
	verdict := out.ledger.Summary().Verdict()
	out.stream.Emit(event.RunFinished{Word: verdict.Word, Code: verdict.Code, Line: verdict.Line})
	for path, sink := range map[string]io.Closer{out.paths.events: out.events, out.paths.log: out.log} {
		if err := sink.Close(); err != nil {
			out.stream.Emit(event.ReportFailed{Path: path, Err: err.Error()})
			verdict = out.ledger.Summary().Verdict()
		}
	}
	summary := out.ledger.Summary()
	if r.options.ci {
		if err := ci.Find(func(name string) string { return getenv(w.Environ, name) }, w.Stdout).Write(summary, verdict); err != nil {
			fmt.Fprintf(w.Stderr, "runner: annotations: %v\n", err)
		}
	}
	if err := out.terminal.Close(summary, verdict); err != nil && !errors.Is(err, os.ErrClosed) {
		fmt.Fprintf(w.Stderr, "runner: print the summary: %v\n", err)
		// The sinks are closed by now: the ledger alone hears of it, and the exit code says it.
		_ = out.ledger.Handle(event.Event{Body: event.ReportFailed{Path: "standard output", Err: err.Error()}})
		verdict = out.ledger.Summary().Verdict()
	}
	return verdict, nil
}
