package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"testrunner/categories"
	"testrunner/env"
	"testrunner/env/host"
	"testrunner/env/lease"
	"testrunner/env/service"
	"testrunner/report"
	"testrunner/report/event"
	"testrunner/runner"
	"testrunner/runner/process"
	"testrunner/runner/tool"
)

// runTests is the main command: the flow of design section 3.
func runTests(ctx context.Context, c *cli.Context, s split, w World) (int, error) {
	if c.Bool("version") {
		_, err := fmt.Fprintf(w.Stdout, "runner %s (%s/%s)\n", Version, runtime.GOOS, runtime.GOARCH)
		return 0, err
	}
	p, err := findPlace(c, w)
	if err != nil {
		return 0, err
	}
	o, err := readOptions(c, s, p, w)
	if err != nil {
		return 0, err
	}
	clock := runner.NewClock(time.Now)
	signals, deaf := listen(ctx)
	defer deaf()
	var r prepared
	err = interruptible(ctx, signals, deaf, clock, func(ctx context.Context) error {
		catalog, err := loadCatalog(ctx, p, w)
		if err != nil {
			return err
		}
		r, err = prepare(ctx, catalog, p, o, w)
		return err
	})
	if err != nil {
		return 0, err
	}
	if o.dryRun {
		return dryRun(w.Stdout, r)
	}
	r.clock, r.curfew = clock, newCurfew(clock, o.timeout)
	hearing, enough := context.WithCancel(ctx)
	defer enough()
	r.signals = r.curfew.relay(hearing, signals)
	return execute(ctx, r, w)
}

// prepared is a run before its first effect.
type prepared struct {
	place     place
	options   options
	args      []string
	environ   []string
	catalog   *categories.Catalog
	selection categories.Selection
	empty     error // the selection is empty, and why
	findings  []event.Finding
	asked     env.Asked
	needs     env.Needs
	graph     service.Graph // of the compose files
	kept      keptSet       // what is up in this tree, where it is to be used
	decision  env.Decision
	plan      runner.Plan
	probes    []string // what was asked of the machine, for the log
	clock     *runner.Clock
	signals   <-chan process.Signal
	curfew    *curfew
}

// prepare selects, checks, decides and plans. Of the world it only reads.
func prepare(ctx context.Context, catalog *categories.Catalog, p place, o options, w World) (prepared, error) {
	r := prepared{place: p, options: o, args: w.Args, environ: w.Environ, catalog: catalog, findings: catalog.Findings}
	var err error
	if r.asked, err = resolve(catalog, o, w); err != nil {
		return r, err
	}
	r.selection, err = catalog.Select(o.asked)
	var c coder
	if errors.As(err, &c) && c.ExitCode() == report.Empty {
		r.empty, err = err, nil
	}
	if err != nil {
		return r, err
	}
	tools := tool.All()
	programs, err := r.decide(ctx, tools, w)
	if err != nil {
		return r, err
	}
	cache := filepath.Join(p.results, "cache")
	r.plan = runner.BuildPlan(r.selection, r.decision, runner.Settings{
		Slots: o.jobs, Capped: o.jobsSet, Accepted: r.asked.AllowNotRun, Programs: programs, Tools: tools, Variables: variablesOf(r.asked, r.decision.Mode),
		Timings: runner.ReadTimings(cache), Cache: cache, Debug: o.debug, Ordered: catalog.Ordered,
	})
	if o.debug && len(r.plan.Jobs) > 1 {
		return r, usageError{text: fmt.Sprintf("--debug runs one job, and %d are selected", len(r.plan.Jobs)), remedy: "runner --debug -c CATEGORY PATH::TEST"}
	}
	return r, refusedArguments(r.plan, o.asked.ToolArgs)
}

// decide looks at the tools and at the environment side by side, and decides. It returns the program of each suite.
func (r *prepared) decide(ctx context.Context, tools []tool.Tool, w World) (map[string]string, error) {
	host := &runner.Host{Environ: w.Environ}
	var checked env.Needs
	var programs map[string]string
	var wait sync.WaitGroup
	wait.Go(func() { checked, programs = runner.Check(ctx, r.selection, tools, host) })
	around, err := lookAround(ctx, r.catalog, r.selection, r.asked, r.place, w, host, engineStarter(r.options, w))
	wait.Wait()
	if err != nil {
		return nil, err
	}
	r.selection.Notes = append(r.selection.Notes, around.notes...)
	r.graph, r.asked, r.kept = around.graph, around.asked, around.kept
	r.needs, r.probes = around.needs, append(host.Calls(), around.calls...)
	for i, n := range checked.Suites { // both are in the order of the selection
		r.findings = append(r.findings, n.Findings...)
		r.needs.Suites[i].Findings = append(r.needs.Suites[i].Findings, n.Findings...)
	}
	r.findings = append(distinct(r.findings), around.findings...)
	r.decision = env.Decide(r.asked, r.needs, around.findings)
	for _, a := range r.decision.Admissions {
		if a.LeftOut {
			r.selection.Notes = append(r.selection.Notes, fmt.Sprintf("left out: %s, %s: %s (name it to have it refused)", a.Category, a.Suite, a.Reason.Text))
		}
	}
	return programs, nil
}

