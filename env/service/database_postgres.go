package service

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// templateName is the database that jobs get copies of. It is made when the service is ready, before anybody else connects: PostgreSQL
// copies no database that somebody is connected to, and nobody is ever connected to this one.
const templateName = "runner_template"

// The words of PostgreSQL for what is expected.
const (
	sqlDuplicateDatabase = "42P04"
	sqlNoSuchDatabase    = "3D000"
	sqlInUse             = "55006"
	sqlSyntax            = "42601"
)

// makeTemplate copies the service's database, with all that is in it, once. In other services it does nothing.
func makeTemplate(ctx context.Context, s Served) error {
	if _, ok := Divisible(s); !ok || s.kind() != postgres {
		return nil
	}
	p := postgresOf(s.spec(), s.By, s.Address)
	err := p.run(ctx, "CREATE DATABASE "+quoted(templateName)+" TEMPLATE "+quoted(p.database))
	if sqlState(err) == sqlDuplicateDatabase {
		return nil
	}
	return err
}

// makeDatabase makes a job's database from the template. Where nobody made one when the service became ready (it was started by others),
// it is made now, if nobody is connected.
func makeDatabase(ctx context.Context, s Served, name string) error {
	p := postgresOf(s.spec(), s.By, s.Address)
	create := "CREATE DATABASE " + quoted(name) + " TEMPLATE " + quoted(templateName)
	err := p.run(ctx, create)
	if sqlState(err) == sqlNoSuchDatabase {
		if err = makeTemplate(ctx, s); err == nil {
			err = p.run(ctx, create)
		}
	}
	if sqlState(err) == sqlDuplicateDatabase { // of a run before, on a server that was kept
		if err = dropDatabase(ctx, s, name); err == nil {
			err = p.run(ctx, create)
		}
	}
	if sqlState(err) == sqlInUse {
		return fmt.Errorf("its database can't be copied while somebody is connected to it: %w", err)
	}
	return err
}

// dropDatabase drops a job's database and ends its connections, which are the job's own. Servers before 13 don't know FORCE.
func dropDatabase(ctx context.Context, s Served, name string) error {
	p := postgresOf(s.spec(), s.By, s.Address)
	err := p.run(ctx, "DROP DATABASE IF EXISTS "+quoted(name)+" WITH (FORCE)")
	if sqlState(err) != sqlSyntax {
		return err
	}
	return p.run(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+name+"'", "DROP DATABASE IF EXISTS "+quoted(name))
}

// run runs statements, each by itself, on the database that is there for such work, else on the service's own.
func (p postgresServer) run(ctx context.Context, statements ...string) error {
	c, err := p.connect(ctx, "postgres")
	if sqlState(err) == sqlNoSuchDatabase {
		c, err = p.connect(ctx, p.database)
	}
	if err != nil {
		return p.judge(err)
	}
	defer closeQuietly(ctx, c)
	for _, statement := range statements {
		if _, err := c.Exec(ctx, statement).ReadAll(); err != nil {
			return fmt.Errorf("%s: %w", firstWords(statement), err)
		}
	}
	return nil
}

func firstWords(statement string) string {
	return strings.Join(strings.Fields(statement)[:2], " ")
}

// sqlState is the code of PostgreSQL's error, "" of any other.
func sqlState(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
