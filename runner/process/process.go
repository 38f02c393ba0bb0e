package process

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// DefaultGrace is the time between TERM and KILL where Spec.Grace is 0 (design, law 6).
const DefaultGrace = 3 * time.Second

// How often and how long. They are measured choices, not promises.
const (
	trackEvery = 500 * time.Millisecond // one walk costs about 0.1 ms a process
	settleFor  = 250 * time.Millisecond // what ends by itself this soon after the leader is no orphan
	killAgain  = 50 * time.Millisecond  // a process may fork while its group is killed
	hopeless   = 2 * time.Second        // after KILL: what is still there hangs in the kernel
)

// Spec says what to start and how.
type Spec struct {
	Argv   []string  // Argv[0] without a slash is looked up on Env's PATH
	Dir    string    // working directory; "" is runner's own
	Env    []string  // the whole environment, NAME=VALUE; nothing is inherited
	Stdout io.Writer // nil: discarded. The same writer for both keeps their order
	Stderr io.Writer
	Stdin  *os.File // nil: nothing to read

	// User is who the program runs as; nil is who we are. Only root may choose, and on Windows nobody: errors.ErrUnsupported.
	User *User

	// Admit, when not nil, is told who the program will be before its first instruction, so that it can be written down: the program
	// runs when Admit has returned nil. If it returns an error, which Start returns then, or if we die before, it never runs.
	Admit func(ID) error

	// Terminal gives the program our stdin, stdout and stderr, and the foreground of the terminal if we have it.
	Terminal bool

	// Grace is the time from TERM to KILL, and how long a process that outlived the leader may delay Wait. 0 is DefaultGrace.
	Grace time.Duration

	// Escaped, when not nil, is told once of each descendant that left the process group, so that it can be written down
	// for the case that runner is killed. Called from one goroutine.
	Escaped func(id ID, what string)

	look time.Duration // between two looks at the tree; 0 is trackEvery
}

// User is who a program runs as. It belongs to that one group and to no other.
type User struct{ UID, GID uint32 }

// Exit is how a program ended.
type Exit struct {
	Code     int      // -1 after a signal
	Signal   string   // "SIGKILL"; "" after an ordinary end
	Orphans  []string // descendants that outlived the leader and were ended: "pid name command line", sorted by pid
	Held     bool     // an unknown process still held stdout or stderr after the grace: what it writes later was not read
	MaxRSSKB int64    // of the largest process that was waited for; on Windows of the leader
	User     time.Duration
	Sys      time.Duration
	Wall     time.Duration
}

// Process is a started program. Its methods are safe for use by many goroutines.
type Process struct {
	grace time.Duration
	look  time.Duration
	begun time.Time
	cmd   *exec.Cmd
	group *group
	out   output
	wake  chan struct{} // killAt was brought forward
	done  chan struct{}
	exit  Exit // set before done is closed

	mu     sync.Mutex
	killAt time.Time // zero: nobody asked for the end
}

// Start starts a program. When ctx is cancelled, the program is stopped as Stop(s.Grace) does; Wait must be called all the same.
// A program that is not there is an error that is fs.ErrNotExist; a missing folder is not.
func Start(ctx context.Context, s Spec) (*Process, error) {
	if err := ctx.Err(); err != nil {
		return nil, startError(s, err)
	}
	path, err := find(s)
	if err != nil {
		return nil, startError(s, err)
	}
	p := &Process{grace: s.Grace, look: s.look, wake: make(chan struct{}, 1), done: make(chan struct{})}
	if p.grace <= 0 {
		p.grace = DefaultGrace
	}
	if p.look <= 0 {
		p.look = trackEvery
	}
	p.cmd = &exec.Cmd{Path: path, Args: s.Argv, Dir: s.Dir, Env: append([]string{}, s.Env...)}
	if err := p.connect(s); err != nil {
		return nil, startError(s, err)
	}
	p.group = newGroup(p.cmd, s)
	p.begun = time.Now()
	err = p.group.start(p.cmd)
	p.out.started()
	if err != nil {
		p.out.abandon()
		return nil, startError(s, diagnose(path, err))
	}
	p.out.read()
	leader := make(chan struct{})
	go func() {
		defer close(leader)
		p.group.await()
	}()
	go p.supervise(ctx, leader)
	return p, nil
}

