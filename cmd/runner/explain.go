package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"testrunner/env"
	"testrunner/report/event"
)

// explainMode says in which mode a run would be and why, and what could run in it. It starts nothing.
func explainMode(ctx context.Context, c *cli.Context, s split, w World) (int, error) {
	p, err := findPlace(c, w)
	if err != nil {
		return 0, err
	}
	p.scope = "." // a name, or all
	o, err := readOptions(c, s, p, w)
	if err != nil {
		return 0, err
	}
	o.look = true
	catalog, err := loadCatalog(ctx, p, w)
	if err != nil {
		return 0, err
	}
	r, err := prepare(ctx, catalog, p, o, w)
	if err != nil {
		return 0, err
	}
	if r.empty != nil {
		return 0, r.empty
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "asked: %s (%s)\n", r.decision.Asked, cmp.Or(r.asked.EnvFrom, "nobody named an environment"))
	for _, n := range r.selection.Notes {
		fmt.Fprintln(&b, n)
	}
	writeNeeds(&b, r.needs)
	fmt.Fprintln(&b, "rules")
	for i, rule := range r.decision.Rules {
		fmt.Fprintf(&b, "  %d. %s: %s\n", i+1, rule.Name, ruleWords(rule))
	}
	fmt.Fprintf(&b, "mode: %s\n", r.decision.Mode)
	for _, why := range r.decision.Why[1:] {
		fmt.Fprintf(&b, "  %s\n", why)
	}
	writeAdmissions(&b, r)
	_, err = io.WriteString(w.Stdout, r.mask(b.String()))
	return 0, err
}

func ruleWords(r event.Rule) string {
	if r.Taken {
		return "taken: " + r.Why
	}
	return "lost: " + r.Why
}

func writeNeeds(b *bytes.Buffer, needs env.Needs) {
	fmt.Fprintln(b, "needs")
	for _, n := range needs.Suites {
		fmt.Fprintf(b, "  %s, %s: ", n.Category, n.Suite)
		if len(n.Needs) == 0 {
			fmt.Fprintln(b, "nothing")
			continue
		}
		fmt.Fprintf(b, "%s (%s)", strings.Join(n.Needs, ", "), n.Why)
		if len(n.Stubs) > 0 {
			fmt.Fprintf(b, "; a stub will do of %s", strings.Join(n.Stubs, ", "))
		}
		if len(n.Modes) > 0 {
			fmt.Fprintf(b, "; modes %s", joined(n.Modes))
		}
		if n.Writes != "" {
			fmt.Fprintf(b, "; writes (%s)", n.Writes)
		}
		fmt.Fprintln(b)
	}
}

func joined(modes []event.Mode) string {
	words := make([]string, len(modes))
	for i, m := range modes {
		words[i] = string(m)
	}
	return strings.Join(words, ", ")
}

func writeAdmissions(b *bytes.Buffer, r prepared) {
	for _, a := range r.decision.Admissions {
		fmt.Fprintf(b, "%s, %s: ", a.Category, a.Suite)
		switch {
		case a.LeftOut:
			fmt.Fprintf(b, "left out: %s\n", a.Reason.Text)
		case !a.Admitted:
			writeRefusal(b, "not run", a)
		default:
			fmt.Fprintln(b, "admitted")
			for _, s := range a.Services {
				fmt.Fprintf(b, "  %s: %s\n", s.Service, servedBy(s, r.needs.Service(s.Service), r.decision.Project != ""))
			}
		}
	}
}

func writeRefusal(b *bytes.Buffer, word string, a event.Admission) {
	fmt.Fprintf(b, "%s: %s", word, a.Reason.Text)
	if a.Reason.Finding != "" {
		fmt.Fprintf(b, " (%s)", a.Reason.Finding)
	}
	if a.Accepted != "" {
		fmt.Fprintf(b, "; accepted by %s", a.Accepted)
	}
	fmt.Fprintln(b)
	if a.Reason.Remedy != "" {
		fmt.Fprintf(b, "  try: %s\n", a.Reason.Remedy)
	}
}
