// Package database connects to PostgreSQL and brings its tables up to date.
package database

import (
	"context"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"example.com/chat/internal/metrics"
)

// Limits are those of a pool of connections.
type Limits struct {
	Most int           // connections
	Idle time.Duration // after which one that nobody needs is closed
}

// Gauges are the connections of a pool.
func Gauges(pool *pgxpool.Pool) metrics.Gauges {
	stat := pool.Stat()
	return metrics.Gauges{
		"database_connections": float64(stat.TotalConns()), "database_connections_max": float64(stat.MaxConns()),
		"database_connections_used": float64(stat.AcquiredConns()), "database_waits_total": float64(stat.EmptyAcquireCount()),
	}
}

// Open connects a pool; PostgreSQL knows its connections by the service's name, unless the address has another one. The database may take up to patience to answer.
func Open(ctx context.Context, service, url string, limits Limits, patience time.Duration) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL: %w", err)
	}
	config.MaxConns = int32(limits.Most)
	config.MaxConnIdleTime, config.HealthCheckPeriod = limits.Idle, max(limits.Idle/4, 100*time.Millisecond)
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = service
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	for end := time.Now().Add(patience); ; {
		if err = pool.Ping(ctx); err == nil {
			return pool, nil
		}
		if time.Now().After(end) || ctx.Err() != nil {
			pool.Close()
			return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// Migrate runs the *.sql files that the schema has not seen yet, in the order of their names, each in a transaction of its own. Several
// instances may do it at once: one of them does, the others wait.
func Migrate(ctx context.Context, pool *pgxpool.Pool, schema string, files fs.FS) error {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return err
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		if err := migrate(ctx, pool, schema, name, string(text)); err != nil {
			return fmt.Errorf("migrate %s by %s: %w", schema, name, err)
		}
	}
	return nil
}

// migrate runs one file, unless it was run before. The lock ends with the transaction.
func migrate(ctx context.Context, pool *pgxpool.Pool, schema, name, text string) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtext($1))", "migrate "+schema); err != nil {
			return err
		}
		quoted := pgx.Identifier{schema}.Sanitize()
		prepare := "CREATE SCHEMA IF NOT EXISTS " + quoted + "; CREATE TABLE IF NOT EXISTS " + quoted +
			".migrations (name text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now()); SET LOCAL search_path TO " + quoted
		if _, err := tx.Exec(ctx, prepare); err != nil {
			return err
		}
		done, err := tx.Exec(ctx, "INSERT INTO migrations (name) VALUES ($1) ON CONFLICT DO NOTHING", name)
		if err != nil || done.RowsAffected() == 0 {
			return err
		}
		_, err = tx.Exec(ctx, text)
		return err
	})
}
