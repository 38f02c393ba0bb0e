package docker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"testrunner/env/service"
)

// defaultGrace is how long a service has to end where the compose file says nothing. The engine's 10 s would be waited for in vain by
// every program that heeds no SIGTERM, for data that is thrown away.
const defaultGrace = 2 * time.Second

// portTries is how often a container is started whose ports somebody took between their choice and the start.
const portTries = 4

// instance is a service's container.
type instance struct {
	p        *Provider
	watch    *watch
	service  string
	id, name string
	terminal bool
	grace    time.Duration
	health   *service.Healthcheck

	log     lines
	logged  chan struct{} // closed when its output has been read to its end
	stopLog context.CancelFunc

	starved     chan struct{} // closed when the engine tells that memory ran out
	starvedOnce sync.Once

	once sync.Once
	done chan struct{}
	end  service.End // once done is closed

	mu      sync.Mutex
	started string // as the engine writes it; "" until it was started
	address service.Address

	stopping sync.Mutex
	removed  bool
	leaving  atomic.Bool // it is being removed, by us
}

var (
	_ service.Instance = (*instance)(nil)
	_ service.Checked  = (*instance)(nil)
	_ service.Hosted   = (*instance)(nil)
)

// Start creates the service's container on its networks and starts it.
func (p *Provider) Start(ctx context.Context, s service.Spec, peers map[string]service.Instance, tell service.Tell) (service.Instance, error) {
	in, err := p.start(ctx, s, peers, tell)
	if err != nil {
		return nil, p.blame(ctx, err)
	}
	return in, nil
}

