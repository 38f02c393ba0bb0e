//go:build unix

package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// group is a started program with all that descends from it: its process group, and those that were seen to leave it.
type group struct {
	spec     Spec
	terminal *terminal // nil without the foreground

	mu     sync.Mutex
	root   proc         // the leader
	seen   map[int]proc // descendants that were running at the last look
	told   map[int]proc // those that Escaped was told of
	asked  map[int]proc // those that got TERM: a second one makes many tools give up at once
	reaped bool         // the leader's ids are free: its group must not be signalled any more
}

func newGroup(cmd *exec.Cmd, s Spec) *group {
	g := &group{spec: s, seen: map[int]proc{}, told: map[int]proc{}, asked: map[int]proc{}}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if s.User != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: s.User.UID, Gid: s.User.GID}
	}
	if s.Terminal {
		g.terminal = openTerminal()
	}
	if g.terminal != nil {
		cmd.SysProcAttr.Foreground, cmd.SysProcAttr.Ctty = true, g.terminal.fd
	}
	return g
}

func (g *group) start(cmd *exec.Cmd) error {
	gate, err := closeGate(cmd, g.spec)
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		gate.abandon()
		g.terminal.take()
		return err
	}
	// The leader can't vanish before we reap it, so this look succeeds; a zombie's start time counts too.
	g.root = proc{pid: cmd.Process.Pid, pgid: cmd.Process.Pid}
	if p, err := readStat(cmd.Process.Pid); err == nil {
		g.root = p
	}
	if err := gate.open(g.root.id(), g.spec.Admit); err != nil {
		_ = cmd.Wait() // it ends by itself: the gate stays closed
		g.terminal.take()
		return err
	}
	return nil
}

func (g *group) leader() ID { return g.root.id() }

// track looks for new descendants, and forgets those that ended.
func (g *group) track() {
	g.mu.Lock()
	defer g.mu.Unlock()
	roots := []proc{g.root}
	for _, p := range g.seen {
		roots = append(roots, p)
	}
	clear(g.seen)
	for _, p := range below(roots) {
		if p.pid == g.root.pid {
			continue
		}
		g.seen[p.pid] = p
		if p.pgid != g.root.pid && !g.told[p.pid].same(p) {
			g.told[p.pid] = p
			if g.spec.Escaped != nil {
				g.spec.Escaped(p.id(), p.String())
			}
		}
	}
}

// members returns all that runs of the program, the leader too.
func (g *group) members() []proc {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.family()
}

func (g *group) family() []proc {
	roots := map[int]proc{g.root.pid: g.root}
	for pid, p := range g.seen {
		roots[pid] = p
	}
	groups := map[int]bool{}
	if !g.reaped {
		groups[g.root.pid] = true
	}
	members := family(table(), roots, groups, map[int]bool{os.Getpid(): true})
	for _, p := range members {
		if p.pid != g.root.pid {
			g.seen[p.pid] = p // what is seen here is followed from now on, wherever it goes
		}
	}
	return members
}

// survivors returns what runs of the program after the leader ended.
func (g *group) survivors() []proc { return g.members() }

// terminate asks all to end. It is false where that can't be asked.
func (g *group) terminate() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	members := g.family()
	if !g.reaped {
		_ = unix.Kill(-g.root.pid, unix.SIGTERM)
	}
	for _, p := range members {
		switch {
		case p.pgid != g.root.pid:
			askOne(p)
		case p.stopped:
			_ = send(p, unix.SIGCONT)
		}
		g.asked[p.pid] = p
	}
	return true
}

// ask asks each of them once.
func (g *group) ask(rest []proc) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range rest {
		if !g.asked[p.pid].same(p) {
			g.asked[p.pid] = p
			askOne(p)
		}
	}
}

// askOne sends TERM, and wakes a stopped process, which can't hear it.
func askOne(p proc) {
	_ = send(p, unix.SIGTERM)
	if p.stopped {
		_ = send(p, unix.SIGCONT)
	}
}

