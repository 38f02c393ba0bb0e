package load

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"example.com/chat/tests/client"
)

const (
	slowest = 2 * time.Second  // p99 of the last event
	leaving = 5 * time.Second  // for PostgreSQL to forget a connection that was closed
	settled = 30 * time.Second // then nothing may be held any more
)

// how many users there are: CHAT_USERS, or 100, so that each run of the tests has this one, and it takes a moment.
func users(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv("CHAT_USERS"), "100"))
	if err != nil || n < 1 {
		t.Fatalf("CHAT_USERS=%s: a number of users is expected", os.Getenv("CHAT_USERS"))
	}
	return n
}

// Users come, fifty each second, and each says something as soon as it is there; when all are, all say something at the same moment. Nobody
// may miss anything, or get what is another's; then they leave, and the services must hold no more than before.
func TestManyUsersAtOnce(t *testing.T) {
	n := users(t)
	database, err := pgx.Connect(t.Context(), client.Address(t, "DATABASE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Close(context.Background()) })
	idle := "DATABASE_IDLE=10s" // as it is by itself
	if n < 1000 {
		idle = "DATABASE_IDLE=1s" // it takes less time then
	}
	auth := start(t, "auth", idle)
	backend := start(t, "backend", idle, "AUTH_URL="+auth.url)
	frontend := start(t, "frontend", "AUTH_URL="+auth.url, "API_URL="+backend.url)
	services := []running{auth, backend, frontend}
	all := newUsers(t, client.Chat{Auth: frontend.url + "/auth", API: frontend.url + "/api"}, issuer(t, database), n)
	log := &samples{t: t, database: database, services: services, began: time.Now()}
	base := log.take("before", true)
	watched := log.watch()

	var coming, together latencies
	var every sync.WaitGroup
	for i, u := range all {
		every.Go(func() {
			time.Sleep(time.Duration(i) * 20 * time.Millisecond)
			u.join(t)
			coming.add(u.say(t))
		})
	}
	every.Wait()
	ramp := time.Since(log.began)
	for _, u := range all {
		if u.socket != nil {
			every.Go(func() { together.add(u.say(t)) })
		}
	}
	every.Wait()
	watched()
	for _, u := range all {
		if u.socket != nil {
			u.socket.Break()
		}
	}
	log.back(base)
	wantKept(t.Context(), t, database, all, 2*n)
	keep(t, fmt.Sprintf("%d users came within %s; from a message to the last of its events:\neach as it came: %s\nall at once:     %s\n\n%s",
		n, ramp.Round(time.Millisecond), &coming, &together, log))
	for name, l := range map[string]*latencies{"each as it came": &coming, "all at once": &together} {
		if len(l.all) != n {
			t.Errorf("%s: %d of %d users have got all that is theirs", name, len(l.all), n)
		}
		if l.at(99) > slowest {
			t.Errorf("%s: the p99 of the last event is %s, want at most %s", name, l.at(99), slowest)
		}
	}
}

// keep prints what was measured, and keeps it among runner's results, since the output of a test that passes is not shown.
func keep(t *testing.T, text string) {
	t.Helper()
	t.Log("\n" + text)
	folder := filepath.Join("..", "..", "runner-results", "load")
	err := os.MkdirAll(folder, 0o755)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "users.txt"), []byte(text), 0o644)
	}
	if err != nil {
		t.Error(err)
	}
}

// samples are what the services used, in the order in which it was seen.
type samples struct {
	t        *testing.T
	database *pgx.Conn
	services []running
	began    time.Time
	all      []row
}

type row struct {
	when string
	sample
}

// take takes one of each service. No pool may ever have more connections than it may.
func (s *samples) take(when string, tidy bool) []sample {
	var out []sample
	for _, service := range s.services {
		one, err := service.measure(s.t.Context(), s.began, s.database, tidy)
		for end := time.Now().Add(leaving); err == nil && one.Postgres > one.Max && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			one, err = service.measure(s.t.Context(), s.began, s.database, tidy) // what the pool has closed PostgreSQL forgets a moment later
		}
		if err != nil {
			s.t.Errorf("measure %s: %v", service.name, err)
			continue
		}
		if one.Pool > one.Max || one.Postgres > one.Max {
			s.t.Errorf("%s has %d connections to PostgreSQL, which counts %d: more than %d", one.Service, one.Pool, one.Postgres, one.Max)
		}
		out = append(out, one)
		s.all = append(s.all, row{when, one})
	}
	return out
}

// watch takes samples, four each second, until what it returns is called.
func (s *samples) watch() (end func()) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for ticks := time.NewTicker(250 * time.Millisecond); ; {
			select {
			case <-ticks.C:
				s.take("with users", false)
			case <-stop:
				ticks.Stop()
				return
			}
		}
	}()
	return func() {
		close(stop)
		<-stopped
	}
}

// back waits until each service holds what it held before: memory and goroutines by 10 % and a little more (connections that are kept for
// the next request), and no more connections to PostgreSQL.
func (s *samples) back(base []sample) {
	for deadline := time.Now().Add(settled); ; time.Sleep(500 * time.Millisecond) {
		now := s.take("after", true)
		if len(now) != len(base) {
			return
		}
		held := -1
		for i, one := range now {
			b := base[i]
			if one.Goroutines > b.Goroutines*11/10+20 || one.Memory > b.Memory*1.1+16 || one.Postgres > b.Postgres+1 || one.Sockets+one.Runs > 0 {
				held = i
			}
		}
		if held < 0 {
			return
		}
		if time.Now().After(deadline) {
			s.t.Errorf("%s after they left, %s holds %+v; before: %+v", settled, now[held].Service, now[held], base[held])
			return
		}
	}
}

// String is a table: of each service what it used before, every five seconds, at most, and after.
func (s *samples) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%-9s %7s %-10s %9s %10s %10s %10s %5s\n", "service", "at", "", "memory", "goroutines", "PostgreSQL", "WebSockets", "runs")
	for _, service := range s.services {
		var own []row
		most := row{"at most", sample{Service: service.name}}
		for _, r := range s.all {
			if r.Service != service.name {
				continue
			}
			if next := len(own) == 0 || r.At-own[len(own)-1].At >= 5*time.Second; next && r.when != "after" {
				own = append(own, r)
			}
			most.Memory, most.Goroutines = max(most.Memory, r.Memory), max(most.Goroutines, r.Goroutines)
			most.Postgres, most.Max, most.Sockets, most.Runs = max(most.Postgres, r.Postgres), r.Max, max(most.Sockets, r.Sockets), max(most.Runs, r.Runs)
		}
		if last := slices.IndexFunc(s.all[max(len(s.all)-len(s.services), 0):], func(r row) bool { return r.Service == service.name }); last >= 0 {
			own = append(own, most, s.all[len(s.all)-len(s.services)+last])
		}
		for _, r := range own {
			connections := "-"
			if r.Max > 0 {
				connections = fmt.Sprintf("%d of %d", r.Postgres, r.Max)
			}
			at := fmt.Sprintf("%.1fs", r.At.Seconds())
			if r.when == most.when {
				at = "" // each at its own time
			}
			fmt.Fprintf(&out, "%-9s %7s %-10s %6.1f MB %10d %10s %10d %5d\n",
				r.Service, at, r.when, r.Memory, r.Goroutines, connections, r.Sockets, r.Runs)
		}
	}
	return out.String()
}
