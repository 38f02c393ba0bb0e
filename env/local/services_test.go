//go:build unix

package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"testrunner/env/lease"
	"testrunner/env/service"
	"testrunner/env/service/servicetest"
)

// told gathers what a provider tells.
type told struct {
	mu    sync.Mutex
	lines []string
}

func (w *told) tell(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, line)
}

func (w *told) has(part string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.lines, func(l string) bool { return strings.Contains(l, part) })
}

// answers waits until a question to a service has an answer.
func answers(t *testing.T, ask func(context.Context) (string, error)) string {
	t.Helper()
	for deadline := time.Now().Add(servicetest.Patience); ; time.Sleep(5 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		got, err := ask(ctx)
		cancel()
		if err == nil {
			return got
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func closed(t *testing.T, pl *place, p *Provider) {
	t.Helper()
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if left := pl.remains(t); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestPostgres_is_what_the_compose_file_says(t *testing.T) {
	pl := newPlace(t)
	p, _ := pl.provider(t)
	scripts := filepath.Join(pl.dir, "init")
	if err := os.MkdirAll(scripts, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"1.sql": "CREATE TABLE threads (title text);", "2.sql": "INSERT INTO threads VALUES ('first');", "3.sh": "exit 1",
	} {
		if err := os.WriteFile(filepath.Join(scripts, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := postgresSpec("postgres:alpine", "POSTGRES_USER=chat user", "POSTGRES_PASSWORD=se'cr/et", "POSTGRES_DB=Chat")
	s.Container.Command = []string{"postgres", "-c", "max_connections=42", "-c", "config_file=/etc/own.conf", "-p", "1"}
	s.Container.Mounts = []service.Mount{{Kind: "bind", Source: scripts, Target: scriptsFolder}}
	var w told
	if err := p.Prepare(t.Context(), s, w.tell); err != nil {
		t.Fatal(err)
	}
	in, err := p.Start(t.Context(), s, nil, w.tell)
	if err != nil {
		t.Fatal(err)
	}
	defer stop(t, in)
	ask := func(question string) string {
		return answers(t, func(ctx context.Context) (string, error) { return askPostgres(ctx, in.Address(), "Chat", question) })
	}
	for question, want := range map[string]string{
		"SELECT title FROM threads": "first", "SELECT current_user": "chat user", "SHOW max_connections": "42", "SHOW fsync": "off",
		"SHOW TimeZone": "UTC", "SELECT 'B' < 'a' COLLATE \"default\"": "t", "SHOW listen_addresses": host,
	} {
		if got := ask(question); got != want {
			t.Errorf("%s: %q, want %q", question, got, want)
		}
	}
	if !w.has("3.sh is not run") || !w.has("config_file=/etc/own.conf of the compose file's command is not obeyed") {
		t.Errorf("not told what is not obeyed: %q", w.lines)
	}
	wrong := in.Address()
	wrong.URL = strings.Replace(wrong.URL, "cr%2Fet", "other", 1)
	if _, err := askPostgres(t.Context(), wrong, "Chat", "SELECT 1"); err == nil || !strings.Contains(err.Error(), "28P01") {
		t.Errorf("a wrong password is no error, but %v", err)
	}
	if a := in.Address(); a.Ports[5432] != a.Port {
		t.Errorf("%+v", a)
	}
	stop(t, in)
	closed(t, pl, p)
}

func TestPostgres_names_the_script_that_fails(t *testing.T) {
	pl := newPlace(t)
	p, _ := pl.provider(t)
	s := postgresSpec("postgres")
	s.Container.Mounts = []service.Mount{{Kind: "bind", Content: []byte("CREATE TABEL x;"), Target: scriptsFolder + "/schema.sql"}}
	err := p.Prepare(t.Context(), s, nil)
	if err == nil || !strings.Contains(err.Error(), "schema.sql") || !strings.Contains(err.Error(), "syntax error") {
		t.Errorf("%v", err)
	}
	closed(t, pl, p)
}

func TestTemplate_is_made_once_by_two_at_once(t *testing.T) {
	pl := newPlace(t)
	pl.cache = filepath.Join(pl.dir, "cache")
	var made told
	var all sync.WaitGroup
	for range 2 {
		p, _ := pl.provider(t)
		all.Go(func() {
			if err := p.Prepare(t.Context(), postgresSpec("postgres"), made.tell); err != nil {
				t.Error(err)
			}
			if err := p.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	once := slices.DeleteFunc(made.lines, func(l string) bool { return !strings.Contains(l, "makes a template") })
	if len(once) != 1 {
		t.Errorf("made %d times: %q", len(once), made.lines)
	}
	if left := pl.remains(t); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestTemplate_that_was_cut_short_is_never_used(t *testing.T) {
	pl := newPlace(t)
	pl.cache = filepath.Join(pl.dir, "cache")
	p, n := pl.provider(t)
	s := postgresSpec("postgres")
	for _, at := range []string{"initdb", pl.cache} { // when that is written down: the cluster begins, the copy to the cache begins
		ctx, cancel := context.WithCancel(t.Context())
		n.refuse = func(t lease.Thing) error {
			if strings.Contains(t.Name, at) {
				cancel()
			}
			return nil
		}
		if err := p.Prepare(ctx, s, nil); err == nil {
			t.Errorf("cut short at %s, and all is well", at)
		}
		cancel()
		if found, _ := filepath.Glob(filepath.Join(pl.cache, "*")); len(found) > 0 {
			t.Errorf("cut short at %s, the cache has %q", at, found)
		}
	}
	// The lock of a run that died, and one that was never finished, stop nobody.
	lock := filepath.Join(pl.cache, "x.lock")
	if err := os.WriteFile(lock, []byte(`{"pid":1,"born":"long ago"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if unlock, err := lockTemplate(lock); unlock != nil || err != nil {
		t.Errorf("the first try only removes it: %v", err)
	}
	unlock, err := lockTemplate(lock)
	if unlock == nil || err != nil {
		t.Fatalf("the lock of a dead run holds: %v", err)
	}
	if other, err := lockTemplate(lock); other != nil || err != nil {
		t.Errorf("the lock of a live one does not hold: %v", err)
	}
	unlock()
	closed(t, pl, p)
}

func TestVersion_that_is_not_the_image_s(t *testing.T) {
	pl := newPlace(t)
	for _, s := range []service.Spec{postgresSpec("postgres:9.6-alpine"), func() service.Spec { s := redisSpec(); s.Image = "redis:3"; return s }()} {
		strict, _ := pl.provider(t, func(s *Settings) { s.Real = true })
		if err := strict.Prepare(t.Context(), s, nil); err == nil || !strings.Contains(err.Error(), "any_version") {
			t.Errorf("%s with real services: %v", s.Image, err)
		}
		anyVersion := s
		anyVersion.AnyVersion = true
		if err := strict.Prepare(t.Context(), anyVersion, nil); err != nil {
			t.Error(err)
		}
		var w told
		easy, _ := pl.provider(t)
		if err := easy.Prepare(t.Context(), s, w.tell); err != nil || !w.has("and the compose file's "+s.Image) {
			t.Errorf("%v, told %q", err, w.lines)
		}
		for _, p := range []*Provider{strict, easy} {
			closed(t, pl, p)
		}
	}
}

func TestImageMajor(t *testing.T) {
	for image, want := range map[string]string{
		"postgres:16.2-alpine": "16", "postgres": "", "postgres:latest": "", "postgres:9.6": "9.6", "postgres:9.6.24-alpine": "9.6",
		"docker.io/library/postgres:15@sha256:0123": "15", "pgvector/pgvector:pg17": "17", "pgvector/pgvector:0.8.0-pg16": "16",
		"timescale/timescaledb:2.14.2-pg15": "15", "postgis/postgis:16-3.4": "16", "localhost:5000/postgres": "", "redis:7.2-alpine": "7",
		"valkey/valkey:v8": "8", "postgres:alpine3.19": "",
	} {
		if got := imageMajor(image); got != want {
			t.Errorf("%s: %q, want %q", image, got, want)
		}
	}
}

func TestRedis_is_what_the_compose_file_says(t *testing.T) {
	for name, command := range map[string][]string{
		"words": {"redis-server", "/etc/redis.conf", "--requirepass", "sesame", "--maxmemory", "64mb", "--appendonly", "yes", "--port", "1"},
		"shell": {"sh", "-c", `exec redis-server --requirepass "$REDIS_PASS" --maxmemory 64mb --save 60 1`},
		"bare":  {"--requirepass", "sesame", "--maxmemory", "64mb", "--dir", "/nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			pl := newPlace(t)
			p, _ := pl.provider(t)
			s := redisSpec(command...)
			s.Container.Env = []string{"REDIS_PASS=sesame"}
			in := start(t, p, s, nil)
			for question, want := range map[string]string{"CONFIG GET maxmemory": "67108864", "CONFIG GET appendonly": "no", "CONFIG GET save": ""} {
				if got := answers(t, func(ctx context.Context) (string, error) { return askRedis(ctx, in.Address(), question) }); got != want {
					t.Errorf("%s: %q, want %q", question, got, want)
				}
			}
			if !strings.HasPrefix(in.Address().URL, "redis://:sesame@") {
				t.Error(in.Address().URL)
			}
			stranger := in.Address()
			stranger.URL = ""
			if _, err := askRedis(t.Context(), stranger, "PING"); err == nil || !strings.Contains(err.Error(), "NOAUTH") {
				t.Errorf("without the password: %v", err)
			}
			stop(t, in)
			closed(t, pl, p)
		})
	}
}

func TestCommand_gets_its_peers_addresses(t *testing.T) {
	pl := newPlace(t)
	p, _ := pl.provider(t)
	cache := start(t, p, redisSpec(), nil)
	s := pl.webSpec(t, "REDIS_URL=redis://cache:6379/1", "ISSUER=http://web:8081", "PATH=/container/bin", "PORT=8081", "UNSET")
	in := start(t, p, s, map[string]service.Instance{"cache": cache})
	if in.Address().Ports[8081] != in.Address().Port {
		t.Errorf("%+v", in.Address())
	}
	var said struct {
		Environ []string
		Dir     string
	}
	answers(t, func(ctx context.Context) (string, error) {
		response, err := http.Get(fmt.Sprintf("http://%s:%d/", in.Address().Host, in.Address().Port))
		if err != nil {
			return "", err
		}
		defer response.Body.Close()
		return "", json.NewDecoder(response.Body).Decode(&said)
	})
	for _, want := range []string{
		fmt.Sprintf("REDIS_URL=redis://127.0.0.1:%d/1", cache.Address().Port), fmt.Sprintf("ISSUER=http://127.0.0.1:%d", in.Address().Port),
		fmt.Sprintf("PORT=%d", in.Address().Port), "PATH=" + os.Getenv("PATH"),
	} {
		if !slices.Contains(said.Environ, want) {
			t.Errorf("no %s in %q", want, said.Environ)
		}
	}
	if said.Dir != pl.dir {
		t.Errorf("it runs in %s, want %s", said.Dir, pl.dir)
	}
	stop(t, in)
	stop(t, cache)
	closed(t, pl, p)
}

func TestCommand_that_ends_at_once(t *testing.T) {
	pl := newPlace(t)
	p, _ := pl.provider(t)
	s := pl.webSpec(t)
	s.Local = []string{"/bin/sh", "-c", "echo no configuration; exit 7"}
	in, err := p.Start(t.Context(), s, nil, nil)
	if err == nil { // it took longer than a quick command is waited for
		<-in.Done()
		err = fmt.Errorf("status %d: %s", in.End().Code, strings.Join(in.Log(5), "\n"))
		stop(t, in)
	}
	if !strings.Contains(err.Error(), "status 7: no configuration") {
		t.Errorf("%v", err)
	}
	s.Local = []string{"no-such-program"}
	if _, err := p.Start(t.Context(), s, nil, nil); err == nil || !strings.Contains(err.Error(), "not found on PATH") {
		t.Errorf("%v", err)
	}
	closed(t, pl, p)
}

// What can't be written down is not made.
func TestKeeper_that_refuses(t *testing.T) {
	full := errors.New("no space left on device")
	for _, kind := range []lease.Kind{lease.Process, lease.Folder} {
		pl := newPlace(t)
		p, n := pl.provider(t)
		s := redisSpec()
		if err := p.Prepare(t.Context(), s, nil); err != nil {
			t.Fatal(err)
		}
		n.refuse = func(t lease.Thing) error {
			if t.Kind == kind {
				return full
			}
			return nil
		}
		if _, err := p.Start(t.Context(), s, nil, nil); !errors.Is(err, full) {
			t.Errorf("%s: %v", kind, err)
		}
		closed(t, pl, p)
	}
}

func TestWantedPort(t *testing.T) {
	pl := newPlace(t)
	p, _ := pl.provider(t)
	free, err := openPort(0, false)
	if err != nil {
		t.Fatal(err)
	}
	s := redisSpec()
	s.Wanted = map[int]int{6379: free.number}
	in := start(t, p, s, nil)
	if in.Address().Port != free.number {
		t.Errorf("it has port %d, want %d", in.Address().Port, free.number)
	}
	var w told
	other, err := p.Start(t.Context(), s, nil, w.tell) // the first one has it
	if err != nil {
		t.Fatal(err)
	}
	if other.Address().Port == free.number || !w.has(fmt.Sprintf("port %d is not free", free.number)) {
		t.Errorf("port %d, told %q", other.Address().Port, w.lines)
	}
	stop(t, other)
	stop(t, in)
	closed(t, pl, p)
}

// A port that is taken between our look and the server's start costs another try.
func TestPort_taken_in_the_last_moment(t *testing.T) {
	pl := newPlace(t)
	for _, s := range []service.Spec{redisSpec(), postgresSpec("postgres")} {
		p, _ := pl.provider(t)
		if err := p.Prepare(t.Context(), s, nil); err != nil {
			t.Fatal(err)
		}
		var thieves []net.Listener
		p.took = func(port int) { // two thieves, each between our look and the server's
			if len(thieves) < 2 {
				l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", host, port))
				if err != nil {
					t.Error(err)
					return
				}
				thieves = append(thieves, l)
			}
		}
		var w told
		in, err := p.Start(t.Context(), s, nil, w.tell)
		for _, l := range thieves {
			l.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(thieves) != 2 || !w.has("in the last moment") {
			t.Errorf("%d thieves, told %q", len(thieves), w.lines)
		}
		answers(t, func(ctx context.Context) (string, error) {
			if s.Name == "db" {
				return "", servesPostgres(ctx, in.Address())
			}
			return "", servesRedis(ctx, in.Address())
		})
		stop(t, in)
		closed(t, pl, p)
	}
}

func TestEight_side_by_side(t *testing.T) {
	pl := newPlace(t)
	var mu sync.Mutex
	ports := map[int]bool{}
	var all sync.WaitGroup
	for range 8 {
		p, _ := pl.provider(t)
		all.Go(func() {
			var running []service.Instance
			for _, s := range []service.Spec{postgresSpec("postgres"), redisSpec()} {
				if err := p.Prepare(t.Context(), s, func(string) {}); err != nil {
					t.Error(err)
					return
				}
				in, err := p.Start(t.Context(), s, nil, func(string) {})
				if err != nil {
					t.Error(err)
					return
				}
				running = append(running, in)
				mu.Lock()
				if ports[in.Address().Port] {
					t.Errorf("port %d twice", in.Address().Port)
				}
				ports[in.Address().Port] = true
				mu.Unlock()
			}
			answers(t, func(ctx context.Context) (string, error) { return "", servesPostgres(ctx, running[0].Address()) })
			answers(t, func(ctx context.Context) (string, error) { return "", servesRedis(ctx, running[1].Address()) })
			for _, in := range running {
				stop(t, in)
			}
			if err := p.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if left := pl.remains(t); len(left) > 0 || len(ports) != 16 {
		t.Errorf("%d ports; left behind: %q", len(ports), left)
	}
}
