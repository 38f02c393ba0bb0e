package live

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"example.com/chat/internal/token"
)

// Why the service ends a connection.
var errGoingAway = errors.New("the service ends")

// Hub knows the connections of this instance. Its methods are safe for use by many goroutines, and none of them waits for a client.
type Hub struct {
	mu     sync.Mutex
	users  map[string]map[*connection]struct{}
	closed bool
	all    sync.WaitGroup
}

// NewHub is a hub without connections.
func NewHub() *Hub { return &Hub{users: map[string]map[*connection]struct{}{}} }

// add takes a connection in; false: the service ends, and takes nobody any more.
func (h *Hub) add(c *connection) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	if h.users[c.who.User] == nil {
		h.users[c.who.User] = map[*connection]struct{}{}
	}
	h.users[c.who.User][c] = struct{}{}
	h.all.Add(1)
	return true
}

func (h *Hub) remove(c *connection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.users[c.who.User], c)
	if len(h.users[c.who.User]) == 0 {
		delete(h.users, c.who.User)
	}
	h.all.Done()
}

// Wake tells a user's connections that there is something new.
func (h *Hub) Wake(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.users[user] {
		c.nudge()
	}
}

// WakeAll tells all connections to look.
func (h *Hub) WakeAll() { h.each((*connection).nudge) }

// End ends the connections of a session that was revoked.
func (h *Hub) End(session string) {
	h.each(func(c *connection) {
		if c.who.Session == session {
			c.end(token.ErrRevoked)
		}
	})
}

func (h *Hub) each(do func(*connection)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, connections := range h.users {
		for c := range connections {
			do(c)
		}
	}
}

// Users are those who are connected, sorted.
func (h *Hub) Users() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Sorted(maps.Keys(h.users))
}

// Connections is how many there are.
func (h *Hub) Connections() int {
	n := 0
	h.each(func(*connection) { n++ })
	return n
}

// Close ends all connections, and waits until they have ended, or the context has.
func (h *Hub) Close(ctx context.Context) error {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.each(func(c *connection) { c.end(errGoingAway) })
	done := make(chan struct{})
	go func() { defer close(done); h.all.Wait() }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
