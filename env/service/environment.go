package service

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"testrunner/report/event"
)

// The clocks of a start, where settings say nothing else. Each is its own: a slow pull does not eat the time to become ready.
const (
	prepareClock = 10 * time.Minute // pull, build, template
	taskClock    = 10 * time.Minute // of a one-shot, from its start to its end
	slowSet      = 30 * time.Second // a set that takes longer is warned about
	stability    = 100 * time.Millisecond
	logLines     = 50 // quoted at a failure
)

// Plan is what is to be started.
type Plan struct {
	Services []Planned // in any order, each name once
}

// Planned is one service and who serves it.
type Planned struct {
	Spec
	By     event.Provider
	Divide bool // jobs get databases of their own: a template is made before anybody else connects (Databases)
}

// Fidelity says how real the service is.
func (p Planned) Fidelity() event.Fidelity {
	if p.By == event.ByStub {
		return event.Stub
	}
	return event.Real
}

// edges are what the service waits for. What nobody here starts, and a stub, waits for nothing.
func (p Planned) edges() []Edge {
	if p.By == event.ByDocker || p.By == event.ByLocal {
		return p.Edges
	}
	return nil
}

// Settings are what a set of services is started with.
type Settings struct {
	Prepare time.Duration // for what comes before a start, one service; 0 is 10 minutes
	Slow    time.Duration // a set that takes longer to be ready is told to Warn; 0 is 30 s
	Mode    event.Mode    // for the variables of hooks
	Run     Command       // runs hooks (before) and ReadyCommand on this machine; nil: a service that has one fails
	Observe func(Change)  // told of every change, one at a time, a service's in their order; nil is nobody. It must not call Close
	Warn    func(string)  // told, once, of a set that was slow, with its critical path; nil is nobody
}

// State is where a service stands.
type State string

// The states. A service that is ready may be started again and become ready again.
const (
	StatePreparing  State = "preparing"  // its image is pulled or built, its template made
	StateWaiting    State = "waiting"    // for what it depends on
	StateStarting   State = "starting"   // its start was called
	StateStarted    State = "started"    // it runs, and is asked whether it is ready
	StateReady      State = "ready"      // it answers, and still did a moment later
	StateRestarting State = "restarting" // it ended while it should run, or must be started anew
	StateCompleted  State = "completed"  // it ended with 0, as others wait for
	StateFailed     State = "failed"     // for good
	StateEnded      State = "ended"      // the set was closed
)

// Change is something that happened to a service: a new state, or news within one.
type Change struct {
	Service  string
	By       event.Provider
	State    State
	At       time.Time
	Address  Address // once it was started
	Identity string  // the same
	Probed   Probed  // of StateReady
	Note     string  // of StateReady: what is not known all the same
	Message  string  // one line: progress, or why
	Notice   bool    // Message is something that people should know: a provider did not do all as it was asked for
	Log      []string
	Err      error // of StateFailed: a *Failure
}

// Environment is a set of services that was begun. Its methods are safe for use by many goroutines.
type Environment struct {
	settings  Settings
	providers map[event.Provider]Provider
	nodes     map[string]*node
	names     []string // sorted
	begun     time.Time
	ctx       context.Context // until Close
	end       context.CancelCauseFunc
	observing sync.Mutex
	closing   sync.Once
	reviving  sync.Mutex
	unstopped []Unstopped // once closed
	closed    chan struct{}

	mu      sync.Mutex // guards what follows, and what the nodes say
	changed chan struct{}
	outages []Outage
	adrift  bool // Close has given up waiting: what is started late is stopped by who started it
}

// errClosed is why everything ends when a set is closed.
var errClosed = errors.New("the services are being stopped")

