package report

import (
	"fmt"

	"testrunner/report/event"
)

// ending says in one line how an attempt ended, in the tool's words where it has any.
func ending(a attempt) string {
	if a.finished == nil {
		return "runner itself was killed while the job ran"
	}
	what := ""
	switch a.finished.Cause {
	case event.Done:
		what = "the tool ended normally"
	case event.Crashed:
		what = "the tool crashed" + status(a.finished)
	case event.Vanished:
		what = "the tool ended with status 0 and without its end-of-run word"
	case event.Contradiction:
		what = "exit status" + status(a.finished) + " and results disagree"
	case event.BadUsage:
		what = "the tool refused its command line or configuration"
	case event.NotStarted:
		what = "the tool could not be started"
	case event.TimedOut:
		what = "the deadline passed"
	case event.Interrupted:
		what = "a signal ended the run"
	case event.RunnerDied:
		what = "runner itself was killed while the job ran"
	default:
		what = fmt.Sprintf("the job ended with the unknown cause %q", a.finished.Cause)
	}
	if a.finished.Problem != "" {
		what += ": " + a.finished.Problem
	}
	return what
}

func status(f *event.JobFinished) string {
	switch {
	case f.Signal != "":
		return " (" + f.Signal + ")"
	case f.Exit != 0:
		return fmt.Sprintf(" (exit status %d)", f.Exit)
	default:
		return " (exit status 0)"
	}
}

// unfinished is the error of a test that started and never ended.
func unfinished(a attempt, stopping []event.Stopping) (event.ErrorType, string) {
	if a.finished != nil && a.finished.Cause == event.TimedOut {
		return event.TimeoutType, "open at the deadline: " + ending(a)
	}
	if a.finished != nil && a.finished.Cause == event.Interrupted {
		switch why(stopping) {
		case stopDeadline:
			return event.TimeoutType, "open at the deadline: the run ended while this test ran"
		case stopFailFast:
			return event.NotFinishedType, "did not end: --fail-fast ended the run while this test ran"
		}
	}
	return event.NotFinishedType, "did not end: " + ending(a)
}

// unstarted is the reason of a test that was named and never started.
func unstarted(a attempt, stopping []event.Stopping) event.Reason {
	if a.finished == nil {
		return event.Reason{Code: event.ReasonCrashed, Text: "runner itself was killed before it"}
	}
	switch a.finished.Cause {
	case event.TimedOut:
		return event.Reason{Code: event.ReasonDeadline, Text: "no time was left: " + ending(a)}
	case event.Interrupted:
		if r, known := stopped(stopping); known {
			return r
		}
		return event.Reason{Code: event.ReasonInterrupted, Text: ending(a)}
	case event.RunnerDied:
		return event.Reason{Code: event.ReasonCrashed, Text: "runner itself was killed before it"}
	default:
		return event.Reason{Code: event.ReasonCrashed, Text: ending(a)}
	}
}

// What Stopping.Why says.
const (
	stopInterrupted = "interrupted"
	stopTerminated  = "terminated"
	stopDeadline    = "deadline"
	stopFailFast    = "fail-fast"
	stopRunnerDied  = "runner-died"
	stopBug         = "bug"
)

// why is the first reason that stopped the run, "" if nothing did: what came later found it ending already.
func why(stopping []event.Stopping) string {
	if len(stopping) == 0 {
		return ""
	}
	return stopping[0].Why
}

// stopped is the reason of what had not started when the run was stopped.
func stopped(stopping []event.Stopping) (event.Reason, bool) {
	switch why(stopping) {
	case stopInterrupted, stopTerminated:
		return event.Reason{Code: event.ReasonInterrupted, Text: "a signal ended the run before it"}, true
	case stopDeadline:
		return event.Reason{Code: event.ReasonDeadline, Text: "the deadline of the run passed before it"}, true
	case stopFailFast:
		return event.Reason{Code: event.ReasonFailFast, Text: "--fail-fast ended the run before it"}, true
	case stopBug:
		return event.Reason{Code: event.ReasonCrashed, Text: "a fault of runner's own ended the run before it"}, true
	case stopRunnerDied:
		return event.Reason{Code: event.ReasonCrashed, Text: "runner itself was killed before it"}, true
	default:
		return event.Reason{}, false
	}
}
