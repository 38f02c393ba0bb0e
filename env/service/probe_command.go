package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"time"
)

// The engine's defaults of a healthcheck.
const (
	healthcheckClock   = 30 * time.Second
	healthcheckPause   = 30 * time.Second
	healthcheckRetries = 3
)

// command is what the healthcheck runs; empty where there is none. The engine runs CMD-SHELL by /bin/sh as well.
func (h *Healthcheck) command() []string {
	if h == nil || h.Disabled || len(h.Test) < 2 {
		return nil
	}
	switch h.Test[0] {
	case "CMD":
		return h.Test[1:]
	case "CMD-SHELL":
		return []string{"/bin/sh", "-c", strings.Join(h.Test[1:], " ")}
	}
	return nil
}

// patience is how long docker would wait for the healthcheck, as far as the file says so; its pause matters only here.
func (h *Healthcheck) patience() time.Duration {
	if h.command() == nil {
		return 0
	}
	interval, retries := h.Interval, h.Retries
	if interval == 0 {
		interval = healthcheckPause
	}
	if retries == 0 {
		retries = healthcheckRetries
	}
	if h.Retries == 0 && h.Interval == 0 {
		return h.StartPeriod
	}
	return h.StartPeriod + time.Duration(retries)*interval
}

// notThereTries is how often a healthcheck's program may be missing (status 126 and 127) before that is the end: a script may come with a
// volume that is filled at the start, and a program that the image does not have never comes.
const notThereTries = 5

// healthcheckProbe runs a container's healthcheck inside of the service. Whose it is names it.
func healthcheckProbe(whose string, h *Healthcheck, in Instance) Probe {
	p, argv, missing := Probe{Name: whose, Within: h.Timeout}, h.command(), 0
	if p.Within <= 0 {
		p.Within = healthcheckClock
	}
	p.Ask = func(ctx context.Context) error {
		output, code, err := in.Exec(ctx, argv, nil)
		if err = judgeCommand(output, code, err); code != 126 && code != 127 {
			missing = 0
			return err
		}
		if missing++; missing >= notThereTries {
			return permanent("%w: the image does not have what the healthcheck runs", err)
		}
		return err
	}
	return p
}

// commandProbe runs a command of runner.yaml on this machine.
func commandProbe(argv, environ []string, run Command) Probe {
	return Probe{Name: strings.Join(argv, " "), Within: healthcheckClock, Ask: func(ctx context.Context) error {
		if run == nil {
			return permanent("nothing runs commands here")
		}
		output, code, err := run(ctx, argv, environ)
		return judgeCommand(output, code, err)
	}}
}

func judgeCommand(output string, code int, err error) error {
	switch {
	case errors.Is(err, ErrNoInside):
		return &Permanent{err}
	case err != nil:
		return bare(err)
	case code == 0:
		return nil
	}
	said := fmt.Errorf("it ends with %d", code)
	if lines := strings.Fields(lastLine(output)); len(lines) > 0 {
		said = fmt.Errorf("it ends with %d: %.200s", code, strings.Join(lines, " "))
	}
	return said
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}

// logProbe waits for a line of the output. It follows the output, so it is asked once and answers the moment the line is there.
func logProbe(pattern string, in Instance) Probe {
	return Probe{Name: "log line " + pattern, Within: -1, Ask: func(ctx context.Context) error {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return permanent("the expression for its log: %w", err)
		}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		m := &matcher{re: re, found: cancel}
		err = in.Follow(ctx, m)
		switch {
		case m.matched.Load():
			return nil
		case err != nil && ctx.Err() == nil:
			return fmt.Errorf("follow its output: %w", bare(err))
		}
		return errors.New("no line of its output matches yet")
	}}
}

// matcher looks for an expression in lines that come in pieces. The last line counts before its end: a prompt has none.
type matcher struct {
	re      *regexp.Regexp
	line    []byte
	matched atomic.Bool // Follow may write from another goroutine
	found   func()
}

// lineLimit bounds what is kept of a line that does not end.
const lineLimit = 64 << 10

func (m *matcher) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 && !m.matched.Load() {
		piece := p
		if i := bytes.IndexByte(p, '\n'); i >= 0 {
			piece = p[:i+1]
		}
		p = p[len(piece):]
		m.line = append(m.line, piece...)
		if m.re.Match(bytes.TrimRight(m.line, "\r\n")) {
			m.matched.Store(true)
			m.found()
		}
		if bytes.HasSuffix(piece, []byte("\n")) || len(m.line) > lineLimit {
			m.line = m.line[:0]
		}
	}
	return n, nil
}
