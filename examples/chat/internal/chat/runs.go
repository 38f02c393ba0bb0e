package chat

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
)

// Run is the agent's work on one message.
type Run struct {
	ID      string
	User    string
	Thread  string
	Message int64
	Text    string // of the message
	Taken   bool   // over from an instance that did not bring it to its end
}

// Say keeps a message of a user, and makes the run that it sets off, both or neither. ErrNoThread if the thread is not the user's.
func (s Store) Say(ctx context.Context, user, thread, text string) (Run, error) {
	if !uuid.MatchString(thread) {
		return Run{}, ErrNoThread
	}
	out := Run{User: user, Thread: thread, Text: text}
	err := s.Pool.QueryRow(ctx, `
		WITH own AS (SELECT id FROM chat.threads WHERE id = $1 AND user_id = $2),
		said AS (INSERT INTO chat.messages (thread_id, role, text) SELECT id, 'user', $3 FROM own RETURNING id)
		INSERT INTO chat.runs (message_id, instance, leased_until) SELECT id, $4, now() + $5::interval FROM said RETURNING id, message_id`,
		thread, user, text, s.Instance, s.Lease).Scan(&out.ID, &out.Message)
	if errors.Is(err, pgx.ErrNoRows) {
		return Run{}, ErrNoThread
	}
	return out, err
}

// Renew keeps a run ours for another lease; false: it is another instance's by now.
func (s Store) Renew(ctx context.Context, run string) (bool, error) {
	done, err := s.Pool.Exec(ctx, "UPDATE chat.runs SET leased_until = now() + $3::interval WHERE id = $1 AND instance = $2 AND finished_at IS NULL",
		run, s.Instance, s.Lease)
	return done.RowsAffected() == 1, err
}

// Abandoned takes over some runs whose lease has ended.
func (s Store) Abandoned(ctx context.Context) ([]Run, error) {
	rows, err := s.Pool.Query(ctx, `
		WITH taken AS (
			UPDATE chat.runs SET instance = $1, leased_until = now() + $2::interval
			WHERE id IN (SELECT id FROM chat.runs WHERE finished_at IS NULL AND leased_until < now() LIMIT 20 FOR UPDATE SKIP LOCKED)
			RETURNING id, message_id)
		SELECT taken.id, t.user_id, t.id, m.id, m.text FROM taken JOIN chat.messages m ON m.id = message_id JOIN chat.threads t ON t.id = m.thread_id`,
		s.Instance, s.Lease)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Run, error) {
		r := Run{Taken: true}
		return r, row.Scan(&r.ID, &r.User, &r.Thread, &r.Message, &r.Text)
	})
}

// Release gives up a run that can't be brought to its end here, so that another instance takes it at once.
func (s Store) Release(ctx context.Context, run string) error {
	_, err := s.Pool.Exec(ctx, "UPDATE chat.runs SET leased_until = now() - interval '1 second' WHERE id = $1 AND instance = $2", run, s.Instance)
	return err
}

// Count is the agent's tool: how many messages the thread had before that of the run.
func (s Store) Count(ctx context.Context, run Run) (n int, err error) {
	err = s.Pool.QueryRow(ctx, "SELECT count(*) FROM chat.messages WHERE thread_id = $1 AND id < $2", run.Thread, run.Message).Scan(&n)
	return n, err
}

// Answer keeps the agent's answer. Once kept it stays, however often a run is taken over.
func (s Store) Answer(ctx context.Context, run Run, text string) error {
	_, err := s.Pool.Exec(ctx, "INSERT INTO chat.messages (thread_id, role, text, run_id) VALUES ($1, 'agent', $2, $3) ON CONFLICT (run_id) DO NOTHING",
		run.Thread, text, run.ID)
	return err
}

// Finish ends a run.
func (s Store) Finish(ctx context.Context, run string) error {
	_, err := s.Pool.Exec(ctx, "UPDATE chat.runs SET finished_at = now() WHERE id = $1", run)
	return err
}
