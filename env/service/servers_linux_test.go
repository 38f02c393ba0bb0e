package service

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"testrunner/env"
	"testrunner/report/event"
)

// unprivileged is who runs PostgreSQL where the tests run as root, which it refuses.
const unprivileged = 65534

// server is a real server that was started for a test.
type server struct {
	*fakeInstance
	command *exec.Cmd
	port    int
	log     string
	stop    syscall.Signal
}

func (s *server) Address() Address { return Address{Host: "127.0.0.1", Port: s.port} }

func (s *server) Identity() string { return strconv.Itoa(s.command.Process.Pid) }

func (s *server) Follow(ctx context.Context, w io.Writer) error {
	f, err := os.Open(s.log)
	if err != nil {
		return err
	}
	defer f.Close()
	for {
		if _, err := io.Copy(w, f); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.done:
			return nil
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// launch starts a program, as another user where user is set, and ends it by a signal with the test.
func launch(t *testing.T, user bool, stop syscall.Signal, port int, argv ...string) *server {
	t.Helper()
	s := &server{fakeInstance: endless(), port: port, stop: stop, log: filepath.Join(t.TempDir(), "log"), command: exec.Command(argv[0], argv[1:]...)}
	out, err := os.Create(s.log)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	s.command.Stdout, s.command.Stderr, s.command.SysProcAttr = out, out, as(user)
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.command.Wait(); s.finish(End{Code: s.command.ProcessState.ExitCode()}) }()
	t.Cleanup(func() {
		_ = s.command.Process.Signal(stop)
		select {
		case <-s.done:
		case <-time.After(20 * time.Second):
			_ = s.command.Process.Kill()
			t.Errorf("%s did not end", argv[0])
		}
	})
	return s
}

// as is the user of a program: nobody where the tests are root and it must be another one.
func as(user bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true}
	if user && os.Getuid() == 0 {
		a.Credential = &syscall.Credential{Uid: unprivileged, Gid: unprivileged}
	}
	return a
}

// folder is one that the other user can write to.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "runner-service-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if os.Getuid() == 0 {
		if err := os.Chown(dir, unprivileged, unprivileged); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// postgresProgram finds one of PostgreSQL's programs.
func postgresProgram(t *testing.T, name string) string {
	t.Helper()
	if p, err := exec.LookPath(name); err == nil && name != "initdb" && name != "postgres" {
		return p
	}
	all, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(all) == 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("no PostgreSQL here, and CI installs it")
		}
		t.Skip("no PostgreSQL here; CI installs it")
	}
	slices.Sort(all)
	return all[len(all)-1]
}

// initialised is a data directory that initdb made once for all tests; each server gets a copy.
type initialised struct {
	once sync.Once
	dir  string
}

func (i *initialised) make(t *testing.T) string {
	t.Helper()
	program := postgresProgram(t, "initdb")
	i.once.Do(func() {
		dir, err := os.MkdirTemp("", "runner-service-")
		if err != nil {
			t.Fatal(err)
		}
		i.dir = dir
		if err := os.WriteFile(filepath.Join(dir, "password"), []byte("s3cret word"), 0o644); err != nil {
			t.Fatal(err)
		}
		if os.Getuid() == 0 {
			if err := os.Chown(dir, unprivileged, unprivileged); err != nil {
				t.Fatal(err)
			}
		}
		c := exec.Command(program, "-D", filepath.Join(dir, "data"), "-U", "app", "--no-sync", "--locale=C", "-E", "UTF8", "--auth-local=trust", "--auth-host=scram-sha-256", "--pwfile", filepath.Join(dir, "password"))
		c.SysProcAttr, c.Dir = as(true), dir
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("initdb: %v: %s", err, out)
		}
	})
	return filepath.Join(i.dir, "data")
}

var clusters initialised

func TestMain(m *testing.M) {
	code := m.Run()
	if clusters.dir != "" {
		_ = os.RemoveAll(clusters.dir)
	}
	os.Exit(code)
}

// postgresServer starts a PostgreSQL of its own, whose user is app with the password "s3cret word", and does not wait for it.
func startPostgres(t *testing.T) *server {
	t.Helper()
	dir, port := folder(t), freePort(t)
	if out, err := exec.Command("cp", "-a", clusters.make(t), dir+"/data").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return launch(t, true, syscall.SIGQUIT, port, postgresProgram(t, "postgres"), "-D", dir+"/data", "-p", strconv.Itoa(port), "-h", "127.0.0.1",
		"-k", dir, "-F", "-c", "full_page_writes=off", "-c", "synchronous_commit=off")
}

func postgresSpec(environ ...string) Spec {
	return Spec{Service: env.Service{Name: "db", Image: "docker.io/library/postgres:15-alpine"}, Container: &Container{Env: environ}}
}

func startRedis(t *testing.T, args ...string) *server {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("no redis-server here, and CI installs it")
		}
		t.Skip("no redis-server here; CI installs it")
	}
	port := freePort(t)
	return launch(t, false, syscall.SIGTERM, port, append([]string{program, "--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir()}, args...)...)
}

func redisSpec(command ...string) Spec {
	return Spec{Service: env.Service{Name: "cache", Image: "redis:7"}, Container: &Container{Command: command}}
}

// ready waits until a real server is ready, and says what was seen.
func ready(t *testing.T, s Spec, in Instance) Probed {
	t.Helper()
	seen, err := ReadinessOf(s, event.ByDocker, in, nil).Await(t.Context(), in, time.Now())
	if err != nil {
		t.Fatalf("%s: %v (%+v)\n%s", s.Name, err, seen, fmt.Sprint(in.Log(5)))
	}
	return seen
}

// realProvider starts real servers for a set.
type realProvider struct{ t *testing.T }

func (realProvider) Name() event.Provider                      { return event.ByLocal }
func (realProvider) Prepare(context.Context, Spec, Tell) error { return nil }
func (realProvider) Close(context.Context) error               { return nil }

func (p realProvider) Start(_ context.Context, s Spec, _ map[string]Instance, _ Tell) (Instance, error) {
	if s.Kind() == postgres {
		return startPostgres(p.t), nil
	}
	return startRedis(p.t), nil
}

// Stop ends it as its provider would.
func (s *server) Stop(ctx context.Context) error {
	_ = s.command.Process.Signal(s.stop)
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
