package process

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The test binary is every program that the tests start: the role is named by this variable, its arguments by the other.
const (
	roleVar = "PROCESS_TEST_ROLE"
	argVar  = "PROCESS_TEST_ARG"
)

func TestMain(m *testing.M) {
	if name := os.Getenv(roleVar); name != "" {
		play, ok := roles()[name]
		if !ok {
			fmt.Fprintln(os.Stderr, "no such role:", name)
			os.Exit(99)
		}
		os.Exit(play(os.Getenv(argVar)))
	}
	if err := BecomeSubreaper(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// roles are the programs that run everywhere; systemRoles adds those of one system.
func roles() map[string]func(string) int {
	all := map[string]func(string) int{
		"exit": func(arg string) int {
			code, _ := strconv.Atoi(arg)
			return code
		},
		"streams": func(string) int {
			fmt.Println("to stdout")
			fmt.Fprintln(os.Stderr, "to stderr")
			return 0
		},
		"sleep": func(string) int {
			fmt.Println("ready", os.Getpid())
			time.Sleep(time.Minute)
			return 0
		},
		"huge": func(arg string) int {
			n, _ := strconv.Atoi(arg)
			w := bufio.NewWriterSize(os.Stdout, 64<<10)
			for range n / 64 {
				fmt.Fprintln(w, strings.Repeat("x", 63))
			}
			w.Flush()
			return 0
		},
		"environment": func(string) int {
			for _, e := range os.Environ() {
				fmt.Println(e)
			}
			dir, _ := os.Getwd()
			fmt.Println("dir", dir)
			b, err := io.ReadAll(os.Stdin)
			fmt.Println("stdin", len(b), err)
			return 0
		},
	}
	for name, play := range systemRoles() {
		all[name] = play
	}
	return all
}

// role is the specification of a program in a role.
func role(t *testing.T, name, arg string) Spec {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Spec{Argv: []string{self}, Env: roleEnv(name, arg)}
}

func roleEnv(name, arg string) []string {
	// A covered binary is quiet with GOCOVERDIR; one with the race detector sleeps a second at its end without GORACE.
	return []string{roleVar + "=" + name, argVar + "=" + arg, "GOCOVERDIR=" + os.Getenv("GOCOVERDIR"), "GORACE=atexit_sleep_ms=0"}
}

// transcript collects output; words can be waited for.
type transcript struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func newTranscript() *transcript { return &transcript{changed: make(chan struct{}, 1)} }

func (tr *transcript) Write(b []byte) (int, error) {
	tr.mu.Lock()
	tr.text.Write(b)
	tr.mu.Unlock()
	select {
	case tr.changed <- struct{}{}:
	default:
	}
	return len(b), nil
}

func (tr *transcript) String() string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.text.String()
}

// after waits for a line that starts with the word, and returns its rest.
func (tr *transcript) after(t *testing.T, word string) string {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		text := tr.String()
		for line := range strings.Lines(text) {
			if rest, ok := strings.CutPrefix(line, word); ok && strings.HasSuffix(rest, "\n") {
				return strings.TrimSpace(rest)
			}
		}
		select {
		case <-tr.changed:
		case <-deadline:
			t.Fatalf("no line with %q in:\n%s", word, text)
		}
	}
}

func (tr *transcript) pid(t *testing.T, word string) int {
	t.Helper()
	pid, err := strconv.Atoi(tr.after(t, word))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// start starts a program and sees to it that nothing is left at the end of the test.
func start(t *testing.T, s Spec) *Process {
	t.Helper()
	p, err := Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Kill()
		p.Wait()
	})
	return p
}

// eventually waits until ok holds.
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

func running(pid int) bool {
	_, err := Identify(pid)
	return err == nil
}
