//go:build unix

package local

import (
	"context"
	"errors"
	"sync"
	"testing"

	"testrunner/env/service"
	"testrunner/env/service/servicetest"
)

// Both from a template that is there, side by side, until each has answered a client (the issue asks for less than a second).
func BenchmarkWarmStart_postgres_and_redis(b *testing.B) {
	pl := newPlace(b)
	warm, err := New(first(pl.settings()))
	if err != nil {
		b.Fatal(err)
	}
	if err := errors.Join(warm.Prepare(b.Context(), postgresSpec("postgres"), nil), warm.Close(b.Context())); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s, _ := pl.settings()
		p, err := New(s)
		if err != nil {
			b.Fatal(err)
		}
		var mu sync.Mutex
		var running []service.Instance
		var all sync.WaitGroup
		for _, s := range []service.Spec{postgresSpec("postgres"), redisSpec()} {
			all.Go(func() {
				if err := p.Prepare(b.Context(), s, nil); err != nil {
					b.Error(err)
					return
				}
				in, err := p.Start(b.Context(), s, nil, nil)
				if err != nil {
					b.Error(err)
					return
				}
				mu.Lock()
				running = append(running, in)
				mu.Unlock()
				serves := servesRedis
				if s.Name == "db" {
					serves = servesPostgres
				}
				for {
					ctx, cancel := context.WithTimeout(b.Context(), servicetest.Patience)
					err := serves(ctx, in.Address())
					cancel()
					if err == nil {
						return
					}
				}
			})
		}
		all.Wait()
		b.StopTimer()
		for _, in := range running {
			if err := in.Stop(b.Context()); err != nil {
				b.Error(err)
			}
		}
		if err := p.Close(b.Context()); err != nil {
			b.Error(err)
		}
		b.StartTimer()
	}
}

func first(s Settings, _ *notebook) Settings { return s }
