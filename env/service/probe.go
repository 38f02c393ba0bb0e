package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// probeClock bounds one question where its probe says nothing else. A server that has accepted and is busy answers the same question
// later, so asking again sooner would gain nothing.
const probeClock = 5 * time.Second

// Probe is one condition of readiness: a question to a service that was started, in its own protocol.
type Probe struct {
	Name   string                      // as reports name it: "SELECT 1", "GET /healthz"
	Within time.Duration               // how long one question may take; 0 is 5 s, less than 0 is all the time that is left
	Ask    func(context.Context) error // nil: the condition holds. A Permanent error ends the wait
}

// Permanent is an error that waiting can't heal: a wrong password, a database that nobody makes.
type Permanent struct{ Err error }

func (p *Permanent) Error() string { return p.Err.Error() }
func (p *Permanent) Unwrap() error { return p.Err }

// IsPermanent says whether waiting can't heal an error.
func IsPermanent(err error) bool {
	var p *Permanent
	return errors.As(err, &p)
}

func permanent(format string, args ...any) error { return &Permanent{fmt.Errorf(format, args...)} }

// Command runs a command on this machine, in the project's root, with environ added to what the tests get. A command that ended with
// another status than 0 is no error: the code tells.
type Command func(ctx context.Context, argv, environ []string) (output string, code int, err error)

// at is where a port of the service is reached, "host:port"; own 0 is its first one. "" where it is not published.
func (a Address) at(own int) string {
	port := a.Port
	if p, ok := a.Ports[own]; ok {
		port = p
	}
	if port == 0 {
		return ""
	}
	return net.JoinHostPort(a.Host, strconv.Itoa(port))
}

// Base is the address as its protocol writes it: URL, or http://Host:Port; "" where nothing is published.
func (a Address) Base() string {
	switch {
	case a.URL != "":
		return strings.TrimSuffix(a.URL, "/")
	case a.Port == 0:
		return ""
	}
	return "http://" + a.at(0)
}

// scheme is that of the address's own URL, "" where it has none.
func (a Address) scheme() string {
	scheme, _, found := strings.Cut(a.URL, "://")
	if !found {
		return ""
	}
	return strings.ToLower(scheme)
}

// login is the user and the password of the address's URL.
func (a Address) login() (user, password string) {
	u, err := url.Parse(a.URL)
	if err != nil || u.User == nil {
		return "", ""
	}
	password, _ = u.User.Password()
	return u.User.Username(), password
}

// bare is the innermost of an error of the network, in one line: the address stands beside it already.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	if text := err.Error(); strings.ContainsAny(text, "\n\t") {
		return errors.New(strings.Join(strings.Fields(text), " "))
	}
	return err
}

// dial opens a connection whose reads and writes end with the context.
func dial(ctx context.Context, address string) (net.Conn, func(), error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, nil, bare(err)
	}
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	return c, func() { stop(); _ = c.Close() }, nil
}

// variable is the value of a name in NAME=VALUE lines, "" if it is not there.
func variable(environ []string, names ...string) string {
	for _, name := range names {
		for _, line := range environ {
			if value, found := strings.CutPrefix(line, name+"="); found {
				return value
			}
		}
	}
	return ""
}
