package live

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/coder/websocket"

	"example.com/chat/internal/token"
)

// writing is how long a client may take to accept one event, or to answer a ping.
const writing = 10 * time.Second

// StatusTokenEnded is the close code when a token has expired or was revoked: come again with another one. It is the 401 of this protocol.
const StatusTokenEnded websocket.StatusCode = 4401

// connection is one WebSocket of a user.
type connection struct {
	who    token.Identity
	socket *websocket.Conn
	stream Stream
	router Router
	state  *State
	last   string                  // the id of the last event that was written; pump's alone
	wake   chan struct{}           // holds one: there is something to look for
	end    context.CancelCauseFunc // ends the connection
}

// nudge never waits: one nudge that nobody has followed yet is enough.
func (c *connection) nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// serve works until the client leaves, the context ends, or something fails; then it says why by the close code.
func (c *connection) serve(ctx context.Context, ping time.Duration) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ended := make(chan struct{})
	go func() { // reads on while the connection is being closed, as the protocol wants it
		defer close(ended)
		cancel(c.read(ctx))
	}()
	pumped := make(chan struct{})
	go func() {
		defer close(pumped)
		if err := c.pump(ctx, ping); err != nil {
			cancel(err)
		}
	}()
	<-ctx.Done()
	status, reason := closing(context.Cause(ctx))
	_ = c.socket.Close(status, reason)
	<-pumped
	<-ended
}

// read handles what the client sends, one message after the other.
func (c *connection) read(ctx context.Context) error {
	for {
		kind, text, err := c.socket.Read(context.WithoutCancel(ctx))
		if err != nil {
			return err
		}
		answer := Event{Type: Failed, Data: Object(map[string]any{"error": "messages are texts"})}
		if kind == websocket.MessageText {
			answer = c.router.Route(ctx, c.who, c.state, text)
		}
		if err := c.write(ctx, answer); err != nil {
			return err
		}
	}
}

// pump brings the client what is new in its stream, and asks now and then whether it is still there.
func (c *connection) pump(ctx context.Context, ping time.Duration) error {
	if err := c.write(ctx, Event{ID: c.last, Type: Ready, Data: Object(map[string]any{"user": c.who.User})}); err != nil {
		return err
	}
	ticks := time.NewTicker(ping)
	defer ticks.Stop()
	for {
		if err := c.catchUp(ctx); err != nil {
			return err
		}
		select {
		case <-c.wake:
		case <-ticks.C:
			waiting, cancel := context.WithTimeout(ctx, writing)
			err := c.socket.Ping(waiting)
			cancel()
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

func (c *connection) catchUp(ctx context.Context) error {
	for {
		events, err := c.stream.After(ctx, c.who.User, c.last)
		if err != nil || len(events) == 0 {
			return err
		}
		for _, e := range events {
			if err := c.write(ctx, e); err != nil {
				return err
			}
			c.last = e.ID
		}
	}
}

// write writes one event. Who reads too slowly is disconnected, and gets the rest when it comes again.
func (c *connection) write(ctx context.Context, e Event) error {
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writing)
	defer cancel()
	return c.socket.Write(ctx, websocket.MessageText, text)
}

// closing is how a client is told why its connection ends.
func closing(why error) (websocket.StatusCode, string) {
	switch {
	case errors.Is(why, errGoingAway):
		return websocket.StatusGoingAway, why.Error()
	case errors.Is(why, token.ErrRevoked), errors.Is(why, token.ErrExpired):
		return StatusTokenEnded, why.Error()
	case websocket.CloseStatus(why) != -1: // it left
		return websocket.StatusNormalClosure, ""
	}
	slog.Info("connection ends", "reason", why)
	return websocket.StatusInternalError, "come again with the last event's id"
}
