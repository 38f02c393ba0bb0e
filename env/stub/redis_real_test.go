package stub

import (
	"bufio"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

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
