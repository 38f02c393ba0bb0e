package docker

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"net"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"testrunner/runner/process"
)

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
