package process

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"sync"
	"time"
)

// A program that prints a dot for each test would wake us for each dot. After a read of less than dribble bytes its output
// is left to gather for a moment: thousands of wake-ups become at most a hundred a second.
const (
	dribble = 4 << 10
	gather  = 10 * time.Millisecond
)

// output carries what a program writes to its writers. os/exec could do that too, but it could neither tell a grandchild that
// holds the pipe from a slow reader, nor say which processes hold it.
type output struct {
	pipes   []*pipe
	theirs  []*os.File // the write ends, ours only until the start
	drained chan struct{}
}

type pipe struct {
	read *os.File
	to   io.Writer
	held bool // somebody still held the other end when the reading was cut; valid once all is drained
}

// connect makes a pipe for each writer that is no file.
func (o *output) connect(cmd *exec.Cmd, stdout, stderr io.Writer) error {
	o.drained = make(chan struct{})
	out, err := o.end(stdout)
	if err != nil {
		return err
	}
	cmd.Stdout = out
	if same(stdout, stderr) {
		cmd.Stderr = cmd.Stdout
		return nil
	}
	errOut, err := o.end(stderr)
	if err != nil {
		o.started()
		o.abandon()
		return err
	}
	cmd.Stderr = errOut
	return nil
}

// end returns what the program writes to: an interface that is nil where it is discarded, as os/exec wants it.
func (o *output) end(w io.Writer) (io.Writer, error) {
	if w == nil {
		return nil, nil
	}
	if f, ok := w.(*os.File); ok {
		return f, nil
	}
	r, theirs, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("open a pipe for its output: %w; raise the limit of open files (ulimit -n)", err)
	}
	o.pipes, o.theirs = append(o.pipes, &pipe{read: r, to: w}), append(o.theirs, theirs)
	return theirs, nil
}

func same(a, b io.Writer) bool {
	return a != nil && b != nil && reflect.TypeOf(a).Comparable() && reflect.TypeOf(b).Comparable() && a == b
}

// started closes our copies of the write ends, or the pipes would never end.
func (o *output) started() {
	for _, f := range o.theirs {
		f.Close()
	}
	o.theirs = nil
}

// abandon closes the pipes of a program that was not started.
func (o *output) abandon() {
	for _, p := range o.pipes {
		p.read.Close()
	}
}

// read copies until the last holder of each pipe is gone, then closes drained.
func (o *output) read() {
	if o.drained == nil {
		o.drained = make(chan struct{})
	}
	var all sync.WaitGroup
	for _, p := range o.pipes {
		all.Go(p.copy)
	}
	go func() {
		all.Wait()
		close(o.drained)
	}()
}

// cut ends the reading although somebody still holds a pipe. What lies in the pipe is still read.
func (o *output) cut() {
	for _, p := range o.pipes {
		if err := p.read.SetReadDeadline(time.Now()); err != nil {
			p.read.Close()
		}
	}
}

// held tells whether somebody held a pipe when the reading was cut.
func (o *output) held() bool {
	select {
	case <-o.drained:
		return slices.ContainsFunc(o.pipes, func(p *pipe) bool { return p.held })
	default:
		return true
	}
}

func (p *pipe) copy() {
	defer p.read.Close()
	buf := make([]byte, 64<<10)
	failed := false
	give := func(b []byte) {
		// A writer that failed must not stop the program by a full pipe, so the rest is read and dropped.
		if len(b) > 0 && !failed {
			_, err := p.to.Write(b)
			failed = err != nil
		}
	}
	for {
		n, err := p.read.Read(buf)
		give(buf[:n])
		if err == nil && n < dribble {
			time.Sleep(gather)
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			p.held = readRest(p.read, buf, give)
			return
		}
		if err != nil {
			return
		}
	}
}
