package runner

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"
	"unicode/utf8"

	"testrunner/report/event"
	"testrunner/runner/process"
)

const (
	outputChunk = 8 << 10 // a chunk of this size is told at once
	// outputTold bounds what of one stream is told as it comes; of the rest the head and tail are told at the end.
	outputTold = 1 << 20
)

// output is what a job prints on its own streams: told in chunks while it runs, its head and tail kept for the
// conclusion.
type output struct {
	job   string
	emit  event.Emit
	alive func() // something was printed

	mu      sync.Mutex
	streams map[string]*stream
	closed  bool
	quit    chan struct{}
}

type stream struct {
	name    string
	pending []byte
	told    int
	kept    *process.Tail
	rest    *process.Tail // what came after outputTold
	owner   *output
}

func newOutput(job string, emit event.Emit, alive func()) *output {
	o := &output{job: job, emit: emit, alive: alive, streams: map[string]*stream{}, quit: make(chan struct{})}
	go o.flushNowAndThen()
	return o
}

func (o *output) stream(name string) io.Writer {
	s := &stream{name: name, kept: process.NewTail(event.Cap), rest: process.NewTail(event.Cap), owner: o}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.streams[name] = s
	return s
}

// Write keeps what a process printed. It never fails and never blocks for long: a tool must not wait for us.
func (s *stream) Write(b []byte) (int, error) {
	s.owner.mu.Lock()
	defer s.owner.mu.Unlock()
	if s.owner.closed {
		return len(b), nil
	}
	s.owner.alive()
	s.kept.Write(b)
	room := max(0, min(len(b), outputTold-s.told-len(s.pending)))
	s.pending = append(s.pending, b[:room]...)
	s.rest.Write(b[room:])
	if len(s.pending) >= outputChunk {
		s.flush(false)
	}
	return len(b), nil
}

// flush tells the whole lines that wait, or all. A line is cut only where it is longer than a text of an event may be:
// a secret that was cut in two would not be known, nor a rune.
func (s *stream) flush(all bool) {
	for len(s.pending) > 0 {
		n := len(s.pending)
		if n > event.Cap {
			n = event.Cap
		}
		if i := bytes.LastIndexByte(s.pending[:n], '\n'); i >= 0 {
			n = i + 1
		} else if !all && n < event.Cap {
			return
		} else if n < len(s.pending) {
			n = runeBorder(s.pending, n)
		}
		s.told += n
		s.tell(string(s.pending[:n]))
		s.pending = append(s.pending[:0], s.pending[n:]...)
	}
}

// runeBorder is the last border of a rune at or before n.
func runeBorder(b []byte, n int) int {
	for i := n; i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			return i
		}
	}
	return n
}

func (s *stream) tell(text string) {
	s.owner.emit(event.JobOutput{Job: s.owner.job, Stream: s.name, Text: text})
}

// flushNowAndThen keeps a slow printer's lines from waiting for a full chunk.
func (o *output) flushNowAndThen() {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-o.quit:
			return
		case <-tick.C:
			o.mu.Lock()
			o.each(func(s *stream) { s.flush(false) })
			o.mu.Unlock()
		}
	}
}

func (o *output) each(f func(*stream)) {
	for _, name := range []string{"stdout", "stderr"} {
		if s := o.streams[name]; s != nil {
			f(s)
		}
	}
}

// close tells what is left. It may be called twice.
func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return
	}
	o.each(func(s *stream) {
		s.flush(true)
		if n := s.rest.Total(); n > 0 {
			s.tell(fmt.Sprintf("… of %d further bytes the first and the last …\n", n) + event.Capped(s.rest.String(), event.Cap))
		}
	})
	o.closed = true
	close(o.quit)
}

// text is what was kept of a stream: its head and tail.
func (o *output) text(name string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if s := o.streams[name]; s != nil {
		return s.kept.String()
	}
	return ""
}
