package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"testrunner/env/service"
	"testrunner/report/event"
)

// The labels of what a run makes for its services, beside those of every Maker.
const (
	serviceRole  = "service"
	LabelService = "io.runner.service" // the service's name
)

// The clocks of a provider.
const (
	defaultPull    = 10 * time.Minute
	defaultSilence = 10 * time.Second
	pingClock      = 2 * time.Second  // for an answer before something is removed
	removeClock    = 15 * time.Second // for what is removed although the caller's context has ended
)

// Keeper writes down what a run is about to make, so that it goes away whatever happens to the run. Kinds are those of lease.Kind:
// "container", "network", "volume", "folder". A lease.Inventory stands behind it.
type Keeper interface {
	Own(kind, name string) error       // before it is made; an error refuses the making
	Owned(kind, name, id string) error // it was made, and this is its id
	Forget(kind, name string) error    // it is gone
}

// Supply is what a provider of containers is made from.
type Supply struct {
	Engine Engine
	Place  Place
	Host   Host // the engine's
	Me     Maker
	Keeper Keeper // nil: the labels alone tell whose things are
	Folder string // of this run alone, absolute: contents of secrets and configs are written below it; "" is one of the system's for temporary files

	// Build builds the image of a service that has a build section. nil: such a service is refused.
	Build func(context.Context, service.Spec, service.Tell) (image string, err error)

	AsWritten  bool          // the ports of the compose file are published as they are written, on the addresses that it names
	PullWithin time.Duration // how long one image may take; 0 is 10 minutes
	Silence    time.Duration // how long the engine may say nothing before it counts as dead; 0 is 10 s

	foreign []string // labels of the containers that are watched, where somebody else made them
}

// Provider runs services as containers of one engine. Its methods are safe for use by many goroutines.
type Provider struct {
	s Supply

	mu       sync.Mutex
	site     *site // what was found out about the engine; nil until the first call
	watch    *watch
	images   map[string]*fetched // by reference and platform
	prepared map[string]ready    // by service
	networks map[string]*made    // by their names in the engine
	volumes  map[string]*made
	lives    map[string]int // of a service: how often it was started
	folder   string
	joined   []string // networks that this very container was connected to

	asking   sync.Mutex // guards what follows
	asked    time.Time  // when the engine was last asked whether it answers
	answered error      // what came of it
}

// made is a thing that is made once, however many ask for it at once.
type made struct {
	sync.Mutex
	id string
}

// ready is the image of a service that was prepared.
type ready struct {
	reference string
	image     ImageDescription
}

var _ service.Provider = (*Provider)(nil)

// NewProvider makes the provider of a run. Nothing is asked of the engine yet.
func NewProvider(s Supply) *Provider {
	if s.Keeper == nil {
		s.Keeper = noKeeper{}
	}
	if s.PullWithin == 0 {
		s.PullWithin = defaultPull
	}
	if s.Silence == 0 {
		s.Silence = defaultSilence
	}
	return &Provider{
		s: s, images: map[string]*fetched{}, prepared: map[string]ready{}, networks: map[string]*made{}, volumes: map[string]*made{}, lives: map[string]int{},
	}
}

type noKeeper struct{}

func (noKeeper) Own(string, string) error           { return nil }
func (noKeeper) Owned(string, string, string) error { return nil }
func (noKeeper) Forget(string, string) error        { return nil }

// Name is event.ByDocker.
func (p *Provider) Name() event.Provider { return event.ByDocker }

// ServiceError is why a service can't be had from an engine, in words, and what mends it.
type ServiceError struct {
	Service string
	Fault   Fault
	Err     error
}

// Error is one line.
func (e *ServiceError) Error() string {
	text := e.Fault.Detail
	if text == "" {
		text = e.Err.Error()
	}
	if e.Service != "" {
		text = e.Service + ": " + text
	}
	return text + wayOut(e.Fault.Remedy)
}

// Unwrap is the engine's own error.
func (e *ServiceError) Unwrap() error { return e.Err }

// Remedy is the command that mends it, "" if there is none.
func (e *ServiceError) Remedy() string { return e.Fault.Remedy }

// labels are the labels of what is made for a service.
func (p *Provider) labels(service string) map[string]string {
	l := p.s.Me.Labels(serviceRole)
	if service != "" {
		l[LabelService] = service
	}
	return l
}

// mine are the labels by which all that this run made for services is found.
func (p *Provider) mine() []string {
	return []string{LabelRun + "=" + p.s.Me.Run, LabelRole + "=" + serviceRole}
}

