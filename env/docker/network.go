package docker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"testrunner/env/service"
)

// subnetTries is how many subnets of our own are tried: another run may take one between the look and the creation.
const subnetTries = 8

// joining is a network and how a container joins it.
type joining struct {
	id  string
	how service.Attachment
}

// defaultNetwork is the key of the network that a service joins where it names none.
const defaultNetwork = "default"

// join makes the networks of a service as far as they are missing. The service's own name resolves on each.
func (p *Provider) join(ctx context.Context, s service.Spec, tell service.Tell) ([]joining, error) {
	attachments := s.Container.Networks
	if len(attachments) == 0 {
		attachments = []service.Attachment{{Network: defaultNetwork}}
	}
	var out []joining
	for _, a := range attachments {
		id, err := p.network(ctx, s.Name, a, tell)
		if err != nil {
			return nil, err
		}
		a.Aliases = append(slices.Clone(a.Aliases), s.Name)
		out = append(out, joining{id, a})
	}
	return out, nil
}

// network is the id of a network of this run, or of the one that the compose file says is there.
func (p *Provider) network(ctx context.Context, of string, a service.Attachment, tell service.Tell) (string, error) {
	if a.External != "" {
		return p.external(ctx, of, a)
	}
	name := p.prefix()
	if a.Network != defaultNetwork && a.Network != "" {
		name += "-" + a.Network
	}
	p.mu.Lock()
	m := p.networks[name]
	if m == nil {
		m = &made{}
		p.networks[name] = m
	}
	p.mu.Unlock()
	m.Lock()
	defer m.Unlock()
	if m.id != "" {
		return m.id, nil
	}
	if err := p.s.Keeper.Own("network", name); err != nil {
		return "", fmt.Errorf("write down the network of %s: %w", of, err)
	}
	b := NetworkBlueprint{Name: name, Labels: p.labels(""), Driver: a.Driver, Internal: a.Internal, Subnets: a.Subnets}
	id, err := p.createNetwork(ctx, b, tell)
	if err != nil {
		return "", errors.Join(p.networkError(of, a, err), p.lostNetwork(ctx, name))
	}
	m.id = id
	if err := p.s.Keeper.Owned("network", name, id); err != nil {
		return "", fmt.Errorf("write down the network of %s: %w", of, err)
	}
	return id, p.attend(ctx, id)
}

// createNetwork creates a network; where the engine has no subnet left, with one that we pick.
func (p *Provider) createNetwork(ctx context.Context, b NetworkBlueprint, tell service.Tell) (string, error) {
	create := func(ctx context.Context) (string, error) { return p.s.Engine.CreateNetworkAs(ctx, b) }
	id, err := unbroken(ctx, create, p.s.Engine.RemoveNetwork)
	fault, known := Explain(err)
	if err == nil || !known || fault.Name != PoolEmpty || len(b.Subnets) > 0 {
		return id, err
	}
	taken, listErr := p.s.Engine.Subnets(ctx)
	if listErr != nil {
		return "", errors.Join(err, listErr)
	}
	if at, _ := p.begin(ctx); at != nil && at.remote == "" {
		taken = append(taken, routes(p.s.Place)...)
	}
	for _, s := range freeSubnets(taken, p.s.Me.Run+b.Name, subnetTries) {
		b.Subnets = []string{s.String()}
		next, nextErr := unbroken(ctx, create, p.s.Engine.RemoveNetwork)
		if nextErr == nil {
			tell(fmt.Sprintf("the engine has no subnet left: network %s has %s, which runner picked", b.Name, s))
			return next, nil
		}
		if !strings.Contains(nextErr.Error(), "overlaps") {
			return "", errors.Join(err, nextErr)
		}
	}
	return "", err
}

// external finds a network that somebody else made.
func (p *Provider) external(ctx context.Context, of string, a service.Attachment) (string, error) {
	all, err := p.s.Engine.Networks(ctx)
	if err != nil {
		return "", err
	}
	for _, n := range all {
		if n.Name == a.External || n.ID == a.External {
			return n.ID, nil
		}
	}
	return "", &ServiceError{of, Fault{
		Name: NetworkMissing, Detail: fmt.Sprintf("network %s is external, and the engine has none of that name", a.External), Remedy: "docker network create " + a.External,
	}, nil}
}

func (p *Provider) networkError(of string, a service.Attachment, err error) error {
	fault, _ := Explain(err)
	if strings.Contains(err.Error(), "overlaps") && len(a.Subnets) > 0 {
		fault = Fault{Name: SubnetTaken, Detail: fmt.Sprintf(
			"network %s wants the subnet %s, which another network has; leave the subnet out of the compose file, and each run has its own", a.Network, strings.Join(a.Subnets, ", "))}
	}
	return &ServiceError{of, fault, err}
}

// lostNetwork removes a network whose creation was cut short.
func (p *Provider) lostNetwork(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeClock)
	defer cancel()
	all, err := p.s.Engine.Networks(ctx, p.mine()...)
	for _, n := range all {
		if n.Name == name && err == nil {
			err = p.s.Engine.RemoveNetwork(ctx, n.ID)
		}
	}
	if err != nil {
		return fmt.Errorf("remove network %s: %w", name, err)
	}
	return p.s.Keeper.Forget("network", name)
}

// attend connects the container that runner itself runs in, so that it reaches the services by their own addresses.
func (p *Provider) attend(ctx context.Context, network string) error {
	self := p.self()
	if self == "" {
		return nil
	}
	p.mu.Lock()
	p.joined = append(p.joined, network) // before: a call whose answer is lost may have connected it
	p.mu.Unlock()
	if err := p.s.Engine.Connect(ctx, network, self, service.Attachment{}); err != nil {
		return fmt.Errorf("connect the container that runner is in to the services' network: %w", err)
	}
	return nil
}

// volume makes a named volume of this run, once.
func (p *Provider) volume(ctx context.Context, m service.Mount) (string, error) {
	name := p.prefix() + "-" + m.Source
	p.mu.Lock()
	v := p.volumes[name]
	if v == nil {
		v = &made{}
		p.volumes[name] = v
	}
	p.mu.Unlock()
	v.Lock()
	defer v.Unlock()
	if v.id != "" {
		return name, nil
	}
	if err := p.s.Keeper.Own("volume", name); err != nil {
		return "", fmt.Errorf("write down volume %s: %w", name, err)
	}
	b := VolumeBlueprint{Name: name, Labels: p.labels(""), Driver: m.Driver, Options: m.Options}
	create := func(ctx context.Context) (string, error) { return name, p.s.Engine.CreateVolume(ctx, b) }
	if _, err := unbroken(ctx, create, p.s.Engine.RemoveVolume); err != nil {
		later, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeClock)
		defer cancel()
		lost := p.s.Engine.RemoveVolume(later, name)
		if lost == nil {
			lost = p.s.Keeper.Forget("volume", name)
		}
		return "", errors.Join(err, lost)
	}
	v.id = name
	if err := p.s.Keeper.Owned("volume", name, name); err != nil {
		return "", fmt.Errorf("write down volume %s: %w", name, err)
	}
	return name, nil
}