// Begin starts all services of a plan and returns at once. Everything is prepared from the first moment on, side by side; each service
// starts the moment its edges hold; there are no stages. When the context ends, nothing more is started, and what runs goes on until Close.
func Begin(ctx context.Context, p Plan, providers map[event.Provider]Provider, s Settings) *Environment {
	if s.Prepare == 0 {
		s.Prepare = prepareClock
	}
	if s.Slow == 0 {
		s.Slow = slowSet
	}
	e := &Environment{
		settings: s, providers: providers, nodes: map[string]*node{}, begun: time.Now(), changed: make(chan struct{}), closed: make(chan struct{}),
	}
	e.ctx, e.end = context.WithCancelCause(ctx)
	for _, planned := range p.Services {
		e.nodes[planned.Name] = newNode(planned, providers[planned.By])
	}
	e.names = slices.Sorted(maps.Keys(e.nodes))
	for _, n := range e.nodes {
		for _, edge := range n.edges() {
			if to := e.nodes[edge.To]; to != nil {
				to.awaited[edge.Condition] = true
			}
		}
	}
	for _, name := range e.names {
		go e.run(e.nodes[name], e.nodes[name].gone)
	}
	go e.watchTime()
	return e
}

// Wait returns when the named services are ready, or have completed, and so is what they depend on; without names: all of them. Where one
// can't become ready the error is a *Failure, at once, whatever the others do.
func (e *Environment) Wait(ctx context.Context, names ...string) error {
	if len(names) == 0 {
		names = e.names
	}
	return e.await(ctx, func() (bool, error) {
		all := true
		for _, name := range names {
			n := e.nodes[name]
			if n == nil {
				return false, fmt.Errorf("%s is not among the services of this run: %s", name, strings.Join(e.names, ", "))
			}
			if n.failure != nil {
				return false, n.failure
			}
			all = all && n.steady && e.sound(n)
		}
		return all, nil
	})
}

// await waits until check, which is called with the lock held, says that something holds.
func (e *Environment) await(ctx context.Context, check func() (bool, error)) error {
	for {
		e.mu.Lock()
		done, err := check()
		changed := e.changed
		e.mu.Unlock()
		if done || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Changed is closed at the next change of what Status and Served say. Take it before the look, and no change is missed.
func (e *Environment) Changed() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.changed
}

// update changes what the nodes say, and wakes whoever waits for something.
func (e *Environment) update(change func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change()
	e.wake()
}

// wake wakes whoever waits for something, with the lock held.
func (e *Environment) wake() {
	close(e.changed)
	e.changed = make(chan struct{})
}

// hear takes a line of the provider. A notice is kept, and the same one is told once, however often the service is started.
func (e *Environment) hear(n *node, line string) {
	line = withoutName(line, n.Name)
	if progress(line) {
		e.tell(n, line, nil)
		return
	}
	e.mu.Lock()
	known := slices.Contains(n.notices, line)
	if !known && len(n.notices) < maxNotices {
		n.notices = append(n.notices, line)
	}
	e.mu.Unlock()
	if !known {
		e.observe(n, Change{Message: line, Notice: true})
	}
}

// maxNotices bounds what is kept of one service.
const maxNotices = 50

// tell observes a node as it is.
func (e *Environment) tell(n *node, message string, log []string) {
	e.observe(n, Change{Message: message, Log: log})
}

func (e *Environment) observe(n *node, c Change) {
	if e.settings.Observe == nil {
		return
	}
	e.observing.Lock()
	defer e.observing.Unlock()
	e.mu.Lock()
	c.Service, c.By, c.State, c.At = n.Name, n.By, n.state, time.Now()
	in := n.instance
	if n.state == StateReady {
		c.Probed, c.Note = n.probed, n.note
	}
	if n.state == StateFailed {
		c.Err = n.failure
	}
	e.mu.Unlock()
	if in != nil {
		c.Address, c.Identity = in.Address(), in.Identity()
	}
	e.settings.Observe(c)
}

// enter moves a node to a state, together with what else changes, and tells it.
func (e *Environment) enter(n *node, s State, message string, change func()) {
	e.update(func() {
		n.state, n.message = s, message
		if change != nil {
			change()
		}
	})
	e.tell(n, message, nil)
}

// Failure is why services are not ready: one root, and the way from the one that was asked for.
type Failure struct {
	Service string   // where the fault lies
	Chain   []string // from the service that was asked for to Service
	Cause   error
	Log     []string // the last lines of Service
	Engine  bool     // the engine under it died
}

func (f *Failure) Error() string {
	return strings.Join(f.Chain, " waits for ") + ": " + f.Cause.Error()
}

func (f *Failure) Unwrap() error { return f.Cause }

// of is the failure as one sees it who waits for it.
func (f *Failure) of(name string) *Failure {
	g := *f
	g.Chain = append([]string{name}, f.Chain...)
	return &g
}
