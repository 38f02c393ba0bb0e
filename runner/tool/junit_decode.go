package tool

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"testrunner/report/event"
)

// Decode notes which reports are there already: what has not changed by the end of the job is not the job's. It is to
// be called before the command starts.
func (JUnit) Decode(t Target, emit event.Emit) Decoder {
	d := &junitDecoder{target: t, emit: emit, ids: map[string]int{}, files: map[string]string{}, before: map[string]junitStamp{}}
	for _, file := range d.reports() {
		d.before[file] = junitStampOf(file)
	}
	return d
}

// reports lists the files that match the target's globs now. Command has refused globs that can't be read.
func (d *junitDecoder) reports() []string {
	var files []string
	for _, glob := range d.target.Reports {
		found, err := Glob(d.dir(), glob)
		if err == nil {
			files = append(files, found...)
		}
	}
	return sortedSet(files)
}

// junitStamp tells one state of a file from another without trusting two clocks.
type junitStamp struct {
	size    int64
	changed time.Time
}

func junitStampOf(file string) junitStamp {
	info, err := os.Stat(file)
	if err != nil {
		return junitStamp{size: -1}
	}
	return junitStamp{info.Size(), info.ModTime()}
}

// junitDecoder reads the reports of one job, once it has ended.
type junitDecoder struct {
	target Target
	emit   event.Emit
	before map[string]junitStamp
	filter *regexp.Regexp
	asked  map[string]bool
	ids    map[string]int // how many tests would have the ID

	files      map[string]string // what file found for a report's path
	bad        int               // failed, errored, or not collected; what the filter leaves out too
	deselected int
	report     string // that is being read, relative to the suite's folder
}

func (d *junitDecoder) dir() string {
	return filepath.Join(d.target.Root, filepath.FromSlash(d.target.Dir))
}

// Line is never called: the reports are the only channel.
func (*junitDecoder) Line([]byte) {}

// End reads every fresh report and concludes.
func (d *junitDecoder) End(exit Exit) Conclusion {
	if exit.Err != "" {
		return Conclusion{Cause: event.NotStarted, Problem: exit.Err}
	}
	if err := d.narrow(); err != nil {
		return Conclusion{Cause: event.BadUsage, Problem: err.Error()}
	}
	fresh, problems := d.fresh()
	for _, file := range fresh {
		d.report = d.relative(file)
		if err := d.read(file); err != nil {
			problems = append(problems, fmt.Sprintf("report %s is %v", d.report, err))
		}
	}
	if d.deselected > 0 {
		d.emit(event.TestsDeselected{Job: d.target.Job, Count: d.deselected})
	}
	if len(fresh) == 0 {
		problems = append(problems, "no report was written that matches "+strings.Join(d.target.Reports, ", "))
	}
	return d.conclude(exit, problems)
}

func (d *junitDecoder) conclude(exit Exit, problems []string) Conclusion {
	c := Conclusion{Cause: event.Done, Detail: junitJoin(exit.Stdout, exit.Stderr)}
	status := fmt.Sprintf("the command ended with status %d", exit.Code)
	switch {
	case exit.Stopped != "":
		c.Cause, c.Problem = exit.Stopped, "the command was ended from outside"
	case exit.Signal != "":
		c.Cause, c.Problem = event.Crashed, strings.Join(append([]string{"the command was ended by " + exit.Signal}, problems...), "; ")
	case len(problems) > 0 && exit.Code == 0:
		c.Cause, c.Problem = event.Vanished, status+", but "+strings.Join(problems, "; ")
	case len(problems) > 0:
		c.Cause, c.Problem = event.Crashed, status+", and "+strings.Join(problems, "; ")
	case exit.Code != 0 && d.bad == 0:
		c.Cause, c.Problem = event.Contradiction, status+", and its reports hold no failure"
	case exit.Code == 0 && d.bad > 0:
		c.Cause, c.Problem = event.Contradiction, status+", and its reports hold "+goCount(d.bad, "failure")
	default:
		c.Detail = ""
	}
	return c
}

