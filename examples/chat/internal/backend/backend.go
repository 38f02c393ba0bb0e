// Package backend is the service that users talk to: threads and messages over HTTP, and what happens, as it happens, over a WebSocket.
package backend

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"example.com/chat/internal/agent"
	"example.com/chat/internal/chat"
	"example.com/chat/internal/database"
	"example.com/chat/internal/fault"
	"example.com/chat/internal/health"
	"example.com/chat/internal/live"
	"example.com/chat/internal/metrics"
	"example.com/chat/internal/session"
	"example.com/chat/internal/stream"
	"example.com/chat/internal/token"
)

// Service is the service. Several instances may share a database and a Redis.
type Service struct {
	config     Config
	pool       *pgxpool.Pool
	redis      *redis.Client
	store      chat.Store
	stream     live.Stream
	hub        *live.Hub
	agent      *agent.Agent
	verifier   token.Verifier
	mux        *http.ServeMux
	end        context.CancelFunc // of what goes on in the background
	background sync.WaitGroup
}

// New connects to the database, migrates it, and begins to work.
func New(ctx context.Context, c Config) (*Service, error) {
	options, err := redis.ParseURL(c.RedisURL)
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	pool, err := database.Open(ctx, "chat-backend", c.DatabaseURL, c.Database, 10*time.Second)
	if err != nil {
		return nil, err
	}
	s := &Service{config: c, pool: pool, redis: redis.NewClient(options), hub: live.NewHub()}
	s.store = chat.Store{Pool: pool, Instance: rand.Text(), Lease: c.Lease}
	if err := s.store.Migrate(ctx); err != nil {
		pool.Close()
		return nil, errors.Join(err, s.redis.Close())
	}
	s.connect(ctx)
	return s, nil
}

// connect puts the parts together.
func (s *Service) connect(ctx context.Context) {
	events := stream.Redis{Client: s.redis}
	s.stream = events
	if s.config.Fault == fault.WrongUser {
		s.stream = astray{events, s.hub}
	}
	s.agent = &agent.Agent{Runs: s.store, Stream: s.stream, Pace: s.config.Pace, Lease: s.config.Lease, Most: s.config.MostRuns, Fault: s.config.Fault}
	client := &http.Client{Timeout: 5 * time.Second}
	keys := &token.RemoteKeys{URL: s.config.AuthURL + "/.well-known/jwks.json", Client: client}
	s.verifier = token.Verifier{Issuer: s.config.Issuer, Audience: s.config.Audience, Key: keys.Key, Revoked: session.Store{Redis: s.redis}.Revoked}
	if s.config.Fault == fault.AcceptRevoked {
		s.verifier.Revoked = func(context.Context, string) (bool, error) { return false, nil }
	}
	checks := health.Checks{
		"postgres": s.pool.Ping,
		"redis":    func(ctx context.Context) error { return s.redis.Ping(ctx).Err() },
		"auth":     health.URL(client, s.config.AuthURL+"/.well-known/jwks.json"),
	}
	if s.config.Fault == fault.LyingHealth {
		checks = nil
	}
	s.route(checks)
	ctx, s.end = context.WithCancel(context.WithoutCancel(ctx))
	s.background.Go(func() { events.Listen(ctx, s.hub) })
	s.background.Go(func() { s.agent.Watch(ctx) })
}

// ServeHTTP answers requests.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Gauges are its connections, and what it works on.
func (s *Service) Gauges() metrics.Gauges {
	out := database.Gauges(s.pool)
	out["websocket_connections"], out["agent_runs"] = float64(s.hub.Connections()), float64(s.agent.Working())
	return out
}

// Close ends connections and runs: clients come again, and another instance takes the runs over.
func (s *Service) Close(ctx context.Context) error {
	err := errors.Join(s.hub.Close(ctx), s.agent.Close(ctx))
	s.end()
	s.background.Wait()
	s.pool.Close()
	return errors.Join(err, s.redis.Close())
}

// astray is a planted fault: what one user gets, all get who are connected.
type astray struct {
	live.Stream
	hub *live.Hub
}

func (a astray) Append(ctx context.Context, user string, e live.Event) error {
	for _, other := range a.hub.Users() {
		if other != user {
			if err := a.Stream.Append(ctx, other, e); err != nil {
				return err
			}
		}
	}
	return a.Stream.Append(ctx, user, e)
}
