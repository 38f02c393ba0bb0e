package service

import (
	"context"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"testrunner/env"
	"testrunner/report/event"
)

func ask(t *testing.T, s Spec, in Instance) error {
	t.Helper()
	p, ok := Wire(s, event.ByDocker, in.Address())
	if !ok {
		t.Fatalf("%s can't be asked", s.Name)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	return p.once(ctx)
}

func TestPostgres(t *testing.T) {
	// What a developer's shell may hold does not count.
	for name, value := range map[string]string{"PGPASSWORD": "wrong", "PGUSER": "nobody", "PGDATABASE": "none", "PGSSLMODE": "verify-full", "PGHOST": "none.invalid", "PGOPTIONS": "-c none=1"} {
		t.Setenv(name, value)
	}
	in := startPostgres(t)
	good := postgresSpec("POSTGRES_USER=app", "POSTGRES_PASSWORD=s3cret word", "POSTGRES_DB=postgres")
	seen := ready(t, good, in)
	if seen.Last != "SELECT 1" || seen.Probes < 2 || seen.Lag == 0 || seen.Lag > seen.Ready {
		t.Errorf("%+v: it was asked from its first moment on, so some questions must have failed", seen)
	}
	t.Logf("PostgreSQL is ready after %s, %d probes, seen at most %s late", seen.Ready, seen.Probes, seen.Lag)
	for name, c := range map[string]struct {
		spec Spec
		want string
	}{
		"wrong password": {postgresSpec("POSTGRES_USER=app", "POSTGRES_PASSWORD=wrong", "POSTGRES_DB=postgres"), "SQLSTATE 28P01"},
		"no password":    {postgresSpec("POSTGRES_USER=app", "POSTGRES_DB=postgres"), "SQLSTATE 28P01"},
		"no such user":   {postgresSpec("POSTGRES_USER=other", "POSTGRES_PASSWORD=wrong"), "SQLSTATE 28P01"},
		"no database":    {postgresSpec("POSTGRES_USER=app", "POSTGRES_PASSWORD=s3cret word"), "SQLSTATE 3D000"},
		"from a file": {Spec{Service: good.Service, Container: &Container{
			Env:    []string{"POSTGRES_USER=app", "POSTGRES_PASSWORD_FILE=/run/secrets/word", "POSTGRES_DB=postgres"},
			Mounts: []Mount{{Target: "/run/secrets/word", Content: []byte("s3cret word\n")}},
		}}, ""},
		"of another image": {postgresSpec("POSTGRESQL_USERNAME=app", "POSTGRESQL_PASSWORD=s3cret word", "POSTGRESQL_DATABASE=postgres"), ""},
	} {
		err := ask(t, c.spec, in)
		if c.want == "" && err != nil || c.want != "" && (!IsPermanent(err) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	// An address that the user names has everything in it.
	for url, want := range map[string]string{"postgres://app:s3cret%20word@127.0.0.1:PORT/postgres": "", "postgresql://app:s3cret%20word@127.0.0.1:PORT/postgres?sslmode=disable": "", "postgres://app:s3cret%20word@127.0.0.1:PORT/other": "3D000"} {
		a := Address{URL: strings.ReplaceAll(url, "PORT", strconv.Itoa(in.port))}
		p, _ := Wire(Spec{}, event.ByAddress, a)
		if err := p.once(t.Context()); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
	}
	// A server that ends answers 57P03, as one that starts does: that passes.
	p := postgresOf(good, event.ByDocker, in.Address())
	c, err := p.connect(t.Context(), "postgres")
	if err != nil {
		t.Fatal(err)
	}
	defer closeQuietly(t.Context(), c)
	if err := in.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		err := ask(t, good, in)
		if err != nil && strings.Contains(err.Error(), "SQLSTATE 57P03") && !IsPermanent(err) {
			break
		}
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("%v, want 57P03, which passes", err)
		}
	}
}

func TestRedis(t *testing.T) {
	in := startRedis(t, "--requirepass", "s3cret")
	seen := ready(t, redisSpec("redis-server", "--requirepass", "s3cret"), in)
	if seen.Last != "PING" || seen.Probes < 1 {
		t.Errorf("%+v", seen)
	}
	t.Logf("Redis is ready after %s, %d probes", seen.Ready, seen.Probes)
	for name, c := range map[string]struct {
		spec Spec
		want string
	}{
		"none":       {redisSpec(), "NOAUTH"},
		"wrong":      {redisSpec("redis-server", "--requirepass", "wrong"), "WRONGPASS"},
		"in a shell": {redisSpec("sh", "-c", "redis-server --requirepass 's3cret'"), ""},
		"variable":   {Spec{Service: redisSpec().Service, Container: &Container{Env: []string{"REDIS_PASSWORD=s3cret"}}}, ""},
	} {
		err := ask(t, c.spec, in)
		if c.want == "" && err != nil || c.want != "" && (!IsPermanent(err) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	open := startRedis(t)
	ready(t, redisSpec(), open)
	if err := ask(t, redisSpec("redis-server", "--requirepass", "s3cret"), open); err != nil {
		t.Errorf("one that wants no password: %v", err)
	}
	// Its first line of output is another condition, which is seen the moment it is written.
	logged := redisSpec()
	logged.ReadyLog = `Ready to accept connections$`
	again := startRedis(t)
	if seen := ready(t, logged, again); seen.Probes < 2 || seen.Ready > 5*time.Second {
		t.Errorf("log and PING: %+v", seen)
	}
}

// A Redis of which nobody says that it is one, behind a command of its own, is ready when it answers, also with an error.
func TestRedisThatIsNotRecognised(t *testing.T) {
	for name, args := range map[string][]string{"open": nil, "with a password": {"--requirepass", "sesame"}} {
		in := startRedis(t, args...)
		s := Spec{Service: env.Service{Name: "cache", Local: []string{"redis-server"}}}
		p, known, found := wireProbe(s, event.ByLocal, in.Address())
		if known || !found {
			t.Fatalf("%s: known %v, found %v", name, known, found)
		}
		if seen := ready(t, s, in); seen.Last != p.Name {
			t.Errorf("%s: %+v", name, seen)
		}
		if err := p.once(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
