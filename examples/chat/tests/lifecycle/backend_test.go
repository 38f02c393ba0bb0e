// Package lifecycle tests what happens when backends come and go. It starts and kills backends of its own, so it runs where that can be done:
// not in staging.
package lifecycle

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/chat/tests/client"
)

// folder holds the backend's program, as long as the tests run.
var folder string

func TestMain(m *testing.M) {
	var err error
	if folder, err = os.MkdirTemp("", "lifecycle"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(status)
}

// program builds the backend, once, and returns its path.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(folder, "backend.exe")
	if out, err := exec.Command("go", "build", "-o", path, "example.com/chat/cmd/backend").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the backend: %w\n%s", err, out)
	}
	return path, nil
})

// backend is a process.
type backend struct {
	t   *testing.T
	url string
	cmd *exec.Cmd
	// ended waits for its end.
	ended func()
}

// start starts a backend with the database and the Redis that the test has. The kernel chooses its port, and the backend tells it.
func start(t *testing.T, more ...string) *backend {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	b := &backend{t: t, cmd: exec.Command(path, "-addr", "127.0.0.1:0")}
	b.cmd.Env = append(os.Environ(), "DATABASE_URL="+client.Address(t, "DATABASE_URL"), "REDIS_URL="+client.Address(t, "REDIS_URL"),
		"AUTH_URL="+client.Address(t, "AUTH_URL"), "DATABASE_MAX_CONNECTIONS=4", "AGENT_LEASE=1s")
	b.cmd.Env = append(b.cmd.Env, more...)
	b.cmd.Stderr = t.Output()
	said, err := b.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address, silent := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(silent)
		for lines := bufio.NewScanner(io.TeeReader(said, t.Output())); lines.Scan(); {
			if found := listens.FindStringSubmatch(lines.Text()); found != nil {
				address <- found[1]
			}
		}
	}()
	b.ended = sync.OnceFunc(func() {
		<-silent
		_ = b.cmd.Wait()
	})
	t.Cleanup(b.kill)
	select {
	case a := <-address:
		b.url = "http://" + a
	case <-silent:
		t.Fatal("the backend ended before it listened")
	case <-time.After(client.Patience):
		t.Fatal("the backend does not say where it listens")
	}
	return b
}

// listens is the line in which a backend says where it listens.
var listens = regexp.MustCompile(`msg=serves .*address=(\S+)`)

// health is the status with which the backend answers whether it is healthy.
func (b *backend) health() int {
	b.t.Helper()
	status, _ := client.Send(b.t, http.MethodGet, b.url+"/healthz", "", nil)
	return status
}

// kill ends the process without a word.
func (b *backend) kill() {
	_ = b.cmd.Process.Kill()
	b.ended()
}

func TestTwoBackendsServeOneUser(t *testing.T) {
	one, two := start(t), start(t)
	ada := client.Chat{Auth: client.Address(t, "AUTH_URL"), API: one.url}.Register(t, "ada")
	thread := ada.Thread(t, "A talk")
	here := ada.Join(t)
	ada.Chat.API = two.url
	there := ada.Join(t)
	here.Open(thread)
	here.Say("hello, both")
	client.WantSteps(t, here.Run(5))
	client.WantSteps(t, there.Run(5))
}

// A run that was begun by a backend that is killed then is brought to its end by the next one, and the user gets each event once.
func TestRunOutlivesTheBackend(t *testing.T) {
	first := start(t, "AGENT_PACE=500ms")
	ada := client.Chat{Auth: client.Address(t, "AUTH_URL"), API: first.url}.Register(t, "ada")
	thread := ada.Thread(t, "A talk")
	socket := ada.Join(t)
	socket.Open(thread)
	socket.Say("will you survive?")
	before := socket.Run(2)
	first.kill()
	ada.Chat.API = start(t).url
	again := ada.Connect(t, socket.Last)
	client.WantSteps(t, append(before, again.Run(3)...))
	if got := ada.Messages(t, thread); len(got) != 2 || got[1].Role != "agent" {
		t.Errorf("the thread holds %+v", got)
	}
}

// Told to end, a backend says goodbye, and gives its runs to whoever is there.
func TestBackendThatEndsHandsItsRunsOver(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process can't be asked to end there")
	}
	one, two := start(t, "AGENT_PACE=1h", "AGENT_LEASE=1h"), start(t)
	ada := client.Chat{Auth: client.Address(t, "AUTH_URL"), API: one.url}.Register(t, "ada")
	socket := ada.Join(t)
	socket.Open(ada.Thread(t, "A talk"))
	socket.Say("goodbye?")
	before := socket.Run(1)
	if err := one.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := socket.End(); code != 1001 {
		t.Errorf("closed with %d, want 1001", code)
	}
	ada.Chat.API = two.url
	again := ada.Connect(t, socket.Last)
	client.WantSteps(t, append(before, again.Run(4)...))
}

func TestBackendWithoutAuthIsNotHealthy(t *testing.T) {
	const nobody = "127.0.0.1:1" // where nothing listens
	if got := start(t, "AUTH_URL=http://"+nobody).health(); got != http.StatusServiceUnavailable {
		t.Errorf("it says %d of its health, want 503", got)
	}
}
