package stub

import (
	"context"
	"fmt"
	"io"
	"sync"
)

// maxLines is how many lines of a stub's output are kept.
const maxLines = 20_000

// output is what a stub says: a line for each request. The oldest lines go where there are too many.
type output struct {
	mu      sync.Mutex
	lines   []string
	dropped int
	more    chan struct{} // closed and made anew at each line
}

func newOutput() *output { return &output{more: make(chan struct{})} }

func (o *output) add(line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.lines) >= maxLines {
		cut := maxLines / 4 // not at each line: that would copy them all every time
		o.lines = append(o.lines[:0], o.lines[cut:]...)
		o.dropped += cut
	}
	o.lines = append(o.lines, line)
	close(o.more)
	o.more = make(chan struct{})
}

// Write takes what net/http says of its own troubles.
func (o *output) Write(b []byte) (int, error) {
	line := string(b)
	if n := len(line); n > 0 && line[n-1] == '\n' {
		line = line[:n-1]
	}
	o.add(line)
	return len(b), nil
}

func (o *output) last(n int) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	from := max(0, len(o.lines)-max(0, n))
	return append([]string(nil), o.lines[from:]...)
}

// from returns the lines from the given one on, counted from the start, how many before them are gone, and what tells of more.
func (o *output) from(next int) (lines []string, gone int, more <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if next < o.dropped {
		gone, next = o.dropped-next, o.dropped
	}
	return append([]string(nil), o.lines[next-o.dropped:]...), gone, o.more
}

// follow writes all lines until the stub has ended or the context does.
func (o *output) follow(ctx context.Context, w io.Writer, done <-chan struct{}) error {
	for next := 0; ; {
		ended := false
		select {
		case <-done:
			ended = true // what was said before its end is still to be written
		default:
		}
		lines, gone, more := o.from(next)
		if gone > 0 {
			if _, err := fmt.Fprintf(w, "… %d lines left out …\n", gone); err != nil {
				return err
			}
		}
		for _, line := range lines {
			if _, err := fmt.Fprintln(w, line); err != nil {
				return err
			}
		}
		next += gone + len(lines)
		if ended {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-done:
		case <-more:
		}
	}
}
