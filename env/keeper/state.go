// Package keeper keeps the services of one tree up while nobody tests: the state that a keeper tells of, the folder where it lies, the
// requests that a keeper takes while it lives, the logs that it keeps, and the variables for a shell.
//
// It starts nothing itself: what is kept is a Set. It knows neither tests nor the command line.
package keeper

import (
	"context"
	"fmt"
	"slices"
	"time"

	"testrunner/env/service"
	"testrunner/report/event"
	"testrunner/runner/process"
)

// format is the version of the state file. A file of another version is another runner's.
const format = 1

// Phase is how far a set is.
type Phase string

// The phases, in their order.
const (
	Starting Phase = "starting" // its services become ready
	Up       Phase = "up"       // all were ready; whether they are now, each service says
	Failed   Phase = "failed"   // one did not become ready, and all was taken down
	Ending   Phase = "ending"   // is being taken down
	Down     Phase = "down"     // is gone
)

// Over says whether nothing will happen any more.
func (p Phase) Over() bool { return p == Failed || p == Down }

// State is what a keeper tells of its set. It lies in a file that only the user may read, since it holds what a client needs.
type State struct {
	Format    int        `json:"format"`
	Set       string     `json:"set"`  // the id of this set
	Root      string     `json:"root"` // of the tree, absolute
	Mode      event.Mode `json:"mode"`
	Phase     Phase      `json:"phase"`
	Keeper    process.ID `json:"keeper"`
	Started   time.Time  `json:"started"`
	Until     time.Time  `json:"until,omitzero"` // when it ends by itself
	Failure   string     `json:"failure,omitempty"`
	Leftovers []string   `json:"leftovers,omitempty"` // what could not be removed
	Services  []Service  `json:"services"`            // sorted by name
	Path      []Step     `json:"path,omitempty"`      // what the set waited for until it was up, first one first
	Variables []string   `json:"variables,omitempty"` // NAME=VALUE for whoever talks to the services
	Address   string     `json:"address,omitempty"`   // where the keeper takes requests
	Token     string     `json:"token,omitempty"`     // what a request must show
}

// Step is one service on the way that took longest, in milliseconds.
type Step struct {
	Service   string `json:"service"`
	PrepareMS int64  `json:"prepare_ms"` // from when what it depends on was ready (else from the beginning) until its start was called
	StartMS   int64  `json:"start_ms"`   // its start, until that came back
	ReadyMS   int64  `json:"ready_ms"`   // from then until the next one could go on
}

// String is the step in one line: "postgres 1300 ms (prepare 300, start 200, ready 800)".
func (s Step) String() string {
	return fmt.Sprintf("%s %d ms (prepare %d, start %d, ready %d)", s.Service, s.PrepareMS+s.StartMS+s.ReadyMS, s.PrepareMS, s.StartMS, s.ReadyMS)
}

// The states of a service that others ask for by name.
const (
	Ready         = "ready"
	Unready       = "unready"   // it was ready, and does not answer now
	Completed     = "completed" // a one-shot that ended well, as others wait for
	ServiceFailed = "failed"
	Unknown       = "unknown" // nobody is there who could say
)

// Service is one service of a set.
type Service struct {
	Name     string         `json:"name"`
	Provider event.Provider `json:"provider"`
	Fidelity event.Fidelity `json:"fidelity"`
	State    string         `json:"state"`              // preparing, waiting, starting, ready, restarting, failed, ended, unready
	ReadyMS  int64          `json:"ready_ms"`           // from its start until it was ready; 0 before
	Address  string         `json:"address,omitempty"`  // host:port
	URL      string         `json:"url,omitempty"`      // as its protocol writes it, with its credentials; "" is http://ADDRESS
	Ports    map[int]int    `json:"ports,omitempty"`    // each port of the service by its own number -> the port here
	Error    string         `json:"error,omitempty"`    // the last one; "" where it is ready
	Note     string         `json:"note,omitempty"`     // progress; of one that is ready, what is not known all the same
	Tail     []string       `json:"tail,omitempty"`     // the last lines of one that failed
	Identity string         `json:"identity,omitempty"` // of this life: it changes with each start
	Restarts int            `json:"restarts,omitempty"` // by itself or asked for
	Unknown  []string       `json:"unknown,omitempty"`  // of a stub: what it was asked and does not know
	Notices  []string       `json:"notices,omitempty"`  // where it is not served quite as it was asked for: another version, a port, …
}

// AllReady says whether each service is ready.
func (s State) AllReady() bool {
	return !slices.ContainsFunc(s.Services, func(each Service) bool { return each.State != Ready && each.State != Completed })
}

// Service finds a service by its name.
func (s State) Service(name string) (Service, bool) {
	for _, each := range s.Services {
		if each.Name == name {
			return each, true
		}
	}
	return Service{}, false
}

// Names are the services' names, sorted.
func (s State) Names() []string {
	names := make([]string, len(s.Services))
	for i, each := range s.Services {
		names[i] = each.Name
	}
	return names
}

// Public is the state without what gives power over the keeper or the services.
func (s State) Public() State {
	s.Token, s.Address, s.Variables = "", "", nil
	s.Services = slices.Clone(s.Services)
	for i := range s.Services {
		s.Services[i].URL = ""
	}
	return s
}

// Request is what a keeper is told to keep. It goes through a pipe and is never written to a disk.
type Request struct {
	Set       string            `json:"set"`
	Root      string            `json:"root"`
	Mode      event.Mode        `json:"mode"`
	TTL       time.Duration     `json:"ttl"` // 0: until it is told to end
	Services  []Wanted          `json:"services"`
	Project   string            `json:"project,omitempty"`   // of the compose files
	Stay      bool              `json:"stay,omitempty"`      // one that fails takes no other down
	Divide    bool              `json:"divide,omitempty"`    // jobs will want databases of their own
	Real      bool              `json:"real,omitempty"`      // no stub may serve
	Extra     []string          `json:"extra,omitempty"`     // NAME=VALUE that the environment's configuration adds
	Addresses map[string]string `json:"addresses,omitempty"` // of services that somebody else runs: URLs by name
	Secrets   []string          `json:"secrets,omitempty"`   // names of variables that are secret by the configuration's word
}

// Wanted is one service of a request, with who serves it.
type Wanted struct {
	Spec   service.Spec `json:"spec"`
	Served event.Served `json:"served"`
}

// Set is what is kept. Its methods are safe for use by many goroutines.
type Set interface {
	// Ready returns when all services are ready. The error is the one root cause why they are not.
	Ready(ctx context.Context) error

	// Services are the services as they are, sorted by name. With probe each one that is up is asked on the wire.
	Services(ctx context.Context, probe bool) []Service

	// Restart starts a service again and waits until it and what depends on it is ready.
	Restart(ctx context.Context, name string) error

	// Path is what the whole set waited for until it was ready, first one first.
	Path() []Step

	// Variables are NAME=VALUE for whoever talks to the services.
	Variables() []string

	// Close ends and removes all, and returns what could not be removed.
	Close(ctx context.Context) []string
}
