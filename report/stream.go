package report

import (
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"testrunner/report/event"
)

// collectedAtOnce bounds one TestsCollected, so that its line stays far below event.MaxLine.
const collectedAtOnce = 1000

// Stream is the one door through which events enter: it numbers them from 1, stamps them with a time in UTC that never
// goes back, masks their texts, and hands each to every handler in the order in which they were added.
//
// Texts leave the door as valid UTF-8 (each bad byte is U+FFFD), because the stream must say the same after a trip
// through JSON. A TestsCollected of many tests leaves it as several.
type Stream struct {
	now  func() time.Time
	mask func(string) string // nil: nothing is masked

	mu    sync.Mutex
	seq   int64
	last  time.Time
	sinks []sink
	lost  []event.ReportFailed // of handlers that failed, not told yet

	aliases aliases
}

type sink struct {
	handler event.Handler
	path    string
}

// NewStream makes a stream. The mask is what Secrets returns; nil masks nothing.
func NewStream(now func() time.Time, mask func(string) string) *Stream {
	return &Stream{now: now, mask: mask}
}

// Add lets h receive the events from now on. Path is what a ReportFailed names when h fails.
func (s *Stream) Add(h event.Handler, path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sinks = append(s.sinks, sink{h, path})
}

// Emit tells one thing; it is an event.Emit. It is safe for use by many goroutines, and must not be called by a handler.
// A handler that fails is told of once, as a ReportFailed to the others, and receives nothing more.
func (s *Stream) Emit(b event.Body) {
	if many, ok := b.(event.TestsCollected); ok && len(many.Tests) > collectedAtOnce {
		for len(many.Tests) > 0 {
			n := min(collectedAtOnce, len(many.Tests))
			s.tell(event.TestsCollected{Job: many.Job, Tests: many.Tests[:n]})
			many.Tests = many.Tests[n:]
		}
		return
	}
	s.tell(b)
}

func (s *Stream) tell(b event.Body) {
	b = s.clean(b)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deliver(b)
	for len(s.lost) > 0 {
		failed := s.lost[0]
		s.lost = s.lost[1:]
		s.deliver(failed.Map(s.text))
	}
}

func (s *Stream) deliver(b event.Body) {
	s.seq++
	// Round(0) drops the monotonic reading, which no saved stream has.
	if at := s.now().UTC().Round(0); at.After(s.last) {
		s.last = at
	}
	e := event.Event{Seq: s.seq, At: s.last, Body: b}
	for i := 0; i < len(s.sinks); i++ {
		if err := s.sinks[i].handler.Handle(e); err != nil {
			s.lost = append(s.lost, event.ReportFailed{Path: s.sinks[i].path, Err: err.Error()})
			s.sinks = append(s.sinks[:i:i], s.sinks[i+1:]...)
			i--
		}
	}
}

// text makes one text fit to leave the door.
func (s *Stream) text(t string) string {
	if t == "" {
		return t
	}
	if !utf8.ValidString(t) {
		t = validUTF8(t)
	}
	if s.mask != nil {
		t = s.mask(t)
	}
	return t
}

// validUTF8 writes U+FFFD for each bad byte, exactly as encoding/json does.
func validUTF8(t string) string {
	var b strings.Builder
	for _, r := range t {
		b.WriteRune(r)
	}
	return b.String()
}

// clean returns the body with all of its texts made fit. The two kinds that come by the million are looked at first,
// since making a new body costs more than all else here.
func (s *Stream) clean(b event.Body) event.Body {
	switch k := b.(type) {
	case event.TestStarted:
		if s.cleanTest(k.Test) {
			return b
		}
	case event.TestFinished:
		if s.cleanTest(k.Test) && s.same(k.Type) && s.same(k.Message) && s.same(k.Detail) && s.same(k.Output) && s.same(k.Note) {
			return b
		}
	}
	return s.renamed(b, b.Map(s.text))
}

func (s *Stream) same(t string) bool { return t == "" || s.text(t) == t }

func (s *Stream) cleanTest(t event.Test) bool {
	return s.same(t.ID) && s.same(t.Name) && s.same(t.Class) && s.same(t.File)
}

// renamed keeps two tests apart whose IDs differ in masked or mended bytes only: as one key they would be one test.
func (s *Stream) renamed(was, is event.Body) event.Body {
	switch b := is.(type) {
	case event.TestsCollected:
		for i, t := range was.(event.TestsCollected).Tests {
			b.Tests[i].ID = s.aliases.id(b.Job, t.ID, b.Tests[i].ID)
		}
	case event.TestStarted:
		b.Test.ID = s.aliases.id(b.Job, was.(event.TestStarted).Test.ID, b.Test.ID)
		return b
	case event.TestFinished:
		b.Test.ID = s.aliases.id(b.Job, was.(event.TestFinished).Test.ID, b.Test.ID)
		return b
	case event.TestOutput:
		b.Test = s.aliases.id(b.Job, was.(event.TestOutput).Test, b.Test)
		return b
	case event.JobStalled:
		for i, id := range was.(event.JobStalled).Tests {
			b.Tests[i] = s.aliases.id(b.Job, id, b.Tests[i])
		}
	}
	return is
}

// aliases are the IDs that had to change on their way through the door.
type aliases struct {
	mu    sync.Mutex
	names map[jobID]string // original -> what stands in the stream
	taken map[jobID]bool
}

type jobID struct{ job, id string }

func (a *aliases) id(job, was, is string) string {
	if was == is {
		return is
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if name, known := a.names[jobID{job, was}]; known {
		return name
	}
	if a.names == nil {
		a.names, a.taken = map[jobID]string{}, map[jobID]bool{}
	}
	name := is
	for n := 2; a.taken[jobID{job, name}]; n++ {
		name = is + " [" + strconv.Itoa(n) + "]"
	}
	a.names[jobID{job, was}], a.taken[jobID{job, name}] = name, true
	return name
}
