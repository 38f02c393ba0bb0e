package docker

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
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
