package report

import (
	"fmt"
	"strings"
	"time"

	"testrunner/report/event"
)

// Ledger folds a run's events into its Summary. It is an event.Handler, and not safe for use by several goroutines at once;
// Stream calls it under its lock.
//
// What is expected is what was collected, started or finished, by job and test ID. Each expected test has exactly one
// outcome in the Summary:
//   - one with results has the worst of them, their texts joined (a teardown that fails after a failure; two attempts);
//   - one that started and never ended is errored: runner.Timeout at a deadline, else runner.NotFinished;
//   - one that was collected alone is errored (runner.MissingResult) where its tool said it was done, else not run;
//   - one that was collected alone and lies in a file or package that could not be loaded is lost: the collection error
//     stands for it, and it is in no sum (law 4).
//
// A job that ended badly with nothing to show that is a case of its own (see Case) or, if the tool could not be used at all, a
// collection error with the tool's name. Of a planned suite that no event spoke of, it is said that it did not run.
type Ledger struct {
	told Summary // what needs no folding
	plan event.Planned

	jobs   []*job // in the order of their first mention
	byName map[string]*job
	last   *job

	notRun []event.NotRun // of categories and suites, and of jobs, until Summary knows which ever started

	seq      int64
	words    map[string]string // classes and files: many tests share one
	lastWord string
}

// NewLedger makes an empty ledger.
func NewLedger() *Ledger {
	return &Ledger{byName: map[string]*job{}, words: map[string]string{}}
}

// Handle folds one event in. It never fails: what is wrong with the stream stands in Summary.Contradictions.
func (l *Ledger) Handle(e event.Event) error {
	l.follow(e)
	switch b := e.Body.(type) {
	case event.TestFinished:
		l.finish(b, e.At)
	case event.TestStarted:
		j := l.job(b.Job)
		j.start(l.row(j, b.Test))
	case event.TestsCollected:
		j := l.job(b.Job)
		for _, t := range b.Tests {
			j.collect(l.row(j, t))
		}
	case event.TestOutput:
		j := l.job(b.Job)
		if r, known := j.rows[b.Test]; known {
			r.texts().output = join(r.more.output, b.Text)
		}
	case event.JobStarted, event.JobFinished, event.JobOutput, event.JobStalled, event.TestsDeselected, event.CollectionFailed:
		l.handleJob(b)
	default:
		l.handleRun(b)
	}
	return nil
}

func (l *Ledger) handleJob(b event.Body) {
	switch b := b.(type) {
	case event.JobStarted:
		l.job(b.Job).begin(b)
	case event.JobFinished:
		l.job(b.Job).end(b)
	case event.JobOutput:
		j := l.job(b.Job)
		if b.Stream == "stderr" {
			j.stderr = tail(j.stderr + b.Text)
		} else {
			j.stdout = tail(j.stdout + b.Text)
		}
	case event.JobStalled:
		j := l.job(b.Job)
		j.stalls = append(j.stalls, b)
	case event.TestsDeselected:
		l.job(b.Job).deselected += b.Count
	case event.CollectionFailed:
		l.job(b.Job).breaks(b)
	}
}

func (l *Ledger) handleRun(b event.Body) {
	switch b := b.(type) {
	case event.RunStarted:
		l.told.Run, l.told.Strict = b, b.Strict
	case event.Found:
		l.told.Findings = append(l.told.Findings, b.Finding)
	case event.Decided:
		l.told.Decided = b
	case event.Planned:
		l.plan = b
	case event.ServiceChanged:
		l.served(b)
	case event.ServiceLost:
		l.told.Lost = append(l.told.Lost, b)
	case event.NotRun:
		l.notRun = append(l.notRun, b)
	case event.Noted:
		l.told.Notes = append(l.told.Notes, b)
	case event.Stopping:
		l.told.Stopping = append(l.told.Stopping, b)
	case event.Leftovers:
		l.told.Leftovers = append([]string{}, b.Names...) // not nil: it was counted
		l.told.Kept = b.Kept
	case event.ReportFailed:
		l.told.Failures = append(l.told.Failures, b)
	}
}

