package live

import (
	"context"
	"net/http"
	"regexp"
	"time"

	"github.com/coder/websocket"

	"example.com/chat/internal/reply"
	"example.com/chat/internal/token"
)

// Endpoint is /ws. A client proves who it is by a token (token.FromRequest), before the upgrade; last_event_id in the address says
// what it has seen already, else it gets what comes from now on.
type Endpoint struct {
	Verify   func(ctx context.Context, token string) (token.Identity, error)
	Hub      *Hub
	Stream   Stream
	Router   Router
	NewState Factory
	Ping     time.Duration // how often a client is asked whether it is still there
}

var eventID = regexp.MustCompile(`^\d{1,20}-\d{1,20}$`)

// ServeHTTP serves one connection, from its upgrade to its end.
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	who, err := e.Verify(r.Context(), token.FromRequest(r))
	if err != nil {
		reply.Unverified(w, r, err)
		return
	}
	from := r.URL.Query().Get("last_event_id")
	if from != "" && !eventID.MatchString(from) {
		reply.Error(w, http.StatusBadRequest, "last_event_id is none of an event")
		return
	}
	socket, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"chat"}})
	if err != nil {
		return // it has told the client
	}
	defer socket.CloseNow()
	ctx, expire := context.WithDeadlineCause(r.Context(), who.Expires, token.ErrExpired)
	defer expire()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	c := &connection{
		who: who, socket: socket, stream: e.Stream, router: e.Router, state: e.NewState(), wake: make(chan struct{}, 1), end: end, last: from,
	}
	// It is known to the hub before its place in the stream is, and what the client says is read after that: so nothing falls between.
	if !e.Hub.add(c) {
		_ = socket.Close(websocket.StatusGoingAway, errGoingAway.Error())
		return
	}
	defer e.Hub.remove(c)
	if c.last == "" {
		if c.last, err = e.Stream.Last(ctx, who.User); err != nil {
			_ = socket.Close(closing(err))
			return
		}
	}
	c.serve(ctx, e.Ping)
}
