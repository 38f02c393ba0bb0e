package main

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"testrunner/categories"
	"testrunner/env"
	"testrunner/env/preflight"
	"testrunner/report"
	"testrunner/report/event"
	"testrunner/runner"
	"testrunner/runner/tool"
)

// checkup is what a doctor saw.
type checkup struct {
	asked    env.Asked
	findings []event.Finding
	decision env.Decision
	decided  bool // something needs a service, so that there was something to decide
	notes    []string
	took     time.Duration // of all checks, without what was mended and tried
	mended   *mending
	trial    *trial
}

// toolDeadline bounds the look at the tools: each of their probes has ten seconds.
const toolDeadline = 15 * time.Second

// examine mends what it was asked to mend, and then looks at everything once.
func examine(ctx context.Context, catalog *categories.Catalog, p place, o doctorOptions, w World) (checkup, error) {
	sick, err := admit(ctx, catalog, p, o, w)
	if err != nil {
		return checkup{}, err
	}
	saw := checkup{asked: sick.asked}
	if o.fix {
		if saw.mended, err = sick.mend(ctx); err != nil {
			return saw, err
		}
	}
	begun := time.Now()
	machine := &runner.Host{Environ: w.Environ}
	saw.findings = append(saw.findings, preflight.Run(ctx, sick.checks(machine))...)
	if err := ctx.Err(); err != nil {
		return saw, err
	}
	if len(o.areas) == 0 {
		look := env.LookAt(sick.asked, sick.needs)
		look.Local = look.Local && !(look.Docker && env.DockerWorks(saw.findings)) // as in a run: nobody asks what could stand in for it
		saw.findings = append(append(saw.findings, sick.found...), claims(catalog, sick.asked, sick.needs, look, p, machine)...)
	} else if sick.staging { // an address without a value is one of its rows, too
		saw.findings = append(saw.findings, claims(catalog, sick.asked, sick.needs, env.Look{Staging: true}, p, machine)...)
	}
	saw.took = time.Since(begun)
	saw.notes = sick.notes()
	if sick.docker && env.DockerWorks(saw.findings) {
		saw.trial = sick.try(ctx)
		if err := ctx.Err(); err != nil {
			return saw, err
		}
		saw.findings = saw.trial.into(saw.findings)
	}
	sick.decide(&saw)
	saw.mask(runMask(w.Environ, sick.asked))
	return saw, nil
}

// checks are all that this doctor makes, side by side.
func (sick patient) checks(machine *runner.Host) []preflight.Check {
	wants := wantsOf(sick.catalog, sick.asked, sick.needs, sick.place, sick.world)
	wants.Doctor, wants.Docker, wants.Host = true, sick.docker, sick.wants(hostArea)
	if !sick.wants(dockerArea) {
		wants.Ports = nil
	}
	wants.Remedy = "runner doctor --env docker" // it is somebody else's to mend; what this machine could do in its place is worth a look
	if !sick.wants(stagingArea) {
		wants.Addresses, wants.Secrets = nil, nil
	}
	checks := append(preflight.Checks(wants), sick.contracts()...)
	if sick.wants(toolsArea) {
		checks = append([]preflight.Check{{ID: "tool", Deadline: toolDeadline, Look: func(ctx context.Context) []event.Finding {
			return sick.tools(ctx, machine)
		}}}, checks...)
	}
	return checks
}

// tools looks at the tools of the selection, with their versions, and at what discovery found amiss.
func (sick patient) tools(ctx context.Context, machine *runner.Host) []event.Finding {
	checked, programs := runner.Check(ctx, sick.selection, tool.All(), machine)
	findings := slices.Clone(sick.catalog.Findings)
	for _, n := range checked.Suites {
		findings = append(findings, n.Findings...)
	}
	var mu sync.Mutex
	var wait sync.WaitGroup
	var versions []event.Finding
	seen := map[string]bool{}
	for _, c := range sick.selection.Categories {
		for _, s := range c.Suites {
			program := programs[runner.SuiteKey(c.Name, s.Name)]
			id := "tool." + s.Tool
			spoken := slices.ContainsFunc(findings, func(f event.Finding) bool { return f.ID == id || strings.HasPrefix(f.ID, id+".") })
			if program == "" || spoken || seen[s.Tool+program] {
				continue
			}
			seen[s.Tool+program] = true
			wait.Go(func() {
				f := version(ctx, machine, filepath.Join(s.Target.Root, filepath.FromSlash(s.Target.Dir)), s.Tool, program)
				mu.Lock()
				defer mu.Unlock()
				versions = append(versions, f)
			})
		}
	}
	wait.Wait()
	findings = append(findings, versions...)
	if len(findings) == 0 {
		return []event.Finding{{ID: "tool", Status: event.OK, Value: "none", Detail: "no tests were found here, so no tool is needed"}}
	}
	slices.SortStableFunc(findings, func(a, b event.Finding) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(a.Detail, b.Detail))
	})
	return distinct(findings)
}

// version asks a tool that its adapter found in order for its version. One that does not tell is there all the same.
func version(ctx context.Context, machine *runner.Host, dir, name, program string) event.Finding {
	f := event.Finding{ID: "tool." + name, Status: event.OK, Value: "found", Detail: program}
	argv := []string{program, "--version"}
	switch name {
	case "pytest":
		argv = []string{program, "-m", "pytest", "--version"}
	case "node":
	default:
		return f // its program may be anything
	}
	if said, err := machine.Output(ctx, dir, argv...); err == nil && said != "" {
		f.Value = event.FirstLine(said)
	}
	return f
}

// notes say what was not looked at, and why.
func (sick patient) notes() []string {
	mode := sick.asked.Mode()
	if slices.Contains(sick.options.areas, websocketArea) && len(sick.contracts()) == 0 {
		return []string{"no contract of a WebSocket was tried, since there is none that may be tried in staging: a suite of the tool websocket says one"}
	}
	if mode == event.Staging && sick.wants(stagingArea) && !sick.staging {
		return []string{"staging was not looked at, since nothing that was selected and may run there needs a service of it"}
	}
	if sick.docker || !sick.wants(dockerArea) || mode == event.NoDocker || mode == event.Staging {
		return nil
	}
	return []string{"Docker was not looked at, since nothing that was selected needs a service; to look: runner doctor --focus docker"}
}

// decide says what a run would make of the findings.
func (sick patient) decide(saw *checkup) {
	if sick.selection.Needy() && len(sick.options.areas) == 0 {
		saw.decision, saw.decided = env.Decide(sick.asked, sick.needs, saw.findings), true
	}
}

// code is 0 where all is well or only warned of, else 5: what nobody knows is not well.
func (saw checkup) code() int {
	bad := slices.ContainsFunc(saw.findings, func(f event.Finding) bool { return f.Status != event.OK && f.Status != event.Warn })
	if bad || saw.decided && saw.decision.Code() == report.Incomplete {
		return report.Incomplete
	}
	return 0
}

// mask keeps secrets out of all that is told (law 11).
func (saw *checkup) mask(f func(string) string) {
	for i := range saw.findings {
		saw.findings[i] = saw.findings[i].Map(f)
	}
	for i := range saw.decision.Why {
		saw.decision.Why[i] = f(saw.decision.Why[i])
	}
	for i := range saw.decision.Admissions {
		saw.decision.Admissions[i].Reason = saw.decision.Admissions[i].Reason.Map(f)
	}
}
