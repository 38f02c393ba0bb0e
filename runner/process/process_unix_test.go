//go:build unix

package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestWait_names_the_signal(t *testing.T) {
	exit := start(t, role(t, "struck", "")).Wait()
	if exit.Code != -1 || exit.Signal != "SIGKILL" {
		t.Errorf("%+v", exit)
	}
}

func TestStop_asks_once_and_takes_the_programs_own_status(t *testing.T) {
	out := newTranscript()
	s := role(t, "polite", "")
	s.Stdout = out
	p := start(t, s)
	out.after(t, "ready")
	p.Stop(20 * time.Second)
	p.Stop(30 * time.Second)
	if exit := p.Wait(); exit.Code != 7 || exit.Signal != "" {
		t.Errorf("%+v", exit)
	}
	if n := out.after(t, "again "); n != "0" {
		t.Errorf("asked %s times more", n)
	}
}

func TestStop_kills_after_the_grace(t *testing.T) {
	for name, sooner := range map[string]bool{"in its time": false, "brought forward": true} {
		t.Run(name, func(t *testing.T) {
			out := newTranscript()
			s := role(t, "parent", "deaf")
			s.Stdout = out
			p := start(t, s)
			child := out.pid(t, "ready ")
			began := time.Now()
			grace := 300 * time.Millisecond
			if sooner {
				p.Stop(time.Minute)
			}
			p.Stop(grace)
			exit := p.Wait()
			took := time.Since(began)
			// The parent ends at TERM; its deaf child is what has to be killed.
			if exit.Signal != "SIGTERM" || running(child) {
				t.Errorf("%+v, child runs: %v", exit, running(child))
			}
			if len(exit.Orphans) != 1 || !strings.HasPrefix(exit.Orphans[0], fmt.Sprint(child)) {
				t.Errorf("orphans %q, want %d", exit.Orphans, child)
			}
			if took < grace || took > grace+5*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// The first look at the tree is half a second away: a child that left the group must be known all the same when its parent is killed.
func TestKill_reaches_a_child_that_left_the_group(t *testing.T) {
	out := newTranscript()
	s := role(t, "parent-of-session", "deaf")
	s.Stdout = out
	p := start(t, s)
	child := out.pid(t, "ready ")
	p.Kill()
	exit := p.Wait()
	if running(child) || exit.Held {
		t.Errorf("%+v, runs: %v", exit, running(child))
	}
}

func TestWait_is_not_delayed_by_a_grandchild_that_holds_stdout(t *testing.T) {
	for child, least := range map[string]time.Duration{"sleep": 0, "deaf": 500 * time.Millisecond} {
		t.Run(child, func(t *testing.T) {
			out := newTranscript()
			s := role(t, "leaver", child)
			s.Stdout, s.Grace = out, 500*time.Millisecond
			began := time.Now()
			p := start(t, s)
			pid := out.pid(t, "spawned "+child)
			exit := p.Wait()
			took := time.Since(began)
			if exit.Code != 0 || exit.Held || running(pid) {
				t.Errorf("%+v, runs: %v", exit, running(pid))
			}
			if len(exit.Orphans) != 1 || !strings.HasPrefix(exit.Orphans[0], fmt.Sprint(pid, " ")) {
				t.Errorf("orphans %q, want %d", exit.Orphans, pid)
			}
			if took < least || took > 10*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

func TestStop_and_Wait_never_touch_a_stranger(t *testing.T) {
	self, _ := os.Executable()
	stranger := exec.Command(self)
	stranger.Env = roleEnv("sleep", "")
	stranger.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer stranger.Wait()
	defer stranger.Process.Kill()
	out := newTranscript()
	s := role(t, "parent", "deaf")
	s.Stdout, s.Grace = out, 200*time.Millisecond
	p := start(t, s)
	out.after(t, "ready")
	p.Stop(100 * time.Millisecond)
	p.Wait()
	SweepOrphans()
	if !running(stranger.Process.Pid) {
		t.Error("a child of this process that the package did not start was ended")
	}
	// A process whose id was recorded with another start time is another process.
	id, err := Identify(stranger.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	old := ID{Pid: id.Pid, Born: id.Born + "1"}
	if ended := TerminateTrees([]ID{old}, true, 0); len(ended) > 0 || !running(id.Pid) {
		t.Errorf("ended %q", ended)
	}
	if err := send(proc{pid: id.Pid, start: 1}, syscall.SIGKILL); err == nil || !running(id.Pid) {
		t.Errorf("signalled, %v", err)
	}
}

func TestStart_two_programs_at_once_keep_their_own(t *testing.T) {
	firstOut, secondOut := newTranscript(), newTranscript()
	first, second := role(t, "parent", "deaf"), role(t, "leaver", "sleep")
	first.Stdout, second.Stdout = firstOut, secondOut
	a := start(t, first)
	child := firstOut.pid(t, "ready ")
	b := start(t, second)
	exit := b.Wait()
	if len(exit.Orphans) != 1 || strings.HasPrefix(exit.Orphans[0], fmt.Sprint(child)) {
		t.Errorf("orphans of the second: %q", exit.Orphans)
	}
	if !running(child) {
		t.Error("the first one's child was ended with the second")
	}
	a.Kill()
	a.Wait()
	if running(child) {
		t.Error("the first one's child outlived it")
	}
}

func TestPause_and_Resume(t *testing.T) {
	out := newTranscript()
	s := role(t, "parent", "ticks")
	s.Stdout = out
	p := start(t, s)
	out.after(t, "tick 3")
	if err := p.Pause(); err != nil {
		t.Fatal(err)
	}
	stopped := func() (n int) {
		for _, m := range p.group.members() {
			if m.stopped {
				n++
			}
		}
		return n
	}
	eventually(t, "both are stopped", func() bool { return stopped() == 2 })
	if tree := strings.Join(p.Tree(), "\n"); strings.Count(tree, "(stopped)") != 2 {
		t.Errorf("tree:\n%s", tree)
	}
	if err := p.Resume(); err != nil {
		t.Fatal(err)
	}
	ticks := strings.Count(out.String(), "tick")
	eventually(t, "it ticks again", func() bool { return strings.Count(out.String(), "tick") > ticks+3 })
	if err := p.Pause(); err != nil {
		t.Fatal(err)
	}
	p.Stop(10 * time.Second) // also when paused
	if exit := p.Wait(); exit.Signal != "SIGTERM" {
		t.Errorf("%+v", exit)
	}
	if err := p.Pause(); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("pause of an ended program: %v", err)
	}
}

func TestDump_asks_the_leaves_or_the_leader(t *testing.T) {
	out := newTranscript()
	s := role(t, "parent", "usr2")
	s.Stdout = out
	p := start(t, s)
	leaf := out.pid(t, "ready ")
	if err := p.Dump("USR2", ToLeaves); err != nil {
		t.Fatal(err)
	}
	if got := out.pid(t, "asked "); got != leaf {
		t.Errorf("asked %d, want %d", got, leaf)
	}
	if err := p.Dump("NONE", ToLeaves); err == nil {
		t.Error("an unknown signal: no error")
	}
	if err := p.Dump("USR2", "nobody"); err == nil {
		t.Error("to nobody: no error")
	}
	tree := p.Tree()
	if len(tree) != 2 || !strings.HasPrefix(tree[0], fmt.Sprint(p.Pid())) || !strings.HasPrefix(tree[1], fmt.Sprint("  ", leaf)) {
		t.Errorf("tree: %q", tree)
	}
	if err := p.Dump("TERM", ToLeader); err != nil { // nothing catches it there
		t.Fatal(err)
	}
	if exit := p.Wait(); exit.Signal != "SIGTERM" {
		t.Errorf("%+v", exit)
	}
}

func TestSignals_of_this_process(t *testing.T) {
	signals := Signals(t.Context())
	self := os.Getpid()
	for _, c := range []struct {
		sent syscall.Signal
		want Signal
	}{{syscall.SIGINT, Interrupt}, {syscall.SIGHUP, Terminate}, {syscall.SIGTSTP, Suspend}, {syscall.SIGCONT, Resume}} {
		if signal.Ignored(c.sent) {
			continue // the tests run under nohup: then it stays ignored, and would never come
		}
		if err := syscall.Kill(self, c.sent); err != nil {
			t.Fatal(err)
		}
		if got := <-signals; got != c.want {
			t.Errorf("%s: got %s, want %s", c.sent, got, c.want)
		}
	}
}
