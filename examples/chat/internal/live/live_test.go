package live_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"example.com/chat/internal/live"
	"example.com/chat/internal/token"
)

// patience is how long these tests wait for what must come. None of them waits that long when all is well.
const patience = 30 * time.Second

// memory is a Stream without Redis. It nudges one hub, as Redis nudges all.
type memory struct {
	mu     sync.Mutex
	events map[string][]live.Event
	hub    *live.Hub
	broken error // what reading fails with
}

func (m *memory) Append(_ context.Context, user string, e live.Event) error {
	m.mu.Lock()
	e.ID = fmt.Sprintf("%d-0", len(m.events[user])+1)
	m.events[user] = append(m.events[user], e)
	m.mu.Unlock()
	m.hub.Wake(user)
	return nil
}

func (m *memory) After(_ context.Context, user, id string) ([]live.Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var n int
	if _, err := fmt.Sscanf(id, "%d-0", &n); err != nil {
		return nil, err
	}
	end := min(n+2, len(m.events[user])) // two at a time, so that a client that was away needs several
	return m.events[user][min(n, end):end], m.broken
}

func (m *memory) Last(_ context.Context, user string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return fmt.Sprintf("%d-0", len(m.events[user])), nil
}

func (m *memory) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = err
}

// room is an endpoint with a server. A token is the name of its user; "late" is refused, and "nobody knows" can't be checked. Of "brief" the
// token ends after a moment.
type room struct {
	hub    *live.Hub
	stream *memory
	url    string
}

func newRoom(t *testing.T, ping time.Duration) *room {
	t.Helper()
	hub := live.NewHub()
	r := &room{hub: hub, stream: &memory{events: map[string][]live.Event{}, hub: hub}}
	server := httptest.NewServer(&live.Endpoint{
		Verify: verify, Hub: hub, Stream: r.stream, NewState: live.NewState, Ping: ping,
		Router: live.Router{
			"open": func(_ context.Context, _ token.Identity, s *live.State, m live.Message) (live.Event, error) {
				s.Open(m.Thread)
				return live.Event{Type: "opened", Thread: m.Thread}, nil
			},
			"say": func(ctx context.Context, who token.Identity, s *live.State, m live.Message) (live.Event, error) {
				e := live.Event{Type: "said", Thread: s.Thread(), Data: live.Object(map[string]any{"text": m.Text})}
				return live.Event{Type: "accepted"}, r.stream.Append(ctx, who.User, e)
			},
			"fail": func(context.Context, token.Identity, *live.State, live.Message) (live.Event, error) {
				return live.Event{}, errors.New("a secret of the database")
			},
		},
	})
	t.Cleanup(server.Close)
	t.Cleanup(func() { _ = hub.Close(context.Background()) })
	r.url = "ws" + strings.TrimPrefix(server.URL, "http")
	return r
}

func verify(_ context.Context, text string) (token.Identity, error) {
	who := token.Identity{User: text, Session: "of " + text, Expires: time.Now().Add(time.Hour)}
	switch text {
	case "":
		return who, token.ErrMissing
	case "late":
		return who, token.ErrExpired
	case "nobody knows":
		return who, errors.New("connection refused")
	case "brief":
		who.Expires = time.Now().Add(100 * time.Millisecond)
	}
	return who, nil
}

// client is a user's connection.
type client struct {
	t      *testing.T
	socket *websocket.Conn
}

func (r *room) join(t *testing.T, user, query string) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	header := http.Header{"Authorization": {"Bearer " + user}}
	socket, _, err := websocket.Dial(ctx, r.url+query, &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.CloseNow() })
	return &client{t, socket}
}

func (c *client) send(text string) {
	c.t.Helper()
	if err := c.socket.Write(c.t.Context(), websocket.MessageText, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) next() live.Event {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	_, text, err := c.socket.Read(ctx)
	if err != nil {
		c.t.Fatal(err)
	}
	var e live.Event
	if err := json.Unmarshal(text, &e); err != nil {
		c.t.Fatalf("%v in %s", err, text)
	}
	return e
}

// until is the next event of a type; what comes before it is passed over.
func (c *client) until(kind string) live.Event {
	c.t.Helper()
	for {
		if e := c.next(); e.Type == kind {
			return e
		}
	}
}

// end is the code with which the service closes the connection.
func (c *client) end() websocket.StatusCode {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	for {
		if _, _, err := c.socket.Read(ctx); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}

func errorOf(t *testing.T, e live.Event) string {
	t.Helper()
	var data struct{ Error string }
	if err := json.Unmarshal(e.Data, &data); err != nil {
		t.Fatalf("%v in %s", err, e.Data)
	}
	return data.Error
}
