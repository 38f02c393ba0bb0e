package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"testrunner/env/docker"
	"testrunner/env/lease"
	"testrunner/env/local"
	"testrunner/env/service"
	"testrunner/env/staging"
	"testrunner/env/stub"
	"testrunner/report/event"
	"testrunner/runner"
	"testrunner/runner/process"
)

// providing is what the providers of a run, or of a kept set, are made from.
type providing struct {
	run       string // its id: whatever is made bears it
	root      string // of the tree
	results   string // where runs of the tree write: no part of what is built from it
	project   string // of the compose files
	state     string // runner's folder for state
	scratch   string // this run's own folder, named lease.ScratchName(run)
	logs      string // for what local services write
	environ   []string
	real      bool // no stub may serve, and no other version
	asWritten bool // the compose files' own ports
	inventory *lease.Inventory
	addresses map[string]string // of what the user names, and of staging: URLs by the service's name
	calls     func(string)      // hears of each call to an engine; nil: nobody does
}

// providersFor makes the providers that a decision names. Nothing is asked of an engine before a service is prepared.
func providersFor(p providing, by []event.Provider) (map[event.Provider]service.Provider, error) {
	out := map[event.Provider]service.Provider{}
	for _, name := range by {
		if out[name] != nil {
			continue
		}
		one, err := providerFor(p, name)
		if err != nil {
			return nil, err
		}
		out[name] = one
	}
	return out, nil
}

func providerFor(p providing, name event.Provider) (service.Provider, error) {
	switch name {
	case event.ByLocal:
		return local.New(local.Settings{
			Run: p.run, Root: p.root, Scratch: p.scratch, Cache: filepath.Join(p.state, "cache"), Logs: p.logs, Environ: p.environ,
			Real: p.real, AsWritten: p.asWritten, Keeper: p.inventory, Machine: machine{&runner.Host{Environ: p.environ}, p.root},
		})
	case event.ByStub:
		if p.real {
			return nil, errors.New("a stub was to serve, and real services were asked for")
		}
		return stub.New(p.root), nil
	case event.ByAddress, event.ByStaging:
		return staging.New(name, p.addresses), nil
	case event.ByDocker:
		return containersFor(p)
	}
	return nil, fmt.Errorf("this version of runner has no provider %q", name)
}

// containersFor makes the provider of containers, and the builder of their images.
func containersFor(p providing) (service.Provider, error) {
	at := docker.Here(p.environ, p.calls)
	host, err := docker.ChooseHost(at)
	if err != nil {
		return nil, err
	}
	engine, err := docker.Connect(at, host)
	if err != nil {
		return nil, err
	}
	me := docker.Me(at, p.run)
	builder := &docker.Builder{Engine: engine, Me: me, Project: p.project, Own: []string{p.results}}
	containers := docker.NewProvider(docker.Supply{
		Engine: engine, Place: at, Host: host, Me: me, Keeper: engineInventory{p.inventory, host.URL}, Folder: filepath.Join(p.scratch, "docker"),
		Build: builder.Build, AsWritten: p.asWritten,
	})
	builder.Pull = containers.Pull
	return enginesOwn{containers, builder, engine}, nil
}

// enginesOwn is the provider of containers, with what else is to be closed after it.
type enginesOwn struct {
	service.Provider
	builder *docker.Builder
	engine  docker.Engine
}

// Close removes what belongs to no single service, gives back the images, and hangs up.
func (e enginesOwn) Close(ctx context.Context) error {
	return errors.Join(e.Provider.Close(ctx), e.builder.Close(ctx), e.engine.Close())
}

// engineInventory writes down what is made in one engine.
type engineInventory struct {
	inventory *lease.Inventory
	engine    string
}

func (k engineInventory) thing(kind, name, id string) lease.Thing {
	t := lease.Thing{Kind: lease.Kind(kind), Name: name, ID: id}
	if t.Kind != lease.Folder {
		t.Engine = k.engine
	}
	return t
}

// Own comes before it is made; an error refuses the making.
func (k engineInventory) Own(kind, name string) error {
	return k.inventory.Own(k.thing(kind, name, ""))
}

// Owned tells the id under which the engine made it.
func (k engineInventory) Owned(kind, name, id string) error {
	return k.inventory.Owned(k.thing(kind, name, id))
}

// Forget tells that it is gone.
func (k engineInventory) Forget(kind, name string) error {
	return k.inventory.Forget(lease.Kind(kind), name)
}

// hereCommand runs hooks and readiness commands in the tree's root.
func hereCommand(root string, environ []string) service.Command {
	return func(ctx context.Context, argv, more []string) (string, int, error) {
		tail := process.NewTail(64 << 10)
		p, err := process.Start(ctx, process.Spec{Argv: argv, Dir: root, Env: append(append([]string{}, environ...), more...), Stdout: tail, Stderr: tail})
		if err != nil {
			return "", 0, err
		}
		exit := p.Wait()
		if err := ctx.Err(); err != nil {
			return tail.String(), exit.Code, err
		}
		return tail.String(), exit.Code, nil
	}
}
