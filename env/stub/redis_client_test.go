package stub

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

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
