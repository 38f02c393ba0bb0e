package lease

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"testrunner/runner/process"
)

// The test binary is the runner and the programs that it starts, named by this variable, and with WatchdogArg the watchdog.
const roleVar = "LEASE_TEST_ROLE"

// stateVar is the state folder of a runner of the tests.
const stateVar = "LEASE_TEST_STATE"

const testRun = "20261122-024501-3f9a"

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == WatchdogArg {
		os.Exit(watchdog(os.Args[2]))
	}
	switch role := os.Getenv(roleVar); role {
	case "":
		_ = process.BecomeSubreaper()
		os.Exit(m.Run())
	case "runner":
		os.Exit(runner(os.Getenv("LEASE_TEST_DIR")))
	case "holder":
		os.Exit(holdThings(os.Getenv("LEASE_TEST_DIR")))
	case "job":
		os.Exit(job())
	case "deaf":
		signal.Ignore(syscall.SIGTERM, syscall.SIGPIPE)
		time.Sleep(time.Minute)
	case "sleep":
		time.Sleep(time.Minute)
	default:
		fmt.Fprintln(os.Stderr, "no such role:", role)
		os.Exit(99)
	}
}

func watchdog(dir string) int {
	err := Watch(os.Stdin, Watching{Dir: dir, State: os.Getenv(stateVar), Engines: shelf{}, OnDeath: func(events string) error {
		f, err := os.OpenFile(filepath.Join(dir, "died"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(f, events)
		return err
	}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// runner is a run with one job, guarded. It closes its lease when stdin says so, and dies with it open otherwise.
func runner(dir string) int {
	self, _ := os.Executable()
	l, err := Open(dir, testRun)
	if err != nil {
		return complain(err)
	}
	g, err := Guard([]string{self}, env("", ""), l)
	if err != nil {
		return complain(err)
	}
	out, told := io.Pipe()
	p, err := process.Start(context.TODO(), process.Spec{Argv: []string{self}, Env: env("job", ""), Stdout: told, Grace: time.Second})
	if err != nil {
		return complain(err)
	}
	if err := l.Journal("job", p.ID().Pid, p.ID().Born, "unit/go"); err != nil {
		return complain(err)
	}
	fmt.Println("watchdog", g.Pid())
	fmt.Println("job", p.Pid())
	go io.Copy(os.Stdout, out)
	if word, _ := bufio.NewReader(os.Stdin).ReadString('\n'); word != "end\n" {
		time.Sleep(time.Minute)
	}
	p.Kill()
	p.Wait()
	if err := l.Forget(p.Pid()); err != nil {
		return complain(err)
	}
	if err := g.Done(); err != nil {
		return complain(err)
	}
	if err := l.Close(); err != nil {
		return complain(err)
	}
	return 0
}

// job has a child in its group and one that left it, which don't listen to TERM, and waits.
func job() int {
	for _, session := range []bool{false, true} {
		cmd := command("deaf", "")
		leave(cmd, session)
		if err := cmd.Start(); err != nil {
			return complain(err)
		}
		fmt.Println("child", cmd.Process.Pid)
	}
	fmt.Println("ready")
	time.Sleep(time.Minute)
	return 0
}

func complain(err error) int {
	fmt.Println("complaint", err)
	return 1
}

func command(role, dir string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	cmd := exec.Command(self)
	cmd.Env = env(role, dir)
	return cmd
}

func env(role, dir string) []string {
	return []string{roleVar + "=" + role, "LEASE_TEST_DIR=" + dir, stateVar + "=" + filepath.Join(dir, "state"), "GORACE=atexit_sleep_ms=0", "GOCOVERDIR=" + os.Getenv("GOCOVERDIR")}
}

// live is a runner that runs, with what it told.
type live struct {
	cmd      *exec.Cmd
	stdin    io.WriteCloser
	watchdog int
	job      int
	children []int
}

func startRunner(t *testing.T, dir string) *live {
	t.Helper()
	cmd := command("runner", dir)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // also when the test failed: nothing may stay
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	named, children := introduced(t, stdout)
	return &live{cmd: cmd, stdin: stdin, watchdog: named["watchdog"], job: named["job"], children: children}
}

// introduced reads which processes a run of the tests has, until it is ready: one of each name, and children.
func introduced(t *testing.T, stdout io.Reader) (named map[string]int, children []int) {
	t.Helper()
	named = map[string]int{}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		pid, _ := strconv.Atoi(rest)
		switch word {
		case "watchdog", "job", "service":
			named[word] = pid
		case "child":
			children = append(children, pid)
		case "ready":
			return named, children
		default:
			t.Fatal(lines.Text())
		}
	}
	t.Fatal("it ended before it was ready")
	return nil, nil
}

func (l *live) all() []int { return append([]int{l.watchdog, l.job}, l.children...) }

func running(pid int) bool {
	_, err := process.Identify(pid)
	return err == nil
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
