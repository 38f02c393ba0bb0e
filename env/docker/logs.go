package docker

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
)

// How much of a service's output is kept here.
const (
	keptLines = 1000
	keptLine  = 16 << 10 // bytes of one line; the rest of a longer one is dropped
)

// lines keeps the last lines of what is written to it. It is safe for use by many goroutines.
type lines struct {
	mu   sync.Mutex
	kept []string // the oldest first
	part []byte   // of a line whose end has not come
}

// Write never fails.
func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(b)
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			l.extend(b)
			return n, nil
		}
		l.extend(b[:i])
		l.kept = append(l.kept, strings.TrimSuffix(string(l.part), "\r"))
		l.part = l.part[:0]
		if len(l.kept) >= 2*keptLines {
			l.kept = append([]string(nil), l.kept[len(l.kept)-keptLines:]...)
		}
		b = b[i+1:]
	}
}

func (l *lines) extend(b []byte) {
	if room := keptLine - len(l.part); room > 0 {
		l.part = append(l.part, b[:min(room, len(b))]...)
	}
}

// last are the last n lines, one without its end included.
func (l *lines) last(n int) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.kept
	if len(l.part) > 0 {
		all = append(append([]string(nil), all...), string(l.part))
	}
	n = min(max(n, 0), len(all), keptLines)
	return append([]string(nil), all[len(all)-n:]...)
}

// listen reads the container's output until it has ended; logged is closed then.
func (i *instance) listen(ctx context.Context) {
	defer close(i.logged)
	if err := i.p.s.Engine.Logs(ctx, i.id, i.terminal, true, &i.log); err != nil && ctx.Err() == nil {
		i.p.s.Place.log("docker: the output of " + i.service + " is not read on: " + err.Error())
	}
}

// Log is the output so far, the last lines at most; a thousand are kept. It is still there when the container is gone.
func (i *instance) Log(n int) []string { return i.log.last(n) }

// Follow writes the output from the container's start until it ends or the context does. Of a container that is gone already it writes
// what was kept.
func (i *instance) Follow(ctx context.Context, w io.Writer) error {
	counted := &counter{to: w}
	err := i.p.s.Engine.Logs(ctx, i.id, i.terminal, true, counted)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case counted.failed != nil:
		return counted.failed
	}
	select {
	case <-i.done:
	default:
		return err
	}
	if counted.n > 0 {
		return nil // it ended while it was read: there is no more
	}
	kept := strings.Join(i.log.last(keptLines), "\n")
	if kept != "" {
		kept += "\n"
	}
	_, err = io.WriteString(w, kept)
	return err
}

// counter counts what goes through it, and keeps the writer's own error apart from the engine's.
type counter struct {
	to     io.Writer
	n      int64
	failed error
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.to.Write(b)
	c.n += int64(n)
	c.failed = err
	return n, err
}
