package tool

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"testrunner/report/event"
)

// jsReport reads a report as if its events had been told.
type jsReport struct {
	*jsDecoder
	version string
	others  int  // tests of files that this job does not run
	failed  bool // one that was not selected failed
	orderly bool // no process died, so what was not judged was not begun: the tool stopped by itself

	ordinals map[string]int // of tests of one name, in all results of a file
}

// jsReported is the report of jest (--json), as far as it is read, and all of that of vitestReporter.
type jsReported struct {
	Total   int              `json:"numTotalTests"`
	Results []jsReportedFile `json:"testResults"`
	Errors  []string         `json:"errorMessages"` // vitest's: errors that no test caught
}

type jsReportedFile struct {
	Name    string           `json:"name"`    // absolute
	Project string           `json:"project"` // vitest's, of a file that runs in several
	Message string           `json:"message"` // of the file itself, or of its tests as a person reads them
	Tests   []jsReportedTest `json:"assertionResults"`
}

type jsReportedTest struct {
	Above    []string `json:"ancestorTitles"`
	Title    string   `json:"title"`
	Status   string   `json:"status"`   // passed, failed, skipped, pending, todo, disabled; vitest's: unfinished
	Millis   float64  `json:"duration"` // null where it did not run
	Failures []string `json:"failureMessages"`
	Location struct {
		Line   int `json:"line"`
		Column int `json:"column"`
	} `json:"location"`
}

// who is the tool with its version, where that is known.
func (d *jsReport) who() string { return strings.TrimSpace(d.h.tool + " " + d.version) }

// Line takes nothing: there is no channel.
func (d *jsReport) Line([]byte) {}

// End reads the report, and concludes as of a run that was heard.
func (d *jsReport) End(x Exit) Conclusion {
	d.emit(event.Noted{Level: "info", Text: d.who() + " is read from its JSON report: its tests are told when all have run"})
	if x.Err != "" || x.Stopped != "" || x.Signal != "" {
		c := d.jsDecoder.End(x)
		if x.Stopped == "" && x.Err == "" {
			d.abandoned(d.h.tool + " was ended before it had written its report")
		}
		return c
	}
	d.hooked, d.patched, d.started = &jsRecord{Version: d.version}, true, true
	var r jsReported
	text, err := os.ReadFile(filepath.Join(d.t.Scratch, jsReportFile))
	if err == nil {
		err = json.Unmarshal(bytes.ToValidUTF8(text, []byte("\uFFFD")), &r)
	}
	if err != nil {
		c := d.refused(x)
		if x.Code == 0 {
			c = Conclusion{Cause: event.Vanished, Problem: d.who() + " ended with status 0 and left no report that can be read", Detail: x.Stderr}
		}
		return c
	}
	d.orderly = len(r.Errors) == 0
	for i := range r.Results {
		d.read(&r.Results[i])
	}
	for _, f := range slices.Clone(d.order) {
		d.ofFile(f, &jsRecord{K: "done"})
	}
	for _, file := range nodeFiles(d.t) {
		abs := filepath.Join(d.t.Root, filepath.FromSlash(file))
		if d.files[file] != nil {
			continue
		}
		if _, err := os.Stat(abs); err != nil {
			d.ofFile(d.file(abs), &jsRecord{K: "broken", Kind: "gone", Msg: "no such file"})
		} else if x.Code == 0 { // with another status, what is not there may have died
			d.file(abs).ended = true
			d.absent = append(d.absent, file)
		}
	}
	total, err := json.Marshal(r.Total - d.others)
	if err != nil {
		return Conclusion{Cause: event.Contradiction, Problem: err.Error()}
	}
	d.ended = &jsRecord{O: "passed", Tests: total}
	if (d.others > 0 || d.failed) && d.bad == 0 {
		d.ended.Why = "others" // what failed may be theirs
	}
	for _, text := range r.Errors {
		p := &jsRecord{Text: text}
		p.Name, p.Msg = jsNamed(text)
		d.problems = append(d.problems, p)
	}
	return d.jsDecoder.End(x)
}

// read tells of one file.
func (d *jsReport) read(r *jsReportedFile) {
	path := d.path(r.Name)
	if !slices.Contains(nodeFiles(d.t), path) && (!d.t.Whole || d.t.Homes[path] != "") {
		d.others += len(r.Tests)
		return
	}
	f := d.file(r.Name)
	told, victims := d.tests(f, r)
	switch message := strings.TrimSpace(r.Message); {
	case message == "":
	case len(r.Tests) == 0:
		d.ofFile(f, jsUnloaded(message))
	case d.h.tool == "jest": // it says of a file what its tests say
	case victims == nil && f.left > 0: // a hook of tests that were not selected
		d.failed = true
	default:
		broken := &jsRecord{K: "broken", Kind: "setup", Text: message, Tests: victims, Project: r.Project}
		broken.Name, broken.Msg = jsNamed(message)
		d.ofFile(f, broken)
	}
	for i := range told {
		d.ofFile(f, &told[i])
	}
}

