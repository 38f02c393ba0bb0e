package keeper

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"strconv"
	"sync"
	"time"

	"testrunner/env/service"
	"testrunner/report/event"
)

// asking is how long a service may take to answer when it is asked how it is.
const asking = 3 * time.Second

// tailLines are kept of a service that failed.
const tailLines = 50

// kept is a Set of services that an Environment runs.
type kept struct {
	mode   event.Mode
	extra  []string
	folder Folder
	tell   func() // something has changed

	env       *service.Environment
	begun     chan struct{} // closed when env is set: services speak up before Begin has returned
	following context.Context
	stop      context.CancelFunc
	followers sync.WaitGroup

	mu    sync.Mutex
	logs  map[string]*LogFile
	lives map[string]string   // the identity of the life whose output is being followed
	tails map[string][]string // of services that ended badly, their last lines
}

// Begin starts the services of a request and returns at once. Their output goes into the folder's logs. run runs the hooks and readiness
// commands on this machine; changed is called whenever something of a service is another.
func Begin(ctx context.Context, r Request, f Folder, providers map[event.Provider]service.Provider, run service.Command, changed func()) (Set, error) {
	k := &kept{
		mode: r.Mode, extra: r.Extra, folder: f, tell: changed, begun: make(chan struct{}),
		logs: map[string]*LogFile{}, lives: map[string]string{}, tails: map[string][]string{},
	}
	var plan service.Plan
	for _, w := range r.Services {
		l, err := f.OpenLog(w.Spec.Name)
		if err != nil {
			return nil, err
		}
		k.logs[w.Spec.Name] = l
		plan.Services = append(plan.Services, service.Planned{Spec: w.Spec, By: w.Served.By, Divide: r.Divide})
	}
	// The logs are read to their ends, so their readers end after the services and not with the context.
	k.following, k.stop = context.WithCancel(context.WithoutCancel(ctx))
	k.env = service.Begin(ctx, plan, providers, service.Settings{Mode: r.Mode, Run: run, Observe: k.observe})
	close(k.begun)
	return k, nil
}

// observe follows the output of each new life, and keeps the last lines of one that ended badly.
func (k *kept) observe(c service.Change) {
	<-k.begun
	k.mu.Lock()
	if len(c.Log) > 0 {
		k.tails[c.Service] = c.Log[max(0, len(c.Log)-tailLines):]
	}
	isNew := c.Identity != "" && k.lives[c.Service] != c.Identity
	if isNew {
		k.lives[c.Service] = c.Identity
	}
	k.mu.Unlock()
	if isNew {
		if in, ok := k.env.Instance(c.Service); ok {
			k.followers.Go(func() { _ = in.Follow(k.following, k.logs[c.Service]) }) // what can't be read is not in the log
		}
	}
	k.tell()
}

func (k *kept) Ready(ctx context.Context) error {
	err := k.env.Wait(ctx)
	var f *service.Failure
	if errors.As(err, &f) && len(f.Log) > 0 { // who waits may know of it before it is observed
		k.mu.Lock()
		defer k.mu.Unlock()
		k.tails[f.Service] = f.Log[max(0, len(f.Log)-tailLines):]
	}
	return err
}

func (k *kept) Services(ctx context.Context, probe bool) []Service {
	all := k.env.Status()
	out := make([]Service, len(all))
	var wait sync.WaitGroup
	for i, s := range all {
		out[i] = k.service(s)
		if probe && out[i].State == Ready {
			wait.Go(func() {
				one, cancel := context.WithTimeout(ctx, asking)
				defer cancel()
				if err := k.env.Ask(one, s.Service); err != nil {
					out[i].State, out[i].Error = Unready, err.Error()
				}
			})
		}
	}
	wait.Wait()
	return out
}

func (k *kept) service(s service.Status) Service {
	out := Service{
		Name: s.Service, Provider: s.By, Fidelity: s.Fidelity, State: string(s.State), ReadyMS: s.Probed.Ready.Milliseconds(),
		Identity: s.Identity, Restarts: s.Restarts,
	}
	if s.Address.Port > 0 {
		out.Address = net.JoinHostPort(cmp.Or(s.Address.Host, "127.0.0.1"), strconv.Itoa(s.Address.Port))
		out.Ports = maps.Clone(s.Address.Ports)
	}
	switch s.State {
	case service.StateFailed, service.StateRestarting:
		out.Error = s.Message
		k.mu.Lock()
		out.Tail = k.tails[s.Service]
		k.mu.Unlock()
	case service.StateReady:
		if out.Note = s.Note; !s.Ready {
			out.State, out.Error = Unready, cmp.Or(s.Message, "what it depends on is not ready")
		}
	default:
		out.Note = s.Message
	}
	if in, ok := k.env.Instance(s.Service); ok {
		if stub, ok := in.(interface{ Unknown() []string }); ok {
			out.Unknown = stub.Unknown()
		}
	}
	return out
}

func (k *kept) Restart(ctx context.Context, name string) error { return k.env.Restart(ctx, name) }

// Variables are those of the services, and after them those of the environment's configuration, which so win.
func (k *kept) Variables() []string {
	return append(service.Variables(k.env.Served(), k.mode), k.extra...)
}

func (k *kept) Close(ctx context.Context) []string {
	var left []string
	for _, u := range k.env.Close(ctx) {
		left = append(left, u.String())
	}
	read := make(chan struct{})
	go func() { k.followers.Wait(); close(read) }()
	select {
	case <-read:
	case <-time.After(time.Second): // an address that nobody here started never ends
		k.stop()
		<-read
	}
	k.stop()
	for name, l := range k.logs {
		if err := l.Close(); err != nil {
			left = append(left, fmt.Sprintf("the log of %s: %v", name, err))
		}
	}
	return left
}
