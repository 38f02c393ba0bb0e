package docker

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"testrunner/env/service"
	"testrunner/report/event"
)

// The clocks of what is attached to.
const (
	defaultPatience = 30 * time.Second       // for a container that somebody else ended to run again
	lookAgain       = 200 * time.Millisecond // between two looks at a container that is waited for
	askClock        = 5 * time.Second        // for one question on the wire
	youth           = time.Minute            // a container younger than that may not be ready yet
)

// Attaching is what an attachment is made from.
type Attaching struct {
	Engine   Engine // closed by Close
	Place    Place
	Host     Host // the engine's
	Project  Project
	Patience time.Duration // how long a service that ended while it was used may take to run again; 0 is 30 s
}

// Attached is a compose project that somebody else brought up, and hands out its services as they are. It starts, stops, changes and
// removes nothing. Its methods are safe for use by many goroutines.
type Attached struct {
	s Attaching
	p *Provider // of which only the look at the engine, and at what lives on it, is used

	mu   sync.Mutex
	used map[string]bool // services that were handed out
}

// Attach is for the services of a project. Nothing is asked of the engine yet.
func Attach(s Attaching) *Attached {
	if s.Patience == 0 {
		s.Patience = defaultPatience
	}
	p := NewProvider(Supply{Engine: s.Engine, Place: s.Place, Host: s.Host, foreign: []string{labelProject + "=" + s.Project.Name}})
	return &Attached{s: s, p: p, used: map[string]bool{}}
}

var _ service.Provider = (*Attached)(nil)

// Name is event.ByDocker.
func (a *Attached) Name() event.Provider { return event.ByDocker }

// Look says how services of the project stand, in the order in which they are asked for: each that runs is asked on the wire. Where nothing
// of the project is up, the error is a *ServiceError.
func (a *Attached) Look(ctx context.Context, specs []service.Spec) ([]Standing, error) {
	at, all, err := a.all(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Standing, len(specs))
	faults := make([]error, len(specs))
	var each sync.WaitGroup
	for i, s := range specs {
		each.Go(func() {
			var seen Inspection
			out[i], seen, faults[i] = a.standing(ctx, s, at, all)
			if out[i].Stand == StandsReady && faults[i] == nil {
				out[i] = a.asked(ctx, s, out[i], seen)
			}
		})
	}
	each.Wait()
	for _, err := range faults {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// all are the project's containers, by service.
func (a *Attached) all(ctx context.Context) (*site, map[string][]Container, error) {
	at, err := a.p.begin(ctx)
	if err != nil {
		return nil, nil, err
	}
	made, err := a.s.Engine.Containers(ctx, labelProject)
	if err != nil {
		return nil, nil, err
	}
	ours, fault := a.s.Project.containers(made)
	if fault.Detail != "" {
		return nil, nil, &ServiceError{Fault: fault}
	}
	return at, ours, nil
}

// standing looks at the container of one service. One that went away meanwhile is not there.
func (a *Attached) standing(ctx context.Context, s service.Spec, at *site, all map[string][]Container) (Standing, Inspection, error) {
	one, note := choose(all[s.Name])
	seen, err := a.inspect(ctx, one)
	if err != nil {
		return Standing{}, seen, err
	}
	out := a.s.Project.stands(s.Name, seen)
	out.Note = note
	if seen.ID == "" || !seen.Running {
		return out, seen, nil
	}
	if s.Container != nil {
		if of, ok := strings.CutPrefix(s.Container.NetworkMode, "service:"); ok { // its network is that one's
			peer, _ := choose(all[of])
			shared, err := a.inspect(ctx, peer)
			if err != nil {
				return Standing{}, seen, err
			}
			seen.Ports, seen.Networks = shared.Ports, shared.Networks
		}
	}
	out.Address = projectAddress(s, at, seen)
	if why := apart(s, at, seen, out.Address); why != "" && (out.Stand == StandsReady || out.Stand == StandsStarting) {
		out.Apart, out.Detail, out.Remedy = true, why, a.s.Project.command("up", "-d", s.Name)
	}
	return out, seen, nil
}

// inspect looks at a container; the zero Inspection is that of none.
func (a *Attached) inspect(ctx context.Context, c Container) (Inspection, error) {
	if c.ID == "" {
		return Inspection{}, nil
	}
	seen, err := a.s.Engine.InspectContainer(ctx, c.ID)
	if IsAbsent(err) {
		return Inspection{}, nil
	}
	return seen, err
}

// asked asks a service that runs whether it answers.
func (a *Attached) asked(ctx context.Context, s service.Spec, out Standing, seen Inspection) Standing {
	probe, can := service.Wire(s, event.ByDocker, out.Address)
	if !can {
		return out
	}
	one, cancel := context.WithTimeout(ctx, askClock)
	defer cancel()
	err := probe.Ask(one)
	if err == nil {
		return out
	}
	out.Detail = fmt.Sprintf("container %s does not answer at %s: %s: %v", seen.Name, out.Address.Host, probe.Name, err)
	started, unknown := time.Parse(time.RFC3339Nano, seen.Started)
	switch {
	case service.IsPermanent(err):
		out.Stand = StandsIll
		out.Detail += fmt.Sprintf("; --service %s=URL names an address with other credentials", s.Name)
	case unknown == nil && time.Since(started) < youth:
		out.Stand = StandsStarting
	default:
		out.Stand, out.Remedy = StandsIll, a.s.Project.command("restart", s.Name)
	}
	return out
}

// Close hangs up.
func (a *Attached) Close(context.Context) error {
	a.p.mu.Lock()
	w := a.p.watch
	a.p.watch = nil
	a.p.mu.Unlock()
	if w != nil {
		w.close()
	}
	return a.s.Engine.Close()
}
