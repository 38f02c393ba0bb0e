// Package lifecycle tests what happens when backends come and go. It starts and kills backends of its own, so it runs where that can be done:
// not in staging.
package lifecycle

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"example.com/chat/tests/client"
)

// program is the backend, built once.
func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "backend.exe")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "example.com/chat/cmd/backend").CombinedOutput(); err != nil {
		t.Fatalf("build the backend: %v\n%s", err, out)
	}
	return path
}

// backend is a process.
type backend struct {
	t   *testing.T
	url string
	cmd *exec.Cmd
}

// start starts a backend at an address of 127.0.0.1, with the database and the Redis that the test has.
func start(t *testing.T, program, address string, more ...string) *backend {
	t.Helper()
	b := &backend{t: t, url: "http://" + address, cmd: exec.Command(program, "-addr", address)}
	b.cmd.Env = append(os.Environ(), "DATABASE_URL="+client.Address(t, "DATABASE_URL"), "REDIS_URL="+client.Address(t, "REDIS_URL"),
		"AUTH_URL="+client.Address(t, "AUTH_URL"), "DATABASE_MAX_CONNECTIONS=4", "AGENT_LEASE=1s")
	b.cmd.Env = append(b.cmd.Env, more...)
	b.cmd.Stdout, b.cmd.Stderr = t.Output(), t.Output()
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.kill() })
	return b
}

// health waits until the backend answers whether it is healthy.
func (b *backend) health() int {
	b.t.Helper()
	for deadline := time.Now().Add(client.Patience); ; time.Sleep(10 * time.Millisecond) {
		response, err := http.Get(b.url + "/healthz")
		if err == nil {
			response.Body.Close()
			return response.StatusCode
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("the backend does not answer: %v", err)
		}
	}
}

// kill ends the process without a word.
func (b *backend) kill() {
	_ = b.cmd.Process.Kill()
	_ = b.cmd.Wait()
}

// free is an address at which nothing listens. (Between now and the backend's start somebody else may take it; then the test fails, and says so.)
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestTwoBackendsServeOneUser(t *testing.T) {
	program := program(t)
	one, two := start(t, program, free(t)), start(t, program, free(t))
	one.health()
	two.health()
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
	program, address := program(t), free(t)
	first := start(t, program, address, "AGENT_PACE=500ms")
	first.health()
	ada := client.Chat{Auth: client.Address(t, "AUTH_URL"), API: first.url}.Register(t, "ada")
	thread := ada.Thread(t, "A talk")
	socket := ada.Join(t)
	socket.Open(thread)
	socket.Say("will you survive?")
	before := socket.Run(2)
	first.kill()
	second := start(t, program, address)
	second.health()
	again := ada.Connect(t, socket.Last)
	client.WantSteps(t, append(before, again.Run(3)...))
	if got := ada.Messages(t, thread); len(got) != 2 || got[1].Role != "agent" {
		t.Errorf("the thread holds %+v", got)
	}
}

// Told to end, a backend says goodbye, and gives its runs to whoever is there.
func TestBackendThatEndsHandsItsRunsOver(t *testing.T) {
	program := program(t)
	one, two := start(t, program, free(t), "AGENT_PACE=1h", "AGENT_LEASE=1h"), start(t, program, free(t))
	one.health()
	two.health()
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
	if got := start(t, program(t), free(t), "AUTH_URL=http://"+free(t)).health(); got != http.StatusServiceUnavailable {
		t.Errorf("it says %d of its health, want 503", got)
	}
}