func (p *Provider) start(ctx context.Context, s service.Spec, peers map[string]service.Instance, tell service.Tell) (*instance, error) {
	p.mu.Lock()
	r, ok := p.prepared[s.Name]
	p.mu.Unlock()
	if !ok {
		if err := p.prepare(ctx, s, tell); err != nil {
			return nil, err
		}
		p.mu.Lock()
		r = p.prepared[s.Name]
		p.mu.Unlock()
	}
	w, err := p.watching(ctx)
	if err != nil {
		return nil, err
	}
	at, err := p.begin(ctx)
	if err != nil {
		return nil, err
	}
	b, nets, err := p.blueprint(ctx, s, r, peers, tell)
	if err != nil {
		return nil, err
	}
	b.Publish = publications(s, r.image, at, p.s.AsWritten)
	for try := 1; ; try++ {
		wanted := wantedPorts(ctx, b.Publish, s.Wanted, tell)
		i, err := p.launch(ctx, w, s, b.publishing(wanted), nets)
		var failed *ServiceError
		if err != nil && errors.As(err, &failed) && failed.Fault.Name == PortTaken && try < portTries && ctx.Err() == nil && !fixed(b.Publish) {
			tell(fmt.Sprintf("%s: a port was taken at the last moment: another one is published", s.Name))
			s.Wanted = nil
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := p.settled(ctx, i, s, r.image, at, peers); err != nil {
			return nil, errors.Join(err, p.drop(ctx, i))
		}
		return i, nil
	}
}

// publishing is the blueprint with other publications.
func (b Blueprint) publishing(all []Publication) Blueprint {
	b.Publish = all
	return b
}

// blueprint says what is to be created, and which networks are to be joined beside the first.
func (p *Provider) blueprint(ctx context.Context, s service.Spec, r ready, peers map[string]service.Instance, tell service.Tell) (Blueprint, []joining, error) {
	c := *s.Container
	var err error
	for _, space := range []*string{&c.PID, &c.IPC, &c.NetworkMode} {
		if *space, err = spaceOf(s.Name, *space, peers); err != nil {
			return Blueprint{}, nil, err
		}
	}
	b := Blueprint{Image: r.reference, Labels: map[string]string{}, Container: &c, Network: c.NetworkMode}
	for k, v := range c.Labels {
		b.Labels[k] = v
	}
	for k, v := range p.labels(s.Name) {
		b.Labels[k] = v // what is whose is not the compose file's to say
	}
	if b.Mounts, err = p.mounts(ctx, s, tell); err != nil {
		return b, nil, err
	}
	if b.Network != "" {
		return b, nil, nil
	}
	nets, err := p.join(ctx, s, tell)
	if err != nil {
		return b, nil, err
	}
	first := nets[0]
	b.Network, b.Aliases, b.IPv4, b.IPv6 = first.id, first.how.Aliases, first.how.IPv4, first.how.IPv6
	return b, nets[1:], nil
}

// spaceOf turns the name of a service whose network or processes are shared, "service:db", into its container's.
func spaceOf(name, mode string, peers map[string]service.Instance) (string, error) {
	of, ok := strings.CutPrefix(mode, "service:")
	if !ok {
		return mode, nil
	}
	peer, ok := peers[of].(*instance)
	if !ok {
		return "", &ServiceError{name, Fault{Detail: fmt.Sprintf("it shares a namespace with %s, which is no container of this run; let it depend on %s", of, of)}, nil}
	}
	return "container:" + peer.id, nil
}

// launch creates a container, joins its other networks, and starts it. Where something fails nothing is left.
func (p *Provider) launch(ctx context.Context, w *watch, s service.Spec, b Blueprint, nets []joining) (*instance, error) {
	p.mu.Lock()
	p.lives[s.Name]++
	life := p.lives[s.Name]
	p.mu.Unlock()
	b.Name = p.prefix() + "-" + s.Name
	if life > 1 {
		b.Name += "-" + strconv.Itoa(life)
	}
	if err := p.s.Keeper.Own("container", b.Name); err != nil {
		return nil, fmt.Errorf("write down the container of %s: %w", s.Name, err)
	}
	create := func(ctx context.Context) (string, error) { return p.s.Engine.CreateContainer(ctx, b) }
	id, err := unbroken(ctx, create, p.s.Engine.RemoveContainer)
	if err != nil {
		return nil, errors.Join(p.explain(ctx, s.Name, b, err), p.lost(ctx, b.Name))
	}
	i := &instance{
		p: p, watch: w, service: s.Name, id: id, name: b.Name, terminal: s.Container.TTY, grace: s.Container.StopGrace, health: s.Container.Healthcheck,
		done: make(chan struct{}), starved: make(chan struct{}), logged: make(chan struct{}),
	}
	if i.grace == 0 {
		i.grace = defaultGrace
	}
	err = errors.Join(ctx.Err(), p.s.Keeper.Owned("container", b.Name, id))
	if err == nil {
		err = p.fill(ctx, s, id)
	}
	for n := 0; n < len(nets) && err == nil; n++ {
		err = p.s.Engine.Connect(ctx, nets[n].id, id, nets[n].how)
	}
	if err == nil {
		w.add(i)
		err = p.s.Engine.StartContainer(ctx, id)
	}
	var listening context.Context
	listening, i.stopLog = context.WithCancel(context.WithoutCancel(ctx))
	if err != nil {
		close(i.logged) // it never ran
		return nil, errors.Join(p.explain(ctx, s.Name, b, err), p.drop(ctx, i))
	}
	go i.listen(listening)
	return i, nil
}

// settled learns the start and the address of a container that was started. It may have ended already.
func (p *Provider) settled(ctx context.Context, i *instance, s service.Spec, image ImageDescription, at *site, peers map[string]service.Instance) error {
	seen, err := p.s.Engine.InspectContainer(ctx, i.id)
	if err != nil {
		return fmt.Errorf("look at the container of %s: %w", s.Name, err)
	}
	i.mu.Lock()
	i.started = seen.Started
	i.address = addressOf(s, image, at, seen, p.s.AsWritten)
	if of, ok := strings.CutPrefix(s.Container.NetworkMode, "service:"); ok && i.address.Port == 0 {
		i.address = peers[of].Address() // its ports are those of the one whose network it shares
	}
	i.mu.Unlock()
	i.health = healthcheckOf(i.health, image.Healthcheck)
	if !seen.Running {
		i.watch.settle(ctx, i, false)
	}
	return nil
}

// healthcheckOf is the compose file's healthcheck; what it leaves open is the image's, as the engine has it.
func healthcheckOf(own, image *service.Healthcheck) *service.Healthcheck {
	if own == nil || image == nil || own.Disabled {
		return cmp.Or(own, image)
	}
	both := *own
	if len(both.Test) == 0 {
		both.Test, both.Disabled = image.Test, image.Disabled
	}
	both.Interval, both.Timeout = cmp.Or(own.Interval, image.Interval), cmp.Or(own.Timeout, image.Timeout)
	both.StartPeriod, both.Retries = cmp.Or(own.StartPeriod, image.StartPeriod), cmp.Or(own.Retries, image.Retries)
	return &both
}

// lost removes a container whose creation failed or was cut short: the engine may have made it all the same.
func (p *Provider) lost(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeClock)
	defer cancel()
	seen, err := p.s.Engine.InspectContainer(ctx, name)
	if err == nil && seen.Labels[LabelRun] == p.s.Me.Run {
		err = p.s.Engine.RemoveContainer(ctx, seen.ID)
	}
	if err != nil && !IsAbsent(err) {
		return fmt.Errorf("remove container %s: %w", name, err)
	}
	return p.s.Keeper.Forget("container", name)
}

// drop removes a container that did not come to serve.
func (p *Provider) drop(ctx context.Context, i *instance) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeClock)
	defer cancel()
	return i.remove(ctx)
}

func (i *instance) Done() <-chan struct{} { return i.done }

func (i *instance) End() service.End {
	<-i.done
	return i.end
}

func (i *instance) Address() service.Address {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.address
}

// Identity is the container and its start.
func (i *instance) Identity() string { return short(i.id) + " " + i.life() }

func (i *instance) life() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.started
}

// Healthcheck is the one that counts: the compose file's, else the image's; nil is none. The engine does not run it: service.Checked.
func (i *instance) Healthcheck() *service.Healthcheck { return i.health }