// tests makes the records of a file's tests. Those that were never judged are the victims of a hook, where the file has an error.
func (d *jsReport) tests(f *jsFile, r *jsReportedFile) (told []jsRecord, victims json.RawMessage) {
	var unjudged []map[string]any
	left := 0
	for i := range r.Tests {
		one := r.Tests[i].record()
		one.Project = r.Project
		name := f.path + "\x00" + one.Project + "\x00" + strings.Join(one.T, " > ")
		d.ordinals[name]++
		one.N = d.ordinals[name]
		if !jsChosen(d.t, f.path, one.T, one.N) {
			left++
			d.failed = d.failed || one.O == "failed" || one.O == "timedout"
			continue
		}
		if one.Kind == "crash" {
			if d.orderly {
				one.O, one.Why = "notrun", "bail"
			}
			unjudged = append(unjudged, map[string]any{"t": one.T, "n": one.N, "l": one.L, "project": one.Project})
		}
		if one.L == 0 {
			for _, p := range nodePlaces(one.Text, d.t.Scratch) {
				if d.relative(p.File) == f.path {
					one.L, one.C = p.Line, p.Column
					break
				}
			}
		}
		if one.O == "passed" { // at last: these are the tries before
			for k, text := range r.Tests[i].Failures {
				try, last := jsRecord{K: "r", T: one.T, N: one.N, L: one.L, Project: one.Project, O: "failed", Text: text, Retry: k}, false
				try.Name, try.Msg = jsNamed(text)
				try.Last = &last
				told = append(told, try)
			}
		}
		told = append(told, one)
	}
	if left > 0 {
		f.left += left
		d.left += left
		d.emit(event.TestsDeselected{Job: d.t.Job, Count: left})
	}
	if len(unjudged) > 0 {
		victims, _ = json.Marshal(unjudged) // of strings and numbers: it never fails
	}
	return told, victims
}

// jsTimedOut are the words of jest and vitest for a test that passed its own time limit.
var jsTimedOut = regexp.MustCompile(`Test timed out in \d+ms|Timeout - Async callback was not invoked|Exceeded timeout of \d+ ms for a (?:test|hook)`)

func (r *jsReportedTest) record() jsRecord {
	above := r.Above
	for len(above) > 0 && above[0] == "" { // the file itself, in vitest 1
		above = above[1:]
	}
	out := jsRecord{K: "r", T: append(slices.Clone(above), r.Title), L: r.Location.Line, C: r.Location.Column, Us: int64(r.Millis * 1000)}
	switch r.Status {
	case "passed", "todo":
		out.O = r.Status
	case "failed":
		out.O = "failed"
		text := jsColour.ReplaceAllString(strings.Join(r.Failures, "\n\n"), "")
		if jsTimedOut.MatchString(text) {
			out.O = "timedout"
		}
		out.Name, out.Msg = jsNamed(text)
		out.Text = text
	case "unfinished":
		out.O, out.Kind, out.Msg = "errored", "crash", "it was begun, or waited, when its process ended"
	default: // skipped; pending is jest's word for it, disabled an older one
		out.O = "skipped"
	}
	return out
}

// jsErrorName is the name in front of an error's message.
var jsErrorName = regexp.MustCompile(`^([A-Za-z_$][\w$.]*(?:Error|Exception)|Error): ?`)

// jsNamed parts a stack: the error's name, and its message without frames.
func jsNamed(text string) (name, message string) {
	if at := strings.Index(text, "\n    at "); at >= 0 {
		text = text[:at]
	}
	if m := jsErrorName.FindStringSubmatch(text); m != nil {
		return m[1], text[len(m[0]):]
	}
	return "", strings.TrimPrefix(text, ": ")
}

// jsUnloaded is the record of a file that could not be loaded, or holds no test, from the words about it.
func jsUnloaded(message string) *jsRecord {
	text := jsPlain(message)
	text = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), "Test suite failed to run"))
	r := &jsRecord{K: "broken", Kind: "load", Text: text}
	r.Name, r.Msg = jsNamed(text)
	for line := range strings.Lines(text) { // jest explains first, and then quotes
		if line = strings.TrimSpace(line); jsErrorName.MatchString(line) {
			r.Name, r.Msg = jsNamed(line)
			break
		}
	}
	if strings.HasPrefix(r.Msg, "No test suite found in file") || strings.HasPrefix(r.Msg, "Your test suite must contain at least one test") {
		r.Kind = "empty"
	}
	return r
}

// jsChosen says whether the target's selection means a test, as the hooks decide it.
func jsChosen(t Target, file string, titles []string, n int) bool {
	full := strings.Join(titles, " > ")
	if t.Filter != "" {
		if re, err := regexp.Compile(t.Filter); err == nil && !re.MatchString(full) {
			return false
		}
	}
	named, any := false, false
	for _, id := range t.Tests {
		path, name := event.SplitID(id)
		any = true
		if path != file {
			continue
		}
		w := nodeWantedTest(name)
		named = named || w.Name == "" || n == 1 && w.Name == full || w.Base == full && w.N == n || strings.HasPrefix(full, w.Name+" > ")
	}
	return named || !any
}
