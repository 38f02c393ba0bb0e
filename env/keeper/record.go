package keeper

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"testrunner/env/service"
	"testrunner/report/event"
)

// lingering is how long Recorder.Close waits for the last lines of services that have ended.
const lingering = time.Second

// Recorder keeps what services write, of all their lives, in a file of each, without the secrets in it (law 11). Its methods are safe for
// use by many goroutines.
type Recorder struct {
	path      func(service string) string
	mask      func(string) string
	following context.Context
	stop      context.CancelFunc
	followers sync.WaitGroup

	mu    sync.Mutex
	logs  map[string]*LogFile
	lives map[string]string // the identity of the life whose output is being followed
	fault error             // the first
}

// NewRecorder makes one that writes to path, a file for each service, whose folder is made if need be. mask takes the secrets out of a
// text; nil leaves all in. Outputs are read to their ends, so they are followed beyond the end of the context, until Close.
func NewRecorder(ctx context.Context, path func(service string) string, mask func(string) string) *Recorder {
	r := &Recorder{path: path, mask: mask, logs: map[string]*LogFile{}, lives: map[string]string{}}
	r.following, r.stop = context.WithCancel(context.WithoutCancel(ctx))
	return r
}

// Observe follows each new life that a change tells of; instance finds the present one. Of a service that had ended before its start came
// back, the lines that the change quotes are kept. What nobody here started has no output.
func (r *Recorder) Observe(c service.Change, instance func(service string) (service.Instance, bool)) {
	if c.By == event.ByAddress || c.By == event.ByStaging {
		return
	}
	var f *service.Failure
	if c.Identity == "" && len(c.Log) > 0 && errors.As(c.Err, &f) && len(f.Chain) == 1 {
		if l := r.log(c.Service); l != nil {
			w := maskedLines{to: l, mask: r.mask}
			r.note(errors.Join(w.text(strings.Join(c.Log, "\n")+"\n"), w.flush()))
		}
		return
	}
	r.mu.Lock()
	isNew := c.Identity != "" && r.lives[c.Service] != c.Identity
	if isNew {
		r.lives[c.Service] = c.Identity
	}
	r.mu.Unlock()
	if !isNew {
		return
	}
	if in, ok := instance(c.Service); ok {
		r.follow(c.Service, in)
	}
}

func (r *Recorder) follow(service string, in service.Instance) {
	l := r.log(service)
	if l == nil {
		return
	}
	r.followers.Go(func() {
		w := maskedLines{to: l, mask: r.mask}
		_ = in.Follow(r.following, &w) // what can't be read is not in the log
		r.note(w.flush())
	})
}

// log is the file of a service, opened at its first life; nil where it can't be.
func (r *Recorder) log(service string) *LogFile {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l, known := r.logs[service]; known {
		return l
	}
	path := r.path(service)
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	var l *LogFile
	if err == nil {
		l, err = openLog(path)
	}
	if err != nil && r.fault == nil {
		r.fault = fmt.Errorf("keep the log of %s: %w", service, err)
	}
	r.logs[service] = l
	return l
}

func (r *Recorder) note(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil && r.fault == nil {
		r.fault = fmt.Errorf("keep the logs of services: %w", err)
	}
}

// Close waits a moment for the last lines, and closes the files. The error says what could not be kept. The services were stopped before.
func (r *Recorder) Close() error {
	read := make(chan struct{})
	go func() { r.followers.Wait(); close(read) }()
	late := time.NewTimer(lingering)
	defer late.Stop()
	select {
	case <-read:
	case <-late.C: // something outlives its stop
		r.stop()
		<-read
	}
	r.stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.fault
	for name, l := range r.logs {
		if l == nil {
			continue
		}
		if err := l.Close(); err != nil {
			all = errors.Join(all, fmt.Errorf("the log of %s: %w", name, err))
		}
	}
	return all
}
