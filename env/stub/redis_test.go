package stub

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2/server"
)

func TestRedisTimePasses(t *testing.T) {
	i := start(t, redisSpec())
	c := connect(t, i)
	begun := time.Now()
	c.must(t, "+OK\r\n", "SET", "short", "v", "PX", "60")
	c.must(t, "+OK\r\n", "SET", "long", "v", "EX", "1000")
	c.must(t, ":1\r\n", "HSET", "h", "f", "1")
	c.must(t, ":1\r\n", "PEXPIRE", "h", "60")
	for {
		got, err := c.ask("EXISTS", "short", "h")
		if err != nil {
			t.Fatal(err)
		}
		if got == ":0\r\n" {
			break
		}
		if time.Since(begun) > patience {
			t.Fatal("the keys never expire")
		}
		time.Sleep(5 * time.Millisecond)
	}
	if took := time.Since(begun); took < 60*time.Millisecond {
		t.Errorf("the keys expired after %s", took)
	}
	got, err := c.ask("PTTL", "long")
	if err != nil {
		t.Fatal(err)
	}
	if left, _ := strconv.Atoi(strings.TrimSpace(got[1:])); left > 1_000_000-60 || left < 900_000 {
		t.Errorf("the other key has %d ms left", left)
	}
	c.must(t, ":1\r\n", "DBSIZE")
}

// A time to live is rounded as Redis does, so that what was just set is what is read, also from a script.
func TestRedisRoundsSeconds(t *testing.T) {
	c := connect(t, start(t, redisSpec()))
	c.must(t, "+OK\r\n", "SET", "k", "v", "EX", "100")
	c.must(t, ":100\r\n", "TTL", "k")
	c.must(t, ":100\r\n", "EVAL", "return redis.call('TTL', 'k')", "0")
	c.must(t, ":1\r\n", "HSET", "h", "f", "v")
	c.must(t, "*1\r\n:1\r\n", "HEXPIRE", "h", "50", "FIELDS", "1", "f")
	c.must(t, "*1\r\n:50\r\n", "HTTL", "h", "FIELDS", "1", "f")
	c.must(t, ":-2\r\n", "TTL", "none")
	c.must(t, "-ERR wrong number of arguments for 'ttl' command\r\n", "TTL")
	c.must(t, "+OK\r\n", "MULTI")
	c.must(t, "+QUEUED\r\n", "TTL", "k")
	if got, err := c.ask("EXEC"); err != nil || got != "*1\r\n:99\r\n" && got != "*1\r\n:100\r\n" {
		t.Errorf("in a transaction: %q, %v", got, err)
	}
	c.must(t, ":100\r\n", "TTL", "k")
}

func TestRedisPassword(t *testing.T) {
	i := start(t, redisSpec("redis-server", "--requirepass", "s3cret"))
	c := connect(t, i)
	c.must(t, "-NOAUTH Authentication required.\r\n", "GET", "k")
	c.must(t, "-WRONGPASS invalid username-password pair\r\n", "AUTH", "wrong")
	c.must(t, "+OK\r\n", "AUTH", "s3cret")
	c.must(t, "+PONG\r\n", "PING")
	other := connect(t, i)
	if got, err := other.ask("HELLO", "3", "AUTH", "default", "s3cret"); err != nil || !strings.HasPrefix(got, "%") {
		t.Errorf("HELLO: %q, %v", got, err)
	}
}

func TestRedisUnknown(t *testing.T) {
	var mu sync.Mutex
	var told []string
	i := startTold(t, redisSpec(), func(line string) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, line)
	})
	c := connect(t, i)
	for _, parts := range [][]string{
		{"BF.ADD", "f", "x"}, {"bf.add", "f", "y"}, {"CONFIG", "GET", "*"}, {"CLIENT", "KILL", "x"}, {"EVAL", "return redis.call('FT.SEARCH')", "0"},
		{"EVAL", "return cmsgpack.pack(1)", "0"}, {"EVAL", "return nothing", "0"}, {"X\x00\x1b[31m" + strings.Repeat("y", 100)}, {""},
	} {
		if got, err := c.ask(parts...); err != nil || !strings.HasPrefix(got, "-") {
			t.Errorf("%q: %q, %v; want an error", parts, got, err)
		}
	}
	c.must(t, "+OK\r\n", "CLIENT", "SETINFO", "LIB-NAME", "go-redis")
	if got, err := c.ask("CLIENT", "MAINT_NOTIFICATIONS", "ON"); err != nil || got[0] != '-' {
		t.Errorf("a greeting that Redis does not know: %q, %v", got, err)
	}
	c.must(t, "-ERR value is not an integer or out of range\r\n", "SET", "k", "v", "EX", "x")
	want := `BF.ADD (2 times); CONFIG; CLIENT KILL; FT.SEARCH; EVAL with cmsgpack; X\x00\x1b[31M` + strings.Repeat("Y", 47) + `…; ""`
	if got := joined(i.Unknown()); got != want {
		t.Errorf("unknown:\n%s\nwant\n%s", got, want)
	}
	if got, want := i.Complaint(), "the stub of redis was asked for commands that it does not know: BF.ADD (2 times), CONFIG, "; !strings.HasPrefix(got, want) {
		t.Errorf("the complaint is %q", got)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(told) != 7 || told[0] != "the stub of redis does not know BF.ADD" {
		t.Errorf("it told %q", told)
	}
	if log := i.Log(100); !slices.Contains(log, "unknown: CONFIG") {
		t.Errorf("the log is %q", log)
	}
}

