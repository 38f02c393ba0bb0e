package keeper

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
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

	env      *service.Environment
	begun    chan struct{} // closed when env is set: services speak up before Begin has returned
	recorder *Recorder
	mask     func(string) string
	closed   chan struct{}

	mu    sync.Mutex
	tails map[string][]string // of services that ended badly, their last lines
}

// Surroundings are what the services of a set are started with.
type Surroundings struct {
	Providers map[event.Provider]service.Provider
	Run       service.Command     // runs hooks and readiness commands on this machine
	Mask      func(string) string // takes secrets out of what is kept and told; nil leaves all in
	Changed   func()              // is called whenever something of a service is another
}

// Begin starts the services of a request and returns at once. Their output goes into the folder's logs.
func Begin(ctx context.Context, r Request, f Folder, around Surroundings) Set {
	mask := around.Mask
	if mask == nil {
		mask = func(text string) string { return text }
	}
	k := &kept{
		mode: r.Mode, extra: r.Extra, folder: f, tell: around.Changed, begun: make(chan struct{}), closed: make(chan struct{}),
		recorder: NewRecorder(ctx, f.Log, around.Mask), mask: mask, tails: map[string][]string{},
	}
	var plan service.Plan
	for _, w := range r.Services {
		plan.Services = append(plan.Services, service.Planned{Spec: w.Spec, By: w.Served.By, Divide: r.Divide})
	}
	k.env = service.Begin(ctx, plan, around.Providers, service.Settings{Mode: r.Mode, Run: around.Run, Observe: k.observe})
	close(k.begun)
	go k.follow()
	return k
}

// follow tells of each change. Not all of them are observed: that what a service depends on is back, say.
func (k *kept) follow() {
	for {
		changed := k.env.Changed()
		k.tell()
		select {
		case <-changed:
		case <-k.closed:
			return
		}
	}
}

// observe has the output of each new life followed, and keeps the last lines of one that ended badly.
func (k *kept) observe(c service.Change) {
	<-k.begun
	k.mu.Lock()
	if len(c.Log) > 0 {
		k.tails[c.Service] = k.tail(c.Log)
	}
	k.mu.Unlock()
	k.recorder.Observe(c, k.env.Instance)
	k.tell() // the tail is none of the environment's changes
}

func (k *kept) Ready(ctx context.Context) error {
	err := k.env.Wait(ctx)
	var f *service.Failure
	if errors.As(err, &f) && len(f.Log) > 0 { // who waits may know of it before it is observed
		k.mu.Lock()
		defer k.mu.Unlock()
		k.tails[f.Service] = k.tail(f.Log)
	}
	if err != nil {
		return masked{err, k.mask(err.Error())}
	}
	return nil
}

// tail are the last lines of a log, without secrets.
func (k *kept) tail(log []string) []string {
	return k.maskAll(log[max(0, len(log)-tailLines):])
}

func (k *kept) maskAll(lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = k.mask(line)
	}
	return out
}

// masked is an error without the secrets in its words.
type masked struct {
	error
	text string
}

func (m masked) Error() string { return m.text }
func (m masked) Unwrap() error { return m.error }

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
					out[i].State, out[i].Error = Unready, k.mask(err.Error())
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
		out.Ports, out.URL = maps.Clone(s.Address.Ports), s.Address.URL
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
			out.Unknown = k.maskAll(stub.Unknown())
		}
	}
	out.Error, out.Note, out.Notices = k.mask(out.Error), k.mask(out.Note), k.maskAll(s.Notices)
	return out
}

func (k *kept) Restart(ctx context.Context, name string) error { return k.env.Restart(ctx, name) }

func (k *kept) Path() []Step {
	var out []Step
	for _, s := range k.env.CriticalPath() {
		out = append(out, Step{s.Service, s.Prepare.Milliseconds(), s.Start.Milliseconds(), s.Ready.Milliseconds()})
	}
	return out
}

// Variables are those of the services, and after them those of the environment's configuration, which so win.
func (k *kept) Variables() []string {
	return append(service.Variables(k.env.Served(), k.mode), k.extra...)
}

func (k *kept) Close(ctx context.Context) []string {
	var left []string
	for _, u := range k.env.Close(ctx) {
		left = append(left, u.String())
	}
	close(k.closed)
	if err := k.recorder.Close(); err != nil {
		fmt.Fprintf(os.Stderr, "runner: %v\n", err) // a log that is cut short is nothing left behind
	}
	return left
}
