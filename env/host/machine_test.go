package host

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestReadDisk_measures_what_is_there_or_would_be(t *testing.T) {
	dir := t.TempDir()
	d, err := ReadDisk(t.Context(), filepath.Join(dir, "not", "yet"))
	if err != nil || d.Path != dir || d.Total == 0 || d.Free == 0 || d.Free > d.Total {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestReadLoad_lasts_its_interval_and_ends_with_its_context(t *testing.T) {
	const interval = 50 * time.Millisecond
	start := time.Now()
	busy, err := ReadLoad(t.Context(), interval)
	if took := time.Since(start); err != nil || busy.Percent < 0 || busy.Percent > 100 || busy.Over != interval || took < interval {
		t.Errorf("%+v, %v after %s", busy, err, took)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ReadLoad(ended, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
}

// A busy core is seen: this machine has a load that a loop makes.
func TestReadLoad_sees_work(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	for range runtime.NumCPU() {
		go func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
			}
		}()
	}
	if busy, err := ReadLoad(t.Context(), 200*time.Millisecond); err != nil || busy.Percent < 50 {
		t.Errorf("all cores work, and it says %+v, %v", busy, err)
	}
}

// listen is a port of 127.0.0.1 that this test holds.
func listen(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().(*net.TCPAddr).Port
}

func TestListeners_names_the_holder(t *testing.T) {
	port := listen(t)
	found, err := Listeners(t.Context(), port, 1)
	if err != nil || len(found) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	l := found[0]
	if l.Address != "127.0.0.1" || l.Port != port {
		t.Errorf("%+v", l)
	}
	if runtime.GOOS == "windows" && l.Pid == 0 {
		t.Skip("Wine tells no pid of a port; Windows does (facts: windows-under-wine)")
	}
	if self, _ := os.Executable(); l.Pid != os.Getpid() || !strings.HasPrefix(filepath.Base(self), strings.TrimSuffix(l.Name, ".exe")) {
		t.Errorf("%+v, this is %d", l, os.Getpid())
	}
	if none, err := Listeners(t.Context()); err != nil || none != nil {
		t.Errorf("no ports: %v, %v", none, err)
	}
}

func TestListener_says_what_is_known(t *testing.T) {
	for want, l := range map[string]Listener{
		"postgres (pid 812)":                   {Pid: 812, Name: "postgres"},
		"pid 812":                              {Pid: 812},
		"a process that this user may not see": {},
	} {
		if got := l.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestTryPort(t *testing.T) {
	taken := listen(t)
	if err := TryPort(t.Context(), "127.0.0.1", taken); !errors.Is(err, ErrPortTaken) {
		t.Errorf("a taken port: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := l.Addr().(*net.TCPAddr).Port
	l.Close()
	for range 2 { // it is given back
		if err := TryPort(t.Context(), "127.0.0.1", free); err != nil {
			t.Errorf("a free port: %v", err)
		}
	}
	if err := TryPort(t.Context(), "192.0.2.1", free); err == nil || errors.Is(err, ErrPortTaken) || errors.Is(err, ErrPortDenied) {
		t.Errorf("an address of another machine: %v", err)
	}
}

// What the system says of a port that it keeps for others, on all systems.
func TestTryPort_reads_the_systems_word(t *testing.T) {
	for number, want := range map[syscall.Errno]error{
		syscall.EADDRINUSE: ErrPortTaken, winAddrInUse: ErrPortTaken, syscall.EACCES: ErrPortDenied, winAccess: ErrPortDenied, syscall.EINVAL: nil,
	} {
		err := portError("127.0.0.1:1", &net.OpError{Op: "listen", Err: os.NewSyscallError("bind", number)})
		if (want == nil) == (errors.Is(err, ErrPortTaken) || errors.Is(err, ErrPortDenied)) || want != nil && !errors.Is(err, want) {
			t.Errorf("%d: %v", number, err)
		}
	}
}

func TestProcesses_finds_by_name(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run", "TestSleeper")
	cmd.Env = append(os.Environ(), "HOST_TEST_SLEEP=yes")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { in.Close(); _ = cmd.Wait() }()
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	found, err := Processes(t.Context(), func(name string) bool {
		return strings.HasPrefix(filepath.Base(self), strings.TrimSuffix(name, ".exe"))
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range found {
		if p.Pid != cmd.Process.Pid {
			continue
		}
		if p.Parent != os.Getpid() || p.Memory == 0 || !strings.Contains(p.Command, "TestSleeper") {
			t.Errorf("%+v, of %d", p, os.Getpid())
		}
		return
	}
	t.Errorf("%d is not among %+v", cmd.Process.Pid, found)
}

// TestSleeper is the other process: it lives until its input ends.
func TestSleeper(t *testing.T) {
	if os.Getenv("HOST_TEST_SLEEP") == "" {
		return
	}
	os.Stdout.WriteString("r")
	os.Stdin.Read(make([]byte, 1))
}
