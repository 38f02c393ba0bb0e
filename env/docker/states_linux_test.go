package docker

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"testrunner/runner/process"
)

// servicePid is the pid of the engine that the init script started.
func servicePid(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/run/docker.pid")
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func signal(t *testing.T, pid int, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, s); err != nil {
		t.Fatal(err)
	}
}

// The system's own engine, from absent through killed and frozen: each remedy is typed, and the state is gone.
func TestSystemEngine(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		s := m.look(t)
		want(t, s, SocketAbsent, ByDefault, "runner docker start")
		if s.Took > 450*time.Millisecond || s.Heals {
			t.Errorf("absent in %s, heals: %v", s.Took, s.Heals)
		}
		want(t, m.types(t, s.Remedy), Up, ByDefault, "")

		up := m.look(t)
		if up.Info == nil || up.Daemon.Pid != servicePid(t) || up.Daemon.Name != "dockerd" || up.Disk.Path != "/var/lib/docker" || up.Took > 450*time.Millisecond {
			t.Errorf("up: %+v in %s", up.Daemon, up.Took)
		}

		pid := servicePid(t)
		signal(t, pid, syscall.SIGSTOP)
		s = m.look(t)
		want(t, s, Frozen, ByDefault, "kill -CONT "+strconv.Itoa(pid))
		if s.Took < 2*time.Second || s.Took > 2500*time.Millisecond || !s.Daemon.Stopped {
			t.Errorf("frozen in %s: %+v", s.Took, s.Daemon)
		}
		want(t, m.types(t, s.Remedy), Up, ByDefault, "")

		signal(t, servicePid(t), syscall.SIGKILL)
		s = m.until(t, Stale)
		want(t, s, Stale, ByDefault, "runner docker start")
		if s.Took > 450*time.Millisecond {
			t.Errorf("stale in %s", s.Took)
		}
		want(t, m.types(t, s.Remedy), Up, ByDefault, "")
	})
}

// The engine of another address beside the system's: killed, and what is in its place.
func TestSecondEngine(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		socket := m.dir + "/second.sock"
		host := "DOCKER_HOST=unix://" + socket
		want(t, m.look(t, host), SocketAbsent, ByHostVariable, "unset DOCKER_HOST && runner docker start")

		second := m.engine(t, "--data-root", m.dir+"/data", "--exec-root", m.dir+"/exec", "--pidfile", m.dir+"/pid", "-H", "unix://"+socket)
		s := m.until(t, Up, host)
		if s.Daemon.Pid != second.Process.Pid {
			t.Errorf("the daemon of %s is %d, not %+v", socket, second.Process.Pid, s.Daemon)
		}
		s = m.look(t)
		if want(t, s, SocketAbsent, ByDefault, "runner docker start"); len(s.Others) != 0 {
			t.Errorf("a socket of nobody known is suggested: %v", s.Others)
		}
		_ = second.Process.Kill()
		_ = second.Wait()
		s = m.look(t, host)
		want(t, s, Stale, ByHostVariable, "unset DOCKER_HOST && runner docker start")
		want(t, m.types(t, s.Remedy, host), Up, ByDefault, "")

		// The system's engine works now, so the variable is to blame.
		s = m.look(t, host)
		want(t, s, WrongHost, ByHostVariable, "unset DOCKER_HOST")
		if len(s.Others) != 1 || s.Others[0].URL != defaultSocket || s.Host.URL != "unix://"+socket {
			t.Errorf("others: %v, host %s", s.Others, s.Host)
		}
		want(t, m.types(t, s.Remedy, host), Up, ByDefault, "")

		s = m.look(t, "DOCKER_CONTEXT=nowhere")
		want(t, s, ContextMissing, ByContextVariable, "unset DOCKER_CONTEXT")
		want(t, m.types(t, s.Remedy, "DOCKER_CONTEXT=nowhere"), Up, ByDefault, "")
		config := m.dir + "/config"
		write(t, config+"/config.json", `{"currentContext": "gone"}`)
		s = m.look(t, "DOCKER_CONFIG="+config)
		want(t, s, ContextMissing, ByConfig, "docker context use default")
		want(t, m.types(t, s.Remedy, "DOCKER_CONFIG="+config), Up, ByDefault, "")
		for address, name := range map[string]Name{
			"ssh://ada@example.org": SSH, "npipe:////./pipe/docker_engine": HostInvalid, "garbage": HostInvalid,
			"tcp://127.0.0.1:1": WrongHost, "tcp://no-such-host.invalid:2375": WrongHost, "tcp://127.0.0.1:99999": HostInvalid,
		} {
			s := m.look(t, "DOCKER_HOST="+address)
			want(t, s, name, ByHostVariable, "unset DOCKER_HOST")
			want(t, m.types(t, s.Remedy, "DOCKER_HOST="+address), Up, ByDefault, "")
		}
		for version, name := range map[string]Name{"9.99": ClientTooNew, "1.11": ClientTooOld} {
			s := m.look(t, "DOCKER_API_VERSION="+version)
			want(t, s, name, ByDefault, "unset DOCKER_API_VERSION")
			want(t, m.types(t, s.Remedy, "DOCKER_API_VERSION="+version), Up, ByDefault, "")
		}
	})
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// What stands in the socket's place.
func TestNotASocket(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		remedy := "mv /var/run/docker.sock /var/run/docker.sock.old && runner docker start"
		if err := os.Mkdir("/var/run/docker.sock", 0o755); err != nil {
			t.Fatal(err)
		}
		s := m.look(t)
		want(t, s, NotASocket, ByDefault, remedy)
		want(t, m.types(t, s.Remedy), Up, ByDefault, "")
		m.stop(t)

		write(t, "/var/run/docker.sock", "")
		s = m.look(t)
		want(t, s, NotASocket, ByDefault, remedy)
		if err := os.Remove("/var/run/docker.sock.old"); err != nil {
			t.Fatal(err)
		}
		want(t, m.types(t, s.Remedy), Up, ByDefault, "")
	})
}

