package service

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
)

// redisServer is a Redis server and who asks it.
type redisServer struct {
	address  string // host:port
	user     string
	password string
	tls      bool
}

// redisOf reads the password: from the address's URL, else from the container's command and variables.
func redisOf(s Spec, a Address) redisServer {
	r := redisServer{address: a.at(6379), tls: a.scheme() == "rediss"}
	r.user, r.password = a.login()
	if r.password != "" || s.Container == nil {
		return r
	}
	words := strings.Fields(strings.Join(s.Container.Command, " ")) // "sh -c 'redis-server --requirepass x'" has it inside of a word
	if i := slices.Index(words, "--requirepass"); i >= 0 && i+1 < len(words) {
		r.password = strings.Trim(words[i+1], `"'`)
	}
	r.password = cmp.Or(r.password, s.Container.secret("REDIS_PASSWORD"))
	return r
}

// redisError is an answer that begins with a minus.
type redisError string

func (e redisError) Error() string { return string(e) }

// redisConn is a conversation in RESP, the protocol of Redis.
type redisConn struct {
	net.Conn
	in *bufio.Reader
}

// open connects and logs in where there is a password.
func (r redisServer) open(ctx context.Context) (*redisConn, func(), error) {
	c, done, err := dial(ctx, r.address)
	if err != nil {
		return nil, nil, err
	}
	if r.tls {
		host, _, _ := net.SplitHostPort(r.address)
		c = tls.Client(c, &tls.Config{ServerName: host})
	}
	conn := &redisConn{Conn: c, in: bufio.NewReader(c)}
	if r.password == "" {
		return conn, done, nil
	}
	login := []string{"AUTH", r.password}
	if r.user != "" {
		login = []string{"AUTH", r.user, r.password}
	}
	// One that wants no password says so, and answers all the same.
	if _, err := conn.do(login...); err != nil && !strings.Contains(err.Error(), "without any password") && !strings.Contains(err.Error(), "no password is set") {
		done()
		return nil, nil, judgeRedis(err)
	}
	return conn, done, nil
}

// do sends a command and reads its answer: one text, or the texts of an array.
func (c *redisConn) do(words ...string) ([]string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(words))
	for _, w := range words {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(w), w)
	}
	if _, err := io.WriteString(c, b.String()); err != nil {
		return nil, bare(err)
	}
	return c.read()
}

func (c *redisConn) read() ([]string, error) {
	line, err := c.in.ReadString('\n')
	if err != nil {
		return nil, bare(err)
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return nil, errors.New("it answers with an empty line: this is no Redis")
	}
	switch rest := line[1:]; line[0] {
	case '+', ':':
		return []string{rest}, nil
	case '-':
		return nil, redisError(rest)
	case '$':
		n, err := strconv.Atoi(rest)
		if err != nil || n < 0 || n > 1<<20 {
			return nil, err
		}
		text := make([]byte, n+2)
		_, err = io.ReadFull(c.in, text)
		return []string{string(text[:n])}, err
	case '*':
		n, err := strconv.Atoi(rest)
		if err != nil || n > 1<<10 {
			return nil, err
		}
		var all []string
		for range n {
			one, err := c.read()
			if err != nil {
				return nil, err
			}
			all = append(all, one...)
		}
		return all, nil
	}
	return nil, fmt.Errorf("it answers %.40q: this is no Redis", line)
}

// probe asks PING and takes PONG only.
func (r redisServer) probe() Probe {
	return Probe{Name: "PING", Ask: func(ctx context.Context) error {
		c, done, err := r.open(ctx)
		if err != nil {
			return err
		}
		defer done()
		answer, err := c.do("PING")
		if err != nil {
			return judgeRedis(err)
		}
		if len(answer) != 1 || answer[0] != "PONG" {
			return fmt.Errorf("PING is answered by %.40q", answer)
		}
		return nil
	}}
}

// judgeRedis tells answers that pass (LOADING, MASTERDOWN, BUSY) from those that stay.
func judgeRedis(err error) error {
	var e redisError
	if !errors.As(err, &e) {
		return err
	}
	word, _, _ := strings.Cut(string(e), " ")
	switch word {
	case "NOAUTH", "WRONGPASS", "NOPERM", "DENIED":
		return permanent("%w: the password is read from the address, --requirepass in the command, or REDIS_PASSWORD", e)
	case "ERR":
		if strings.Contains(string(e), "invalid password") {
			return permanent("%w", e)
		}
	}
	return e
}
