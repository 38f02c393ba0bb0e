package tool

import (
	"encoding/json"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"testrunner/report/event"
)

// Decode reads the plugin's lines.
func (Pytest) Decode(t Target, emit event.Emit) Decoder {
	root := filepath.ToSlash(t.Root)
	return &pytestDecoder{
		target: t, emit: emit, names: pytestNames{root: root, rootdir: path.Join(root, t.Dir)},
		open: map[string][]*pytestCase{}, seen: map[string]int{}, due: map[string]int{}, broken: map[string]bool{},
	}
}

// pytestDecoder reads one attempt of a job.
type pytestDecoder struct {
	target Target
	emit   event.Emit
	names  pytestNames

	hooked  bool // the plugin of this job and attempt has spoken
	garbled int  // lines that are not the plugin's
	trouble string

	open     map[string][]*pytestCase // started and not finished, by node id; several only where a name stands twice
	seen     map[string]int           // starts, by node id
	due      map[string]int           // planned and not yet started, by node id
	planned  int
	order    []string // planned node ids, for what is left over
	finished int
	bad      int             // failed, errored, or could not be collected, by pytest's own word
	broken   map[string]bool // paths of collection errors

	collecting string // the file that is being loaded, absolute
	conftest   string // a conftest that pytest gave up on, relative to the root
	selected   bool   // collection is over
	interrupt  *pytestLine
	internal   *pytestLine
	ended      *pytestLine
}

// Line reads one line. What is not a line of this job's plugin is not read, and a torn one is no error: a process that
// dies leaves it.
func (d *pytestDecoder) Line(line []byte) {
	var l pytestLine
	if len(line) == 0 {
		return
	}
	if err := json.Unmarshal(line, &l); err != nil {
		d.garbled++
		return
	}
	if l.Kind == "hook" {
		d.hooked = l.Token == pytestToken(d.target)
		return
	}
	if d.hooked {
		d.read(l)
	}
}

func (d *pytestDecoder) read(l pytestLine) {
	switch l.Kind {
	case "start":
		d.names = pytestNames{root: filepath.ToSlash(l.Root), rootdir: filepath.ToSlash(l.Rootdir)}
	case "collecting":
		d.collecting = l.Path
	case "collect":
		d.collected(l)
	case "conftest":
		l.ID, l.Outcome = "", "failed"
		d.collected(l)
	case "plan":
		d.plan(l.Tests)
	case "deselected":
		if l.Count > 0 {
			d.emit(event.TestsDeselected{Job: d.target.Job, Count: l.Count})
		}
	case "missing":
		d.missing(l.IDs)
	case "s":
		d.start(l)
	case "r":
		d.report(l)
	case "f":
		d.finish(l)
	case "interrupt":
		d.interrupt = &l
	case "internal", "worker":
		if l.Kind == "internal" && d.internal == nil {
			d.internal = &l
		}
	case "trouble":
		d.trouble = l.Text
		d.emit(event.Noted{Level: "warn", Text: "the hook in pytest had an error of its own: " + pytestLast(l.Text)})
	case "end":
		d.ended = &l
	}
}

// plan adds tests to the expectation.
func (d *pytestDecoder) plan(planned []pytestPlanned) {
	d.collecting, d.selected = "", true
	tests := make([]event.Test, 0, len(planned))
	for _, p := range planned {
		d.due[p.ID]++
		d.planned++
		d.order = append(d.order, p.ID)
		tests = append(tests, d.names.test(p.ID, p.Line, d.due[p.ID]))
	}
	if len(tests) > 0 {
		d.emit(event.TestsCollected{Job: d.target.Job, Tests: tests})
	}
}

func (d *pytestDecoder) start(l pytestLine) {
	d.selected = true
	d.seen[l.ID]++
	c := &pytestCase{nodeid: l.ID, test: d.names.test(l.ID, l.At, d.seen[l.ID])}
	d.open[l.ID] = append(d.open[l.ID], c)
	d.emit(event.TestStarted{Job: d.target.Job, Test: c.test})
}

// at is the open test of a node id; a report may come without a start when xdist lost the worker in between.
func (d *pytestDecoder) at(nodeid string) *pytestCase {
	if len(d.open[nodeid]) == 0 {
		d.start(pytestLine{ID: nodeid})
	}
	return d.open[nodeid][0]
}

func (d *pytestDecoder) report(l pytestLine) { d.at(l.ID).phase(l) }

func (d *pytestDecoder) finish(l pytestLine) {
	d.close(d.at(l.ID), l.Micros, l.Called == 1)
}

// close tells the result of an open test.
func (d *pytestDecoder) close(c *pytestCase, micros int64, called bool) {
	rest := slices.DeleteFunc(d.open[c.nodeid], func(o *pytestCase) bool { return o == c })
	if len(rest) == 0 {
		delete(d.open, c.nodeid)
	} else {
		d.open[c.nodeid] = rest
	}
	f := c.finished(d.target.Job, micros, called)
	d.finished++
	if f.Outcome == event.Failed || f.Outcome == event.Errored {
		d.bad++
	}
	d.emit(f)
}

// missing tells of tests that were asked for by name and that nobody collected, unless their file could not be loaded.
func (d *pytestDecoder) missing(ids []string) {
	for _, id := range ids {
		if file, _ := event.SplitID(id); d.broken[file] {
			continue
		}
		d.emit(event.TestFinished{
			Job: d.target.Job, Test: pytestNames{}.test(id, 0, 1), Outcome: event.Errored,
			Type: string(event.MissingResultType), Message: "pytest collected no test of this name",
		})
	}
}

// collected tells of a file that could not be loaded, or that is skipped as a whole.
func (d *pytestDecoder) collected(l pytestLine) {
	if l.Outcome == "skipped" {
		if d.seen[l.ID]++; d.seen[l.ID] == 1 {
			t := d.names.test(l.ID, l.Line, 1)
			d.emit(event.TestFinished{Job: d.target.Job, Test: t, Outcome: event.Skipped, Message: pytestSkipReason(l.Reason)})
		}
		return
	}
	file, _, _ := strings.Cut(l.ID, "::")
	if l.Path != "" {
		file = l.Path
	}
	file = d.names.relative(file)
	if l.Reason == "conftest" && l.ID == "" {
		d.conftest = file // pytest gave up on it: see pytest_conclude.go
	}
	detail := l.Text
	if l.Reason == "syntax" {
		detail = pytestMarked(detail)
	}
	d.fail(event.CollectionFailed{
		Path: file, Line: l.Line, Column: l.Column, Reason: l.Reason, Message: event.FirstLine(l.Message), Detail: detail,
	})
}

// pytestMarked is the part of a text that pytest marks with "E": file, line and caret of a syntax error. Above it stand
// only pytest's and importlib's own frames, which read the file. A text without such lines stays as it is.
func pytestMarked(text string) string {
	var marked strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "E  ") {
			marked.WriteString(line)
		}
	}
	if marked.Len() == 0 {
		return text
	}
	return strings.TrimSuffix(marked.String(), "\n")
}

// fail tells of a collection error, once a path.
func (d *pytestDecoder) fail(f event.CollectionFailed) {
	d.bad++
	if d.broken[f.Path] {
		return
	}
	d.broken[f.Path] = true
	f.Job, f.Class = d.target.Job, pytestModule(f.Path)
	f.Message, f.Detail = event.Capped(f.Message, 4<<10), event.Capped(f.Detail, event.Cap)
	if f.Reason == "" {
		f.Reason = "error"
	}
	if f.Message == "" {
		f.Message = "pytest could not collect it"
	}
	d.emit(f)
}