// What a client sends must not be able to end a run.
func TestRedisSurvivesItsClients(t *testing.T) {
	i := start(t, redisSpec())
	for _, raw := range []string{
		"*1\r\n$99999999999\r\n", "*99999999999\r\n", "*1\r\n$-1\r\n", "*1\r\n:1\r\n", "*x\r\n", "*1\r\n$1\r\nabc\r\n", "\x16\x03\x01\x02\x00\x01\r\n",
		strings.Repeat("x", maxInline+8192), "*2\r\n$3\r\nGET\r\n$3\r\nab",
	} {
		c := connect(t, i)
		_, _ = io.WriteString(c, raw) // the stub may hang up in the middle of it
		_ = c.Conn.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, c.in) // until the stub has closed it
		c.Close()
	}
	connect(t, i).must(t, "+PONG\r\n", "PING")
	if got := i.Unknown(); len(got) != 0 {
		t.Errorf("unknown: %v", got)
	}
}

// A stub whose own code fails has ended, and says so; the run goes on.
func TestRedisBroken(t *testing.T) {
	a, err := readRedis(redisSpec())
	if err != nil {
		t.Fatal(err)
	}
	l, err := listen(t.Context(), redisSpec(), nil)
	if err != nil {
		t.Fatal(err)
	}
	i, r := newInstance("redis", l, nil), a.(*redis)
	if err := i.begin(t.Context(), l, r); err != nil {
		t.Fatal(err)
	}
	if err := r.mini.Server().Register("BOOM", func(*server.Peer, string, []string) {
		r.mini.Lock() // as a command's own code does, which is then not let go
		panic("on purpose")
	}); err != nil {
		t.Fatal(err)
	}
	c, waiting := connect(t, i), connect(t, i)
	waiting.must(t, "+PONG\r\n", "PING")
	_, _ = c.ask("BOOM")
	select {
	case <-i.Done():
	case <-time.After(patience):
		t.Fatal("it has not ended")
	}
	if end := i.End(); end.Code != 1 || end.Why != "the stub of redis broke at BOOM: on purpose" {
		t.Errorf("it ended with %+v", end)
	}
	if got, err := waiting.ask("PING"); err == nil {
		t.Errorf("it still answers: %q", got)
	}
	stop(t, i)
	if log := strings.Join(i.Log(100), "\n"); !strings.Contains(log, "redis_test.go") {
		t.Errorf("no stack in the log: %s", log)
	}
}

func TestRedisManyConnections(t *testing.T) {
	i := start(t, redisSpec())
	var all sync.WaitGroup
	for n := range 100 {
		all.Go(func() {
			c, err := dialRedis(t.Context(), i.Address())
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			c.must(t, "+OK\r\n", "SELECT", fmt.Sprint(n%16))
			for range 20 {
				if _, err := c.ask("INCR", "shared"); err != nil {
					t.Error(err)
					return
				}
			}
			if n%10 == 0 {
				_, _ = c.ask(fmt.Sprintf("NOPE%d", n))
			}
		})
	}
	all.Wait()
	c := connect(t, i)
	total := 0
	for db := range 16 {
		c.must(t, "+OK\r\n", "SELECT", fmt.Sprint(db))
		got, err := c.ask("GET", "shared")
		if err != nil {
			t.Fatal(err)
		}
		n, _ := strconv.Atoi(strings.Split(got, "\r\n")[1])
		total += n
	}
	if total != 2000 {
		t.Errorf("%d increments arrived, want 2000", total)
	}
	if got := i.Unknown(); len(got) != 10 {
		t.Errorf("unknown: %v, want 10", got)
	}
}

// A client that waits for a list is told of the end, and does not hold it up.
func TestRedisStopsWhileAClientWaits(t *testing.T) {
	i := start(t, redisSpec())
	c := connect(t, i)
	ended := make(chan error, 1)
	go func() {
		_, err := c.ask("BLPOP", "never", "0")
		ended <- err
	}()
	sub := connect(t, i)
	if _, err := sub.ask("SUBSCRIBE", "ch"); err != nil {
		t.Fatal(err)
	}
	stop(t, i)
	if err := <-ended; err == nil {
		t.Error("the client has a reply")
	}
}
