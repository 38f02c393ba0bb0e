package auth

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"example.com/chat/internal/database"
)

//go:embed migrations/*.sql
var migrations embed.FS

// errTaken is that an account of that name exists.
var errTaken = errors.New("the name is taken")

// uniqueViolation is PostgreSQL's code of a row that exists already.
const uniqueViolation = "23505"

// account is a user.
type account struct{ id, name, password string }

// accounts are the users and the signing key, in the schema auth.
type accounts struct{ pool *pgxpool.Pool }

func (a accounts) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	return database.Migrate(ctx, a.pool, "auth", files)
}

// add makes an account; errTaken if there is one of that name.
func (a accounts) add(ctx context.Context, name, stored string) (id string, err error) {
	err = a.pool.QueryRow(ctx, "INSERT INTO auth.accounts (name, password) VALUES ($1, $2) RETURNING id", name, stored).Scan(&id)
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == uniqueViolation {
		return "", errTaken
	}
	return id, err
}

// named is the account of a name, false if there is none.
func (a accounts) named(ctx context.Context, name string) (account, bool, error) {
	out := account{name: name}
	err := a.pool.QueryRow(ctx, "SELECT id, password FROM auth.accounts WHERE name = $1", name).Scan(&out.id, &out.password)
	if errors.Is(err, pgx.ErrNoRows) {
		return account{}, false, nil
	}
	return out, err == nil, err
}

// signingKey is the key of all instances: the first one makes it.
func (a accounts) signingKey(ctx context.Context) (*rsa.PrivateKey, error) {
	const find = "SELECT private FROM auth.signing_key"
	var private []byte
	err := a.pool.QueryRow(ctx, find).Scan(&private)
	if errors.Is(err, pgx.ErrNoRows) {
		made, failed := rsa.GenerateKey(rand.Reader, 2048)
		if failed != nil {
			return nil, failed
		}
		const keep = "INSERT INTO auth.signing_key (private) VALUES ($1) ON CONFLICT DO NOTHING"
		if _, err := a.pool.Exec(ctx, keep, x509.MarshalPKCS1PrivateKey(made)); err != nil {
			return nil, fmt.Errorf("keep the signing key: %w", err)
		}
		err = a.pool.QueryRow(ctx, find).Scan(&private) // perhaps another instance was first
	}
	if err != nil {
		return nil, fmt.Errorf("find the signing key: %w", err)
	}
	return x509.ParsePKCS1PrivateKey(private)
}
