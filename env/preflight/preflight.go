// Package preflight looks at what a run needs before anything is started: the engine, this machine, tools, addresses of staging.
//
// All checks are made side by side, each with its own deadline, and each ends as findings: one that crashes, hangs or says nothing is
// unknown, never ok. Nothing is looked at that the needs do not call for. It decides nothing: that is env.Decide's, from the findings.
package preflight

import (
	"context"
	"fmt"
	"slices"
	"time"

	"testrunner/report/event"
)

// DefaultDeadline is a check's where it names none. What is asked of this machine takes milliseconds.
const DefaultDeadline = 2 * time.Second

// slack is how long after its deadline a check may still hand in what it saw: a deadline that passed is a finding too.
const slack = 150 * time.Millisecond

// Check is one look at one thing.
type Check struct {
	ID       string        // of the finding that is made where the check gives none: "host.memory"
	Deadline time.Duration // of Look; 0 is DefaultDeadline

	// Look says what it saw, in one finding or several. It may leave out their Millis. It should end when ctx does; what does not is
	// left behind.
	Look func(ctx context.Context) []event.Finding
}

// Run makes all checks side by side and returns their findings in the order of the checks. It returns no later than the longest
// deadline, and at once when ctx ends.
func Run(ctx context.Context, checks []Check) []event.Finding {
	answers := make([]chan []event.Finding, len(checks))
	for i, c := range checks {
		answers[i] = make(chan []event.Finding, 1)
		go func() { answers[i] <- c.run(ctx) }()
	}
	var all []event.Finding
	for _, a := range answers {
		all = append(all, <-a...)
	}
	return all
}

func (c Check) run(ctx context.Context) []event.Finding {
	deadline := c.Deadline
	if deadline <= 0 {
		deadline = DefaultDeadline
	}
	within, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	start := time.Now()
	saw := make(chan []event.Finding, 1)
	go c.look(within, saw)
	late := time.NewTimer(deadline + slack)
	defer late.Stop()
	var findings []event.Finding
	select {
	case findings = <-saw:
	case <-late.C:
		findings = c.unknown(fmt.Sprintf("the check did not end within %s", deadline))
	case <-ctx.Done():
		select { // what has been seen by now counts
		case findings = <-saw:
		case <-time.After(slack):
			findings = c.unknown("the check was interrupted: " + context.Cause(ctx).Error())
		}
	}
	return c.complete(findings, time.Since(start))
}

// look makes the check and hands in what it saw. Whatever becomes of it, something is handed in: also after a panic, and after
// runtime.Goexit, which no return follows.
func (c Check) look(ctx context.Context, saw chan<- []event.Finding) {
	findings := c.unknown("the check ended without a word, which is a bug in runner")
	defer func() {
		if fault := recover(); fault != nil {
			findings = c.unknown(fmt.Sprintf("the check crashed, which is a bug in runner: %v", fault))
		}
		saw <- findings
	}()
	findings = c.Look(ctx)
}

func (c Check) unknown(detail string) []event.Finding {
	return []event.Finding{{ID: c.ID, Status: event.Unknown, Detail: detail}}
}

// complete fills in what a check left out. A status that is none is unknown.
func (c Check) complete(findings []event.Finding, took time.Duration) []event.Finding {
	if len(findings) == 0 {
		findings = c.unknown("the check found nothing to say, which is a bug in runner")
	}
	out := slices.Clone(findings)
	for i := range out {
		f := &out[i]
		if f.ID == "" {
			f.ID = c.ID
		}
		switch f.Status {
		case event.OK, event.Warn, event.Fail, event.Unknown:
		default:
			f.Status = event.Unknown
		}
		if f.Millis == 0 {
			f.Millis = took.Milliseconds()
		}
	}
	return out
}
