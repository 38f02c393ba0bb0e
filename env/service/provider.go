package service

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"testrunner/env"
	"testrunner/report/event"
)

// Spec is one service as it is to be started for a run: what the compose files say of it, and what runner.yaml adds.
type Spec struct {
	env.Service
	Container *Container // what the compose files say of its container; nil: they don't have it
	Edges     []Edge     // what it waits for, sorted by name

	// Wanted are ports of this machine that the service shall have, by its own port; key 0 is its main one. A port that is not free
	// when the service starts is given up for one from the kernel, and that is told. nil: the kernel chooses.
	Wanted map[int]int
}

// Kind is what is known of the service by its image: "postgres", "redis", "database" for another one, "" for nothing.
func (s Spec) Kind() string { return kind(s.Image) }

// PostgresFolders are globs of the folders where packages put PostgreSQL's programs, which are on no PATH.
func PostgresFolders() []string { return postgresFolders() }

// Edge is what a service waits for before it starts.
type Edge struct {
	To        string
	Condition Condition
	Optional  bool // required: false: where To is not part of this run, or fails, the service starts all the same
	Restart   bool // restart: true: when To is started again, so is the service
}

// Condition is what of a dependency must hold.
type Condition string

// The conditions, as compose names them.
const (
	Started   Condition = "service_started"
	Healthy   Condition = "service_healthy"
	Completed Condition = "service_completed_successfully"
)

// Provider hands out services in one way. Its methods are safe for use by many goroutines.
type Provider interface {
	// Name is the provider's name in events and reports.
	Name() event.Provider

	// Prepare gets what a service needs before it can start, such as an image or a template of a database. It may take long, has a
	// clock of its own, and is called for all services at once.
	Prepare(context.Context, Spec, Tell) error

	// Start starts a service whose dependencies are ready; peers are those that run, by name. It returns when the service was started,
	// not when it is ready. What it makes is registered for removal before it is made. The context is that of the call: cancelled
	// before the return, nothing is left; cancelled later, the instance goes on until Stop.
	Start(ctx context.Context, s Spec, peers map[string]Instance, tell Tell) (Instance, error)

	// Close removes what belongs to no single service, such as a network. The instances were stopped before.
	Close(context.Context) error
}

// ErrNoInside says that there is nothing to run a command in: the service is an address or a stub.
var ErrNoInside = errors.New("the service has no inside: it is an address or a stub, and nothing can be run in it")

// Tell is told of what is done and of what is not as it was asked for, one line each. A line that begins with "pulls ", "pulled " or
// "builds " is progress, of which there may be many; every other one is a notice, which people are shown.
type Tell func(line string)

// progress says whether a line of Tell is one of many.
func progress(line string) bool {
	for _, verb := range []string{"pulls ", "pulled ", "builds "} {
		if strings.HasPrefix(line, verb) {
			return true
		}
	}
	return false
}

// Died is the error of a start after which something ran already, and ended.
type Died struct {
	Err error
	Log []string // what it wrote, the last lines
}

func (d *Died) Error() string { return d.Err.Error() }
func (d *Died) Unwrap() error { return d.Err }

// Instance is one service that was started. Its methods are safe for use by many goroutines.
type Instance interface {
	// Address is where tests on this machine reach it; the zero value where nothing is published.
	Address() Address

	// Exec runs a command inside, where the service is: the user's own health check. A command that ended with another status than 0
	// is no error: the code tells. Without an inside (an address, a stub) the error is ErrNoInside.
	Exec(ctx context.Context, argv, environ []string) (output string, code int, err error)

	// Log is its output so far, the last lines at most.
	Log(lines int) []string

	// Follow writes its output from its start until it ends or the context does.
	Follow(ctx context.Context, w io.Writer) error

	// Done is closed when it has ended by itself or was stopped. What nobody here started never ends.
	Done() <-chan struct{}

	// End says how it ended, once Done is closed.
	End() End

	// Stop ends it, waits until it has ended, and removes it with its data. What nobody here started stays. A second call does nothing.
	Stop(context.Context) error

	// Identity tells this life of it from the next: a process id with its birth, a container's id with its start.
	Identity() string
}

// Address is where a service is reached from this machine, and inside its network.
type Address struct {
	Host  string      // "127.0.0.1"
	Port  int         // of the service's first port; 0 where it has none
	Ports map[int]int // every port of the service by its own number -> Port here
	URL   string      // as its protocol writes it, credentials included: "postgres://user:password@127.0.0.1:40123"; "" is http://Host:Port
	Inner string      // how its peers call it: "postgres:5432" on a network of containers; "" is the same as outside

	Foreign bool // nobody here started it: who may enter is for its own URL to say, and not for the compose file
}

// End is how an instance ended.
type End struct {
	Code   int
	Signal string
	Why    string    // "out of memory", "the engine stopped answering"; "" where code and signal say all
	Engine bool      // the engine under it died: not the service's own fault
	Chance bool      // by a chance that the next start need not have: somebody took its port
	At     time.Time // when; zero: when Done was closed. What it left running, and its last lines, may have been waited for since
}

// Probed is what was seen while a service became ready.
type Probed struct {
	Ready  time.Duration // from its start
	Probes int
	Lag    time.Duration // from the last probe that failed to the first that did not: an upper bound of what waiting added
	Last   string        // the condition that came last: "SELECT 1", "the compose file's healthcheck"
}
