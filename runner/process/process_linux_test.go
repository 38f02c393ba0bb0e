package process

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A daemon that starts in a moment is seen by nobody; that it holds stdout gives it away.
func TestWait_ends_a_daemon_that_holds_stdout(t *testing.T) {
	out := newTranscript()
	s := role(t, "daemon", "loud")
	s.Stdout, s.Grace = out, 10*time.Second
	began := time.Now()
	p := start(t, s)
	pid := out.pid(t, "spawned sleep")
	exit := p.Wait()
	if exit.Code != 0 || exit.Held || running(pid) {
		t.Errorf("%+v, runs: %v", exit, running(pid))
	}
	if len(exit.Orphans) != 1 || !strings.HasPrefix(exit.Orphans[0], fmt.Sprint(pid, " ")) {
		t.Errorf("orphans %q, want %d", exit.Orphans, pid)
	}
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("took %s: the grace was waited for", took)
	}
}

// A daemon that holds nothing is found if a look at the tree saw it below its program, and told to Escaped.
func TestWait_ends_a_daemon_that_was_seen(t *testing.T) {
	var mu sync.Mutex
	escaped := map[int]string{}
	out := newTranscript()
	s := role(t, "slow-daemon", "")
	s.Stdout = out
	s.Escaped = func(id ID, what string) {
		mu.Lock()
		defer mu.Unlock()
		escaped[id.Pid] = what
		if !id.Alive() {
			t.Errorf("escaped, and not alive: %s", what)
		}
	}
	p := start(t, s)
	pid := out.pid(t, "spawned quiet")
	exit := p.Wait()
	if exit.Code != 0 || running(pid) || len(exit.Orphans) != 1 || !strings.HasPrefix(exit.Orphans[0], fmt.Sprint(pid, " ")) {
		t.Errorf("%+v, want %d, runs: %v", exit, pid, running(pid))
	}
	mu.Lock()
	defer mu.Unlock()
	if escaped[pid] == "" {
		t.Errorf("Escaped was not told of %d: %v", pid, escaped)
	}
}

// What neither way finds is adopted by this process, and left for the sweep at the end of the run, which touches no program that
// still runs, nor what is detached.
func TestSweepOrphans(t *testing.T) {
	self, _ := os.Executable()
	detached, err := Detach([]string{self}, roleEnv("quiet", ""), nil, "")
	if err != nil {
		t.Fatal(err)
	}
	liveOut, out := newTranscript(), newTranscript()
	live := role(t, "parent", "sleep")
	live.Stdout = liveOut
	a := start(t, live)
	child := liveOut.pid(t, "ready ")
	s := role(t, "daemon", "silent")
	s.Stdout, s.look = out, time.Hour
	p := start(t, s)
	exit := p.Wait()
	if len(exit.Orphans) > 0 {
		t.Errorf("an orphan that nobody saw was attributed: %q", exit.Orphans)
	}
	ids, listed := Orphans()
	swept := SweepOrphans()
	if len(swept) != 1 || !slices.Equal(swept, listed) || len(ids) != 1 {
		t.Fatalf("swept %q, listed before %q, %v", swept, listed, ids)
	}
	if ids, listed := Orphans(); len(ids) > 0 || len(listed) > 0 {
		t.Errorf("listed after the sweep: %q", listed)
	}
	var pid int
	fmt.Sscan(swept[0], &pid)
	if running(pid) || !strings.Contains(swept[0], self) {
		t.Errorf("swept %q, runs: %v", swept, running(pid))
	}
	if !running(detached) || !running(child) || !running(a.Pid()) {
		t.Errorf("detached runs: %v, a program: %v, its child: %v", running(detached), running(a.Pid()), running(child))
	}
	if again := SweepOrphans(); len(again) > 0 {
		t.Errorf("swept again: %q", again)
	}
	id, err := Identify(detached)
	if err != nil {
		t.Fatal(err)
	}
	if ended := TerminateTrees([]ID{id}, false, time.Second); len(ended) != 1 {
		t.Errorf("ended %q", ended)
	}
	eventually(t, "what was detached is reaped", func() bool { _, err := readStat(detached); return err != nil })
}

func TestDetach_leaves_the_session(t *testing.T) {
	self, _ := os.Executable()
	pid, err := Detach([]string{self}, roleEnv("sleep", ""), nil, t.TempDir()+"/log")
	if err != nil {
		t.Fatal(err)
	}
	p, err := readStat(pid)
	if err != nil {
		t.Fatal(err)
	}
	if p.sid != pid || p.pgid != pid {
		t.Errorf("session %d, group %d of process %d", p.sid, p.pgid, pid)
	}
	if dir, _ := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)); dir != "/" {
		t.Errorf("works in %s", dir)
	}
	TerminateTrees([]ID{p.id()}, false, time.Second)
}

