// Package staging hands out services that somebody else runs: those of a staging environment, and those whose address the user names
// (--service NAME=URL, RUNNER_SERVICE_NAME, addresses in runner.yaml). It starts nothing and stops nothing.
//
// Whether an address may be used is decided elsewhere (env/service.Addresses).
package staging

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"

	"testrunner/env/service"
	"testrunner/report/event"
)

// Provider hands out addresses.
type Provider struct {
	by        event.Provider
	addresses map[string]string
}

// New hands out these addresses, URLs by the service's name, as by: event.ByStaging or event.ByAddress.
func New(by event.Provider, addresses map[string]string) *Provider {
	return &Provider{by: by, addresses: addresses}
}

var _ service.Provider = (*Provider)(nil)

// Name is what New was given.
func (p *Provider) Name() event.Provider { return p.by }

// Prepare checks that the service has an address.
func (p *Provider) Prepare(_ context.Context, s service.Spec, _ service.Tell) error {
	_, err := p.address(s)
	return err
}

// Start hands out the service's address. Whether anybody serves there is for readiness to say.
func (p *Provider) Start(ctx context.Context, s service.Spec, _ map[string]service.Instance, _ service.Tell) (service.Instance, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("use %s: %w", s.Name, err)
	}
	a, err := p.address(s)
	if err != nil {
		return nil, err
	}
	return &instance{name: s.Name, address: a, never: make(chan struct{})}, nil
}

// Close has nothing to remove.
func (p *Provider) Close(context.Context) error { return nil }

func (p *Provider) address(s service.Spec) (service.Address, error) {
	text := p.addresses[s.Name]
	if text == "" {
		return service.Address{}, fmt.Errorf("use %s: no address is known of it: name one with --service %s=URL", s.Name, s.Name)
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Hostname() == "" { // the error of url.Parse would show a password
		return service.Address{}, fmt.Errorf("use %s: its address is no URL with a host, such as https://%s.example.com", s.Name, s.Name)
	}
	a := service.Address{Host: u.Hostname(), URL: text, Foreign: true}
	if a.Port, err = port(u); err != nil {
		return service.Address{}, fmt.Errorf("use %s at %s: %w", s.Name, u.Redacted(), err)
	}
	a.Ports = map[int]int{}
	if own := s.Container.FirstPort(); own > 0 {
		a.Ports[own] = a.Port
	}
	return a, nil
}

// port is the URL's, else the one that its scheme stands for.
func port(u *url.URL) (int, error) {
	if u.Port() != "" {
		n, err := strconv.Atoi(u.Port())
		if err != nil || n < 1 || n > 65535 {
			return 0, fmt.Errorf("%s is no port", u.Port())
		}
		return n, nil
	}
	known := map[string]int{
		"http": 80, "https": 443, "ws": 80, "wss": 443, "postgres": 5432, "postgresql": 5432, "redis": 6379, "rediss": 6379,
		"mysql": 3306, "mongodb": 27017, "amqp": 5672, "amqps": 5671, "nats": 4222, "grpc": 80, "grpcs": 443,
	}
	if n, ok := known[u.Scheme]; ok {
		return n, nil
	}
	return 0, fmt.Errorf("the address names no port, and the scheme %s stands for none: write %s", u.Scheme, (&url.URL{Scheme: u.Scheme, Host: net.JoinHostPort(u.Hostname(), "PORT")}).String())
}

// instance is an address. It has no life that anybody here could see.
type instance struct {
	name    string
	address service.Address
	never   chan struct{}
}

var _ service.Instance = (*instance)(nil)

func (in *instance) Address() service.Address { return in.address }

func (in *instance) Exec(context.Context, []string, []string) (string, int, error) {
	return "", -1, fmt.Errorf("run a command in %s: %w", in.name, service.ErrNoInside)
}

func (in *instance) Log(int) []string { return nil }

// Follow waits for the context: there is no output, and no end either.
func (in *instance) Follow(ctx context.Context, _ io.Writer) error {
	<-ctx.Done()
	return ctx.Err()
}

func (in *instance) Done() <-chan struct{} { return in.never }

func (in *instance) End() service.End { return service.End{} }

func (in *instance) Stop(context.Context) error { return nil }

// Identity is where it is: what happens behind an address can't be seen.
func (in *instance) Identity() string {
	return net.JoinHostPort(in.address.Host, strconv.Itoa(in.address.Port))
}
