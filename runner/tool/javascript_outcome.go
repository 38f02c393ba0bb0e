package tool

import (
	"fmt"

	"testrunner/report/event"
)

// outcome reads a result as the tool counts it. What a hook, a timeout or a crash kept from being judged is errored.
func (d *jsDecoder) outcome(t *jsTest, r *jsRecord) event.TestFinished {
	out := event.TestFinished{Micros: r.Us}
	switch r.O {
	case "passed":
		out.Outcome = event.Passed
		switch {
		case r.Expected:
			out.Note = "failed, as it was marked to"
		case t.tries > 0:
			out.Note = fmt.Sprintf("passed at try %d, after: %s", t.tries+1, t.failure)
		}
		return out
	case "skipped":
		out.Outcome, out.Message = event.Skipped, r.Reason
		return out
	case "todo":
		out.Outcome, out.Message = event.Skipped, "todo"
		if r.Reason != "" {
			out.Message = "todo: " + r.Reason
		}
		return out
	case "notrun":
		out.Outcome, out.Type, out.Message = event.NotRan, string(event.NotRunType), jsUnstarted(d.h.tool, r)
		if r.Why == "bail" || r.Why == "limit" {
			out.Type = event.ReasonMaxFail
		}
		return out
	}
	out.Outcome, out.Type, out.Message, out.Detail, out.Output = event.Failed, r.Name, r.line(), r.detail(d.t.Scratch), r.Out
	switch {
	case r.Kind == "setup":
		out.Outcome, out.Type, out.Message = event.Errored, "hookFailed", jsHookMessage(r)
	case r.Kind == "crash":
		out.Outcome, out.Type = event.Errored, string(event.NotFinishedType)
	case r.O == "timedout":
		out.Outcome, out.Type = event.Errored, "testTimeout" // the tool's own limit, so no deadline of ours
	case r.O == "errored":
		out.Outcome = event.Errored
	}
	if r.Kind == "late" {
		out.Note = "failed after its end"
		return out
	}
	if r.Retry > 0 || t.tries > 0 {
		out.Note = fmt.Sprintf("failed at each of %d tries", max(r.Retry+1, t.tries))
	}
	return out
}

func jsHookMessage(r *jsRecord) string {
	what := "a hook failed: "
	if r.Hook != "" {
		what = fmt.Sprintf("a hook (%s) failed: ", r.Hook)
	}
	return what + r.line()
}

// jsUnstarted is why a tool did not run a test that it knew.
func jsUnstarted(tool string, r *jsRecord) string {
	switch r.Why {
	case "bail":
		return tool + " stopped by itself after a failure, before this test"
	case "limit":
		return tool + " stopped by itself at its own time limit, before this test"
	case "serial":
		return "an earlier test of the same serial group failed"
	case "aborted":
		return tool + " stopped by itself after an error of a test that had ended, before this test"
	case "dependency":
		return "a project that this one depends on failed: " + r.Reason
	default:
		return tool + " did not run it"
	}
}
