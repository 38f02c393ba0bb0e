package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"

	"example.com/chat/internal/token"
)

// Message is what a client sends.
type Message struct {
	Type   string `json:"type"`
	Thread string `json:"thread"`
	Text   string `json:"text"`
	Ref    string `json:"ref"` // comes back with the answer
}

// State is what one connection knows between two messages. Each connection has its own, made by a Factory: what is shared between two of
// them is a leak between two users.
type State struct {
	mu     sync.Mutex
	thread string
}

// Factory makes the state of a new connection.
type Factory func() *State

// NewState is a state that knows nothing yet.
func NewState() *State { return new(State) }

// Open makes a thread the one that is talked in.
func (s *State) Open(thread string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.thread = thread
}

// Thread is the thread that is talked in, "" if none was opened.
func (s *State) Thread() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.thread
}

// Refusal is an error that is fit for the client: it says what the client did wrong.
type Refusal string

func (r Refusal) Error() string { return string(r) }

// Handler does what a message asks for, and answers it. Of errors the client is told those that are a Refusal.
type Handler func(ctx context.Context, who token.Identity, state *State, m Message) (Event, error)

// Router has a handler for each type of message.
type Router map[string]Handler

// Route handles a text that a client sent. There always is an answer, with the message's ref.
func (r Router) Route(ctx context.Context, who token.Identity, state *State, text []byte) Event {
	var m Message
	answer, err := Event{}, json.Unmarshal(text, &m)
	if err != nil {
		err = Refusal("this is not the JSON that is expected: " + err.Error())
	} else if handle, known := r[m.Type]; !known {
		err = Refusal(fmt.Sprintf("there are no messages of type %q, but %s", m.Type, strings.Join(slices.Sorted(maps.Keys(r)), ", ")))
	} else {
		answer, err = handle(ctx, who, state, m)
	}
	if err != nil {
		answer = Event{Type: Failed, Data: Object(map[string]any{"error": forClient(err, m.Type)})}
	}
	answer.Ref = m.Ref
	return answer
}

func forClient(err error, what string) string {
	if refusal, ok := errors.AsType[Refusal](err); ok {
		return refusal.Error()
	}
	slog.Error("message failed", "type", what, "error", err)
	return "internal error"
}