// stop stops what runner started, as it is typed.
func (m machine) stop(t *testing.T) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-c", "runner docker stop")
	cmd.Env = m.environ()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want(t, m.look(t), SocketAbsent, ByDefault, "runner docker start")
}

// Another user: no right, the right after this login began, and the right.
func TestPermission(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		run(t, "useradd", "--create-home", "--home-dir", "/run/ada", "ada")
		run(t, "passwd", "--delete", "root") // so that su asks ada for nothing: there is no sudo here
		m.engine(t)
		m.until(t, Up)
		self := m.copied(t)
		as := func(typed string) State {
			cmd := exec.CommandContext(t.Context(), "setpriv", "--reuid=ada", "--regid=ada", "--init-groups", "bash", "-s")
			cmd.Env = append(m.environ(), "USER=ada", "HOME=/run/ada", "PWD=/")
			cmd.Dir, cmd.Stdin = "/", strings.NewReader(typed+roleVar+"=look "+self+"\n")
			return decode(t, cmd)
		}
		s := as("")
		remedy := `su -c 'usermod -aG docker ada' && newgrp docker`
		want(t, s, PermissionDenied, ByDefault, remedy)
		want(t, as(remedy+"\n"), Up, ByDefault, "")

		old := exec.CommandContext(t.Context(), "setpriv", "--reuid=ada", "--regid=ada", "--clear-groups", self)
		old.Env, old.Dir = append(m.environ(), "USER=ada", roleVar+"=look"), "/"
		want(t, decode(t, old), NotLoggedIn, ByDefault, "newgrp docker")
		want(t, as("newgrp docker\n"), Up, ByDefault, "")

		// A socket that is root's alone.
		run(t, "chgrp", "root", "/run/docker.sock")
		want(t, as(""), PermissionDenied, ByDefault, "su -c 'runner doctor'")
	})
}

func run(t *testing.T, argv ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), argv[0], argv[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", argv, err, out)
	}
}

// copied is this program where any user may run it.
func (m machine) copied(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	run(t, "cp", self, "/run/bin/look")
	return "/run/bin/look"
}

// The disk of the data root, full of a stopped container's files.
func TestDiskFull(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		m.engine(t)
		s := m.until(t, Up)
		engine, err := Connect(Here(m.environ(), nil), s.Host)
		if err != nil {
			t.Fatal(err)
		}
		defer engine.Close()
		var layer bytes.Buffer
		w := tar.NewWriter(&layer)
		data := make([]byte, 40<<20)
		if err := errors.Join(w.WriteHeader(&tar.Header{Name: "large", Mode: 0o644, Size: int64(len(data))}), second(w.Write(data)), w.Close()); err != nil {
			t.Fatal(err)
		}
		// An image without a name is what system prune takes.
		if err := engine.ImportImage(t.Context(), "", nil, &layer); err != nil {
			t.Fatal(err)
		}
		s = m.look(t)
		want(t, s, DiskFull, ByDefault, "docker system prune")
		if s.Disk.Free >= leastDisk || s.Disk.Total != 96<<20 || s.Works() {
			t.Errorf("disk: %+v", s.Disk)
		}
		want(t, m.types(t, "yes | "+s.Remedy+" >/dev/null"), Up, ByDefault, "")
	})
}

