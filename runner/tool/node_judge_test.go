package tool_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"testrunner/report"
	"testrunner/report/event"
	"testrunner/runner/tool"
)

// nodeJudge folds a job's lines into the ledger.
type nodeJudge struct {
	ledger *report.Ledger
	bodies []event.Body
	decode func(tool.Target, event.Emit) tool.Decoder
	causes []event.Cause
	again  *tool.Target
}

func newNodeJudge(flaw string) *nodeJudge {
	j := &nodeJudge{ledger: report.NewLedger()}
	j.decode = func(t tool.Target, emit event.Emit) tool.Decoder { return tool.FlawedNodeDecoder(flaw, t, emit) }
	j.emit(event.Planned{Categories: []event.PlannedCategory{{Name: "unit", Suites: []string{"node"}, Jobs: 1}}})
	return j
}

func (j *nodeJudge) emit(b event.Body) {
	j.bodies = append(j.bodies, b)
	_ = j.ledger.Handle(event.Event{Body: b}) // it never fails
}

func (j *nodeJudge) attempt(t tool.Target, lines [][]byte, x tool.Exit) {
	j.emit(event.JobStarted{Job: t.Job, Category: "unit", Suite: "node", Tool: "node", Attempt: t.Attempt})
	d := j.decode(t, j.emit)
	for _, line := range lines {
		d.Line(line)
	}
	c := d.End(x)
	j.causes = append(j.causes, c.Cause)
	j.again = c.Again
	j.emit(event.JobFinished{Job: t.Job, Exit: x.Code, Signal: x.Signal, Cause: c.Cause, Problem: c.Problem, Detail: c.Detail, Again: c.Again != nil})
}

// counts is what came of it, in the words of expect.json.
func (j *nodeJudge) counts() nodeExpect {
	s := j.ledger.Summary()
	out := nodeExpect{
		Passed: s.Counts.Passed, Failed: s.Counts.Failed, Errored: s.Counts.Errored, Skipped: s.Counts.Skipped, NotRun: s.Counts.NotRun,
		CollectionErrors: s.Counts.CollectionErrors, Deselected: s.Counts.Deselected, Cause: event.Done,
	}
	for _, cause := range j.causes {
		if cause != event.Done {
			out.Cause = cause
		}
	}
	if n := len(j.causes); n > 1 { // an attempt that was followed by another is no end
		out.Cause = j.causes[n-1]
	}
	return out
}

func (j *nodeJudge) broken() []string {
	var out []string
	for _, b := range j.bodies {
		if c, ok := b.(event.CollectionFailed); ok {
			out = append(out, c.Path+":"+strconv.Itoa(c.Line)+":"+strconv.Itoa(c.Column)+" "+c.Reason+" "+c.Message)
		}
	}
	return out
}

// check compares counts, and the places of collection errors.
func (j *nodeJudge) check(t *testing.T, want nodeExpect) {
	t.Helper()
	if diff := j.diff(want); diff != "" {
		t.Errorf("%s\nevents:\n%s", diff, nodeEvents(t, j.bodies))
	}
}

func (j *nodeJudge) diff(want nodeExpect) string {
	got := j.counts()
	plain := nodeExpect{
		Passed: want.Passed, Failed: want.Failed, Errored: want.Errored, Skipped: want.Skipped, NotRun: want.NotRun,
		CollectionErrors: want.CollectionErrors, Deselected: want.Deselected, Cause: want.Cause,
	}
	g, _ := json.Marshal(got)   //nolint:errcheck // plain data
	w, _ := json.Marshal(plain) //nolint:errcheck // plain data
	if !bytes.Equal(g, w) {
		return "got  " + string(g) + "\nwant " + string(w)
	}
	broken := j.broken()
	for _, place := range want.Broken {
		path, reason, _ := strings.Cut(place, " ")
		if !slices.ContainsFunc(broken, func(b string) bool {
			return strings.HasPrefix(b, path+":") || strings.HasPrefix(b, path+" ") && strings.Contains(b, " "+reason+" ")
		}) {
			return "no collection error " + place + " in:\n" + strings.Join(broken, "\n")
		}
	}
	return ""
}

func nodeEvents(t *testing.T, bodies []event.Body) string {
	t.Helper()
	var b bytes.Buffer
	for _, body := range bodies {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(body.Kind() + " " + event.Capped(string(text), 600) + "\n")
	}
	return b.String()
}
