package process

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// ownsTerminal tells whether this process is in the foreground of the terminal at its stdin.
func ownsTerminal() bool {
	group, err := unix.IoctlGetInt(0, unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// debugged is a program that asks its user, and debugging the runner that gives it the terminal.
func debugged(string) int {
	fmt.Println("asks", os.Getpid(), ownsTerminal())
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	fmt.Printf("answer %q %v\n", line, err)
	return 5
}

func debugging(string) int {
	self, _ := os.Executable()
	fmt.Println("runner", os.Getpid(), ownsTerminal())
	p, err := Start(context.TODO(), Spec{Argv: []string{self}, Env: roleEnv("debugged", ""), Terminal: true})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	exit := p.Wait()
	fmt.Println("ended", exit.Code, exit.Signal, ownsTerminal())
	return 0
}

// openPty returns the two ends of a new terminal.
func openPty(t *testing.T) (ours, theirs *os.File) {
	t.Helper()
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close() })
	if err := unix.IoctlSetPointerInt(int(ours.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(ours.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { theirs.Close() })
	return ours, theirs
}

// A debugged program has the foreground and can be typed into; Ctrl-Z stops runner with it, as the shell's one job, and fg continues
// both; at the end the foreground is runner's again.
func TestTerminal_is_given_and_taken_back(t *testing.T) {
	ours, theirs := openPty(t)
	screen := newTranscript()
	go io.Copy(screen, ours)
	self, _ := os.Executable()
	cmd := exec.Command(self)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = roleEnv("debugging", ""), theirs, theirs, theirs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	var runner, program int
	var owns bool
	fmt.Sscan(screen.after(t, "runner "), &runner, &owns)
	if !owns {
		t.Error("the runner does not have its terminal")
	}
	if fmt.Sscan(screen.after(t, "asks "), &program, &owns); !owns {
		t.Error("the program does not have the terminal")
	}
	stopped := func(pid int) bool {
		p, err := readStat(pid)
		return err == nil && p.stopped
	}
	for range 2 {
		if _, err := ours.Write([]byte{0x1a}); err != nil { // Ctrl-Z
			t.Fatal(err)
		}
		eventually(t, "both are stopped", func() bool { return stopped(program) && stopped(runner) })
		if err := cmd.Process.Signal(syscall.SIGCONT); err != nil { // fg
			t.Fatal(err)
		}
		eventually(t, "both go on", func() bool { return !stopped(program) && !stopped(runner) })
	}
	if _, err := ours.Write([]byte("continue\n")); err != nil {
		t.Fatal(err)
	}
	if got := screen.after(t, "answer "); got != `"continue\n" <nil>` {
		t.Errorf("answer %s", got)
	}
	if got := screen.after(t, "ended "); got != "5  true" {
		t.Errorf("ended %s", got)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// Without a terminal the program gets our streams all the same.
func TestTerminal_none(t *testing.T) {
	self, _ := os.Executable()
	cmd := exec.Command(self)
	cmd.Env = roleEnv("debugging", "")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	out := newTranscript()
	cmd.Stdout = out
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(in, "typed")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if out.after(t, "answer ") != `"typed\n" <nil>` || out.after(t, "ended ") != "5  false" {
		t.Errorf("got:\n%s", out)
	}
}
