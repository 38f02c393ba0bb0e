package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"testrunner/env"
	"testrunner/env/service"
	"testrunner/report/event"
)

// dryRun prints the plan and ends as the run would end before its first test.
func dryRun(w io.Writer, r prepared) (int, error) {
	if r.empty != nil {
		return 0, r.empty
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "mode %s: %s\n", r.decision.Mode, strings.Join(r.decision.Why, "; "))
	writeRules(&b, r.decision.Rules)
	for _, n := range r.selection.Notes {
		fmt.Fprintln(&b, n)
	}
	if _, note := composeFiles(r.catalog, r.asked, r.environ); note != "" && r.selection.Needy() {
		fmt.Fprintln(&b, note)
	}
	for _, f := range r.findings {
		if f.Status == event.OK || f.ID == event.HostLoad { // how busy the machine is now says nothing about a run
			continue
		}
		fmt.Fprintf(&b, "%s: %s: %s\n", f.Status, f.ID, findingWords(f))
		if f.Remedy != "" {
			fmt.Fprintf(&b, "  try: %s\n", f.Remedy)
		}
	}
	writeServed(&b, r)
	for _, j := range r.plan.Jobs {
		t := j.Target
		t.Share, t.Scratch = min(j.Cores, r.plan.Slots), "SCRATCH"
		command, err := j.Tool.Command(t)
		if err != nil {
			return 0, usageError{text: fmt.Sprintf("%s: %v", t.Job, err)}
		}
		fmt.Fprintf(&b, "\n%s: %s in %s\n  %s\n", t.Job, counted(len(t.Files), "test file"), t.Dir, event.ShellJoin(command.Argv))
	}
	for _, n := range r.plan.NotRun {
		name := n.Category
		if n.Suite != "" {
			name += "/" + n.Suite
		}
		fmt.Fprintf(&b, "\nnot run: %s: %s\n", name, n.Reason.Text)
		if n.Accepted != "" {
			fmt.Fprintf(&b, "  accepted by %s\n", n.Accepted)
		}
		if n.Reason.Remedy != "" {
			fmt.Fprintf(&b, "  try: %s\n", n.Reason.Remedy)
		}
	}
	if _, err := io.WriteString(w, r.mask(b.String())); err != nil {
		return 0, err
	}
	return r.decision.Code(), nil
}

// findingWords are a finding in one line: what was measured stands before what it means.
func findingWords(f event.Finding) string {
	if f.Threshold == "" {
		return cmp.Or(f.Detail, f.Value)
	}
	return strings.TrimSuffix(f.Value+", "+f.Threshold+": "+f.Detail, ": ")
}

// writeRules prints the rules as they were tried. Where nothing needs a service there is nothing to tell beside the mode itself.
func writeRules(b *bytes.Buffer, rules []event.Rule) {
	if len(rules) < 2 {
		return
	}
	for i, r := range rules {
		outcome := "lost"
		if r.Taken {
			outcome = "taken"
		}
		fmt.Fprintf(b, "  rule %d, %s: %s: %s\n", i+1, r.Name, outcome, r.Why)
	}
}

// writeServed prints what would serve each category that needs a service.
func writeServed(b *bytes.Buffer, r prepared) {
	for _, a := range r.decision.Categories() {
		if len(a.Services) == 0 {
			continue
		}
		state := "admitted"
		if a.Part {
			state = "admitted in part"
		}
		fmt.Fprintf(b, "\n%s: %s\n", state, a.Category)
		for _, s := range a.Services {
			fmt.Fprintf(b, "  %s: %s\n", s.Service, servedBy(s, r.needs.Service(s.Service), r.decision.Project != ""))
		}
	}
}

// servedBy says where a service would come from, and what the tests would get of it. An attached one is of a project that somebody else
// brought up.
func servedBy(s event.Served, of env.Service, attached bool) string {
	text := string(s.By)
	if s.By == event.ByDocker && of.Image != "" {
		text += ", image " + of.Image
	}
	if s.By == event.ByLocal && len(of.Local) > 0 {
		text += ", " + event.ShellJoin(of.Local)
	}
	if s.By == event.ByLocal && of.AnyVersion {
		text += ", of any version"
	}
	text += readyWords(of, service.LineCounts(s.By, attached))
	if len(of.Before) > 0 {
		text += "; then runs " + event.ShellJoin(of.Before)
	}
	if len(of.Env) > 0 {
		text += "; the tests get " + strings.Join(of.Env, ", ")
	}
	return text + " (" + string(s.Fidelity) + ")"
}

// readyWords are what runner.yaml says of when a service is ready, "" if nothing. line is whether its output counts.
func readyWords(s env.Service, line bool) string {
	var all []string
	if s.Ready != "" {
		all = append(all, s.Ready+" answers")
	}
	if s.ReadyLog != "" && line {
		all = append(all, "a line of its output matches "+s.ReadyLog)
	}
	if len(s.ReadyCommand) > 0 {
		all = append(all, event.ShellJoin(s.ReadyCommand)+" ends with 0")
	}
	text := strings.Join(all, ", and ")
	switch {
	case text != "" && s.ReadyWithin > 0:
		text = "ready when " + text + ", within " + shortTime(s.ReadyWithin)
	case text != "":
		text = "ready when " + text
	case s.ReadyWithin > 0:
		text = "ready within " + shortTime(s.ReadyWithin)
	default:
		return ""
	}
	return "; " + text
}

// shortTime is a time as people write it: 10s, 2m, 1m30s.
func shortTime(d time.Duration) string {
	text := strings.TrimSuffix(d.String(), "m0s")
	if text != d.String() {
		text += "m"
	}
	return text
}

// mask takes the secrets out of what is printed without going through the stream (law 11).
func (r prepared) mask(text string) string {
	return r.masks()(text)
}

// masks is the mask of a run: what its suites give to their tests may hold secrets, too.
func (r prepared) masks() func(string) string {
	return runMask(slices.Concat(r.environ, suiteVariables(r.selection)), r.asked)
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
