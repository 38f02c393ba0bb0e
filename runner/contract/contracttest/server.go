// Package contracttest is a small chat server that keeps its contract, and breaks exactly one promise of it where a fault is
// switched on. Tests of contracts prove with it that they see each fault.
package contracttest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// Fault is a promise that the server breaks.
type Fault string

// The faults. Where one is of a single user, it is the one whose message comes first.
const (
	None       Fault = ""
	Lost       Fault = "lost"        // one user does not get the third event
	Twice      Fault = "twice"       // one user gets the third event twice
	Swapped    Fault = "swapped"     // the second and the third event change places
	WrongUser  Fault = "wrong-user"  // one user's third event goes to another user alone
	Shared     Fault = "shared"      // the state of connections is shared: every event is in the name of one user
	Revoked    Fault = "revoked"     // a revoked token is taken
	CloseCode  Fault = "close-code"  // an expired token is closed with 4403
	NoToken    Fault = "no-token"    // whoever has no token is let in
	Slow       Fault = "slow"        // the last event comes late: Server.Delay
	Forgetful  Fault = "forgetful"   // what was missed does not come again
	SecondDumb Fault = "second-dumb" // a second connection of a user gets nothing
	Alarm      Fault = "alarm"       // one event too much: agent_error
	Deaf       Fault = "deaf"        // nothing that a client says is read
)

// Events are what each message sets off, in this order.
func Events() []string {
	return []string{"agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"}
}

// CloseExpired is the close code of a token that has expired.
const CloseExpired = 4401

// Server serves POST /token (claims in, {"access_token": …} out), POST /revoke (Authorization: Bearer) and /ws.
type Server struct {
	*httptest.Server
	Fault Fault
	Delay time.Duration // of the last event, with Slow

	mu      sync.Mutex
	revoked map[string]bool
	online  map[string][]*websocket.Conn // by user
	sent    map[string][]event           // by user: what came to it so far
	first   string                       // the user whose message came first
	broken  bool                         // a fault that strikes once has struck
	asked   int                          // requests for tokens
}

type event struct {
	Type string `json:"type"`
	User string `json:"user"`
	ID   int    `json:"id"`
	Text string `json:"text"`
}

// New starts a server; the caller closes it.
func New(fault Fault) *Server {
	s := &Server{Fault: fault, Delay: 300 * time.Millisecond, revoked: map[string]bool{}, online: map[string][]*websocket.Conn{}, sent: map[string][]event{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("POST /revoke", s.revoke)
	mux.HandleFunc("/ws", s.socket)
	s.Server = httptest.NewServer(mux)
	return s
}

// Sockets is the address of /ws.
func (s *Server) Sockets() string { return "ws" + strings.TrimPrefix(s.URL, "http") + "/ws" }

// Asked is how many tokens were asked for.
func (s *Server) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// Close ends the connections, too: httptest does not know those that were upgraded.
func (s *Server) Close() {
	s.mu.Lock()
	for _, conns := range s.online {
		for _, c := range conns {
			go func() { _ = c.CloseNow() }()
		}
	}
	s.mu.Unlock()
	s.Server.Close()
}

// token hands out what looks like a JWT: tests need its payload, and nobody its signature.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	var claims map[string]any
	if json.NewDecoder(r.Body).Decode(&claims) != nil || claims["sub"] == nil {
		http.Error(w, "no sub", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.asked++
	claims["jti"] = s.asked
	s.mu.Unlock()
	_ = json.NewEncoder(w).Encode(map[string]string{"access_token": sealed(claims)})
}

func sealed(claims map[string]any) string {
	text, _ := json.Marshal(claims)
	return "e30." + base64.RawURLEncoding.EncodeToString(text) + ".c2lnbmF0dXJl"
}

// Mint is a token of the user.
func Mint(user string) string { return sealed(map[string]any{"sub": user}) }

func bearer(r *http.Request) string {
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
}

func (s *Server) revoke(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked[bearer(r)] = true
	w.WriteHeader(http.StatusNoContent)
}

// who is the user of a token, and whether the token has expired.
func who(token string) (user string, expired bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", false
	}
	text, _ := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Sub string
		Exp *int64
	}
	_ = json.Unmarshal(text, &claims)
	return claims.Sub, claims.Exp != nil && *claims.Exp < time.Now().Unix()
}

func (s *Server) socket(w http.ResponseWriter, r *http.Request) {
	token := bearer(r)
	if token == "" {
		token = r.URL.Query().Get("token")
	}
	user, expired := who(token)
	s.mu.Lock()
	revoked := s.revoked[token] && s.Fault != Revoked
	s.mu.Unlock()
	if user == "" && s.Fault == NoToken {
		user = "nobody"
	}
	if user == "" || revoked {
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return
	}
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer c.CloseNow()
	if expired {
		code := websocket.StatusCode(CloseExpired)
		if s.Fault == CloseCode {
			code = 4403
		}
		_ = c.Close(code, "the token has expired")
		return
	}
	s.serve(r.Context(), c, user, r.URL.Query().Get("last"))
}

func (s *Server) serve(ctx context.Context, c *websocket.Conn, user, last string) {
	s.mu.Lock()
	s.online[user] = append(s.online[user], c)
	if seen, err := strconv.Atoi(last); err == nil && s.Fault != Forgetful {
		for _, e := range s.sent[user][min(seen, len(s.sent[user])):] {
			s.write(ctx, c, e)
		}
	}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.online[user] = slices.DeleteFunc(s.online[user], func(o *websocket.Conn) bool { return o == c })
	}()
	if s.Fault == Deaf {
		<-ctx.Done()
		return
	}
	for {
		_, text, err := c.Read(ctx)
		if err != nil {
			return
		}
		go s.run(context.WithoutCancel(ctx), user, string(text))
	}
}

func (s *Server) write(ctx context.Context, c *websocket.Conn, e event) {
	text, _ := json.Marshal(e)
	_ = c.Write(ctx, websocket.MessageText, text)
}

// run is the agent: what one message sets off. A reading of its own goes on meanwhile, so that a connection that broke off is seen.
func (s *Server) run(ctx context.Context, user, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.first == "" {
		s.first = user
	}
	name := user
	if s.Fault == Shared {
		name = s.first
	}
	names := Events()
	if s.Fault == Swapped {
		names[1], names[2] = names[2], names[1]
	}
	if s.Fault == Alarm {
		names = append(names, "agent_error")
	}
	for i, each := range names {
		if s.Fault == Slow && i == len(names)-1 {
			s.mu.Unlock()
			time.Sleep(s.Delay)
			s.mu.Lock()
		}
		e := event{Type: each, User: name, ID: len(s.sent[user]) + 1, Text: text}
		s.sent[user] = append(s.sent[user], e)
		s.send(ctx, user, e)
	}
}

// send brings one event to every connection of its user, unless the fault is here.
func (s *Server) send(ctx context.Context, user string, e event) {
	to, again := s.online[user], 1
	if e.Type == Events()[2] && !s.broken {
		switch s.Fault {
		case Lost:
			to, s.broken = nil, true
		case Twice:
			again, s.broken = 2, true
		case WrongUser:
			for other, conns := range s.online {
				if other != user && len(conns) > 0 {
					to, s.broken = conns, true
					break
				}
			}
		}
	}
	for i, c := range to {
		if i > 0 && s.Fault == SecondDumb {
			return
		}
		for range again {
			s.write(ctx, c, e)
		}
	}
}
