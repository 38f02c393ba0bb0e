package report

import (
	"slices"
	"strings"
	"time"

	"testrunner/report/event"
)

// job is what is known of one job: its attempts and its tests.
type job struct {
	name       string
	attempts   []attempt
	rows       map[string]*row
	order      [][]row // the rows themselves, in chunks, in the order in which they were named
	broken     []brokenAt
	deselected int
	stalls     []event.JobStalled
	stdout     string
	stderr     string
	results    []result // of a job that needs services
}

// attempt is one start of a job's process.
type attempt struct {
	started   event.JobStarted
	finished  *event.JobFinished
	abandoned int // tests left open, of which a later attempt spoke again
}

type brokenAt struct {
	event.CollectionFailed
	attempt int
}

// row is one test. There may be a million of them, most passed: what only the others have lies behind more.
type row struct {
	id, class, name, file string // name and file only where the ID does not say them
	micros                int64
	more                  *texts
	line                  int32
	attempt               int16 // index of the attempt that last spoke of it
	state                 state
	outcome               int8 // rank of the worst result so far, 0 is none
}

type texts struct {
	kind, message, detail, output, note string
}

// state is how far a test has come. Only a test that is started again goes back.
type state int8

const (
	collected state = iota + 1
	running
	ended
)

const rowsAtOnce = 256

func newJob(name string) *job { return &job{name: name, rows: map[string]*row{}} }

func (j *job) add(id string) *row {
	n := len(j.order)
	if n == 0 || len(j.order[n-1]) == cap(j.order[n-1]) {
		size := rowsAtOnce
		if n == 0 {
			size = 8 // many jobs have few tests
		}
		j.order = append(j.order, make([]row, 0, size))
		n++
	}
	chunk := &j.order[n-1]
	*chunk = append(*chunk, row{id: id, attempt: j.at()})
	r := &(*chunk)[len(*chunk)-1]
	j.rows[id] = r
	return r
}

// at is the index of the running or last attempt.
func (j *job) at() int16 { return int16(max(0, len(j.attempts)-1)) }

func (j *job) isRunning() bool {
	n := len(j.attempts)
	return n > 0 && j.attempts[n-1].finished == nil
}

func (j *job) begin(b event.JobStarted) { j.attempts = append(j.attempts, attempt{started: b}) }

func (j *job) end(b event.JobFinished) {
	if len(j.attempts) == 0 {
		j.attempts = append(j.attempts, attempt{started: j.guess()})
	}
	j.attempts[j.at()].finished = &b
}

// guess stands for a JobStarted that never came: a job's name begins with its category.
func (j *job) guess() event.JobStarted {
	category, suite, ok := strings.Cut(j.name, "/")
	if !ok {
		suite = j.name
	}
	return event.JobStarted{Job: j.name, Category: category, Suite: suite}
}

// started is the last attempt's start.
func (j *job) started() event.JobStarted {
	if len(j.attempts) == 0 {
		return j.guess()
	}
	return j.attempts[j.at()].started
}

func (j *job) breaks(b event.CollectionFailed) {
	if !slices.ContainsFunc(j.broken, func(o brokenAt) bool { return o.Path == b.Path }) {
		j.broken = append(j.broken, brokenAt{b, int(j.at())})
	}
}

func (r *row) texts() *texts {
	if r.more == nil {
		r.more = &texts{}
	}
	return r.more
}

func (j *job) collect(r *row) {
	if r.state == 0 {
		r.state = collected
	}
	if r.state == collected {
		r.attempt = j.at()
	}
}

// start opens a test. One that has a result is opened again, and keeps it: should it never end, the worst of both counts.
func (j *job) start(r *row) {
	j.abandon(r)
	r.state, r.attempt = running, j.at()
}

// abandon closes a test that an earlier attempt left open, before this attempt speaks of it: it keeps that error, whatever
// comes of it now, for a test that took its process down with it has not passed.
func (j *job) abandon(r *row) {
	if r.state != running || r.attempt == j.at() {
		return
	}
	at := &j.attempts[r.attempt]
	at.abandoned++
	kind, message := unfinished(*at, nil)
	r.add(event.TestFinished{Outcome: event.Errored, Type: string(kind), Message: message})
}

func (j *job) result(r *row, b event.TestFinished) {
	j.abandon(r)
	r.attempt = j.at()
	r.micros += max(0, b.Micros)
	r.add(b)
}

// add takes a result in.
func (r *row) add(b event.TestFinished) {
	r.state = ended
	if r.outcome != 0 {
		r.merge(b)
		return
	}
	r.outcome = int8(rank(b.Outcome))
	if b.Type != "" || b.Message != "" || b.Detail != "" || b.Output != "" || b.Note != "" {
		t := r.texts()
		t.kind, t.message, t.detail, t.note = b.Type, b.Message, b.Detail, b.Note
		t.output = join(t.output, b.Output)
	}
}

// merge joins a further result: the worst one leads, and no text is lost.
func (r *row) merge(b event.TestFinished) {
	t, is := r.texts(), int8(rank(b.Outcome))
	if is > r.outcome {
		r.outcome = is
		if t.message != "" && t.message != b.Message {
			b.Detail = join(b.Detail, t.message)
		}
		b.Detail, b.Output = join(b.Detail, t.detail), join(t.output, b.Output)
		*t = texts{kind: b.Type, message: b.Message, detail: b.Detail, output: b.Output, note: join(t.note, b.Note)}
		return
	}
	if b.Message != t.message {
		t.detail = join(t.detail, b.Message)
	}
	t.detail, t.output, t.note = join(t.detail, b.Detail), join(t.output, b.Output), join(t.note, b.Note)
	if t.kind == "" && is == r.outcome {
		t.kind = b.Type
	}
}

// rank orders outcomes from 1, worst highest; 0 is no outcome.
func rank(o event.Outcome) int { return slices.Index(event.Outcomes(), o) + 1 }

func outcomeOf(rank int8) event.Outcome { return event.Outcomes()[rank-1] }

// elapsed is the time of all attempts together.
func (j *job) elapsed() time.Duration {
	var sum time.Duration
	for _, a := range j.attempts {
		if a.finished != nil {
			sum += time.Duration(max(0, a.finished.Micros)) * time.Microsecond
		}
	}
	return sum
}
