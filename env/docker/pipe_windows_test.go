package docker

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/mgr"

	"testrunner/runner/process"
)

// The test binary is a service, too, if it is started with this argument.
const serviceArg = "docker-test-service"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == serviceArg {
		if err := svc.Run(desktopService, idle{}); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// idle is a service that does nothing until it is stopped.
type idle struct{}

func (idle) Execute(_ []string, requests <-chan svc.ChangeRequest, changes chan<- svc.Status) (bool, uint32) {
	changes <- svc.Status{State: svc.Running, Accepts: svc.AcceptStop}
	for r := range requests {
		if r.Cmd == svc.Stop {
			break
		}
		changes <- r.CurrentStatus
	}
	changes <- svc.Status{State: svc.StopPending}
	return false, 0
}

// desktopAt is this machine with Docker Desktop, whose pipe has that name.
func desktopAt(t *testing.T, pipe string, more ...string) Place {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		`Programs\Docker\Docker\Docker Desktop.exe`: "", `AppData\Docker\settings-store.json`: `{"WslEngineEnabled": false}`,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	environ := append(os.Environ(), "ProgramFiles="+filepath.Join(dir, "Programs"), "APPDATA="+filepath.Join(dir, "AppData"), "DOCKER_CONFIG="+dir)
	if pipe != "" {
		environ = append(environ, "DOCKER_HOST=npipe://"+pipe)
	}
	return Here(append(environ, more...), func(line string) { t.Log(line) })
}

// listen makes a pipe, and opens and keeps its first instance, which go-winio never serves and Wine does not keep clients from.
func listen(t *testing.T, pipe string) net.Listener {
	t.Helper()
	listener, err := winio.ListenPipe(strings.ReplaceAll(pipe, "/", `\`), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	first, err := os.OpenFile(strings.ReplaceAll(pipe, "/", `\`), os.O_RDWR, 0)
	if err == nil {
		t.Cleanup(func() { first.Close() })
	}
	return listener
}

// A pipe that is not there, one that answers, one whose engine runs Windows containers, and one that nobody serves.
func TestPipe(t *testing.T) {
	s := Look(t.Context(), desktopAt(t, "//./pipe/runner_test_gone"), Clocks{})
	if s.Name != SocketAbsent || s.Took > time.Second || s.Host.Rule != ByHostVariable {
		t.Errorf("absent: %s by %s in %s (%s)", s.Name, s.Host.Rule, s.Took, s.Raw)
	}
	for ostype, want := range map[string]Name{"linux": Up, "windows": WindowsContainers} {
		pipe := "//./pipe/runner_test_" + ostype
		listener := listen(t, pipe)
		server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Api-Version", "1.51")
			w.Header().Set("Ostype", ostype)
			w.Header().Set("Content-Type", "application/json")
			if strings.HasSuffix(r.URL.Path, "/info") {
				fmt.Fprintf(w, `{"ServerVersion":"28.3.2","OperatingSystem":"Docker Desktop","OSType":%q,"NCPU":8,"MemTotal":8232517632}`, ostype)
				return
			}
			fmt.Fprint(w, `{}`)
		})}
		go func() { _ = server.Serve(listener) }()
		t.Cleanup(func() { server.Close() })
		if s := Look(t.Context(), desktopAt(t, pipe), Clocks{}); s.Name != want || s.Pong.OSType != ostype {
			t.Errorf("%s: %s (%s; %s)", ostype, s.Name, s.Detail, s.Raw)
		}
	}
	silent := listen(t, "//./pipe/runner_test_silent")
	go func() {
		for {
			if _, err := silent.Accept(); err != nil {
				return
			}
		}
	}()
	s = Look(t.Context(), desktopAt(t, "//./pipe/runner_test_silent"), Clocks{})
	if s.Name != Frozen || s.Took > 2500*time.Millisecond {
		t.Errorf("silent: %s in %s (%s)", s.Name, s.Took, s.Raw)
	}
}

// A pipe whose only instance is taken is busy, which heals when that one is given back.
func TestBusyPipe(t *testing.T) {
	const pipe = "//./pipe/runner_test_busy"
	listen(t, pipe) // nobody accepts, so the first instance is the only one, and it is taken
	s := Look(t.Context(), desktopAt(t, pipe), Clocks{})
	if s.Name != PipeBusy || !s.Heals || s.Tries < 2 || s.Took > 2500*time.Millisecond {
		t.Errorf("%s, %d tries in %s (%s)", s.Name, s.Tries, s.Took, s.Raw)
	}
}

// Docker Desktop's service, as the service manager has it: the remedies are typed.
func TestService(t *testing.T) {
	if s := queryService(desktopService); s.Found {
		t.Fatalf("%s is installed here; this test needs a machine without it", desktopService)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	sc := func(args ...string) {
		t.Helper()
		if out, err := process.Output(t.Context(), "", os.Environ(), append([]string{"sc.exe"}, args...)); err != nil {
			t.Fatalf("sc %v: %v\n%s", args, err, out)
		}
	}
	sc("create", desktopService, "binPath=", `"`+self+`" `+serviceArg)
	t.Cleanup(func() {
		_, _ = process.Output(context.WithoutCancel(t.Context()), "", os.Environ(), []string{"sc.exe", "stop", desktopService})
		_, _ = process.Output(context.WithoutCancel(t.Context()), "", os.Environ(), []string{"sc.exe", "delete", desktopService})
	})
	typed := func(remedy string) {
		t.Helper()
		sc(strings.Fields(remedy)[1:]...)
		for begun := time.Now(); !queryService(desktopService).Running; time.Sleep(10 * time.Millisecond) {
			if time.Since(begun) > 20*time.Second {
				t.Fatalf("%s: it does not run: %+v", remedy, queryService(desktopService))
			}
		}
		if s := Look(t.Context(), desktopAt(t, ""), Clocks{}); s.Name != DesktopOff {
			t.Errorf("with the service running it is %s", s.Name)
		}
	}
	s := Look(t.Context(), desktopAt(t, ""), Clocks{})
	if s.Name != ServiceStopped || s.Remedy != "sc.exe start com.docker.service" {
		t.Fatalf("%s: %s (%s)", s.Name, s.Remedy, s.Raw)
	}
	typed(s.Remedy)
	sc("stop", desktopService)
	for begun := time.Now(); queryService(desktopService).Running && time.Since(begun) < 20*time.Second; {
		time.Sleep(10 * time.Millisecond)
	}
	disable(t)
	s = Look(t.Context(), desktopAt(t, ""), Clocks{})
	// The remedy is not typed: Wine's sc has no config.
	if s.Name != ServiceDisabled || s.Remedy != "sc.exe config com.docker.service start= demand; sc.exe start com.docker.service" {
		t.Errorf("%s: %s (%s)", s.Name, s.Remedy, s.Raw)
	}
}

// disable keeps the service from being started.
func disable(t *testing.T) {
	t.Helper()
	manager, err := mgr.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = manager.Disconnect() }()
	service, err := manager.OpenService(desktopService)
	if err != nil {
		t.Fatal(err)
	}
	defer service.Close()
	const keep = windows.SERVICE_NO_CHANGE
	if err := windows.ChangeServiceConfig(service.Handle, keep, mgr.StartDisabled, keep, nil, nil, nil, nil, nil, nil, nil); err != nil {
		t.Fatal(err)
	}
}
