package runner

import (
	"io"
	"sync"
	"time"

	"testrunner/report/event"
	"testrunner/runner/process"
)

const (
	outputChunk = 8 << 10 // a chunk of this size is told at once
	// outputTold bounds what of one stream is told as events; beyond it only the tail is kept.
	outputTold = 1 << 20
)

// output is what a job prints on its own streams: told in chunks while it runs, its head and tail kept for the
// conclusion.
type output struct {
	job  string
	emit event.Emit

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
	owner   *output
}

func newOutput(job string, emit event.Emit) *output {
	o := &output{job: job, emit: emit, streams: map[string]*stream{}, quit: make(chan struct{})}
	go o.flushNowAndThen()
	return o
}

func (o *output) stream(name string) io.Writer {
	s := &stream{name: name, kept: process.NewTail(event.Cap), owner: o}
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
	s.kept.Write(b)
	if room := outputTold - s.told - len(s.pending); room > 0 {
		s.pending = append(s.pending, b[:min(len(b), room)]...)
	}
	if len(s.pending) >= outputChunk {
		s.flush()
	}
	return len(b), nil
}

func (s *stream) flush() {
	if len(s.pending) == 0 {
		return
	}
	s.told += len(s.pending)
	s.owner.emit(event.JobOutput{Job: s.owner.job, Stream: s.name, Text: string(s.pending)})
	s.pending = s.pending[:0]
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
			o.flushAll()
			o.mu.Unlock()
		}
	}
}

func (o *output) flushAll() {
	for _, name := range []string{"stdout", "stderr"} {
		if s := o.streams[name]; s != nil {
			s.flush()
		}
	}
}

func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return
	}
	o.flushAll()
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
