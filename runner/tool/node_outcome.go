package tool

import (
	"slices"
	"strings"

	"testrunner/report/event"
)

// nodeOutcome reads a test's result as node counts it: a skip and a todo count as neither passed nor failed, even where
// the test failed. What node calls cancelled, and every test that a hook kept from running, could not be judged: errored.
func nodeOutcome(r *nodeRecord) event.TestFinished {
	out := event.TestFinished{Micros: int64(r.Ms * 1000)}
	switch {
	case r.Skip != nil:
		out.Outcome, out.Message = event.Skipped, *r.Skip
		return out
	case r.Todo != nil:
		out.Outcome, out.Message = event.Skipped, strings.TrimSuffix("todo: "+*r.Todo, ": ")
		if !r.Passed {
			out.Note = "failed, though marked todo"
		}
		return out
	case r.Passed:
		out.Outcome = event.Passed
		if r.Expected {
			out.Note = "failed, as it was marked to"
		}
		return out
	}
	e := r.Err
	if e == nil {
		e = &nodeError{Message: "failed, and node gave no error"}
	}
	out.Outcome = event.Failed
	out.Type, out.Message, out.Detail = e.Name, e.line(), nodeDetail(e)
	switch e.Failure {
	case "hookFailed":
		out.Outcome, out.Type = event.Errored, e.Failure
		out.Message = "a hook failed: " + e.line()
	case "cancelledByParent":
		out.Outcome, out.Type = event.Errored, e.Failure
		if r.Hook != nil {
			out.Type, out.Message, out.Detail = "hookFailed", "a hook failed: "+r.Hook.line(), nodeDetail(r.Hook)
		}
	case "testTimeoutFailure", "testAborted", "parentAlreadyFinished":
		out.Outcome, out.Type = event.Errored, e.Failure
	case "uncaughtException", "unhandledRejection":
		out.Note = e.Failure
	}
	if out.Type == "" {
		out.Type = e.Failure
	}
	return out
}

// nodeDetail is the error's stack without the frames of node's own code, which say nothing about a test.
func nodeDetail(e *nodeError) string {
	if e.Stack == "" {
		return event.Capped(e.Message, event.Cap)
	}
	lines := slices.DeleteFunc(strings.Split(e.Stack, "\n"), func(line string) bool {
		line = strings.TrimSpace(line)
		return strings.HasPrefix(line, "at ") && (strings.Contains(line, "(node:") || strings.HasPrefix(line, "at node:") || strings.HasPrefix(line, "at async node:"))
	})
	return event.Capped(strings.Join(lines, "\n"), event.Cap)
}
