// Package live is the WebSocket side of the backend: it takes what users say, and brings each of them the events that are theirs, in order,
// on every connection, and after a reconnect what was missed.
//
// Events are read from a stream that each user has. That something is new in it is only a nudge (Hub.Wake): a nudge too many does no
// harm, and one that is lost is made up for by the next. So there is one order of events, whichever instance a user is connected to.
package live

import (
	"context"
	"encoding/json"
)

// Event is what a client gets: an event of a stream, or the answer to a message of its own.
type Event struct {
	ID     string          `json:"id,omitempty"` // the place in the user's stream; answers have none
	Type   string          `json:"type"`
	Thread string          `json:"thread,omitempty"`
	Run    string          `json:"run,omitempty"`  // of the agent
	Ref    string          `json:"ref,omitempty"`  // the client's own word for the message that is answered
	Data   json.RawMessage `json:"data,omitempty"` // an object; what is in it depends on the type
}

// The types that every connection knows.
const (
	Ready  = "ready" // the first: from here on nothing is lost. Its id is where the client resumes if it gets nothing else
	Failed = "error" // a message that could not be done: data.error says why
)

// First is the id before all others.
const First = "0-0"

// Stream keeps the events of each user, in one order. Ids grow.
type Stream interface {
	// Append adds an event, and nudges all instances.
	Append(ctx context.Context, user string, e Event) error
	// After are some events behind an id, oldest first; none: there are no more.
	After(ctx context.Context, user, id string) ([]Event, error)
	// Last is the id of the newest event, "0-0" if there is none.
	Last(ctx context.Context, user string) (string, error)
}

// Object makes an event's data.
func Object(members map[string]any) json.RawMessage {
	text, err := json.Marshal(members)
	if err != nil { // members of ours, which can be written
		panic(err)
	}
	return text
}
