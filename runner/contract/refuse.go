package contract

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/coder/websocket"
)

// refuse tries a connect that must be refused.
func (c *client) refuse(ctx context.Context, r Refusal) Verdict {
	v := Verdict{Case: Refused + r.Name}
	u, err := c.intruder(ctx, r)
	if err != nil {
		v.Wrong = c.masked(err.Error())
		return v
	}
	conn, err := c.dial(ctx, u, r.Header)
	if err == nil {
		defer conn.CloseNow()
		v.Broken, v.Note = c.closed(ctx, conn, r)
		return v
	}
	var no refused
	switch {
	case !errors.As(err, &no):
		v.Wrong = c.masked(err.Error())
	case r.Status == no.status:
		v.Note = "refused with " + no.text
	default:
		v.Broken = append(v.Broken, fmt.Sprintf("refused with %s, expected %s", no.text, r.wanted()))
	}
	return v
}

// intruder is who tries: with no token, with another one, or with one that was good until it was revoked.
func (c *client) intruder(ctx context.Context, r Refusal) (User, error) {
	u := User{Number: 1, Run: c.run}
	var err error
	switch {
	case r.Bare:
		return u, nil
	case r.Value != "":
		u.token = u.fill(r.Value)
		c.hide(u.token)
	case r.Login != nil:
		u.token, err = c.login(ctx, u, *r.Login)
	default:
		u, err = c.user(ctx, 1)
	}
	if err != nil || r.Revoke == nil {
		return u, err
	}
	u.Sub = subject(u.token)
	if _, err := c.request(ctx, u, *r.Revoke); err != nil {
		return u, fmt.Errorf("the token was not revoked: %w", err)
	}
	c.loggedOut(u)
	return u, nil
}

// closed waits for the close code of a connection that was opened.
func (c *client) closed(ctx context.Context, conn *websocket.Conn, r Refusal) (broken []string, note string) {
	if r.Close == 0 {
		return []string{fmt.Sprintf("accepted: the server upgraded (101), expected %s", r.wanted())}, ""
	}
	ctx, cancel := context.WithTimeout(ctx, c.within())
	defer cancel()
	for {
		_, _, err := conn.Read(ctx)
		code := websocket.CloseStatus(err)
		switch {
		case err == nil: // what it says before it closes does not matter
		case int(code) == r.Close:
			return nil, fmt.Sprintf("closed with %d", code)
		case ctx.Err() != nil:
			return []string{fmt.Sprintf("accepted: the server upgraded (101) and did not close within %s, expected %s", c.within(), r.wanted())}, ""
		default:
			return []string{fmt.Sprintf("the connection ended %s, expected %s", withCode(code, err), r.wanted())}, ""
		}
	}
}

func withCode(code websocket.StatusCode, err error) string {
	if code == -1 {
		return ending(err)
	}
	return "with " + ending(err)
}

// wanted says what must come.
func (r Refusal) wanted() string {
	status := fmt.Sprintf("%d %s", r.Status, http.StatusText(r.Status))
	switch {
	case r.Close == 0:
		return status
	case r.Status == 0:
		return fmt.Sprintf("close code %d", r.Close)
	}
	return fmt.Sprintf("%s or close code %d", status, r.Close)
}
