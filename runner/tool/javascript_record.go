package tool

import (
	"encoding/json"
	"strings"

	"testrunner/report/event"
)

// jsRecord is one line of the channel of jest, vitest, mocha and playwright: hooks/javascript/*.cjs write it. K says which
// fields are there. P is the process that wrote the line; F is a test file, absolute. A line with Run may also have "born", when
// that process was started: only ask.cjs reads it.
//
//	hook     our code runs in the tool's main process: Run, Tool, Version, Node. Before it no line counts.
//	patched  from here the tool's own events reach us
//	start    the tool's run begins: Files is all that it will run; null where it does not say
//	file     a file is being loaded: F
//	plan     tests that are known before they run: F, Tests (T, N, L, C, At, Project of each)
//	left     tests that the selection left out: F (if known), N
//	absent   a file that we asked for is there, and the tool's own configuration leaves it out: F
//	stray    files that the tool finds, that discovery did not and that this job leaves out: Files
//	s        a test starts: F, T, N, L, C, At, Project
//	r        a result: those, and O, Us, Name, Code, Msg, Text, Diff, Reason, Why, Kind, Hook, Out, Expected, Retry, Last;
//	         one of the kind late that failed stands for an error that came after the test's end
//	broken   what belongs to a file and to no test: F, Kind, L, C, Name, Code, Msg, Text; of kind load, crash and empty also Project
//	           load   it could not be loaded
//	           setup  a hook of it failed: Hook, Suite; Tests are its victims, and without them it is a case of its own
//	           late   a test (T) that had ended failed once more
//	           crash  the process that ran it died
//	           empty  it holds no test
//	           gone   it is not there
//	           root   all files count on it (a global setup, a server): none of them runs
//	           stranger  it could not be loaded, and we did not ask for it
//	exit     the process ends itself (process.exit): F and Project where one is open, Status, Stack
//	done     a file is over: F
//	note     what a person may want to know, and is no error: Msg
//	problem  an error of the run that belongs to no file: Msg, Text
//	end      the tool's end-of-run word: O (passed, failed, interrupted, timedout), Tests and Files (numbers), Why (bail; allowed: failures do not count)
//	         broken: files could not be loaded, so none ran; none: it found no test; others: tests failed that were not selected;
//	         limit: its own time limit has passed
//	fault    an error of our hook: Msg
type jsRecord struct {
	P       int    `json:"p"`
	K       string `json:"k"`
	Run     string `json:"run"`
	Tool    string `json:"tool"`
	Version string `json:"version"`
	Node    string `json:"node"`

	Files json.RawMessage `json:"files"` // start, stray: a list; end: a number
	Tests json.RawMessage `json:"tests"` // plan, broken: a list of records; end: how many results the tool counts

	F       string   `json:"f"`
	T       []string `json:"t"` // titles, from the outermost suite on
	N       int      `json:"n"` // which of the tests of the same titles (and project) in the file, from 1; 0 is the first
	L       int      `json:"l"` // from 1, 0 is unknown; C too
	C       int      `json:"c"`
	At      string   `json:"at"`      // the file where it is written, where that is not F
	Project string   `json:"project"` // where the tool runs the file in several projects: it ends the test's name, " [chromium]"

	O        string   `json:"o"`    // passed, failed, errored, skipped, todo, timedout, notrun
	Kind     string   `json:"kind"` // of a result that is errored: setup, crash
	Hook     string   `json:"hook"` // the hook that failed: "beforeAll"
	Suite    []string `json:"suite"`
	Us       int64    `json:"us"`
	Name     string   `json:"name"` // of the error: "TypeError"
	Code     string   `json:"code"`
	Msg      string   `json:"msg"`
	Text     string   `json:"text"` // the stack
	Diff     string   `json:"diff"` // expected against actual, as the tool shows it
	Reason   string   `json:"reason"`
	Why      string   `json:"why"` // bail, serial, dependency, limit, aborted
	Out      string   `json:"out"`
	Expected bool     `json:"expected"` // passed by failing, as it said it would
	Retry    int      `json:"retry"`    // which try it is, from 0
	Live     bool     `json:"live"`     // a worker's own word, at once: its main process says it again, with more
	Unheard  bool     `json:"unheard"`  // of a broken file: the tool knows nothing of it, so its exit status does not either
	Last     *bool    `json:"last"`     // false: another try may follow, and this result waits for it. Otherwise it is final
	Status   int      `json:"status"`
	Stack    string   `json:"stack"`
}

// paths is the list of Files; known is false where the line has none.
func (r *jsRecord) paths() (list []string, known bool) {
	return list, json.Unmarshal(r.Files, &list) == nil && list != nil
}

// list is the list of Tests.
func (r *jsRecord) list() []jsRecord {
	var list []jsRecord
	if json.Unmarshal(r.Tests, &list) != nil {
		return nil
	}
	return list
}

// count is the number in Tests.
func (r *jsRecord) count() (n int, known bool) {
	return n, len(r.Tests) > 0 && json.Unmarshal(r.Tests, &n) == nil
}

// line is the error as one line: "TypeError: x is not a function".
func (r *jsRecord) line() string {
	e := nodeError{Name: r.Name, Message: r.Msg}
	if r.Name == "Error" || r.Name == "" || strings.Contains(event.FirstLine(r.Msg), r.Name) {
		e.Name = ""
	}
	return e.line()
}

// detail is what a report shows of an error: the stack without frames of node's and the tool's own code, then the difference.
func (r *jsRecord) detail(scratch string) string {
	text := r.Text
	if text == "" && strings.Contains(r.Msg, "\n") {
		text = r.Msg
	}
	var kept []string
	for line := range strings.Lines(text) {
		if !jsOwnFrame(line, scratch) {
			kept = append(kept, line)
		}
	}
	text = strings.TrimRight(strings.Join(kept, ""), "\n")
	if r.Diff != "" {
		text += "\n\n" + strings.Trim(r.Diff, "\n")
	}
	return event.Capped(text, event.Cap)
}

// jsOwnFrame says whether a line of a stack is a frame of node, of a test tool or of our hook: it says nothing about a test.
func jsOwnFrame(line, scratch string) bool {
	line = strings.TrimSpace(line)
	if !strings.HasPrefix(line, "at ") {
		return false
	}
	line = strings.ReplaceAll(line, `\`, "/")
	if line == "at new Promise (<anonymous>)" || strings.Contains(line, "(node:") || strings.HasPrefix(line, "at node:") || strings.HasPrefix(line, "at async node:") {
		return true
	}
	if scratch != "" && strings.Contains(line, strings.ReplaceAll(scratch, `\`, "/")+"/") {
		return true
	}
	for _, own := range []string{"jest-circus", "jest-runner", "jest-runtime", "jest-jasmine2", "@jest", "vitest", "@vitest", "mocha", "playwright", "@playwright", "tinypool", "vite", "vite-node"} {
		if strings.Contains(line, "/node_modules/"+own+"/") {
			return true
		}
	}
	return false
}

// reason is the reason of a collection error.
func (r *jsRecord) reason() string {
	first := event.FirstLine(r.Msg)
	switch {
	case strings.HasPrefix(first, "Cannot find module"), strings.HasPrefix(first, "Cannot find package"), strings.HasPrefix(first, "Failed to resolve import"),
		strings.HasPrefix(first, "Failed to load url"):
		return "import"
	case strings.Contains(r.Msg, "SyntaxError: "):
		return "syntax"
	default:
		return nodeReason(&nodeError{Name: r.Name, Code: r.Code, Message: r.Msg})
	}
}