func second[T any](_ T, err error) error { return err }

// An engine that takes connections before it is ready: its containerd does not answer, and then does.
func TestStarting(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		listener, err := net.Listen("unix", m.dir+"/relay.sock")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		m.engine(t, "--containerd", m.dir+"/relay.sock")
		s := m.until(t, Starting)
		if want(t, s, Starting, ByDefault, "runner doctor --fix"); !s.Heals {
			t.Error("it does not heal")
		}
		place := Here(m.environ(), nil)
		plan, err := PlanStart(place, s)
		if err != nil || len(plan.Steps) != 1 {
			t.Fatalf("%v: %q", err, plan.Steps)
		}
		w := m.waiting(nil)
		w.Wait = 500 * time.Millisecond
		if out, err := Carry(t.Context(), place, plan, w); err != nil || out.State.Works() || !out.Slow {
			t.Errorf("an engine that has just started is slow, not dead: %v, %+v", err, out)
		}

		containerd := exec.CommandContext(t.Context(), "containerd", "--address", m.dir+"/real.sock", "--root", "/var/lib/docker/c", "--state", m.dir+"/state")
		containerd.Env = m.environ()
		if err := containerd.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = containerd.Process.Kill(); _ = containerd.Wait() }()
		go relay(listener, m.dir+"/real.sock")
		want(t, m.types(t, s.Remedy), Up, ByDefault, "")
	})
}

// relay hands connections on, as soon as the other side listens.
func relay(from net.Listener, to string) {
	for {
		conn, err := from.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			for {
				other, err := net.Dial("unix", to)
				if err != nil {
					time.Sleep(5 * time.Millisecond)
					continue
				}
				go func() { _, _ = io.Copy(other, conn); other.Close() }()
				_, _ = io.Copy(conn, other)
				return
			}
		}()
	}
}

// An engine whose containerd hangs answers a ping and no info.
func TestInfoFrozen(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		m.engine(t)
		m.until(t, Up)
		stopped := Here(nil, nil).Named("containerd")
		if len(stopped) != 1 {
			t.Fatalf("%d containerds: %+v", len(stopped), stopped)
		}
		signal(t, stopped[0].Pid, syscall.SIGSTOP)
		for g, err := process.LookAt(stopped[0].Pid); !g.Stopped; g, err = process.LookAt(stopped[0].Pid) {
			if err != nil {
				t.Fatal(err)
			}
		}
		s := m.look(t)
		want(t, s, InfoFrozen, ByDefault, "runner doctor --fix --restart")
		if s.Took < 5*time.Second || s.Took > 5500*time.Millisecond || s.Pong.API == "" {
			t.Errorf("in %s, pong %+v", s.Took, s.Pong)
		}
		want(t, m.types(t, s.Remedy), Up, ByDefault, "")
	})
}

// Another engine that answers is suggested, never taken; the command that takes it is typed.
func TestTakeCommand(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		run(t, "mkdir", "-p", "/run/user/0")
		m.engine(t, "-H", "unix:///run/user/0/docker.sock", "--pidfile", m.dir+"/pid")
		where := []string{"XDG_RUNTIME_DIR=/run/user/0", "DOCKER_CONFIG=" + m.dir + "/config"}
		m.until(t, Up, append(where, "DOCKER_HOST=unix:///run/user/0/docker.sock")...)
		s := m.look(t, where...)
		want(t, s, RootlessElsewhere, ByDefault, "export DOCKER_HOST=unix:///run/user/0/docker.sock")
		if len(s.Others) != 1 || s.Others[0].Owner != "rootless Docker" || s.Host.URL != defaultSocket {
			t.Errorf("others %+v, host %s", s.Others, s.Host)
		}
		want(t, m.types(t, s.Remedy, where...), Up, ByHostVariable, "")

		run(t, "docker", "--config", m.dir+"/config", "context", "create", "mine", "--docker", "host=unix:///run/user/0/docker.sock")
		s = m.look(t, where...)
		want(t, s, RootlessElsewhere, ByDefault, "docker context use mine")
		want(t, m.types(t, s.Remedy, where...), Up, ByConfig, "")
	})
}
