package terminal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"testrunner/report/event"
	"testrunner/report/text"
)

// maxLive bounds the problems that are shown as they happen; all of them come again at the end.
const maxLive = 50

// heartbeatPause is how long a plain log stays without a line while something runs.
const heartbeatPause = 30 * time.Second

// view is the part of a run that is shown before its end.
type view struct {
	opts   *Options
	screen *screen

	begun   time.Time // by Now
	spoke   time.Time // when the last line was shown
	running []*job    // in the order of their start
	jobs    map[string]*job
	broken  map[brokenKey]bool
	blocked map[suiteKey]bool // suites that may not run, as the decision has it
	live    int               // problems shown so far
}

// brokenKey is a file that broke a job; where job is "", it was told for the suite for this reason.
type brokenKey struct {
	suite             suiteKey
	job, path, reason string
}

// suiteKey is a suite of a category; suite "" is the whole category.
type suiteKey struct{ category, suite string }

func newView(o *Options, s *screen) view {
	return view{opts: o, screen: s, jobs: map[string]*job{}, broken: map[brokenKey]bool{}, blocked: map[suiteKey]bool{}}
}

// say shows lines that stay.
func (v *view) say(lines ...line) {
	if len(lines) == 0 || v.opts.Foreground && len(v.running) > 0 {
		return // in the foreground the terminal is the job's; problems are told again at the end
	}
	v.spoke = v.opts.Now()
	v.screen.keep(lines...)
}

// news shows lines that --quiet leaves out.
func (v *view) news(lines ...line) {
	if !v.opts.Quiet {
		v.say(lines...)
	}
}

func (v *view) handle(e event.Event) {
	if v.begun.IsZero() {
		v.begun = v.opts.Now()
		v.spoke = v.begun
	}
	switch b := e.Body.(type) {
	case event.Found:
		v.found(b.Finding)
	case event.Decided:
		v.decided(b)
	case event.ServiceChanged:
		v.serviceChanged(b)
	case event.ServiceLost:
		v.say(inked(caution, warnMark).add(strong, " service "+text.Line(b.Service)+" was gone").add(normal, "  "+text.Line(b.Detail)))
	case event.Planned:
		v.planned(b)
	case event.JobStarted:
		v.jobStarted(b)
	case event.TestsCollected:
		v.job(b.Job).collect(b.Tests)
	case event.TestsDeselected:
		v.job(b.Job).deselected += b.Count
	case event.TestStarted:
		v.job(b.Job).start(b.Test.ID)
	case event.TestFinished:
		v.testFinished(b)
	case event.CollectionFailed:
		v.collectionFailed(b)
	case event.JobOutput:
		v.jobOutput(b)
	case event.JobStalled:
		v.say(stalled(b, v.opts.Reports)...)
	case event.JobFinished:
		v.jobFinished(b)
	case event.Noted:
		v.noted(b)
	case event.Stopping:
		v.say(inked(caution, warnMark).add(strong, " stopping: "+stopping(b)))
	}
	// Not shown here: what did not run, leftovers and lost reports belong to the end, TestOutput to its failure, Logged to
	// the log, and RunStarted's scope stands in a note with the way out of it.
}

// job is the job of this ID. An event of a job that was not announced begins it.
func (v *view) job(id string) *job {
	j := v.jobs[id]
	if j == nil {
		j = newJob(id, v.opts.Now())
		v.jobs[id], v.running = j, append(v.running, j)
	}
	return j
}

func (v *view) jobStarted(b event.JobStarted) {
	known := v.jobs[b.Job] != nil
	label := text.Line(b.Job)
	switch {
	case b.Attempt > 1:
		v.plain(bare(fmt.Sprintf("%s started again, apart from what broke", label)))
	case !known:
		v.plain(bare(label + " started"))
	}
	if v.opts.Verbose {
		dir := ""
		if b.Dir != "" && b.Dir != "." {
			dir = " in " + text.Line(b.Dir)
		}
		v.say(inked(faint, fmt.Sprintf("  %s%s", text.Line(strings.Join(b.Argv, " ")), dir)))
	}
	j := v.job(b.Job)
	j.again, j.suite = b.Attempt > 1, suiteKey{b.Category, b.Suite}
}

