package tool

import (
	"fmt"
	"slices"
	"strings"

	"testrunner/report/event"
)

// script concludes a file that has checks of its own and none of node:test's. To node such a file is one test, and its exit
// status the result ("test files are not required to use the node:test module", node's own page of the test runner). What
// keeps it from being loaded is a collection error, as everywhere.
func (d *nodeDecoder) script(f *nodeFile, r *nodeRecord) {
	if f.left > 0 { // the selection left it out
		return
	}
	var u *nodeRecord
	if n := len(f.uncaught); n > 0 && f.uncaught[n-1].Err != nil {
		u = f.uncaught[n-1]
	}
	if r.Err != nil && u != nil && nodeReason(u.Err) != "error" {
		d.unloaded(f, r)
		return
	}
	out := event.TestFinished{
		Job: d.t.Job, Test: event.Test{ID: f.path, Name: f.path, Class: f.path}, Outcome: event.Passed, Micros: int64(r.Ms * 1000),
		Note: "a script with checks of its own: its exit status is the result",
	}
	if r.Err != nil {
		f.bad++
		d.bad++
		out.Outcome, out.Type, out.Message, out.Output = event.Failed, r.Err.Failure, d.fate(f, r), f.output()
		switch {
		case r.Err.Signal != "" || r.Err.Failure == "testTimeoutFailure":
			out.Outcome = event.Errored
		case u != nil && f.exit == nil:
			out.Type, out.Detail = u.Err.Name, nodeDetail(u.Err)
			for _, p := range nodePlaces(u.Err.Stack, d.t.Scratch) {
				if d.relative(p.File) == f.path {
					out.Test.Line = p.Line
					break
				}
			}
		}
	}
	f.cases++
	d.emit(out)
}

// namedEmpty is how many of the files without a test are named.
const namedEmpty = 5

// emptyFiles tells of the files in which no test ran, in one line.
func (d *nodeDecoder) emptyFiles() {
	slices.Sort(d.empty)
	switch n := len(d.empty); {
	case n == 1:
		d.emit(event.Noted{Level: "warn", Text: fmt.Sprintf("nothing ran in %s: it holds no test of node:test (node counts such a file as 1 passed)", d.empty[0])})
	case n > 1:
		names := strings.Join(d.empty[:min(n, namedEmpty)], ", ")
		if n > namedEmpty {
			names += fmt.Sprintf(" and %d more", n-namedEmpty)
		}
		d.emit(event.Noted{Level: "warn", Text: fmt.Sprintf("nothing ran in %d files that hold no test of node:test (node counts each of them as 1 passed): %s", n, names)})
	}
}
