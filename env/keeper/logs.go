package keeper

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// logLimit is where a log begins anew, in bytes: the older half stays beside it as NAME.log.1.
const logLimit = 32 << 20

// followEvery is how often a followed log is looked at.
const followEvery = 100 * time.Millisecond

// LogFile takes the output of a service, of all its lives. It is safe for use by many goroutines.
type LogFile struct {
	path  string
	limit int64

	mu   sync.Mutex
	file *os.File
	size int64
}

// openLog opens a log for writing at its end.
func openLog(path string) (*LogFile, error) {
	l := &LogFile{path: path, limit: logLimit}
	if err := l.open(); err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	return l, nil
}

func (l *LogFile) open() error {
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(err, file.Close())
	}
	l.file, l.size = file, info.Size()
	return nil
}

// Write appends. A log that is over its limit is put aside first.
func (l *LogFile) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.size+int64(len(b)) > l.limit && l.size > 0 {
		err := l.file.Close()
		if os.Rename(l.path, l.path+".1") != nil {
			l.limit *= 2 // somebody has it open, on a system that minds that
		}
		if err := errors.Join(err, l.open()); err != nil {
			return 0, err
		}
	}
	n, err := l.file.Write(b)
	l.size += int64(n)
	return n, err
}

// Close closes the file.
func (l *LogFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}

// Showing says which logs to show, and how.
type Showing struct {
	Path     func(service string) string
	Services []string
	Mask     func(string) string // takes the secrets out of a line; nil leaves all in
	Follow   bool                // go on with what is written, until the context ends or nobody writes any more
	Alive    func() bool         // somebody writes; asked only with Follow
}

// ShowLogs writes logs to w, line by line. Where there are several, each line begins with its service's name.
func ShowLogs(ctx context.Context, w io.Writer, s Showing) error {
	width := 0
	for _, name := range s.Services {
		width = max(width, len(name))
	}
	readers := make([]*logReader, len(s.Services))
	for i, name := range s.Services {
		readers[i] = &logReader{path: s.Path(name), mask: s.Mask}
		if len(s.Services) > 1 {
			readers[i].prefix = fmt.Sprintf("%-*s | ", width, name)
		}
		defer readers[i].close()
	}
	for {
		last := !s.Follow || !s.Alive() // what was written before it was looked is read below
		for _, r := range readers {
			if err := r.copy(w, last); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(followEvery):
		}
	}
}

// logReader reads one log from its start, line by line.
type logReader struct {
	path   string
	prefix string
	mask   func(string) string
	file   *os.File
	part   []byte // of a line whose end has not come yet
}

func (r *logReader) close() {
	if r.file != nil {
		_ = r.file.Close() // it was only read
	}
}

// copy writes the lines that are there and were not read. At the last call a line without its end is written, too.
func (r *logReader) copy(w io.Writer, last bool) error {
	chunk := make([]byte, 64<<10)
	for {
		n := 0
		if r.file != nil {
			var err error
			if n, err = r.file.Read(chunk); err != nil && !errors.Is(err, io.EOF) {
				return fmt.Errorf("read %s: %w", filepath.Base(r.path), err)
			}
			r.part = append(r.part, chunk[:n]...)
			if err := r.lines(w, last && n == 0); err != nil {
				return err
			}
		}
		if n > 0 {
			continue
		}
		another, err := r.reopen() // what was put aside is read to its end by now
		if err != nil || !another {
			return err
		}
	}
}

// reopen opens the file that bears the name now, if it is not the one that is open.
func (r *logReader) reopen() (another bool, err error) {
	now, err := os.Stat(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // it has written nothing yet
	}
	if err != nil {
		return false, fmt.Errorf("look at the log: %w", err)
	}
	if r.file != nil {
		before, err := r.file.Stat()
		if err != nil {
			return false, fmt.Errorf("look at the log: %w", err)
		}
		if os.SameFile(before, now) {
			return false, nil
		}
	}
	file, err := os.Open(r.path)
	if err != nil {
		return false, fmt.Errorf("open the log: %w", err)
	}
	r.close()
	r.file = file
	return true, nil
}

func (r *logReader) lines(w io.Writer, last bool) error {
	for {
		i := bytes.IndexByte(r.part, '\n')
		line := r.part
		switch {
		case i >= 0:
			line, r.part = r.part[:i+1], r.part[i+1:]
		case last && len(r.part) > 0:
			line, r.part = append(r.part, '\n'), nil
		default:
			return nil
		}
		shown := string(line)
		if r.mask != nil {
			shown = r.mask(shown)
		}
		if _, err := io.WriteString(w, r.prefix+shown); err != nil {
			return fmt.Errorf("show the log: %w", err)
		}
	}
}
