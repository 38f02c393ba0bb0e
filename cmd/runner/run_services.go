package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"testrunner/env/keeper"
	"testrunner/env/lease"
	"testrunner/env/service"
	"testrunner/report/event"
)

// closingClock is how long the services of a run may take to go away: the grace of a job and five seconds (design, law 6).
const closingClock = 8 * time.Second

// runServices are the services of one run: begun before its first job, waited for by the jobs that need them, gone at its end.
type runServices struct {
	why       error // why there are none: every job that needs one does not run
	set       *service.Environment
	mode      event.Mode
	specs     map[string]service.Spec
	by        map[string]event.Provider
	inventory *lease.Inventory
	scratch   string
	use       *keeper.Use  // a kept set that serves; nil: the run's own services do
	user      *lease.Lease // held while it does
	keepData  bool
	emit      event.Emit
	curfew    *curfew
	begun     chan struct{}      // closed when set is set: services speak up before Begin has returned
	recorder  *keeper.Recorder   // of what they write
	calls     *callLog           // of the engine
	enough    context.CancelFunc // of the sweep
	sweeping  sync.WaitGroup

	mu    sync.Mutex
	lends map[lender]*service.Databases
	alone map[string]chan struct{} // holds one token where a service is used by one job at a time
	held  map[string][]string      // by job: the tokens that it has
	state map[string]service.State
}

// beginServices starts what the jobs of the plan need, and returns at once. Without such jobs it is nil.
func beginServices(ctx context.Context, r prepared, id string, out *reports, w World) *runServices {
	var names []string
	for _, j := range r.plan.Jobs {
		names = append(names, j.Services...)
	}
	slices.Sort(names)
	if names = slices.Compact(names); len(names) == 0 {
		return nil
	}
	s := &runServices{
		mode: r.decision.Mode, emit: out.stream.Emit, curfew: r.curfew, begun: make(chan struct{}), specs: map[string]service.Spec{}, by: map[string]event.Provider{},
		lends: map[lender]*service.Databases{}, alone: map[string]chan struct{}{}, held: map[string][]string{}, state: map[string]service.State{},
	}
	s.why = s.begin(ctx, r, id, names, out, w)
	return s
}

func (s *runServices) begin(ctx context.Context, r prepared, id string, names []string, out *reports, w World) error {
	for _, a := range r.decision.Admissions {
		for _, served := range a.Services {
			if a.Admitted {
				s.by[served.Service] = served.By
			}
		}
	}
	graph := r.graph
	attached := r.decision.Project != "" // then nothing is made of them
	containers := !attached && slices.ContainsFunc(names, func(name string) bool { return s.by[name] == event.ByDocker })
	specs, err := graph.Specs(r.needs.Services, names, containers)
	if err != nil {
		return err
	}
	var plan service.Plan
	var by []event.Provider
	for _, spec := range specs {
		s.specs[spec.Name] = spec
		plan.Services = append(plan.Services, service.Planned{Spec: spec, By: s.by[spec.Name], Divide: true})
		by = append(by, s.by[spec.Name])
		s.alone[spec.Name] = make(chan struct{}, 1)
	}
	s.calls = newCallLog(func(line string) { s.emit(event.Logged{Text: line}) })
	s.keepData = r.asked.KeepData
	if attached {
		defer close(s.begun)
		return s.useProject(ctx, r, plan, id, out, w)
	}
	if r.asked.Attach || r.asked.Keep {
		defer close(s.begun)
		return s.useKept(ctx, r, plan, id, w)
	}
	state, err := stateDir(w)
	if err != nil {
		return err
	}
	if s.inventory, err = lease.OpenInventory(state, id, "services of a run in "+r.place.root); err != nil {
		return err
	}
	s.scratch = filepath.Join(os.TempDir(), lease.ScratchName(id)+"-services")
	if err := s.inventory.Own(s.folder()); err != nil {
		return err
	}
	providers, err := providersFor(providing{
		run: id, root: r.place.root, results: r.place.results, project: graph.Project, state: state, scratch: s.scratch, logs: filepath.Join(s.scratch, "output"), environ: out.environ,
		real: r.asked.RealServices, asWritten: r.catalog.AsWritten, inventory: s.inventory, addresses: addressesOf(r.asked, s.mode),
		calls: s.calls.add,
	}, by)
	if err != nil {
		return err
	}
	// Beside the start: an engine that does not answer holds up nobody.
	sweeping, enough := context.WithCancel(ctx)
	s.enough = enough
	s.sweeping.Go(func() {
		for _, line := range sweepDead(sweeping, w, s.calls.add) {
			s.emit(event.Noted{Level: "info", Text: "left by a dead run: " + line})
		}
	})
	if s.recorder, err = recordServices(ctx, filepath.Dir(out.paths.log), r.masks()); err != nil {
		return err
	}
	defer close(s.begun)
	s.set = service.Begin(ctx, plan, providers, service.Settings{
		Mode: s.mode, Run: hereCommand(r.place.root, out.environ), Observe: s.observe,
		Warn: func(text string) { s.emit(event.Noted{Level: "warn", Text: text}) },
	})
	return nil
}

func (s *runServices) folder() lease.Thing { return lease.Thing{Kind: lease.Folder, Name: s.scratch} }

// observe tells of changes. Progress within a state is for the log.
func (s *runServices) observe(c service.Change) {
	<-s.begun
	if s.use == nil { // else its keeper has the output
		s.recorder.Observe(c, s.set.Instance)
	}
	if c.Notice {
		s.emit(event.Noted{Level: "info", Text: "service " + c.Service + ": " + c.Message})
		return
	}
	s.mu.Lock()
	last := s.state[c.Service]
	s.state[c.Service] = c.State
	s.mu.Unlock()
	if last == c.State && c.State != service.StateFailed {
		s.emit(event.Logged{Text: "service " + c.Service + ": " + c.Message})
		return
	}
	fidelity := event.Real
	if c.By == event.ByStub {
		fidelity = event.Stub
	}
	message := c.Message
	if message == "" && s.use == nil { // its keeper knows more
		message = c.Note
	}
	s.emit(event.ServiceChanged{
		Service: c.Service, By: c.By, Fidelity: fidelity, State: event.ServiceState(c.State), Address: openAddress(c.Address),
		MS: c.Probed.Ready.Milliseconds(), Probes: c.Probed.Probes, LagMS: c.Probed.Lag.Milliseconds(), Last: c.Probed.Last, Message: message, Log: c.Log,
	})
}

// openAddress is an address without the credentials in it.
func openAddress(a service.Address) string {
	return openURL(a.Base())
}

// Wait is runner.Services.
func (s *runServices) Wait(ctx context.Context, names []string) error {
	if s.why != nil {
		return s.why
	}
	return s.set.Wait(ctx, names...)
}

// Shared is runner.Services: what has no databases to lend, and what another service of the job writes to as well, for the job's tests
// must see what that one wrote.
func (s *runServices) Shared(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return s.divisible(name, names) })
}

func (s *runServices) divisible(name string, names []string) bool {
	if s.keepData { // jobs see the service's own
		return false
	}
	if _, ok := service.Divisible(service.Served{Service: s.specs[name].Service, Container: s.specs[name].Container, By: s.by[name]}); !ok {
		return false
	}
	return !slices.ContainsFunc(names, func(other string) bool { return slices.Contains(s.specs[other].DependsOn, name) })
}
