//go:build unix

package local

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"testrunner/env/lease"
	"testrunner/env/service"
)

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
