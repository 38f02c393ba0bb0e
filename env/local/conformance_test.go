//go:build unix

package local

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"testrunner/env/service"
	"testrunner/env/service/servicetest"
)

// kit is the conformance test's view of a service that is a process of this machine.
func (pl *place) kit(t *testing.T, s service.Spec, serves func(context.Context, service.Address) error, says string) servicetest.Kit {
	t.Helper()
	return servicetest.Kit{
		New: func(t *testing.T) service.Provider {
			p, _ := pl.provider(t)
			return p
		},
		Spec: s, Serves: serves, Says: says,
		Inside: []string{"/bin/sh", "-c", "echo inside; exit 3"}, InsideCode: 3, InsideSays: "inside",
		Kill: func(t *testing.T, in service.Instance) {
			pid, _, _ := strings.Cut(in.Identity(), " ")
			n, err := strconv.Atoi(pid)
			if err != nil {
				t.Fatal(err)
			}
			if err := syscall.Kill(n, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		},
		Remains: pl.remains,
	}
}

func stop(t *testing.T, in service.Instance) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), servicetest.Patience)
	defer cancel()
	if err := in.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func postgresSpec(image string, environ ...string) service.Spec {
	s := service.Spec{Container: &service.Container{Image: image, Env: environ}}
	s.Name, s.Image = "db", image
	return s
}

func redisSpec(command ...string) service.Spec {
	s := service.Spec{Container: &service.Container{Image: "redis", Command: command}}
	s.Name, s.Image = "cache", "redis"
	return s
}

// webSpec is the test binary as a service; the place's folder stands in its command line, so that it is found.
func (pl *place) webSpec(t *testing.T, environ ...string) service.Spec {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := service.Spec{Container: &service.Container{StopGrace: 100 * time.Millisecond, Env: append(environ, "DEAF=1", roleVar+"=web"), Ports: []service.PortMap{{Target: 8081}}}}
	s.Name, s.Local = "web", []string{self, "{host}:{port}", pl.dir}
	return s
}

// askPostgres asks the named database for one value.
func askPostgres(ctx context.Context, a service.Address, database, question string) (string, error) {
	c, err := pgconn.Connect(ctx, a.URL+"/"+database+"?sslmode=disable")
	if err != nil {
		return "", err
	}
	defer c.Close(ctx)
	r := c.ExecParams(ctx, question, nil, nil, nil, nil).Read()
	if r.Err != nil {
		return "", r.Err
	}
	if len(r.Rows) == 0 {
		return "", nil
	}
	return string(r.Rows[0][0]), nil
}

func askRedis(ctx context.Context, a service.Address, command string) (string, error) {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(a.Host, strconv.Itoa(a.Port)))
	if err != nil {
		return "", err
	}
	defer c.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(deadline)
	}
	in := bufio.NewReader(c)
	u, err := url.Parse(a.URL)
	if err != nil {
		return "", err
	}
	if password, set := u.User.Password(); set {
		fmt.Fprintf(c, "AUTH %s\r\n", password)
		if line, err := in.ReadString('\n'); err != nil || line != "+OK\r\n" {
			return "", fmt.Errorf("auth: %q %v", line, err)
		}
	}
	fmt.Fprintf(c, "%s\r\n", command)
	line, err := in.ReadString('\n')
	if err != nil || strings.HasPrefix(line, "-") {
		return "", fmt.Errorf("%s: %q %v", command, line, err)
	}
	if strings.HasPrefix(line, "*") { // name and value
		var last string
		for range 4 {
			last, _ = in.ReadString('\n')
		}
		line = last
	}
	return strings.TrimSpace(line), nil
}

func servesPostgres(ctx context.Context, a service.Address) error {
	_, err := askPostgres(ctx, a, "postgres", "SELECT 1")
	return err
}

func servesRedis(ctx context.Context, a service.Address) error {
	_, err := askRedis(ctx, a, "PING")
	return err
}

func servesWeb(ctx context.Context, a service.Address) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s:%d/", a.Host, a.Port), nil)
	if err != nil {
		return err
	}
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

func TestConformance_postgres(t *testing.T) {
	pl := newPlace(t)
	servicetest.Run(t, pl.kit(t, postgresSpec("postgres"), servesPostgres, "ready to accept connections"))
}

func TestConformance_redis(t *testing.T) {
	pl := newPlace(t)
	servicetest.Run(t, pl.kit(t, redisSpec(), servesRedis, "Ready to accept connections"))
}

func TestConformance_command(t *testing.T) {
	pl := newPlace(t)
	servicetest.Run(t, pl.kit(t, pl.webSpec(t), servesWeb, "web serves"))
}

// The same as a user who owns nothing: no other user is to be had then, and none is needed.
func TestConformance_as_another_user(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("the other tests run as one who is not root already")
	}
	dir, err := os.MkdirTemp("", "local-test-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chown(dir, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "local.test")
	if err := os.WriteFile(copied, binary, 0o755); err != nil { // theirs may lie where the user can't go
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), copied, "-test.run", "^TestConformance_(postgres|redis|command)$/^(life|killed)$", "-test.v", "-test.timeout", "50s")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "TMPDIR="+dir, "HOME="+dir, "GOCOVERDIR=")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	began := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(out), "--- PASS: TestConformance_") != 3+6 {
		t.Errorf("%v after %s\n%s", err, time.Since(began), out)
	}
	t.Logf("%s", out)
}