// refusedArguments asks the adapters whether they take what stands behind "--", so that a wrong word there is a usage error
// before the first effect, as any other wrong word is.
func refusedArguments(p runner.Plan, args []string) error {
	if len(args) == 0 {
		return nil
	}
	for _, j := range p.Jobs {
		t := j.Target
		t.Share, t.Scratch = 1, os.TempDir()
		if _, err := j.Tool.Command(t); err != nil {
			return usageError{text: fmt.Sprintf("-- %s: %v", event.ShellJoin(args), err), remedy: "runner --dry-run"}
		}
	}
	return nil
}

// distinct keeps the first of equal findings, so that one missing tool is told once, not once a suite.
func distinct(all []event.Finding) []event.Finding {
	seen := map[event.Finding]bool{}
	var out []event.Finding
	for _, f := range all {
		f.Millis = 0
		if !seen[f] {
			seen[f] = true
			out = append(out, f)
		}
	}
	return out
}

// execute runs the plan and tells everything to the reports. What it starts is gone when it returns.
func execute(ctx context.Context, r prepared, w World) (code int, err error) {
	id := lease.NewRunID(time.Now(), rand.Reader)
	held, err := lease.Open(r.place.results, id)
	if err != nil {
		return 0, usageError{text: err.Error(), remedy: "runner --results DIR"}
	}
	defer func() { err = errors.Join(err, held.Close()) }()
	out, err := openReports(r, held.Dir(), w)
	if err != nil {
		return 0, err
	}
	scratch := filepath.Join(os.TempDir(), "runner-"+id)
	dismiss, err := guardRun(w, held, out, r.options, scratch)
	defer dismiss()
	out.tellStart(r, id, held, err)
	services := beginServices(ctx, r, id, out, w)
	timings, fault := runJobs(ctx, r, out, held, scratch, services, w)
	if err := timings.Merge(filepath.Join(r.place.results, "cache")); err != nil {
		out.stream.Emit(event.Noted{Level: "warn", Text: err.Error()})
	}
	left := append(services.close(ctx), cleanUp(scratch, out.stream.Emit)...)
	out.stream.Emit(event.Leftovers{Names: left, Kept: services.kept()})
	verdict, err := out.finish(r, w)
	return blame(w.Stderr, fault, verdict.Code), err
}

// blame prints a bug of our own, and is the exit code with it: the fault may have kept itself out of the reports.
func blame(stderr io.Writer, fault error, code int) int {
	var f *runner.Fault
	if !errors.As(fault, &f) {
		return code
	}
	fmt.Fprintf(stderr, "runner: %v\n%s", f, f.Stack)
	if code == report.Interrupted || code == report.Terminated {
		return code
	}
	return report.Bug
}

func runJobs(ctx context.Context, r prepared, out *reports, held *lease.Lease, scratch string, services *runServices, w World) (runner.Timings, error) {
	if err := process.BecomeSubreaper(); err != nil {
		out.stream.Emit(event.Logged{Text: "not a subreaper: " + err.Error()})
	}
	idle := host.WatchIdle(ctx)
	o := runner.Options{
		Emit: out.stream.Emit, Environ: jobEnviron(out.environ, r), Clock: r.clock, Stall: w.Stall, Deadline: r.options.timeout,
		FailFast: r.options.failFast, Scratch: scratch, Signals: r.signals, FreeRAM: func() uint64 { return freeRAM(ctx) }, Idle: func() float64 { return idle.Cores(ctx) },
		Record: out.record(held), Forget: out.forget(held), Suspend: out.suspend,
	}
	if services != nil {
		o.Services = services
	}
	return runner.Run(ctx, r.plan, o)
}

// jobEnviron is the environment of every job: its tests know that runner started them, also where they need no service. What a job does
// have comes over it.
func jobEnviron(environ []string, r prepared) []string {
	environ = append(slices.Clone(environ), "RUNNER_MODE="+string(r.decision.Mode), "RUNNER_SERVICES=[]", "RUNNER_REAL_SERVICES=")
	if r.asked.RealServices {
		environ = append(environ, "RUNNER_REAL_SERVICES=1")
	}
	return environ
}

// cleanUp ends what outlived its job and removes the run's scratch folder. What it could not remove is left over.
func cleanUp(scratch string, emit event.Emit) []string {
	for _, orphan := range process.SweepOrphans() {
		emit(event.Noted{Level: "warn", Text: "ended a process that outlived its job: " + orphan})
	}
	if err := os.RemoveAll(scratch); err != nil {
		return []string{scratch}
	}
	return nil
}

// freeRAM is how much memory programs may still use. A machine that does not tell counts as having all they need.
func freeRAM(ctx context.Context) uint64 {
	m, err := host.ReadMemory(ctx)
	if err != nil {
		return math.MaxUint64
	}
	return m.Free
}
