// Package auth is the service that knows the users: it registers them, logs them in, and signs the tokens by which the others know them.
package auth

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"example.com/chat/internal/database"
	"example.com/chat/internal/fault"
	"example.com/chat/internal/health"
	"example.com/chat/internal/metrics"
	"example.com/chat/internal/reply"
	"example.com/chat/internal/session"
	"example.com/chat/internal/token"
)

// Config is what the service is told. See FromVariables for the defaults.
type Config struct {
	DatabaseURL string
	Database    database.Limits
	RedisURL    string
	Issuer      string        // the name in the tokens
	Audiences   []string      // whom tokens may be for; the first is the default
	Access      time.Duration // the life of an access token, at most
	Refresh     time.Duration // the life of a session that is not refreshed
	Rounds      int           // of hashing a password
	Fault       fault.Fault
}

// Service is the service.
type Service struct {
	config   Config
	pool     *pgxpool.Pool
	redis    *redis.Client
	accounts accounts
	sessions session.Store
	issuer   *token.Issuer
	verifier token.Verifier
	mux      *http.ServeMux
}

// New connects to the database, migrates it, and finds the signing key.
func New(ctx context.Context, c Config) (*Service, error) {
	options, err := redis.ParseURL(c.RedisURL)
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	pool, err := database.Open(ctx, "chat-auth", c.DatabaseURL, c.Database, 10*time.Second)
	if err != nil {
		return nil, err
	}
	s := &Service{config: c, pool: pool, redis: redis.NewClient(options), accounts: accounts{pool}}
	if err := s.prepare(ctx); err != nil {
		_ = s.Close(ctx)
		return nil, err
	}
	s.route()
	return s, nil
}

func (s *Service) prepare(ctx context.Context) error {
	if err := s.accounts.migrate(ctx); err != nil {
		return err
	}
	key, err := s.accounts.signingKey(ctx)
	if err != nil {
		return err
	}
	s.sessions = session.Store{Redis: s.redis, Lifetime: s.config.Refresh, Access: s.config.Access}
	s.issuer = token.NewIssuer(s.config.Issuer, key)
	s.verifier = token.Verifier{
		Issuer: s.config.Issuer, Audience: s.config.Audiences[0], Key: token.Local(s.issuer), Revoked: s.sessions.Revoked,
	}
	return nil
}

func (s *Service) route() {
	s.mux = http.NewServeMux()
	s.mux.HandleFunc("POST /register", s.register)
	s.mux.HandleFunc("POST /login", s.login)
	s.mux.HandleFunc("POST /refresh", s.refresh)
	s.mux.HandleFunc("POST /revoke", s.revoke)
	s.mux.HandleFunc("GET /.well-known/jwks.json", func(w http.ResponseWriter, _ *http.Request) {
		reply.JSON(w, http.StatusOK, s.issuer.Keys())
	})
	checks := health.Checks{
		"postgres": s.pool.Ping,
		"redis":    func(ctx context.Context) error { return s.redis.Ping(ctx).Err() },
	}
	if s.config.Fault == fault.LyingHealth {
		checks = nil
	}
	s.mux.Handle("GET /healthz", checks.Handler())
}

// ServeHTTP answers requests.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Gauges are its connections.
func (s *Service) Gauges() metrics.Gauges { return database.Gauges(s.pool) }

// Close gives the connections back.
func (s *Service) Close(context.Context) error {
	s.pool.Close()
	return s.redis.Close()
}
