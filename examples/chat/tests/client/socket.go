package client

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// Event is what comes over a WebSocket.
type Event struct {
	ID, Type, Thread, Run, Ref string
	Data                       struct{ Text, Error string }
}

// Steps are the events of a run, in their order.
func Steps() []string {
	return []string{"agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"}
}

// Socket is a connection of a user.
type Socket struct {
	t    testing.TB
	conn *websocket.Conn
	Last string // the id of the last event that was read
}

// Dial connects, or returns the status with which that was refused.
func (u *User) Dial(t testing.TB, lastEvent string) (*Socket, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	url := "ws" + strings.TrimPrefix(u.Chat.API, "http") + "/ws"
	if lastEvent != "" {
		url += "?last_event_id=" + lastEvent
	}
	header := http.Header{}
	if u.Token != "" {
		header.Set("Authorization", "Bearer "+u.Token)
	}
	conn, response, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPHeader: header})
	if err != nil && response != nil {
		return nil, response.StatusCode
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &Socket{t: t, conn: conn, Last: lastEvent}, http.StatusSwitchingProtocols
}

// Connect connects.
func (u *User) Connect(t testing.TB, lastEvent string) *Socket {
	t.Helper()
	s, status := u.Dial(t, lastEvent)
	if s == nil {
		t.Fatalf("%s was refused with %d", u.Name, status)
	}
	return s
}

// Join connects, and waits until nothing can be missed any more.
func (u *User) Join(t testing.TB) *Socket {
	t.Helper()
	s := u.Connect(t, "")
	s.Until("ready")
	return s
}

// Send sends a message.
func (s *Socket) Send(message map[string]any) {
	s.t.Helper()
	text, err := json.Marshal(message)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.conn.Write(s.t.Context(), websocket.MessageText, text); err != nil {
		s.t.Fatal(err)
	}
}

// Open makes a thread the one that is talked in.
func (s *Socket) Open(thread string) {
	s.t.Helper()
	s.Send(map[string]any{"type": "open", "thread": thread})
}

// Say says something in it.
func (s *Socket) Say(text string) {
	s.t.Helper()
	s.Send(map[string]any{"type": "say", "text": text})
}

// Next is the next event.
func (s *Socket) Next() Event {
	s.t.Helper()
	e, err := s.read()
	if err != nil {
		s.t.Fatalf("no further event: %v", err)
	}
	if e.Type == "error" {
		s.t.Fatalf("refused: %s", e.Data.Error)
	}
	return e
}

func (s *Socket) read() (Event, error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), Patience)
	defer cancel()
	var e Event
	_, text, err := s.conn.Read(ctx)
	if err == nil {
		err = json.Unmarshal(text, &e)
	}
	if e.ID != "" {
		s.Last = e.ID
	}
	return e, err
}

// Until is the next event of a type; what comes before it is passed over.
func (s *Socket) Until(kind string) Event {
	s.t.Helper()
	for {
		if e := s.Next(); e.Type == kind {
			return e
		}
	}
}

// Run are the next n events of runs of the agent; answers to messages are passed over.
func (s *Socket) Run(n int) []Event {
	s.t.Helper()
	var out []Event
	for len(out) < n {
		if e := s.Next(); slices.Contains(Steps(), e.Type) {
			out = append(out, e)
			if e.Type == "agent_completed" && len(out) < n { // nothing more comes: don't wait for what was lost
				s.t.Fatalf("a run ended after %s; %d events were expected", Types(out), n)
			}
		}
	}
	return out
}

// End waits until the service ends the connection, and returns its code.
func (s *Socket) End() websocket.StatusCode {
	s.t.Helper()
	for {
		if _, err := s.read(); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}

// Break ends the connection without a word, as a network does that fails.
func (s *Socket) Break() { _ = s.conn.CloseNow() }

// Types are the types of events.
func Types(events []Event) []string {
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = e.Type
	}
	return out
}

// WantSteps checks that events are those of one whole run, in order.
func WantSteps(t testing.TB, events []Event) {
	t.Helper()
	if got := Types(events); !slices.Equal(got, Steps()) {
		t.Errorf("the events are %s, want %s", got, Steps())
	}
	for _, e := range events {
		if e.Run != events[0].Run || e.Thread != events[0].Thread || e.ID == "" {
			t.Errorf("%+v is not of the run %s in %s", e, events[0].Run, events[0].Thread)
		}
	}
}
