package report

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
)

// flushWithin bounds how old a line may be that a kill -9 loses.
const flushWithin = 100 * time.Millisecond

// liveFile is a file that is written while the run goes on: line by line, each in the system's hands within flushWithin.
type liveFile struct {
	mu    sync.Mutex
	file  *os.File
	out   *bufio.Writer
	timer *time.Timer
	armed bool
	err   error // of a flush in the background, or the first of all
}

// createLive makes the file fresh: what an earlier run left there is gone at once.
func createLive(path string) (*liveFile, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("create report: %w", err)
	}
	l := &liveFile{file: f, out: bufio.NewWriterSize(f, 64<<10)}
	l.timer = time.AfterFunc(time.Hour, l.flush)
	l.timer.Stop()
	return l, nil
}

// write adds a line. With now it is flushed before write returns, else soon.
func (l *liveFile) write(line []byte, now bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return l.err
	}
	if _, l.err = l.out.Write(line); l.err != nil {
		return l.err
	}
	switch {
	case now:
		l.err = l.out.Flush()
	case !l.armed:
		l.armed = true
		l.timer.Reset(flushWithin)
	}
	return l.err
}

func (l *liveFile) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.armed = false
	if l.err == nil {
		l.err = l.out.Flush()
	}
}

// close writes what is left and waits until the disk has it.
func (l *liveFile) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.timer.Stop()
	if l.err == nil {
		l.err = l.out.Flush()
	}
	if l.err == nil {
		l.err = l.file.Sync()
	}
	if err := l.file.Close(); l.err == nil {
		l.err = err
	}
	if l.err != nil {
		return fmt.Errorf("finish report: %w", l.err)
	}
	return nil
}

// printable writes control characters as Go escapes, so that no text can steer the terminal that shows it.
func printable(text string) string {
	if strings.IndexFunc(text, steers) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if steers(r) {
			q := strconv.QuoteRuneToASCII(r)
			b.WriteString(q[1 : len(q)-1])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// steers says whether a rune does more than to be shown: controls, and the marks that turn the writing direction.
func steers(r rune) bool {
	return r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r))
}
