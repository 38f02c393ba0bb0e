//go:build unix

package terminal

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/term"

	"testrunner/report"
	"testrunner/report/event"
)

// socketName is the variable that turns this test binary into the program that tmux shows: it does what is written to the
// socket, one line at a time, so that a test decides when a frame is drawn.
const socketName = "TERMINAL_TEST_SOCKET"

func TestMain(m *testing.M) {
	path := os.Getenv(socketName)
	if path == "" {
		m.Run()
		return
	}
	if err := perform(path); err != nil {
		fmt.Println(err)
	}
}

func perform(path string) error {
	conn, err := net.Dial("unix", path)
	if err != nil {
		return err
	}
	width := func() int {
		w, _, err := term.GetSize(int(os.Stdout.Fd()))
		if err != nil {
			return 0
		}
		return w
	}
	sink := untimed(Options{Out: os.Stdout, IsTerminal: true, Colour: true, Width: width, Now: newClock().Now})
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		answer := "ok"
		switch l := lines.Text(); l {
		case "tick":
			sink.tick()
		case "pause":
			sink.Pause()
			fmt.Println("somebody else writes")
		case "resume":
			sink.Resume()
		case "width":
			answer = strconv.Itoa(width())
		case "close":
			err = sink.Close(report.Summary{}, failedVerdict)
		default:
			var e event.Event
			if e, err = event.Parse([]byte(l)); err == nil {
				err = sink.Handle(e)
			}
		}
		if err != nil {
			answer = err.Error()
		}
		if _, err := fmt.Fprintln(conn, answer); err != nil {
			return err
		}
	}
	return lines.Err()
}

// pane is a real terminal with the program in it.
type pane struct {
	t       *testing.T
	socket  string // of the tmux server, which is this test's own
	conn    net.Conn
	answers *bufio.Scanner
}

func newPane(t *testing.T, width, height int) *pane {
	t.Helper()
	dir, err := os.MkdirTemp("", "pane") // short: a socket's path may have 100 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	control := filepath.Join(dir, "control")
	listener, err := net.Listen("unix", control)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	p := &pane{t: t, socket: filepath.Join(dir, "tmux")}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p.tmux("new-session", "-d", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height), "-e", socketName+"="+control, self)
	t.Cleanup(func() { p.tmux("kill-server") })
	p.tmux("set-option", "-g", "window-size", "manual")
	p.tmux("set-option", "-g", "remain-on-exit", "on")
	if err := listener.(*net.UnixListener).SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if p.conn, err = listener.Accept(); err != nil {
		t.Fatalf("the program in the terminal does not answer: %v", err)
	}
	t.Cleanup(func() { p.conn.Close() })
	p.answers = bufio.NewScanner(p.conn)
	p.resize(width, height)
	return p
}

// patience is how long a terminal may take; it is not waited for where it is quicker.
const patience = 10 * time.Second

func (p *pane) tmux(args ...string) string {
	p.t.Helper()
	cmd := exec.Command("tmux", append([]string{"-S", p.socket, "-u", "-f", "/dev/null"}, args...)...)
	cmd.Env = append(os.Environ(), "TMUX=", "LC_ALL=C.UTF-8", "TERM=xterm-256color")
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("tmux %s: %v\n%s(this test needs tmux; install it: apt-get install tmux)", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (p *pane) tell(l string) string {
	p.t.Helper()
	if err := p.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		p.t.Fatal(err)
	}
	if _, err := fmt.Fprintln(p.conn, l); err != nil {
		p.t.Fatal(err)
	}
	if !p.answers.Scan() {
		p.t.Fatalf("no answer to %q: %v", l, p.answers.Err())
	}
	return p.answers.Text()
}

func (p *pane) show(bodies ...event.Body) {
	p.t.Helper()
	for i, b := range bodies {
		l, err := event.Append(nil, event.Event{Seq: int64(i + 1), Body: b})
		if err != nil {
			p.t.Fatal(err)
		}
		if got := p.tell(string(l)); got != "ok" {
			p.t.Fatal(got)
		}
	}
	p.tell("tick")
}

func (p *pane) resize(width, height int) {
	p.t.Helper()
	p.tmux("resize-window", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height))
	for end := time.Now().Add(patience); p.tell("width") != strconv.Itoa(width); {
		if time.Now().After(end) {
			p.t.Fatalf("the program never saw the width %d", width)
		}
	}
}

// shows waits until the screen holds these lines and nothing else. Lines that the terminal broke count as one.
func (p *pane) shows(want ...string) {
	p.t.Helper()
	got := ""
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if got = p.screen(); got == strings.Join(want, "\n") {
			return
		}
	}
	p.t.Fatalf("the screen shows\n%s\nwant\n%s", got, strings.Join(want, "\n"))
}

