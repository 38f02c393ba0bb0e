package service

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"testrunner/env"
	"testrunner/report/event"
)

// on runs a statement on one database, and is its first value.
func on(t *testing.T, s Served, database, statement string) (string, error) {
	t.Helper()
	p := postgresOf(s.spec(), s.By, s.Address)
	c, err := p.connect(t.Context(), database)
	if err != nil {
		return "", err
	}
	defer closeQuietly(t.Context(), c)
	return value(t.Context(), c, statement)
}

func value(ctx context.Context, c *pgconn.PgConn, statement string) (string, error) {
	results, err := c.Exec(ctx, statement).ReadAll()
	if err != nil || len(results) == 0 || len(results[0].Rows) == 0 {
		return "", err
	}
	return string(results[0].Rows[0][0]), nil
}

func TestEachJobHasItsOwnPostgresDatabase(t *testing.T) {
	in := startPostgres(t)
	spec := postgresSpec("POSTGRES_USER=app", "POSTGRES_PASSWORD=s3cret word", "POSTGRES_DB=shop")
	s := Served{Service: spec.Service, Container: spec.Container, By: event.ByLocal, Address: in.Address()}
	ready(t, postgresSpec("POSTGRES_USER=app", "POSTGRES_PASSWORD=s3cret word", "POSTGRES_DB=postgres"), in)
	for _, c := range [][2]string{{"postgres", "CREATE DATABASE shop"}, {"shop", "CREATE TABLE t (n int)"}, {"shop", "INSERT INTO t VALUES (1)"}} {
		if _, err := on(t, s, c[0], c[1]); err != nil {
			t.Fatal(err)
		}
	}
	begun := time.Now()
	for range 2 { // the second time there is one already
		if err := makeTemplate(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("template after %s", time.Since(begun))
	user, err := postgresOf(s.spec(), s.By, s.Address).connect(t.Context(), "shop") // as a backend is, all the time
	if err != nil {
		t.Fatal(err)
	}
	defer closeQuietly(t.Context(), user)
	if _, err := value(t.Context(), user, "INSERT INTO t VALUES (2)"); err != nil {
		t.Fatal(err)
	}

	d := NewDatabases([]Served{s})
	jobs := []string{"go: ./a/...", "go: ./b/...", "Go_ ./b/...", strings.Repeat("long ", 40)}
	loans := make([]Loan, len(jobs))
	var all sync.WaitGroup
	begun = time.Now()
	for i, job := range jobs {
		all.Go(func() {
			loan, err := d.Lend(t.Context(), job, []string{"db", "unknown"})
			if err != nil || len(loan.Alone) > 0 {
				t.Errorf("%s: %+v, %v", job, loan, err)
			}
			loans[i] = loan
		})
	}
	all.Wait()
	t.Logf("%d databases after %s", len(jobs), time.Since(begun))
	if t.Failed() {
		t.FailNow()
	}
	for i, loan := range loans {
		name := loan.Databases["db"]
		rows, err := on(t, s, name, "INSERT INTO t VALUES (3) RETURNING (SELECT count(*) FROM t)")
		if err != nil || rows != "1" { // the row that was there when the template was made, and no other job's
			t.Errorf("%s has %s rows in %s: %v", jobs[i], rows, name, err)
		}
		if len(name) > 63 || slices.ContainsFunc(loans[:i], func(l Loan) bool { return l.Databases["db"] == name }) {
			t.Errorf("%s: %s", jobs[i], name)
		}
	}
	if _, err := d.Lend(t.Context(), jobs[0], nil); err == nil {
		t.Error("a job got databases twice")
	}
	// A job that leaves a connection behind keeps nothing.
	left, err := postgresOf(s.spec(), s.By, s.Address).connect(t.Context(), loans[0].Databases["db"])
	if err != nil {
		t.Fatal(err)
	}
	defer closeQuietly(t.Context(), left)
	for _, job := range jobs {
		if err := d.Return(t.Context(), job); err != nil {
			t.Errorf("%s: %v", job, err)
		}
	}
	if n, err := on(t, s, "postgres", "SELECT count(*) FROM pg_database WHERE datname LIKE 'job\\_%'"); err != nil || n != "0" {
		t.Errorf("%s databases are left: %v", n, err)
	}
	if n, err := value(t.Context(), user, "SELECT count(*) FROM t"); err != nil || n != "2" {
		t.Errorf("the service's own has %s rows: %v", n, err)
	}
	// One of an earlier run, on a server that was kept, is made afresh.
	if _, err := on(t, s, "postgres", `CREATE DATABASE "`+databaseName("again")+`"`); err != nil {
		t.Fatal(err)
	}
	loan, err := d.Lend(t.Context(), "again", []string{"db"})
	if n, countErr := on(t, s, loan.Databases["db"], "SELECT count(*) FROM t"); err != nil || countErr != nil || n != "1" {
		t.Errorf("%+v %v: %s rows, %v", loan, err, n, countErr)
	}
	// A service that is kept gets its own data back, whoever is connected to it; the next time as well.
	for range 2 {
		if err := Reset(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if n, err := on(t, s, "shop", "INSERT INTO t VALUES (4) RETURNING (SELECT count(*) FROM t)"); err != nil || n != "1" {
			t.Errorf("the service's own has %s rows after a reset: %v", n, err)
		}
	}
	if _, err := value(t.Context(), user, "SELECT 1"); err == nil {
		t.Error("who was connected still is")
	}
	if user, err = postgresOf(s.spec(), s.By, s.Address).connect(t.Context(), "shop"); err != nil {
		t.Fatal(err)
	}
	defer closeQuietly(t.Context(), user)
	// Without a template, and while somebody is connected, jobs must run one at a time.
	if _, err := on(t, s, "postgres", "DROP DATABASE "+templateName); err != nil {
		t.Fatal(err)
	}
	loan, err = d.Lend(t.Context(), "late", []string{"db"})
	if err != nil || len(loan.Alone) != 1 || !strings.Contains(loan.Alone[0].Why, "while somebody is connected to it") {
		t.Errorf("%+v, %v", loan, err)
	}
}

func TestEachJobHasItsOwnRedisDatabase(t *testing.T) {
	in := startRedis(t, "--requirepass", "s3cret", "--databases", "4")
	spec := redisSpec("redis-server", "--requirepass", "s3cret")
	ready(t, spec, in)
	s := Served{Service: spec.Service, Container: spec.Container, By: event.ByDocker, Address: in.Address()}
	in2 := func(database string, words ...string) string {
		c, done, err := redisOf(spec, in.Address()).open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer done()
		if _, err := c.do("SELECT", database); err != nil {
			t.Fatal(err)
		}
		answer, err := c.do(words...)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(answer, " ")
	}
	for i := range 4 {
		in2(fmt.Sprint(i), "SET", "key", "old")
	}
	d := NewDatabases([]Served{s})
	var got []string
	for i := range 4 {
		loan, err := d.Lend(t.Context(), fmt.Sprint("job ", i), []string{"cache"})
		if err != nil {
			t.Fatal(err)
		}
		if i == 3 {
			if len(loan.Alone) != 1 || !strings.Contains(loan.Alone[0].Why, "all 4 of its databases are taken") {
				t.Errorf("%+v", loan)
			}
			continue
		}
		got = append(got, loan.Databases["cache"])
		if n := in2(loan.Databases["cache"], "DBSIZE"); n != "0" {
			t.Errorf("job %d got one with %s keys", i, n)
		}
		in2(loan.Databases["cache"], "SET", "key", "new")
	}
	if strings.Join(got, " ") != "1 2 3" || in2("0", "GET", "key") != "old" {
		t.Errorf("lent %v; the service's own has %q", got, in2("0", "GET", "key"))
	}
	if err := Reset(t.Context(), s); err != nil || in2("0", "DBSIZE") != "0" {
		t.Errorf("after a reset the service's own has %s keys: %v", in2("0", "DBSIZE"), err)
	}
	for i := range 4 {
		if err := d.Return(t.Context(), fmt.Sprint("job ", i)); err != nil {
			t.Error(err)
		}
	}
	if n := in2("2", "DBSIZE"); n != "0" {
		t.Errorf("%s keys are left", n)
	}
	if loan, err := d.Lend(t.Context(), "next", []string{"cache"}); err != nil || loan.Databases["cache"] != "1" {
		t.Errorf("%+v, %v", loan, err)
	}
}

func TestWhatIsNotDivided(t *testing.T) {
	d := NewDatabases([]Served{
		{Service: env.Service{Name: "db", Image: "postgres"}, By: event.ByAddress, Address: Address{URL: "postgres://u@h/x"}},
		{Service: env.Service{Name: "search", Image: "elasticsearch"}, By: event.ByDocker, Address: Address{Host: "127.0.0.1", Port: 1}},
		{Service: env.Service{Name: "gone", Image: "redis"}, By: event.ByDocker, Address: Address{Host: "127.0.0.1", Port: 1}},
	})
	loan, err := d.Lend(t.Context(), "a", []string{"search", "db", "gone"})
	var why []string
	for _, u := range loan.Alone {
		why = append(why, u.Service+": "+u.Why)
	}
	want := "db: somebody else runs it, and no database is made there; gone: connect: connection refused; search: only PostgreSQL and Redis have databases that can be lent"
	if got := strings.Join(why, "; "); err != nil || got != want || len(loan.Databases) > 0 {
		t.Errorf("%v %s\nwant %s", err, got, want)
	}
	if err := d.Return(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	if err := d.Return(t.Context(), "nobody"); err != nil {
		t.Error(err)
	}
}

func TestARealSetFromItsStartToItsEnd(t *testing.T) {
	f := &realProvider{t: t}
	p := Plan{Services: []Planned{
		{Spec: postgresSpec("POSTGRES_USER=app", "POSTGRES_PASSWORD=s3cret word", "POSTGRES_DB=postgres"), By: event.ByLocal, Divide: true},
		{Spec: redisSpec(), By: event.ByLocal},
	}}
	var seen changes
	e := Begin(t.Context(), p, map[event.Provider]Provider{event.ByLocal: f}, Settings{Mode: event.NoDocker, Observe: seen.observe})
	if err := e.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("ready after %s: %v", time.Since(e.begun), e.CriticalPath())
	for _, name := range []string{"db", "cache"} {
		if err := e.Ask(t.Context(), name); err != nil {
			t.Error(err)
		}
		if c, _ := seen.last(name, StateReady); c.Probed.Probes == 0 || c.Address.Port == 0 || c.Identity == "" {
			t.Errorf("%+v", c)
		}
	}
	if n, err := on(t, e.Served("db")[0], templateName, "SELECT 1"); err != nil || n != "1" {
		t.Errorf("no template was made: %v", err)
	}
	in, _ := e.Instance("cache")
	if err := in.(*server).command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := e.await(t.Context(), func() (bool, error) { return e.nodes["cache"].lives == 2 && e.nodes["cache"].steady, nil }); err != nil {
		t.Fatal(err)
	}
	if o := e.Outages(); len(o) != 1 || o[0].Service != "cache" || o[0].To.IsZero() {
		t.Errorf("%+v", o)
	}
	mustClose(t, e)
	if err := e.Ask(t.Context(), "db"); err == nil {
		t.Error("it answers after Close")
	}
}