// plain shows news that the rows tell on a terminal.
func (v *view) plain(l line) {
	if !v.screen.live {
		v.news(l)
	}
}

func (v *view) jobFinished(b event.JobFinished) {
	j := v.job(b.Job)
	ending := jobEnding(j, b)
	if !b.Again { // the row goes before the line comes
		delete(v.jobs, b.Job)
		v.running = slices.DeleteFunc(v.running, func(o *job) bool { return o == j })
	}
	if b.Cause == event.Done {
		v.news(ending...)
	} else {
		v.say(ending...)
	}
}

// jobEnding is a job's last line, and what its end left to say.
func jobEnding(j *job, b event.JobFinished) []line {
	label := text.Line(j.id)
	var l line
	switch {
	case b.Cause != event.Done:
		l = inked(bad, failMark).add(strong, " "+label).add(normal, " "+cause(b))
	case j.wrongs()+j.broken > 0:
		l = inked(bad, failMark).add(normal, " "+label)
	case j.done == 0 || j.notRun() > 0: // nothing was proven, or not all
		l = inked(caution, warnMark).add(normal, " "+label)
	default:
		l = inked(good, passMark).add(normal, " "+label)
	}
	l = l.add(normal, fmt.Sprintf(": %s in %s", tally(j), lasted(micros(b.Micros))))
	if b.Again {
		l = l.add(caution, "; the rest is run apart from what broke")
	}
	lines := []line{l}
	if p := firstLine(b.Problem); p != "" && b.Cause != event.Done {
		lines = append(lines, bare("    "+p))
	}
	if n := len(b.Orphans); n > 0 {
		shown := make([]string, 0, maxOrphans)
		for _, o := range b.Orphans[:min(n, maxOrphans)] {
			shown = append(shown, text.Line(o))
		}
		if n > maxOrphans {
			shown = append(shown, "…")
		}
		lines = append(lines, inked(caution, warnMark).add(normal, " ended what outlived it: "+strings.Join(shown, ", ")))
	}
	return lines
}

const maxOrphans = 3

// tally is what became of a job's tests, without what is 0.
func tally(j *job) string {
	parts := []string{count(j.done, "test")}
	for _, p := range []struct {
		n    int
		word string
	}{
		{j.passed, "passed"}, {j.failed, "failed"}, {j.errored, "errored"}, {j.skipped, "skipped"}, {j.notRun(), "not run"},
		{j.total() - j.done, "without a result"}, {j.deselected, "deselected"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.word))
		}
	}
	if j.broken > 0 {
		parts = append(parts, count(j.broken, "file")+" not collected")
	}
	return strings.Join(parts, ", ")
}

// heartbeat is a line in a plain log that has been still for long: what runs, and how far it is.
func (v *view) heartbeat() {
	now := v.opts.Now()
	if v.opts.Quiet || v.opts.Foreground || len(v.running) == 0 || now.Sub(v.spoke) < heartbeatPause {
		return
	}
	parts := make([]string, 0, maxRows)
	for _, j := range v.running[:min(len(v.running), maxRows)] {
		part := text.Line(j.id) + " " + progressed(j)
		if n := j.wrongs(); n > 0 {
			part += fmt.Sprintf(", %d failed", n)
		}
		if id := j.current(); id != "" {
			part += ", at " + cut(text.Line(id), defaultWidth)
		}
		parts = append(parts, part)
	}
	if n := len(v.running) - len(parts); n > 0 {
		parts = append(parts, "and "+count(n, "more job"))
	}
	v.say(bare(fmt.Sprintf("after %s: %s", seconds(now.Sub(v.begun)), strings.Join(parts, "; "))))
}
