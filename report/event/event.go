// Package event is the vocabulary of a run: what can happen, and the plain types that cross rooms.
//
// One run is one ordered stream of events. Every report, the summary and the exit code are folds over
// it, so an event holds facts only: no colour, no wording of a report, no "show this".
// The package knows nothing of tools, processes or reports, and imports the standard library alone.
package event

import "time"

// Version is the version of the stream that this package writes: RunStarted.Version.
// A field may be added without a new version; a field that changes its meaning may not.
const Version = 1

// Event is one thing that happened. Seq counts from 1 without gaps; At is UTC.
type Event struct {
	Seq  int64
	At   time.Time
	Body Body
}

// Body is what happened: one of the types of bodies.go, always by value.
type Body interface {
	// Kind is the body's name on the wire, such as "test-finished".
	Kind() string
	// Map returns the body with f applied to every text that a user, a tool or the environment wrote.
	// It is the one door through which secrets are masked.
	Map(f func(string) string) Body
}

// Emit tells one thing. It is safe for use by many goroutines; the order of calls is the order of the stream.
type Emit func(Body)

// Handler receives the stream, one event at a time, in order.
type Handler interface {
	Handle(Event) error
}
