// Package chat keeps threads and messages, and which runs of the agent they set off.
package chat

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"example.com/chat/internal/database"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrNoThread is that a user has no such thread. Whether somebody else has is not told.
var ErrNoThread = errors.New("there is no such thread")

// Thread is a talk of one user with the agent.
type Thread struct {
	ID      string    `json:"id"`
	Title   string    `json:"title"`
	Created time.Time `json:"created_at"`
}

// Message is what the user or the agent said.
type Message struct {
	ID      int64     `json:"id"`
	Role    string    `json:"role"` // user or agent
	Text    string    `json:"text"`
	Run     string    `json:"run,omitempty"` // of the agent, which this is the answer of
	Created time.Time `json:"created_at"`
}

// Store keeps them in PostgreSQL, in the schema chat.
type Store struct {
	Pool     *pgxpool.Pool
	Instance string        // who works on the runs that it makes
	Lease    time.Duration // how long a run is that instance's, unless it is renewed
}

// Migrate brings the tables up to date.
func (s Store) Migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	return database.Migrate(ctx, s.Pool, "chat", files)
}

// NewThread begins a thread.
func (s Store) NewThread(ctx context.Context, user, title string) (Thread, error) {
	out := Thread{Title: title}
	err := s.Pool.QueryRow(ctx, "INSERT INTO chat.threads (user_id, title) VALUES ($1, $2) RETURNING id, created_at", user, title).
		Scan(&out.ID, &out.Created)
	return out, err
}

// Threads are a user's threads, newest first.
func (s Store) Threads(ctx context.Context, user string) ([]Thread, error) {
	rows, err := s.Pool.Query(ctx, "SELECT id, title, created_at FROM chat.threads WHERE user_id = $1 ORDER BY created_at DESC, id LIMIT 100", user)
	if err != nil {
		return nil, err
	}
	return pgx.AppendRows(make([]Thread, 0, 8), rows, func(row pgx.CollectableRow) (t Thread, err error) {
		return t, row.Scan(&t.ID, &t.Title, &t.Created)
	})
}

// Messages are the messages of a user's thread, oldest first.
func (s Store) Messages(ctx context.Context, user, thread string) ([]Message, error) {
	if err := s.Owns(ctx, user, thread); err != nil {
		return nil, err
	}
	rows, err := s.Pool.Query(ctx, "SELECT id, role, text, coalesce(run_id::text, ''), created_at FROM chat.messages WHERE thread_id = $1 ORDER BY id LIMIT 1000", thread)
	if err != nil {
		return nil, err
	}
	return pgx.AppendRows(make([]Message, 0, 8), rows, func(row pgx.CollectableRow) (m Message, err error) {
		return m, row.Scan(&m.ID, &m.Role, &m.Text, &m.Run, &m.Created)
	})
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$`)

// Owns is nil if the thread is the user's, else ErrNoThread.
func (s Store) Owns(ctx context.Context, user, thread string) error {
	if !uuid.MatchString(thread) {
		return ErrNoThread
	}
	var one int
	err := s.Pool.QueryRow(ctx, "SELECT 1 FROM chat.threads WHERE id = $1 AND user_id = $2", thread, user).Scan(&one)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrNoThread
	}
	return err
}
