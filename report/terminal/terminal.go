// Package terminal shows a run to a person: what runs now, what failed as it fails, and at the end what to do about it.
//
// It is a fold over the events and knows nothing of how they came about: no process, no tool, no file. It decides neither
// counts nor the verdict, which come with the summary. Whatever a test or tool wrote is made harmless before it is shown.
package terminal

import (
	"io"
	"sync"
	"time"

	"testrunner/report"
	"testrunner/report/event"
)

// Options say where and how to show. Only Out is required.
type Options struct {
	Out        io.Writer
	IsTerminal bool             // Out is a terminal that obeys ANSI escape codes
	Width      func() int       // of the terminal, in columns, asked anew for each frame; nil or 0 is 80
	Colour     bool             // what NO_COLOR and --no-color leave; without effect on plain lines, which have no colour
	Quiet      bool             // problems and the verdict only
	Verbose    bool             // a line a test, and the jobs' own output
	CI         bool             // plain lines, even on a terminal
	Foreground bool             // a job has the terminal to itself (--debug): nothing is shown while one runs
	Now        func() time.Time // for what goes on: elapsed times, heartbeats; nil is time.Now
	Reports    Reports
	From       string // "-C DIR" if the paths of rerun lines are not from the working folder, "" is the root itself
}

// Reports are the paths of the reports, as they shall be shown; "" is a report that is not written.
type Reports struct {
	JUnit, Events, Log string
}

// Terminal is the sink. Its methods are safe for use by many goroutines. From the first event to Close it redraws by
// itself, at most ten times a second.
type Terminal struct {
	mu     sync.Mutex
	opts   Options
	screen screen
	view   view
	paused bool
	closed bool

	ticking bool
	stop    chan struct{}
	stopped chan struct{}
}

// New returns a sink that has shown nothing yet.
func New(o Options) *Terminal {
	t := untimed(o)
	t.ticking = true
	return t
}

// untimed is a sink that redraws only when tick is called.
func untimed(o Options) *Terminal {
	if o.Now == nil {
		o.Now = time.Now
	}
	live := o.IsTerminal && !o.CI
	t := &Terminal{opts: o, screen: screen{
		out: o.Out, live: live, still: o.Foreground || o.Quiet, width: o.Width, palette: newPalette(live && o.Colour),
	}}
	t.view = newView(&t.opts, &t.screen)
	return t
}

// Handle shows one event. Its error is that of Options.Out.
func (t *Terminal) Handle(e event.Event) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return t.screen.err
	}
	if t.ticking && t.stop == nil {
		t.stop, t.stopped = make(chan struct{}), make(chan struct{})
		go t.redraw(t.stop, t.stopped)
	}
	t.view.handle(e)
	return t.screen.err
}

// Close takes the rows away and shows the end of the run: the problems, worst first, and the verdict as the last line.
// It may be called without any event before it, to show a run of the past.
func (t *Terminal) Close(s report.Summary, v report.Verdict) error {
	t.mu.Lock()
	first := !t.closed
	t.closed = true
	stop, stopped := t.stop, t.stopped
	t.mu.Unlock()
	if stop != nil && first {
		close(stop)
		<-stopped
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if first {
		t.screen.frame(nil)
		t.screen.closing(t.opts, s, v)
	}
	return t.screen.err
}

// Pause takes the rows off the screen, so that somebody else may write to the terminal: a shell after Ctrl-Z.
func (t *Terminal) Pause() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.screen.frame(nil)
	t.paused = true
}

// Resume draws the rows again, below whatever was written in the meantime.
func (t *Terminal) Resume() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.paused = false
}

// The pauses between two frames, and between two looks whether a plain log is due a sign of life.
const (
	framePause = 100 * time.Millisecond
	plainPause = time.Second
)

func (t *Terminal) redraw(stop, stopped chan struct{}) {
	defer close(stopped)
	pause := plainPause
	if t.screen.live && !t.screen.still {
		pause = framePause
	}
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
			t.tick()
		}
	}
}

// tick shows what time alone has changed.
func (t *Terminal) tick() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || t.paused {
		return
	}
	if t.screen.live {
		t.screen.frame(t.view.rows(t.screen.columns()))
		return
	}
	t.view.heartbeat()
}
