// Package stub serves what an honest stub can stand in for: Redis, a service that answers HTTP, an issuer of tokens, a WebSocket that
// follows a script. All of it lives in this process, on 127.0.0.1, and goes with it: nothing has to be swept after a kill.
// A stub answers what it was told and nothing else. What it does not know fails where the client sees it, and is kept by name.
package stub

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	"testrunner/env/service"
	"testrunner/report/event"
)

// Provider starts stubs. Its methods are safe for use by many goroutines.
type Provider struct {
	apis documents
}

var _ service.Provider = (*Provider)(nil)

// New returns the provider of stubs. The files that a configuration names are relative to root.
func New(root string) *Provider { return &Provider{apis: documents{root: root}} }

// Name is event.ByStub.
func (p *Provider) Name() event.Provider { return event.ByStub }

// Prepare reads all that a stub of the service would answer, so that a fault of it is told before anything starts.
func (p *Provider) Prepare(_ context.Context, s service.Spec, tell service.Tell) error {
	a, err := p.read(s)
	if err != nil {
		return err
	}
	if tell != nil {
		for _, note := range a.notes() {
			tell(note)
		}
	}
	return nil
}

// Start starts a stub on a port that the kernel chooses, or on the one that the service must or shall have. The stub outlives ctx: Stop
// ends it. tell hears of each thing that it does not know, at its first time and from any goroutine. The instance is an *Instance.
func (p *Provider) Start(ctx context.Context, s service.Spec, _ map[string]service.Instance, tell service.Tell) (service.Instance, error) {
	a, err := p.read(s)
	if err != nil {
		return nil, err
	}
	l, err := listen(ctx, s, tell)
	if err != nil {
		return nil, fmt.Errorf("start the stub of %s: %w", s.Name, err)
	}
	i := newInstance(s.Name, l, tell)
	if err := i.begin(context.WithoutCancel(ctx), l, a); err != nil {
		return nil, errors.Join(fmt.Errorf("start the stub of %s: %w", s.Name, err), l.Close())
	}
	return i, nil
}

// Close does nothing: a stub has nothing that belongs to no service.
func (p *Provider) Close(context.Context) error { return nil }

// answers is what a kind of stub answers, read and checked.
type answers interface {
	// notes are what of the configuration will not be answered, a line each.
	notes() []string

	// serve answers on l until close is called. It returns the protocol's address of l and the numbers that the service's own ports have.
	serve(ctx context.Context, l net.Listener, i *Instance) (url string, ports []int, err error)

	// close ends the listener and all connections, and waits for them. It is called once, after serve.
	close() error
}

// read turns what is known of the service into answers. The error says why there is no honest stub of it, and the way out.
func (p *Provider) read(s service.Spec) (answers, error) {
	wayOut := fmt.Sprintf("services, %s, stub in runner.yaml", s.Name)
	switch kind := s.Kind(); {
	case kind == "postgres":
		return nil, fmt.Errorf("%s is PostgreSQL, of which there is no honest stub: install PostgreSQL, or run with Docker", s.Name)
	case kind == "database":
		return nil, fmt.Errorf("%s is a database (%s), of which there is no honest stub: give it a local command, or run with Docker", s.Name, s.Image)
	case kind == "redis" && s.StubSpec != nil:
		return nil, fmt.Errorf("%s is Redis, whose stub answers by itself: take away %s", s.Name, wayOut)
	case kind == "redis":
		return readRedis(s)
	case s.StubSpec == nil:
		return nil, fmt.Errorf("there is no stub of %s, as nothing says what it answers: %s gives it routes, openapi, jwt or websocket",
			s.Name, wayOut)
	}
	w, err := readWeb(&p.apis, s)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", wayOut, err)
	}
	return w, nil
}

// listen takes a port of this machine: the one that must be (ports: as-written), else the wanted one where it is free, else any.
func listen(ctx context.Context, s service.Spec, tell service.Tell) (net.Listener, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	on := func(number int) (net.Listener, error) {
		return new(net.ListenConfig).Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(number)))
	}
	if len(s.Ports) > 0 {
		number := s.Ports[0].Number
		l, err := on(number)
		if err != nil {
			return nil, fmt.Errorf("port %d is not to be had: end what holds it, or take \"ports: as-written\" out of runner.yaml: %w", number, err)
		}
		return l, nil
	}
	if number := wanted(s); number != 0 {
		l, err := on(number)
		if err == nil {
			return l, nil
		}
		if tell != nil {
			tell(fmt.Sprintf("port %d is not free, so the stub of %s has another one: %v", number, s.Name, err))
		}
	}
	return on(0)
}

// wanted is the port that the service shall have, 0 for any: that of its main port, else of its first own one.
func wanted(s service.Spec) int {
	for _, own := range append([]int{0}, ownPorts(s)...) {
		if n := s.Wanted[own]; n != 0 {
			return n
		}
	}
	return 0
}

// ownPorts are the numbers under which a service's containers are reached inside their network, each once.
func ownPorts(s service.Spec) []int {
	var out []int
	if s.Container == nil {
		return nil
	}
	seen := map[int]bool{}
	add := func(n int) {
		if n > 0 && !seen[n] {
			seen[n] = true
			out = append(out, n)
		}
	}
	for _, m := range s.Container.Ports {
		if m.Protocol == "" || m.Protocol == "tcp" {
			add(m.Target)
		}
	}
	for _, n := range s.Container.Expose {
		add(n)
	}
	return out
}