// narrow prepares the filter: a foreign command can't be told to run less, so the rest is left out here.
func (d *junitDecoder) narrow() error {
	if d.target.Filter != "" {
		re, err := regexp.Compile(d.target.Filter)
		if err != nil {
			return fmt.Errorf("filter %q: %w", d.target.Filter, err)
		}
		d.filter = re
	}
	if len(d.target.Tests) > 0 {
		d.asked = map[string]bool{}
		for _, id := range d.target.Tests {
			d.asked[id] = true
		}
	}
	return nil
}

// fresh lists the reports of this job, and says what is wrong with those that are not.
func (d *junitDecoder) fresh() (files, problems []string) {
	for _, file := range d.reports() {
		if stamp, old := d.before[file]; old && stamp == junitStampOf(file) {
			problems = append(problems, fmt.Sprintf("report %s is left over from an earlier run", d.relative(file)))
			continue
		}
		files = append(files, file)
	}
	return files, problems
}

func (d *junitDecoder) relative(file string) string {
	if rel, err := filepath.Rel(d.dir(), file); err == nil {
		return filepath.ToSlash(rel)
	}
	return filepath.ToSlash(file)
}

func (d *junitDecoder) read(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("not readable: %w", err)
	}
	defer func() { _ = f.Close() }()
	return parseJUnit(f, d.take, d.takeBroken)
}

// take tells of one case.
func (d *junitDecoder) take(c junitCase) {
	if c.collection {
		d.takeBroken(junitBroken{suite: junitFirst(c.name, c.class), file: c.file, message: c.message, detail: c.detail})
		return
	}
	if c.name == "" {
		c.name = junitFirst(c.class, "(no name)")
	}
	if c.outcome == event.Failed || c.outcome == event.Errored {
		d.bad++
	}
	test := d.test(c)
	if d.filter != nil && !d.filter.MatchString(c.name) || d.asked != nil && !d.asked[test.ID] {
		d.deselected++
		return
	}
	f := event.TestFinished{Job: d.target.Job, Test: test, Outcome: c.outcome, Micros: c.micros}
	switch c.outcome {
	case event.Failed, event.Errored:
		f.Type, f.Message, f.Detail, f.Output = c.typ, junitFirst(c.message, c.typ, "no message in the report"), c.detail, c.output
	case event.Skipped:
		f.Message = c.message
	}
	d.emit(f)
}

// test names the case: under its file where the report says one, else under its class.
func (d *junitDecoder) test(c junitCase) event.Test {
	t := event.Test{Class: junitFirst(c.class, d.report), Line: c.line}
	place := d.file(c.file)
	if place == "" {
		place = t.Class
	}
	t.ID = event.TestID(strings.ReplaceAll(event.EscapeName(place), "::", ":"), c.name)
	t.Name = c.name
	if d.ids[t.ID]++; d.ids[t.ID] > 1 {
		again := fmt.Sprintf(" [%d]", d.ids[t.ID])
		t.ID += again
		t.Name += again
	}
	if strings.HasSuffix(t.ID, "::"+t.Name) {
		t.Name = ""
	}
	return t
}

// file is a report's path of a source file, relative to the root: reports give it absolute, relative to the suite's
// folder or to the root, and only looking tells the latter two apart.
func (d *junitDecoder) file(name string) string {
	name = filepath.ToSlash(name)
	switch {
	case name == "":
		return ""
	case filepath.IsAbs(name):
		if rel, err := filepath.Rel(d.target.Root, name); err == nil && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel)
		}
		return name
	}
	if found, ok := d.files[name]; ok {
		return found
	}
	found := path.Join(d.target.Dir, name)
	if !d.exists(found) && d.exists(name) {
		found = path.Clean(name)
	}
	d.files[name] = found
	return found
}

func (d *junitDecoder) exists(name string) bool {
	_, err := os.Stat(filepath.Join(d.target.Root, filepath.FromSlash(name)))
	return err == nil
}

// takeBroken tells of a file or suite that could not be loaded.
func (d *junitDecoder) takeBroken(b junitBroken) {
	d.bad++
	d.emit(event.CollectionFailed{
		Job: d.target.Job, Path: junitFirst(d.file(b.file), b.suite, d.report), Class: junitFirst(b.suite, d.report),
		Reason: "error", Message: junitFirst(b.message, "no message in the report"), Detail: b.detail,
	})
}
