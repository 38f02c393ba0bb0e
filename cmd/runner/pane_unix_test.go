//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// patience is how long anything may take before a test gives it up; nothing waits for it in vain.
const patience = 60 * time.Second

// pane is a shell with job control in a real terminal, which a test types into and looks at.
type pane struct {
	t      *testing.T
	dir    string // of the shell: a tree of its own
	socket string // of the tmux server, which is this test's own
}

// newPane writes the files and opens a shell among them.
func newPane(t *testing.T, files map[string]string) *pane {
	t.Helper()
	p := &pane{t: t, dir: tree(t, files)}
	short, err := os.MkdirTemp("", "pane") // a socket's path may have 100 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(short) })
	p.socket = filepath.Join(short, "tmux")
	p.tmux("new-session", "-d", "-x", "120", "-y", "200", "-c", p.dir, "bash", "--noprofile", "--norc", "-i")
	t.Cleanup(func() { p.tmux("kill-server") })
	p.enter("PS1='ready> '; clear")
	p.until(`(?m)^ready>$`)
	return p
}

// tree is a folder with these files. What a test that failed has left running there is ended.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			for _, f := range []string{"runner-results/runner.log", "runner-results/junit.xml"} {
				text, _ := os.ReadFile(filepath.Join(dir, f))
				t.Logf("%s:\n%s", f, text)
			}
		}
	})
	return dir
}

// environment is that of the scripts, without what a CI service sets.
func environment(more ...string) []string {
	var env []string
	for _, pair := range os.Environ() {
		switch name, _, _ := strings.Cut(pair, "="); name {
		case "CI", "NO_COLOR", "RUNNER_ENV", "GITHUB_ACTIONS", "TMUX", "TMUX_PANE":
		default:
			env = append(env, pair)
		}
	}
	return append(env, append([]string{"GORACE=atexit_sleep_ms=0", "LC_ALL=C.UTF-8", "TERM=xterm-256color"}, more...)...)
}

func (p *pane) tmux(args ...string) string {
	p.t.Helper()
	cmd := exec.Command("tmux", append([]string{"-S", p.socket, "-u", "-f", "/dev/null"}, args...)...)
	cmd.Env = environment()
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("tmux %s: %v\n%s(this test needs tmux; install it: apt-get install tmux)", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// enter types a line.
func (p *pane) enter(line string) {
	p.t.Helper()
	p.tmux("send-keys", "-l", line)
	p.tmux("send-keys", "Enter")
}

// press presses a key, such as C-c.
func (p *pane) press(key string) { p.t.Helper(); p.tmux("send-keys", key) }

// until waits until the screen shows a line that matches, and returns the screen.
func (p *pane) until(want string) string {
	p.t.Helper()
	is := regexp.MustCompile(want)
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		screen := strings.TrimRight(p.tmux("capture-pane", "-p", "-J"), "\n ") + "\n"
		if is.MatchString(screen) {
			return screen
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("the screen never shows %q:\n%s", want, screen)
		}
	}
}

// untilFile waits until a file of the tree matches, and returns its text.
func untilFile(t *testing.T, dir, name, want string) string {
	t.Helper()
	is := regexp.MustCompile(want)
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil && is.Match(text) {
			return string(text)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s never matches %q: %v\n%s", name, want, err, text)
		}
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("yes"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// nobody fails if a process whose command line names the tree is still there a little later.
func nobody(t *testing.T, dir string, within time.Duration) {
	t.Helper()
	for deadline := time.Now().Add(within); ; time.Sleep(20 * time.Millisecond) {
		out, err := exec.Command("pgrep", "-fa", dir).Output()
		if err != nil { // it found none
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still there after %s:\n%s", within, out)
		}
	}
}

// started is a runner that was started without a terminal, in a process group of its own.
func started(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("runner", args...)
	cmd.Dir, cmd.Env = dir, environment()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		out.Close()
		if t.Failed() {
			text, _ := os.ReadFile(out.Name())
			t.Logf("runner said:\n%s", text)
		}
	})
	return cmd
}

// code waits for the end of a program.
func code(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-ended:
		return cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		cmd.Process.Kill()
		t.Fatalf("%s does not end", fmt.Sprint(cmd.Args))
		return -1
	}
}