// kill kills all that is known.
func (g *group) kill() {
	g.mu.Lock()
	defer g.mu.Unlock()
	members := g.family() // first: a dead leader leads to nobody any more
	if !g.reaped {
		_ = unix.Kill(-g.root.pid, unix.SIGKILL)
	}
	g.endLocked(members)
}

// end kills these.
func (g *group) end(rest []proc) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.endLocked(rest)
}

func (g *group) endLocked(rest []proc) {
	for _, p := range rest {
		_ = send(p, unix.SIGKILL)
	}
}

func (g *group) pause() error  { return g.signalAll(unix.SIGSTOP) }
func (g *group) resume() error { return g.signalAll(unix.SIGCONT) }

func (g *group) signalAll(sig syscall.Signal) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.reaped {
		return fmt.Errorf("send %s to process %d: it has ended: %w", unix.SignalName(sig), g.root.pid, os.ErrProcessDone)
	}
	members := g.family()
	err := unix.Kill(-g.root.pid, sig)
	for _, p := range members {
		if p.pgid != g.root.pid {
			_ = send(p, sig)
		}
	}
	if err != nil {
		return fmt.Errorf("send %s to the group of process %d: %w", unix.SignalName(sig), g.root.pid, err)
	}
	return nil
}

// dump sends the signal that makes a program tell where it is.
func (g *group) dump(name, to string) error {
	sig := unix.SignalNum("SIG" + name)
	if sig == 0 {
		return fmt.Errorf("dump process %d: no signal is named %q; give a name without SIG, such as QUIT", g.root.pid, name)
	}
	asked, err := g.only(to)
	if err != nil {
		return fmt.Errorf("dump process %d: %w", g.root.pid, err)
	}
	var errs []error
	for _, p := range asked {
		errs = append(errs, send(p, sig))
	}
	if len(asked) == 0 {
		errs = append(errs, fmt.Errorf("dump process %d: it has ended: %w", g.root.pid, os.ErrProcessDone))
	}
	return errors.Join(errs...)
}

// dumpCommand is what a person types to the same end as dump.
func (g *group) dumpCommand(signal, to string) string {
	asked, err := g.only(to)
	if err != nil || len(asked) == 0 {
		return ""
	}
	command := "kill -" + signal
	for _, p := range asked {
		command += " " + strconv.Itoa(p.pid)
	}
	return command
}

// only are the members of the tree that a word names.
func (g *group) only(to string) ([]proc, error) {
	members := g.members()
	switch to {
	case ToAll:
		return members, nil
	case ToLeaves:
		return leaves(members), nil
	case ToLeader, ToChildren:
		return slices.DeleteFunc(slices.Clone(members), func(p proc) bool {
			return to == ToLeader && p.pid != g.root.pid || to == ToChildren && p.ppid != g.root.pid
		}), nil
	}
	return nil, fmt.Errorf("%q is neither %s, %s, %s nor %s", to, ToLeader, ToChildren, ToLeaves, ToAll)
}

// reap takes the leader's status. From here on its ids are free.
func (g *group) reap(cmd *exec.Cmd) Exit {
	g.mu.Lock()
	defer g.mu.Unlock()
	_ = cmd.Wait() // an ordinary bad end is an error to os/exec; the state has it all
	g.reaped = true
	g.reapSeen()
	return exitOf(cmd.ProcessState)
}

// release gives the terminal back.
func (g *group) release() { g.terminal.take() }

func exitOf(s *os.ProcessState) Exit {
	if s == nil {
		return Exit{Code: -1}
	}
	e := Exit{Code: s.ExitCode(), User: s.UserTime(), Sys: s.SystemTime()}
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		e.Signal = unix.SignalName(w.Signal())
	}
	if u, ok := s.SysUsage().(*syscall.Rusage); ok {
		e.MaxRSSKB = maxRSS(u)
	}
	return e
}

func byPid(ps []proc) map[int]proc {
	out := make(map[int]proc, len(ps))
	for _, p := range ps {
		out[p.pid] = p
	}
	return out
}