func (p *pane) screen() string {
	p.t.Helper()
	lines := strings.Split(p.tmux("capture-pane", "-p", "-J", "-S", "-"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

const (
	goJob = "unit/go:."
	pyJob = "unit/pytest:py"
	fail1 = "✗ a/a_test.go::TestB  got 3, want 4"
	fail2 = "✗ py/test_bad.py:3:7 could not be collected  SyntaxError: invalid syntax"
	other = "3 cores for 2 jobs"
	warns = "! ::warning::the cache is cold ##[error]x"
)

func TestRealTerminal(t *testing.T) {
	p := newPane(t, 80, 24)
	p.show(middle()...)
	p.shows(fail1, fail2, other, warns,
		"unit/go:.       ██████████░░░░░░ 2/3  1 failed  a/a_test.go::TestC           0s",
		"unit/pytest:py  1  py/test_ok.py::test_one                                   0s")

	// A failure is put above the rows, and the rows stay where they are.
	p.show(event.TestFinished{Job: goJob, Test: test("a/a_test.go::TestC"), Outcome: event.Errored, Message: "日本語 👩‍👩‍👧 \x1b[2J\x1b[Hgone?"})
	last := "✗ a/a_test.go::TestC  日本語 👩‍👩‍👧 gone?"
	above := []string{fail1, fail2, other, warns, last}
	p.shows(append(above[:len(above):len(above)],
		"unit/go:.       ████████████████ 3/3  2 failed  a/a_test.go::TestC           0s",
		"unit/pytest:py  1  py/test_ok.py::test_one                                   0s")...)

	// A job that ends leaves a line, and its row is gone.
	p.show(event.JobFinished{Job: pyJob, Cause: event.Done, Exit: 2, Micros: 1_200_000})
	above = append(above, "✗ unit/pytest:py: 1 test, 1 skipped, 1 file not collected in 1.2s")
	p.shows(append(above[:len(above):len(above)],
		"unit/go:.  ████████████████ 3/3  2 failed  a/a_test.go::TestC                0s")...)

	p.tell("close")
	p.shows(append(above[:len(above):len(above)], failedVerdict.Line)...)
}

func TestRealTerminalIsResized(t *testing.T) {
	p := newPane(t, 80, 24)
	// A screen with something on it: what tmux breaks into more lines pushes as many off the top, and they are out of reach.
	var above []string
	for i := range 14 {
		above = append(above, fmt.Sprintf("line %d", i))
		p.show(event.Noted{Level: "info", Text: above[i]})
	}
	p.show(middle()...)
	above = append(above, fail1, fail2, other, warns)
	for _, step := range []struct {
		width int
		rows  []string
	}{
		{40, []string{
			"unit/go:.      2/3  1✗  a/a_test.g…  0s",
			"unit/pytest:…  1  py/test_ok.py::t…  0s"}},
		{20, []string{"unit/go…  2/3  1✗", "unit/py…  1      0s"}},
		{33, []string{
			"unit/go:.    2/3  1✗          0s",
			"unit/pytes…  1  py/test_ok.…  0s"}},
		{120, []string{
			"unit/go:.       ██████████░░░░░░ 2/3  1 failed  a/a_test.go::TestC" + strings.Repeat(" ", 51) + "0s",
			"unit/pytest:py  1  py/test_ok.py::test_one" + strings.Repeat(" ", 75) + "0s"}},
		{80, []string{
			"unit/go:.       ██████████░░░░░░ 2/3  1 failed  a/a_test.go::TestC           0s",
			"unit/pytest:py  1  py/test_ok.py::test_one                                   0s"}},
	} {
		p.resize(step.width, 24)
		p.tell("tick")
		p.shows(append(above[:len(above):len(above)], step.rows...)...)
	}
	p.tell("close")
	p.shows(append(above, failedVerdict.Line)...)
}

// What a shell writes after Ctrl-Z stays, and the rows come back below it.
func TestRealTerminalIsLentOut(t *testing.T) {
	p := newPane(t, 80, 24)
	p.show(event.JobStarted{Job: goJob})
	p.shows("unit/go:.  -  starting" + strings.Repeat(" ", 80-1-22-2) + "0s")
	p.tell("pause")
	p.shows("somebody else writes")
	p.tell("tick")
	p.tell("resume")
	p.tell("tick")
	p.shows("somebody else writes", "unit/go:.  -  starting"+strings.Repeat(" ", 80-1-22-2)+"0s")
}
