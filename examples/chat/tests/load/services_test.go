// Package load has many users at once, and looks at what that costs: time, memory, goroutines, connections to PostgreSQL. It starts services
// of its own, so that what it measures is its own doing.
package load

import (
	"bufio"
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"example.com/chat/tests/client"
)

// running is a service that was started.
type running struct {
	name    string
	url     string
	metrics string
	session string // what PostgreSQL knows its connections by
}

// start builds a service and starts it, at addresses that are free; it is stopped when the test ends.
func start(t *testing.T, name string, variables ...string) running {
	t.Helper()
	program := filepath.Join(t.TempDir(), name+".exe")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "example.com/chat/cmd/"+name).CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", name, err, out)
	}
	cmd := exec.Command(program, "-addr", "127.0.0.1:0")
	session := name + "-" + rand.Text()
	cmd.Env = append(append(os.Environ(), "METRICS_ADDR=127.0.0.1:0", "DATABASE_URL="+named(t, client.Address(t, "DATABASE_URL"), session)), variables...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 2)
	read := make(chan struct{})
	go func() {
		defer close(read)
		follow(out, t.Output(), lines)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-read
		_ = cmd.Wait()
	})
	r := running{name: name, session: session}
	for r.url == "" || r.metrics == "" {
		select {
		case line, open := <-lines:
			if !open {
				t.Fatalf("%s ended before it served", name)
			}
			if key, value, _ := strings.Cut(line, "="); key == "metrics" {
				r.metrics = "http://" + value + "/metrics"
			} else {
				r.url = "http://" + value
			}
		case <-time.After(client.Patience):
			t.Fatalf("%s does not say where it serves", name)
		}
	}
	return r
}

// named is a database's address that gives connections a name, so that those of other tests are not counted.
func named(t *testing.T, address, name string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Set("application_name", name)
	u.RawQuery = query.Encode()
	return u.String()
}

var address = regexp.MustCompile(`\b(?:address|metrics)=\S+`)

// follow passes on what a log complains of, and tells the two addresses that it begins with.
func follow(log io.Reader, to io.Writer, addresses chan<- string) {
	defer close(addresses)
	told := 0
	for scanner := bufio.NewScanner(log); scanner.Scan(); {
		if found := address.FindString(scanner.Text()); found != "" && told < cap(addresses) {
			addresses <- found
			told++
			continue
		}
		if !strings.Contains(scanner.Text(), " level=INFO ") { // of a thousand users there is a lot of that
			_, _ = io.WriteString(to, scanner.Text()+"\n")
		}
	}
}

// sample is what a service used at a moment.
type sample struct {
	At         time.Duration // since the test began
	Service    string
	Memory     float64 // MB, resident; as Go counts it where the system does not tell
	Goroutines int
	Pool, Max  int // connections to PostgreSQL, as the service counts them, and the most that it may have
	Postgres   int // as PostgreSQL counts them
	Sockets    int
	Runs       int
}

// measure asks the service, and PostgreSQL. With tidy the service gives back first what it does not use any more.
func (r running) measure(ctx context.Context, since time.Time, database *pgx.Conn, tidy bool) (sample, error) {
	at := r.metrics
	if tidy {
		at += "?gc=1"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return sample{}, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return sample{}, err
	}
	defer response.Body.Close()
	values := map[string]float64{}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if values[name], err = strconv.ParseFloat(value, 64); err != nil {
			return sample{}, err
		}
	}
	memory, there := values["resident_bytes"]
	if !there {
		memory = values["obtained_bytes"]
	}
	s := sample{
		At: time.Since(since), Service: r.name, Memory: memory / (1 << 20), Goroutines: int(values["goroutines"]),
		Pool: int(values["database_connections"]), Max: int(values["database_connections_max"]),
		Sockets: int(values["websocket_connections"]), Runs: int(values["agent_runs"]),
	}
	err = database.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1", r.session).Scan(&s.Postgres)
	return s, err
}
