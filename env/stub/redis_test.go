package stub

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2/server"

	"testrunner/env/service"
)

// redisClient speaks RESP, and gives replies as they come.
type redisClient struct {
	net.Conn
	in *bufio.Reader
}

func dialRedis(ctx context.Context, a service.Address) (*redisClient, error) {
	u, err := url.Parse(a.URL)
	if err != nil {
		return nil, err
	}
	c, err := new(net.Dialer).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return nil, err
	}
	return &redisClient{c, bufio.NewReader(c)}, c.SetDeadline(time.Now().Add(patience))
}

func connect(t *testing.T, i *Instance) *redisClient {
	t.Helper()
	c, err := dialRedis(t.Context(), i.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// ask sends a command and returns its whole reply, raw.
func (c *redisClient) ask(parts ...string) (string, error) {
	if _, err := c.Write(encodeRequest(parts)); err != nil {
		return "", err
	}
	return c.reply()
}

func (c *redisClient) reply() (string, error) {
	line, err := c.in.ReadString('\n')
	if err != nil || len(line) < 3 {
		return line, err
	}
	n, _ := strconv.Atoi(strings.TrimSpace(line[1:]))
	switch line[0] {
	case '$':
		if n < 0 {
			return line, nil
		}
		body := make([]byte, n+2)
		_, err := io.ReadFull(c.in, body)
		return line + string(body), err
	case '*':
		for ; n > 0; n-- {
			part, err := c.reply()
			if err != nil {
				return line, err
			}
			line += part
		}
	}
	return line, nil
}

func (c *redisClient) must(t *testing.T, want string, parts ...string) {
	t.Helper()
	got, err := c.ask(parts...)
	if err != nil || got != want {
		t.Errorf("%v: %q (%v), want %q", parts, got, err, want)
	}
}

// The real server is the measure: what the stub answers itself, and the usual commands, byte for byte.
func TestRedisAnswersAsRedisDoes(t *testing.T) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("no redis-server here; CI installs it")
	}
	socket := filepath.Join(t.TempDir(), "s")
	real := exec.Command(program, "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", t.TempDir())
	if err := real.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := real.Process.Kill(); err != nil {
			t.Error(err)
		}
		_ = real.Wait()
	})
	var theirs *redisClient
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		c, err := net.Dial("unix", socket)
		if err == nil {
			theirs = &redisClient{c, bufio.NewReader(c)}
			defer c.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	i := start(t, redisSpec())
	ours := connect(t, i)
	for _, line := range strings.Split(strings.TrimSpace(`
PING
ECHO hello
SET k v
GET k
GET none
SET k w NX
SET n 41 EX 100
INCR n
TTL n
TTL none
TTL k
TTL
APPEND k xyz
STRLEN k
MSET a 1 b 2
MGET a b none
EXISTS a b none
DEL a b
TYPE k
INCR k
LPUSH l 1 2 3
LRANGE l 0 -1
RPOP l
LLEN l
HSET h f 1 g 2
HGETALL h
HINCRBY h f 5
HDEL h g
SADD s x
SISMEMBER s x
SCARD s
ZADD z 1 one 2 two
ZRANGE z 0 -1 WITHSCORES
ZSCORE z two
SELECT 15
SELECT 16
SELECT -1
SELECT x
SET other db
DBSIZE
MOVE other 99
COPY other copy DB 16
SWAPDB 0 16
FLUSHDB
SELECT 0
MULTI
SET t 1
INCR t
EXEC
GET t
WATCH t
UNWATCH
EXPIRE none 10
PERSIST n
EVAL return{1,redis.call('GET',KEYS[1])} 1 t
SETNX t 2
GETSET t 3
XADD st 1-1 f v
XLEN st
XRANGE st - +
LPUSH k x
GET
CLUSTER SLOTS
`), "\n") {
		parts := strings.Fields(line)
		want, err := theirs.ask(parts...)
		if err != nil {
			t.Fatalf("%s: redis-server: %v", line, err)
		}
		if got, err := ours.ask(parts...); err != nil || got != want {
			t.Errorf("%s: %q (%v), redis-server says %q", line, got, err, want)
		}
	}
	for _, raw := range []string{"*0\r\n", "*-1\r\n", "PING\r\n", "\r\n", "  ECHO  'a b'\r\n", "set inline \"q r\"\r\nget inline\r\n"} {
		for name, c := range map[string]*redisClient{"redis-server": theirs, "the stub": ours} {
			if _, err := io.WriteString(c, raw); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	for n := range 4 {
		want, err := theirs.reply()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ours.reply(); err != nil || got != want {
			t.Errorf("reply %d in one line: %q (%v), redis-server says %q", n, got, err, want)
		}
	}
	if got := i.Unknown(); len(got) != 0 {
		t.Errorf("it says that it does not know %v", got)
	}
}

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

func TestRedisSettings(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "redis.conf"), []byte("# requirepass no\r\nrequirepass \"fr$om file\"\ndatabases 4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	bind := []service.Mount{{Kind: "bind", Source: filepath.Join(dir, "redis.conf"), Target: "/etc/redis.conf", ReadOnly: true}}
	folder := []service.Mount{{Kind: "bind", Source: dir, Target: "/conf/"}}
	for name, c := range map[string]struct {
		image     string
		container service.Container
		want      redisSettings
		fails     string
	}{
		"nothing":        {want: redisSettings{"", 16, 6379}},
		"a list":         {container: service.Container{Command: []string{"redis-server", "--requirepass", "pw", "--databases", "32", "--save", "60", "1"}}, want: redisSettings{"pw", 32, 6379}},
		"only flags":     {container: service.Container{Command: []string{"--requirepass", "$pw"}}, want: redisSettings{"$pw", 16, 6379}},
		"a shell":        {container: service.Container{Command: []string{"sh", "-c", `exec redis-server --requirepass "$PW-x" --port ${PORT:-7000}`}, Env: []string{"PW=a b"}}, want: redisSettings{"a b-x", 16, 7000}},
		"single quotes":  {container: service.Container{Command: []string{"/bin/sh", "-ec", `redis-server --requirepass '$PW'`}, Env: []string{"PW=a"}}, want: redisSettings{"$PW", 16, 6379}},
		"entrypoint":     {container: service.Container{Entrypoint: []string{"redis-server", "--requirepass", "pw"}}, want: redisSettings{"pw", 16, 6379}},
		"bitnami":        {image: "bitnami/redis:7", container: service.Container{Env: []string{"REDIS_PASSWORD=pw"}}, want: redisSettings{"pw", 16, 6379}},
		"the official":   {image: "redis:7", container: service.Container{Env: []string{"REDIS_PASSWORD=pw"}}, want: redisSettings{"", 16, 6379}},
		"redis-stack":    {image: "redis/redis-stack-server", container: service.Container{Env: []string{"REDIS_ARGS=--requirepass pw"}}, want: redisSettings{"pw", 16, 6379}},
		"valkey":         {image: "valkey/valkey:8", container: service.Container{Env: []string{"VALKEY_EXTRA_FLAGS=--requirepass pw --port 6400"}}, want: redisSettings{"pw", 16, 6400}},
		"a file":         {container: service.Container{Command: []string{"redis-server", "/etc/redis.conf"}, Mounts: bind}, want: redisSettings{"fr$om file", 4, 6379}},
		"a folder":       {container: service.Container{Command: []string{"redis-server", "/conf/redis.conf", "--databases", "5"}, Mounts: folder}, want: redisSettings{"fr$om file", 5, 6379}},
		"a config":       {container: service.Container{Command: []string{"redis-server", "/c.conf"}, Mounts: []service.Mount{{Kind: "bind", Target: "/c.conf", Content: []byte("port 7001")}}}, want: redisSettings{"", 16, 7001}},
		"a missing file": {container: service.Container{Command: []string{"redis-server", "/conf/other.conf"}, Mounts: folder}, fails: "read the configuration of Redis"},
		"a command's":    {container: service.Container{Command: []string{"sh", "-c", "redis-server --requirepass \"$(cat /run/secrets/pw)\""}}, fails: "not known here"},
		"a cluster":      {container: service.Container{Command: []string{"redis-server", "--cluster-enabled", "yes"}}, fails: "is no cluster"},
		"a module":       {container: service.Container{Command: []string{"redis-server", "--loadmodule", "/x.so"}}, fails: "has none"},
		"no number":      {container: service.Container{Command: []string{"redis-server", "--databases", "many"}}, fails: "needs a number above 0"},
	} {
		t.Run(name, func(t *testing.T) {
			s := redisSpec()
			s.Container = &c.container
			if c.image != "" {
				s.Image = c.image
			}
			got, err := readRedisSettings(s)
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) {
					t.Errorf("%v, want %q", err, c.fails)
				}
				return
			}
			if err != nil || got != c.want {
				t.Errorf("%+v (%v), want %+v", got, err, c.want)
			}
		})
	}
}
