package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"testrunner/env"
	"testrunner/report/event"
)

// beforeClock is how long the hook of an environment may take: a deployment is waited for as long as an image is built.
const beforeClock = 10 * time.Minute

// before runs the hook of a staging environment that was asked for by name, before its services are looked at: it may be what brings them
// up. A look runs nothing and says what a run would run. One that fails is a finding that blocks what staging was to serve.
func (s *surroundings) before(ctx context.Context, p place, w World) error {
	argv := s.asked.Environment.Before
	if len(argv) == 0 || s.asked.Mode() != event.Staging || !env.LookAt(s.asked, s.needs).Staging {
		return nil
	}
	words := event.ShellJoin(argv)
	if s.asked.Look {
		s.notes = append(s.notes, fmt.Sprintf("environments, %s, before: a run would first run %s", s.asked.Environment.Name, words))
		return nil
	}
	if _, err := fmt.Fprintf(w.Stderr, "runner: %s: runs %s\n", s.asked.Environment.Name, words); err != nil {
		return fmt.Errorf("say what is run before the tests: %w", err)
	}
	begun := time.Now()
	bounded, cancel := context.WithTimeout(ctx, beforeClock)
	defer cancel()
	environ := append(slices.Clone(w.Environ), s.asked.Environment.Variables...)
	output, code, err := hereCommand(p.root, environ)(bounded, argv, []string{"RUNNER_MODE=" + string(event.Staging)})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	f := event.Finding{ID: event.StagingBefore, Status: event.OK, Value: words, Detail: "ended with 0", Millis: time.Since(begun).Milliseconds()}
	last := output[strings.LastIndexByte(strings.TrimRight(output, "\n"), '\n')+1:]
	switch {
	case bounded.Err() != nil:
		f.Status, f.Detail = event.Fail, fmt.Sprintf("before: %s: not done within %s", words, beforeClock)
	case err != nil:
		f.Status, f.Detail = event.Fail, fmt.Sprintf("before: %s: %v", words, err)
	case code != 0:
		f.Status, f.Detail = event.Fail, strings.TrimSuffix(fmt.Sprintf("before: %s: it ends with %d: %s", words, code, strings.TrimSpace(last)), ": ")
	}
	s.findings = append(s.findings, f)
	s.calls = append(s.calls, "before: "+words+": "+f.Detail)
	return nil
}
