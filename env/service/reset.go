package service

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Reset gives a service that is kept between runs its own data as it was when it became ready: PostgreSQL's database is made anew from the
// template, which ends all connections to it; Redis's is emptied. Of other services, and of what somebody else runs, the error is that of
// Divisible.
func Reset(ctx context.Context, s Served) error {
	why, ok := Divisible(s)
	switch {
	case !ok:
		return errors.New(why)
	case s.kind() == redis:
		if err := redisOf(s.spec(), s.Address).flush(ctx, 0); err != nil {
			return fmt.Errorf("empty %s: %w", s.Name, err)
		}
		return nil
	}
	p := postgresOf(s.spec(), s.By, s.Address)
	if err := p.renew(ctx); err != nil {
		return fmt.Errorf("make the database %s of %s anew: %w", p.database, s.Name, err)
	}
	return nil
}

// renew drops the service's own database and makes it from the template. It is done from a database that is no one's: the own one may be
// called postgres.
func (p postgresServer) renew(ctx context.Context) error {
	c, err := p.connect(ctx, "template1")
	if err != nil {
		return p.judge(err)
	}
	defer closeQuietly(ctx, c)
	template, err := c.Exec(ctx, "SELECT 1 FROM pg_database WHERE datname = '"+templateName+"'").ReadAll()
	if err != nil {
		return err
	}
	if len(template) == 0 || len(template[0].Rows) == 0 {
		return errors.New("no copy of it was made when it became ready")
	}
	drop := []string{"DROP DATABASE IF EXISTS " + quoted(p.database) + " WITH (FORCE)"}
	for _, statement := range append(drop, "CREATE DATABASE "+quoted(p.database)+" TEMPLATE "+quoted(templateName)) {
		_, err := c.Exec(ctx, statement).ReadAll()
		if sqlState(err) == sqlSyntax { // servers before 13 don't know FORCE
			own := strings.ReplaceAll(p.database, "'", "''")
			_, err = c.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+own+"'").ReadAll()
			if err == nil {
				_, err = c.Exec(ctx, "DROP DATABASE IF EXISTS "+quoted(p.database)).ReadAll()
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", firstWords(statement), err)
		}
	}
	return nil
}
