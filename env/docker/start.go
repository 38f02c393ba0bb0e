package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"testrunner/runner/process"
)

// How long an engine's process has from TERM to KILL. A restart is of one that hangs; a stop lets it end its containers first, for
// which dockerd takes 15 s.
const (
	restartGrace = 10 * time.Second
	stopGrace    = 25 * time.Second
)

// DefaultWait is how long a start is waited for where the caller gives no time.
const DefaultWait = 180 * time.Second

// Progress is one look at an engine that is being started.
type Progress struct {
	State   State
	Elapsed time.Duration
	Next    time.Duration // until the next look, 0 for the last
}

// Waiting says how a plan is carried out.
type Waiting struct {
	StateDir string         // where it is written down what was started; lease.StateDir
	Wait     time.Duration  // 0 is DefaultWait
	Tell     func(Progress) // nil: nobody
	Terminal bool           // commands get the terminal, so that sudo can ask for a password
	Environ  []string       // for what is started
	Now      time.Time      // for the record
}

// Outcome is how a start ended.
type Outcome struct {
	State State
	Took  time.Duration
	Slow  bool   // it does not work yet, but its process is busy: slow, not dead
	Log   string // of a dockerd that runner started itself
}

// Carry carries out a plan and waits until the engine works. An error says what failed; an engine that does not work in time is no
// error but an Outcome, whose State says what it is like.
func Carry(ctx context.Context, p Place, plan Plan, w Waiting) (Outcome, error) {
	begun := time.Now()
	if w.Wait <= 0 {
		w.Wait = DefaultWait
	}
	if plan.end.Pid != 0 {
		killed, err := process.End(ctx, plan.end, restartGrace)
		p.log(fmt.Sprintf("docker: ended dockerd (pid %d): KILL was needed: %v, %v", plan.end.Pid, killed, err))
		if err != nil {
			return Outcome{}, fmt.Errorf("restart the engine: %w", err)
		}
	}
	ours, err := plan.act(ctx, p, w)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Log: ours.Log}
	busy := newActivity(p, ours)
	out.State = await(ctx, p, w, ours, busy)
	out.Took = time.Since(begun)
	if !out.State.Works() {
		if ours.Way == daemonWay && !ours.ID.Alive() {
			return out, fmt.Errorf("start the engine: dockerd ended: %s; its log is %s", lastWords(ours.Log), ours.Log)
		}
		out.Slow = busy.recent()
		return out, nil
	}
	if ours.ID.Pid == 0 {
		ours.ID = process.ID{Pid: out.State.Daemon.Pid, Born: out.State.Daemon.Born}
	}
	if ours.Way != "" {
		if err := ours.write(w.StateDir); err != nil {
			return out, err
		}
	}
	return out, nil
}

// act does what the plan says, and returns the record of it.
func (plan Plan) act(ctx context.Context, p Place, w Waiting) (Record, error) {
	r := Record{Way: plan.way, Host: plan.host.URL, Started: w.Now.UTC()}
	for _, argv := range plan.argvs {
		if w.Terminal && len(argv) > 2 && argv[0] == "sudo" && argv[1] == "-n" {
			argv = append([]string{"sudo"}, argv[2:]...) // somebody is there who can type a password
		}
		p.log("docker: runs " + shown(argv))
		tail := process.NewTail(4 << 10)
		ran, err := process.Start(ctx, process.Spec{Argv: argv, Env: w.Environ, Stdout: tail, Stderr: tail, Terminal: w.Terminal})
		if err != nil {
			return r, fmt.Errorf("start the engine: %w", err)
		}
		if exit := ran.Wait(); exit.Code != 0 {
			return r, fmt.Errorf("start the engine: %w", &process.ExitError{Argv: argv, Exit: exit, Stderr: tail.String()})
		}
	}
	if plan.exe == "" {
		return r, nil
	}
	if plan.way == daemonWay {
		if err := os.MkdirAll(w.StateDir, 0o755); err != nil {
			return r, fmt.Errorf("make the folder of the engine's log: %w; name another one in RUNNER_STATE_DIR", err)
		}
		r.Log = filepath.Join(w.StateDir, "dockerd.log")
	}
	p.log("docker: starts " + plan.exe)
	pid, err := process.Detach([]string{plan.exe}, w.Environ, nil, r.Log)
	if err != nil {
		return r, fmt.Errorf("start the engine: %w", err)
	}
	r.ID, _ = process.Identify(pid) // gone already: the wait will tell
	if plan.way != daemonWay || r.ID.Pid == 0 {
		return r, nil
	}
	if err := r.write(w.StateDir); err != nil {
		_, endErr := process.End(ctx, r.ID, stopGrace)
		return r, errors.Join(err, endErr)
	}
	return r, nil
}

// await looks until the engine works, its process has ended, or the time is over; pauses grow, and are jittered.
func await(ctx context.Context, p Place, w Waiting, ours Record, busy *activity) State {
	begun := time.Now()
	ctx, cancel := context.WithTimeout(ctx, w.Wait)
	defer cancel()
	pauses := &backoff.ExponentialBackOff{InitialInterval: 50 * time.Millisecond, Multiplier: 1.5, RandomizationFactor: 0.3, MaxInterval: 2 * time.Second}
	pauses.Reset()
	last := State{Name: Starting, Host: Host{URL: ours.Host}}
	for {
		s := Look(ctx, p, Clocks{})
		if ctx.Err() != nil && !s.Works() {
			return last // a look that was cut short says nothing of the engine
		}
		last = s
		busy.look()
		next := pauses.NextBackOff()
		ended := ours.Way == daemonWay && !ours.ID.Alive()
		if s.Works() || ended {
			next = 0
		}
		if w.Tell != nil {
			w.Tell(Progress{State: s, Elapsed: time.Since(begun), Next: next})
		}
		if next == 0 {
			return s
		}
		select {
		case <-ctx.Done():
			return last
		case <-time.After(next):
		}
	}
}

// lastWords is the reason in the log of a dockerd that ended: its last line that is fatal or an error, else its last line.
func lastWords(log string) string {
	f, err := os.Open(log)
	if err != nil {
		return "it wrote no log"
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > 32<<10 {
		_, _ = f.Seek(-32<<10, io.SeekEnd)
	}
	b, _ := io.ReadAll(f)
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if strings.Contains(lines[i], "failed to start daemon") || strings.Contains(lines[i], "level=fatal") || strings.Contains(lines[i], "level=error") {
			return lines[i]
		}
	}
	return lines[len(lines)-1]
}