// watched are the labels of the containers that are watched.
func (p *Provider) watched() []string {
	if len(p.s.foreign) > 0 {
		return p.s.foreign
	}
	return p.mine()
}

// prefix begins the names of all that this run makes.
func (p *Provider) prefix() string { return "runner-" + p.s.Me.Run }

// Prepare gets the image: local first, then from its registry; or it is built.
func (p *Provider) Prepare(ctx context.Context, s service.Spec, tell service.Tell) error {
	return p.blame(ctx, p.prepare(ctx, s, tell))
}

func (p *Provider) prepare(ctx context.Context, s service.Spec, tell service.Tell) error {
	if s.Container == nil {
		return &ServiceError{s.Name, Fault{Detail: "the compose files don't describe it, so there is no container of it"}, nil}
	}
	if _, err := p.begin(ctx); err != nil {
		return err
	}
	r, err := p.image(ctx, s, tell)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.prepared[s.Name] = r
	return nil
}

// Close removes the networks and volumes of the run, and whatever else of it is left.
func (p *Provider) Close(ctx context.Context) error {
	p.mu.Lock()
	w, folder, joined := p.watch, p.folder, p.joined
	touched := p.site != nil
	p.watch, p.folder, p.joined = nil, "", nil
	p.mu.Unlock()
	if w != nil {
		w.close()
	}
	var errs []error
	if touched {
		if err := p.answers(ctx); err != nil {
			return fmt.Errorf("remove the containers' networks and volumes: %w", err)
		}
	}
	for _, id := range joined {
		errs = append(errs, p.s.Engine.Disconnect(ctx, id, p.self()))
	}
	if touched {
		errs = append(errs, p.clear(ctx))
	}
	if folder != "" {
		err := os.RemoveAll(folder)
		if err == nil {
			err = p.s.Keeper.Forget("folder", folder)
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("remove the containers' networks and volumes: %w", err)
	}
	return nil
}

// answers asks the engine before something is removed from it, for everything at once. One that is frozen takes every call and answers
// none: without this, each would cost all the time that is left. One that refuses says so at once, and is asked each time: it may be back.
func (p *Provider) answers(ctx context.Context) error {
	p.asking.Lock()
	defer p.asking.Unlock()
	if time.Since(p.asked) < time.Second {
		return p.answered
	}
	begun := time.Now()
	p.answered, p.asked = answersSoon(ctx, p.s.Engine), time.Time{}
	if p.answered == nil || time.Since(begun) > refusesWithin {
		p.asked = time.Now()
	}
	return p.answered
}

// refusesWithin tells an engine that refuses from one that is frozen.
const refusesWithin = 100 * time.Millisecond

// answersSoon asks once, and leaves time for something else.
func answersSoon(ctx context.Context, e ServiceEngine) error {
	within := pingClock
	if deadline, ok := ctx.Deadline(); ok {
		within = min(within, time.Until(deadline)/2)
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	err := e.Fresh(ctx)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("the engine has not answered for %s", within.Round(100*time.Millisecond))
	}
	return fmt.Errorf("the engine does not answer: %w", err)
}

// clear removes all that bears this run's labels: also what was made by a call whose answer never came.
func (p *Provider) clear(ctx context.Context) error {
	var errs []error
	var each sync.WaitGroup
	var mu sync.Mutex
	remove := func(kind, name string, f func() error) {
		each.Go(func() {
			err := f()
			if err == nil {
				err = p.s.Keeper.Forget(kind, name)
			}
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
		})
	}
	containers, err := p.s.Engine.Containers(ctx, p.mine()...)
	errs = append(errs, err)
	for _, c := range containers {
		remove("container", c.Name, func() error { return p.s.Engine.RemoveContainer(ctx, c.ID) })
	}
	each.Wait()
	networks, err := p.s.Engine.Networks(ctx, p.mine()...)
	mu.Lock()
	errs = append(errs, err)
	mu.Unlock()
	for _, n := range networks {
		remove("network", n.Name, func() error { return p.s.Engine.RemoveNetwork(ctx, n.ID) })
	}
	volumes, err := p.s.Engine.Volumes(ctx, p.mine()...)
	mu.Lock()
	errs = append(errs, err)
	mu.Unlock()
	for _, v := range volumes {
		remove("volume", v.Name, func() error { return p.s.Engine.RemoveVolume(ctx, v.Name) })
	}
	each.Wait()
	return errors.Join(errs...)
}