// What the shell that started runner holds open, such as a lock, is not held by what runner detaches.
func TestCloseInherited(t *testing.T) {
	ends, held, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer ends.Close()
	self, _ := os.Executable()
	runner := exec.Command(self)
	runner.Env, runner.ExtraFiles = roleEnv("detaches", "closes"), []*os.File{held}
	out, err := runner.Output()
	held.Close()
	var pid int
	if _, scanErr := fmt.Sscanf(string(out), "detached %d <nil>", &pid); err != nil || scanErr != nil {
		t.Fatalf("%v, %v: %s", err, scanErr, out)
	}
	id, err := Identify(pid)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		TerminateTrees([]ID{id}, false, time.Second)
		_, _ = syscall.Wait4(pid, nil, 0, nil) // it was adopted
	}()
	if err := ends.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := ends.Read(make([]byte, 1)); !errors.Is(err, io.EOF) || !id.Alive() {
		t.Errorf("the pipe: %v; the program runs: %v", err, id.Alive())
	}
}

func TestTerminateTrees_ends_groups_whose_leader_is_gone(t *testing.T) {
	out := newTranscript()
	s := role(t, "leaver", "deaf")
	s.Stdout = out
	self, _ := os.Executable()
	leader := exec.Command(self)
	leader.Env, leader.Stdout = s.Env, out
	leader.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	leader.WaitDelay = time.Millisecond
	if err := leader.Start(); err != nil {
		t.Fatal(err)
	}
	id := ID{Pid: leader.Process.Pid, Born: "gone"}
	child := out.pid(t, "ready ")
	_ = leader.Wait()
	if ended := TerminateTrees([]ID{id}, false, 0); len(ended) > 0 {
		t.Errorf("without groups: %q", ended)
	}
	if ended := TerminateTrees([]ID{id}, true, 50*time.Millisecond); len(ended) != 1 || running(child) {
		t.Errorf("with groups: %q, runs: %v", ended, running(child))
	}
	SweepOrphans() // reaps it
}

func TestStart_a_hundred_rounds_leave_nothing(t *testing.T) {
	round := func(i int) {
		out := newTranscript()
		s := role(t, []string{"leaver", "streams", "sleep"}[i%3], "sleep")
		s.Stdout, s.Stderr, s.Grace = out, newTranscript(), time.Second
		p, err := Start(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if i%3 == 2 {
			out.after(t, "ready")
			p.Stop(time.Second)
		}
		p.Wait()
	}
	for i := range 3 {
		round(i)
	}
	SweepOrphans()
	eventually(t, "the poller's own files are open", func() bool { return openFiles(t) > 0 })
	before := openFiles(t)
	var side sync.WaitGroup
	for w := range 4 {
		side.Go(func() {
			for i := range 25 {
				round(i + w)
			}
		})
	}
	side.Wait()
	if swept := SweepOrphans(); len(swept) > 0 {
		t.Errorf("left behind: %q", swept)
	}
	if after := openFiles(t); after > before {
		t.Errorf("%d files were open before, %d after", before, after)
	}
	for _, p := range table() {
		if p.ppid == os.Getpid() {
			t.Errorf("a child is left: %+v", p)
		}
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(fds)
}

func TestParseStat(t *testing.T) {
	self, err := readStat(os.Getpid())
	if err != nil || self.pid != os.Getpid() || self.ppid != os.Getppid() || self.start == 0 || self.rssKB == 0 {
		t.Errorf("%+v, %v", self, err)
	}
	tail := " S 1 22 33 0 -1 0 0 0 0 0 5 7 0 0 20 0 1 0 4711 1000 256 0\n"
	for name, line := range map[string]string{"spaces and )": "42 (a b) c)" + tail, "a newline": "42 (a b\n) c)" + tail} {
		p, err := parseStat([]byte(line))
		if err != nil || p.pid != 42 || p.ppid != 1 || p.pgid != 22 || p.sid != 33 || p.start != 4711 || p.cpu != 12*clockTick || !strings.HasPrefix(p.name, "a b") {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	for _, line := range []string{"", "42", "42 (a)", "42 (a) S 1", "x (a)" + tail, ")("} {
		if p, err := parseStat([]byte(line)); err == nil {
			t.Errorf("%q: %+v", line, p)
		}
	}
}

// A process that is not ours and got the pipe must not be touched, nor waited for.
func TestWait_gives_up_on_a_pipe_that_a_stranger_holds(t *testing.T) {
	out := newTranscript()
	s := role(t, "parent", "sleep")
	s.Stdout, s.Grace = out, 400*time.Millisecond
	p := start(t, s)
	child := out.pid(t, "ready ")
	// This process opens the write end, as one would that got it over a socket.
	pipe, err := os.OpenFile(fmt.Sprintf("/proc/%d/fd/1", child), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	began := time.Now()
	p.Stop(0)
	fmt.Fprintln(pipe, "the last words")
	exit := p.Wait()
	if took := time.Since(began); took > 10*time.Second || !exit.Held || exit.Signal != "SIGKILL" {
		t.Errorf("took %s, %+v", took, exit)
	}
	out.after(t, "the last words")
	select {
	case <-p.out.drained:
	case <-time.After(10 * time.Second):
		t.Error("the reading goes on")
	}
}

// What a program started cheap stays cheap: one look at a tree of ten.
func BenchmarkBelow(b *testing.B) {
	self, err := readStat(os.Getpid())
	if err != nil {
		b.Fatal(err)
	}
	for range 10 {
		cmd := exec.Command("sleep", "60")
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		defer cmd.Wait()
		defer cmd.Process.Kill()
	}
	for b.Loop() {
		below([]proc{self})
	}
}

func BenchmarkTable(b *testing.B) {
	for b.Loop() {
		table()
	}
}