// follow keeps the run's times and sees whether events are missing. Seq 0 is a stream that nobody numbered.
func (l *Ledger) follow(e event.Event) {
	if e.Seq != 0 && e.Seq != l.seq+1 {
		l.contradict("events %d to %d are missing or out of order", l.seq+1, e.Seq-1)
	}
	l.seq = e.Seq
	if l.told.Start.IsZero() {
		l.told.Start, l.told.End = e.At, e.At
	}
	switch e.Body.(type) {
	case event.RunFinished, event.ReportFailed, event.Noted, event.Logged:
		// They tell about the run, perhaps after its reports were written, which must come out the same from a replay.
	default:
		l.told.End = e.At
	}
}

func (l *Ledger) contradict(format string, args ...any) {
	const enough = 20 // of one kind there would be thousands
	if len(l.told.Contradictions) < enough {
		l.told.Contradictions = append(l.told.Contradictions, fmt.Sprintf(format, args...))
	}
}

func (l *Ledger) job(name string) *job {
	if l.last != nil && l.last.name == name {
		return l.last
	}
	j, known := l.byName[name]
	if !known {
		j = newJob(name)
		l.jobs, l.byName[name] = append(l.jobs, j), j
	}
	l.last = j
	return j
}

func (l *Ledger) row(j *job, t event.Test) *row {
	r, known := j.rows[t.ID]
	if !known {
		r = j.add(t.ID)
	}
	if t.Class != "" {
		r.class = l.word(t.Class)
	}
	path, name := event.SplitID(t.ID)
	if t.Name != "" && t.Name != name {
		r.name = t.Name
	}
	if t.File != "" && t.File != path {
		r.file = l.word(t.File)
	}
	if t.Line > 0 {
		r.line = int32(t.Line)
	}
	return r
}

// word returns a copy of w that all tests share.
func (l *Ledger) word(w string) string {
	if w == l.lastWord {
		return l.lastWord
	}
	shared, known := l.words[w]
	if !known {
		shared = strings.Clone(w)
		l.words[shared] = shared
	}
	l.lastWord = shared
	return shared
}

func (l *Ledger) finish(b event.TestFinished, at time.Time) {
	j := l.job(b.Job)
	if !j.isRunning() && len(j.attempts) > 0 {
		l.contradict("a result of %s came after the end of its job %s", b.Test.ID, b.Job)
	}
	r := l.row(j, b.Test)
	if rank(b.Outcome) == 0 {
		l.contradict("the result of %s has the unknown outcome %q", b.Test.ID, b.Outcome)
		b.Message = strings.TrimSpace(fmt.Sprintf("unknown outcome %q: %s", b.Outcome, b.Message))
		b.Outcome = event.Errored
	}
	j.result(r, b)
	if passed := b.Outcome == event.Passed; (passed || b.Outcome == event.Failed || b.Outcome == event.Errored) && len(j.started().Services) > 0 {
		j.results = append(j.results, result{r, at, b.Micros, passed})
	}
}

// join puts two texts below each other; one that is already there is not repeated.
func join(a, b string) string {
	switch {
	case b == "" || a == b:
		return a
	case a == "":
		return b
	case strings.HasSuffix(a, "\n"):
		return event.Capped(a+b, event.Cap)
	default:
		return event.Capped(a+"\n"+b, event.Cap)
	}
}

// tail keeps the last event.Cap bytes, from the start of a line where there is one.
func tail(text string) string {
	if len(text) <= event.Cap {
		return text
	}
	text = text[len(text)-event.Cap:]
	if i := strings.IndexByte(text, '\n'); i >= 0 && i+1 < len(text) {
		text = text[i+1:]
	}
	return strings.ToValidUTF8(text, "")
}
