package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"testrunner/report"
	"testrunner/report/event"
)

// dryRun prints the plan and ends as the run would end before its first test.
func dryRun(w io.Writer, r prepared) (int, error) {
	if r.empty != nil {
		return 0, r.empty
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "mode %s: %s\n", r.decision.Mode, strings.Join(r.decision.Why, "; "))
	for _, n := range r.selection.Notes {
		fmt.Fprintln(&b, n)
	}
	for _, f := range r.findings {
		fmt.Fprintf(&b, "%s: %s: %s\n", f.Status, f.ID, f.Detail)
		if f.Remedy != "" {
			fmt.Fprintf(&b, "  try: %s\n", f.Remedy)
		}
	}
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
		if n.Reason.Remedy != "" {
			fmt.Fprintf(&b, "  try: %s\n", n.Reason.Remedy)
		}
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return 0, err
	}
	return plannedCode(r), nil
}

// plannedCode is the code that the run would have before its first test: 5 when something that nobody accepted can't
// run, 4 when nothing can.
func plannedCode(r prepared) int {
	code := 0
	if len(r.plan.Jobs) == 0 {
		code = report.Empty
	}
	for _, n := range r.plan.NotRun {
		if n.Accepted == "" || r.options.asked.Strict {
			code = report.Incomplete
		}
	}
	return code
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