// connect gives the program its three streams.
func (p *Process) connect(s Spec) error {
	if s.Terminal {
		p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		return nil
	}
	if s.Stdin != nil {
		p.cmd.Stdin = s.Stdin
	}
	return p.out.connect(p.cmd, s.Stdout, s.Stderr)
}

// Pid is the process id of the leader.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// ID is the identity of the leader, for a journal.
func (p *Process) ID() ID { return p.group.leader() }

// Wait returns when the leader has ended, what it left behind is gone, and its output was read: no later than the grace
// after the leader's end.
func (p *Process) Wait() Exit {
	<-p.done
	return p.exit
}

// Done is closed when Wait would return at once.
func (p *Process) Done() <-chan struct{} { return p.done }

// Stop asks the program and all its descendants to end (TERM), and kills them after the grace. It returns at once: Wait
// tells the end. Another Stop asks nothing again; it may only bring the end forward. 0 kills at once.
func (p *Process) Stop(grace time.Duration) {
	at := time.Now().Add(grace)
	p.mu.Lock()
	first := p.killAt.IsZero()
	sooner := first || at.Before(p.killAt)
	if sooner {
		p.killAt = at
	}
	p.mu.Unlock()
	if first && grace > 0 {
		if !p.group.terminate() {
			p.group.kill()
		}
	}
	if grace <= 0 {
		p.group.kill()
	}
	if sooner {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
}

// Kill ends the program and all its descendants at once.
func (p *Process) Kill() { p.Stop(0) }

// Pause stops the program and its descendants (SIGSTOP); Resume continues them. Where that can't be had the error is
// errors.ErrUnsupported.
func (p *Process) Pause() error { return p.group.pause() }

// Resume continues what Pause stopped.
func (p *Process) Resume() error { return p.group.resume() }

// Which processes Dump asks.
const (
	ToLeader   = "leader"
	ToChildren = "children" // the processes that the leader started itself
	ToLeaves   = "leaves"   // the processes at the ends of the tree
	ToAll      = "all"
)

// Dump sends a signal ("QUIT", "USR2") to the leader, its children, the leaves or all processes of the tree, so that they tell
// where they are. Where signals can't be had the error is errors.ErrUnsupported.
func (p *Process) Dump(signal, to string) error { return p.group.dump(signal, to) }

// DumpCommand is what a person types to send the same signal to the same processes as they are now: "kill -QUIT 815". It is empty where
// there are none, and where signals can't be had.
func (p *Process) DumpCommand(signal, to string) string { return p.group.dumpCommand(signal, to) }

// Tree is the program and its descendants, one line each, indented: "pid cpu% rss name args". The share of a core is
// measured over a fifth of a second, so the call takes that long. It is empty once the program ended.
func (p *Process) Tree() []string {
	before, start := p.group.members(), time.Now()
	if len(before) == 0 {
		return nil
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(200 * time.Millisecond):
	}
	return drawTree(before, p.group.members(), time.Since(start))
}

// Output runs a short probe and returns what it wrote to stdout (at most 1 MiB). The deadline is ctx's; an exit status other
// than 0 is an *ExitError.
func Output(ctx context.Context, dir string, env, argv []string) (string, error) {
	stdout, stderr := NewTail(1<<20), NewTail(4<<10)
	p, err := Start(ctx, Spec{Argv: argv, Dir: dir, Env: env, Stdout: stdout, Stderr: stderr, Grace: 500 * time.Millisecond})
	if err != nil {
		return "", err
	}
	exit := p.Wait()
	if err := ctx.Err(); err != nil && (exit.Code != 0) {
		return stdout.String(), startError(Spec{Argv: argv, Dir: dir}, errors.Join(errStopped, err))
	}
	if exit.Code != 0 {
		return stdout.String(), &ExitError{Argv: argv, Exit: exit, Stderr: stderr.String()}
	}
	return stdout.String(), nil
}
