package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"testrunner/env/keeper"
	"testrunner/env/lease"
	"testrunner/env/service"
	"testrunner/env/staging"
	"testrunner/report/event"
)

// keptClock is how long a run waits for services that somebody else has ready: their pull, their build and their start have clocks of their own.
const keptClock = 30 * time.Minute

// useKept has the services of the run kept by a keeper: by the one that is there, else by a new one. The run starts and stops none of
// them; one run at a time uses a set, since it resets databases.
func (s *runServices) useKept(ctx context.Context, r prepared, plan service.Plan, id string, w World) error {
	folder := r.kept.folder
	err := s.claim(folder, id)
	if err != nil {
		return err
	}
	if r.kept.state.Set != "" {
		s.use = keeper.NewUse(folder, r.kept.state.Set, r.kept.state.Keeper, s.refresher(r))
	} else if s.use, err = keepAnew(ctx, r, s.by, w); err != nil {
		return err
	}
	providers := map[event.Provider]service.Provider{}
	addresses := s.addressesKept(r)
	for i := range plan.Services {
		one := &plan.Services[i]
		if one.Divide = false; one.By == event.ByAddress || one.By == event.ByStaging {
			providers[one.By] = staging.New(one.By, addresses)
			continue
		}
		providers[one.By] = s.use.Provider(one.By)
		// What the keeper does: hooks, and what is asked inside of the service.
		one.Before, one.ReadyLog, one.ReadyCommand = nil, "", nil
		if one.Container != nil {
			bare := *one.Container
			bare.Healthcheck = &service.Healthcheck{Disabled: true}
			one.Container = &bare
		}
	}
	s.set = service.Begin(ctx, plan, providers, service.Settings{
		Mode: s.mode, Prepare: keptClock, Observe: s.observe,
		Warn: func(text string) { s.emit(event.Noted{Level: "warn", Text: text}) },
	})
	return nil
}

// claim has no other run of this tree use what is up in it.
func (s *runServices) claim(folder keeper.Folder, id string) error {
	held, err := lease.Open(string(folder)+".run", id)
	if err != nil {
		return notReady{text: err.Error()}
	}
	s.user = held
	if held.Beside() != "" {
		return notReady{text: fmt.Sprintf("run %s uses the services that are up in this tree, and one run at a time does; one without --attach and --keep has its own", held.Beside())}
	}
	return nil
}

// addressesKept are the addresses that a run on a kept set uses: what the user names comes before the set's own.
func (s *runServices) addressesKept(r prepared) map[string]string {
	out := addressesOf(r.asked, s.mode)
	for _, each := range r.kept.state.Services {
		if !r.asked.Names(each.Name) && each.URL != "" {
			out[each.Name] = each.URL
		}
	}
	return out
}

// keepAnew has a new keeper bring up what the run needs.
func keepAnew(ctx context.Context, r prepared, by map[string]event.Provider, w World) (*keeper.Use, error) {
	if w.Executable == "" {
		return nil, errors.New("find runner's own program, to start the keeper")
	}
	plan := servicesPlan{catalog: r.catalog, options: r.options, graph: r.graph, mode: r.decision.Mode}
	plan.around.asked, plan.around.needs = r.asked, r.needs
	for name, provider := range by {
		plan.served = append(plan.served, event.Served{Service: name, By: provider, Fidelity: service.Planned{By: provider}.Fidelity()})
	}
	slices.SortFunc(plan.served, func(a, b event.Served) int { return strings.Compare(a.Service, b.Service) })
	request, err := requestOf(ctx, plan, r.kept.folder)
	if err != nil {
		return nil, err
	}
	request.Stay = true
	id, err := keeper.Launch(w.Executable, w.Environ, r.kept.folder, request)
	if err != nil {
		return nil, err
	}
	return keeper.NewUse(r.kept.folder, request.Set, id, nil), nil
}

// refresher gives the data of a set that is up its first state, so that no run sees what another one wrote: of those services whose own
// databases the jobs will see. What writes to them is started again. nil: there is nothing to do, or the data is to be kept.
func (s *runServices) refresher(r prepared) func(context.Context, keeper.State) error {
	if r.asked.KeepData {
		return nil
	}
	var names []string
	for _, j := range r.plan.Jobs {
		for _, name := range j.Services {
			_, can := service.Divisible(s.served(name, service.Address{}))
			if can && !s.divisible(name, j.Services) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if slices.Sort(names); len(names) == 0 {
		return nil
	}
	return func(ctx context.Context, state keeper.State) error {
		for _, name := range names {
			now, _ := state.Service(name)
			if err := service.Reset(ctx, s.served(name, now.Reached())); err != nil {
				return fmt.Errorf("give the kept services fresh data: %w; --keep-data leaves it as it is", err)
			}
			s.emit(event.Noted{Level: "info", Text: fmt.Sprintf("%s was kept: its data is as it was when it came up", name)})
		}
		for _, name := range writers(r, state, names) {
			if _, err := state.Restart(ctx, name); err != nil {
				return fmt.Errorf("start %s again, whose data was reset: %w", name, err)
			}
			s.emit(event.Noted{Level: "info", Text: fmt.Sprintf("%s was started again, since its data was reset", name)})
		}
		return nil
	}
}

func (s *runServices) served(name string, at service.Address) service.Served {
	return service.Served{Service: s.specs[name].Service, Container: s.specs[name].Container, By: s.by[name], Address: at}
}

// writers are the services of a set that stand on others of it directly, in the order in which they may be started.
func writers(r prepared, state keeper.State, on []string) []string {
	var left, out []string
	for _, each := range state.Services {
		own := each.Provider == event.ByDocker || each.Provider == event.ByLocal
		if own && each.State != keeper.Completed && slices.ContainsFunc(r.needs.Service(each.Name).DependsOn, func(d string) bool { return slices.Contains(on, d) }) {
			left = append(left, each.Name)
		}
	}
	for len(left) > 0 {
		i := max(0, slices.IndexFunc(left, func(name string) bool {
			return !slices.ContainsFunc(r.needs.Service(name).DependsOn, func(d string) bool { return slices.Contains(left, d) })
		}))
		out = append(out, left[i])
		left = slices.Delete(left, i, i+1)
	}
	return out
}

// kept are the services that stay up after the run because that was asked for.
func (s *runServices) kept() []string {
	if s == nil || s.use == nil {
		return nil
	}
	return s.use.Services()
}

// giveBack lets other runs use the set.
func (s *runServices) giveBack() error {
	if s.user == nil {
		return nil
	}
	err := s.user.Close()
	if s.user.Beside() != "" {
		err = errors.Join(err, os.RemoveAll(s.user.Dir()))
	}
	return err
}
