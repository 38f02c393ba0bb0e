package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"testrunner/report/event"
)

// postgresServer is a PostgreSQL server and who asks it.
type postgresServer struct {
	address  Address
	user     string
	password string
	database string // the one that the service is there for
	foreign  bool   // nobody here started it: TLS as its URL says
}

// postgresOf reads the credentials: from the address's URL, else from the container's variables as the image reads them.
func postgresOf(s Spec, by event.Provider, a Address) postgresServer {
	p := postgresServer{address: a, user: "postgres", foreign: by == event.ByAddress || by == event.ByStaging}
	if c := s.Container; c != nil {
		p.user = cmp.Or(c.secret("POSTGRES_USER"), c.secret("POSTGRESQL_USERNAME"), p.user)
		p.password = cmp.Or(c.secret("POSTGRES_PASSWORD"), c.secret("POSTGRESQL_PASSWORD"))
		p.database = cmp.Or(c.secret("POSTGRES_DB"), c.secret("POSTGRESQL_DATABASE"))
	}
	if u, err := url.Parse(a.URL); err == nil && u.User != nil && strings.HasPrefix(u.Scheme, "postgres") {
		p.user = u.User.Username()
		p.password, _ = u.User.Password()
	}
	if u, err := url.Parse(a.URL); err == nil && strings.HasPrefix(u.Scheme, "postgres") && strings.Trim(u.Path, "/") != "" {
		p.database = strings.Trim(u.Path, "/")
	}
	p.database = cmp.Or(p.database, p.user)
	return p
}

// secret is a variable of the container, or the content of the file that NAME_FILE names, where that file is given to it as a secret.
func (c *Container) secret(name string) string {
	if v := variable(c.Env, name); v != "" {
		return v
	}
	file := variable(c.Env, name+"_FILE")
	if file == "" {
		return ""
	}
	for _, m := range c.Mounts {
		if m.Target != file {
			continue
		}
		text := m.Content
		if text == nil {
			text, _ = os.ReadFile(m.Source) // one that can't be read shows as a wrong password, which names the cure
		}
		return strings.TrimRight(string(text), "\r\n")
	}
	return ""
}

// connect opens a connection to a database of the server. Nothing of the developer's own PG* variables and ~/.pgpass is used.
func (p postgresServer) connect(ctx context.Context, database string) (*pgconn.PgConn, error) {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(p.user, p.password), Host: p.address.at(5432), Path: "/" + database}
	q := url.Values{"sslmode": {"disable"}, "target_session_attrs": {"any"}, "channel_binding": {"prefer"}, "connect_timeout": {"0"}}
	if p.foreign {
		if given, err := url.Parse(p.address.URL); err == nil {
			u.Host = given.Host
			q.Set("sslmode", "prefer")
			for key, values := range given.Query() {
				q[key] = values
			}
		}
	}
	u.RawQuery = q.Encode()
	config, err := pgconn.ParseConfig(u.String())
	if err != nil {
		return nil, permanent("the address of PostgreSQL can't be used: %w", bare(err))
	}
	config.Password = p.password
	config.RuntimeParams = map[string]string{"application_name": "runner"}
	return pgconn.ConnectConfig(ctx, config)
}

// probe asks SELECT 1 over TCP: while the image initialises its data, the server listens on a unix socket only.
func (p postgresServer) probe() Probe {
	return Probe{Name: "SELECT 1", Ask: func(ctx context.Context) error {
		c, err := p.connect(ctx, p.database)
		if err != nil {
			return p.judge(err)
		}
		defer closeQuietly(ctx, c)
		if _, err := c.Exec(ctx, "SELECT 1").ReadAll(); err != nil {
			return p.judge(err)
		}
		return nil
	}}
}

func closeQuietly(ctx context.Context, c *pgconn.PgConn) { _ = c.Close(ctx) }

// judge tells errors that pass from those that stay. 57P03 is a server that still starts.
func (p postgresServer) judge(err error) error {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return bare(err)
	}
	said := fmt.Errorf("%s (SQLSTATE %s)", e.Message, e.Code)
	switch e.Code {
	case "28P01", "28000":
		return permanent("%w: the data may be older than the password that is configured", said)
	case "3D000":
		return permanent("%w: nobody makes it; POSTGRES_DB names the one that is made", said)
	}
	return said
}
