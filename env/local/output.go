package local

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"testrunner/runner/process"
)

// logBytes bounds how much of the output's end Log looks at.
const logBytes = 256 << 10

// output is what one life of a service writes: kept in the service's log file, behind what earlier lives wrote.
type output struct {
	path  string
	from  int64 // where this life begins in the file
	lines *process.LineWriter

	mu      sync.Mutex
	file    *os.File
	size    int64
	failed  error
	closed  bool
	changed chan struct{} // closed and made anew when there is more, or no more
}

// openOutput opens NAME.log in the folder of logs. line, which may be nil, gets each line as it comes.
func openOutput(folder, name string, line func(string)) (*output, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil { // a service may write secrets
		return nil, fmt.Errorf("make the folder for its output: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(folder, name+".log"), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the file for its output: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("open the file for its output: %w", err)
	}
	o := &output{path: f.Name(), from: info.Size(), file: f, changed: make(chan struct{})}
	if line != nil {
		o.lines = process.NewLineWriter(4<<10, func(b []byte) { line(string(b)) })
	}
	return o, nil
}

// Write never fails: a full disk must not stop the service. What could not be kept is told by Log.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	if o.failed == nil && !o.closed {
		n, err := o.file.Write(b)
		o.size += int64(n)
		o.failed = err
		o.wake()
	}
	o.mu.Unlock()
	if o.lines != nil {
		_, _ = o.lines.Write(b)
	}
	return len(b), nil
}

func (o *output) wake() {
	close(o.changed)
	o.changed = make(chan struct{})
}

// close says that nothing more will come. The file stays.
func (o *output) close() {
	if o.lines != nil {
		o.lines.Flush()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed {
		o.closed = true
		o.file.Close()
		o.wake()
	}
}

// state is how much there is, whether more may come, and what is closed when there is more.
func (o *output) state() (size int64, closed bool, changed <-chan struct{}, failed error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.size, o.closed, o.changed, o.failed
}

// last are the last lines, n at most.
func (o *output) last(n int) []string {
	size, _, _, failed := o.state()
	f, err := os.Open(o.path)
	if err != nil {
		return nil // somebody removed the results; there is nothing to show
	}
	defer f.Close()
	from := max(0, size-logBytes)
	b := make([]byte, size-from)
	read, _ := f.ReadAt(b, o.from+from) // cut short, it is what there is
	text := string(b[:read])
	if _, rest, ok := strings.Cut(text, "\n"); from > 0 && ok {
		text = rest
	}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if len(lines) == 1 && lines[0] == "" {
		lines = nil
	}
	if failed != nil {
		lines = append(lines, "runner: the rest of its output could not be kept: "+failed.Error())
	}
	return lines[max(0, len(lines)-max(0, n)):]
}

// follow writes the output of this life from its start until it ends or the context does.
func (o *output) follow(ctx context.Context, w io.Writer) error {
	f, err := os.Open(o.path)
	if err != nil {
		return fmt.Errorf("follow the output: %w", err)
	}
	defer f.Close()
	for at := int64(0); ; {
		size, closed, changed, _ := o.state()
		if size > at {
			n, err := io.Copy(w, io.NewSectionReader(f, o.from+at, size-at))
			at += n
			if err == nil && n == 0 {
				return fmt.Errorf("follow the output: %s was cut short by somebody", o.path)
			}
			if err != nil {
				return fmt.Errorf("follow the output: %w", err)
			}
			continue
		}
		if closed {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}
