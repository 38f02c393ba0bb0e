package main

import (
	"context"
	"errors"
	"maps"
	"slices"

	"testrunner/env/service"
	"testrunner/report/event"
)

// lender is a service at one address. One that comes back elsewhere after a crash lends anew there: at the old address somebody else may
// listen by now, whose data is not ours to touch.
type lender struct{ service, address string }

// Lend is runner.Services. What can't be divided is the job's alone until it gives it back.
func (s *runServices) Lend(ctx context.Context, job string, names []string) ([]string, error) {
	if err := s.present(ctx, names); err != nil {
		return nil, err
	}
	var served []service.Served
	for _, one := range s.set.Served(names...) {
		if !s.divisible(one.Name, names) {
			if err := s.take(ctx, job, one.Name); err != nil {
				return nil, err
			}
			served = append(served, one)
			continue
		}
		loan, err := s.databases(one).Lend(ctx, job, []string{one.Name})
		if err != nil {
			return nil, err
		}
		if len(loan.Alone) > 0 { // there is no further one: the service's own, for one job at a time
			s.emit(event.Logged{Text: job + ": " + one.Name + ": " + loan.Alone[0].Why})
			if err := s.take(ctx, job, one.Name); err != nil {
				return nil, err
			}
		}
		one.Database = loan.Databases[one.Name]
		served = append(served, one)
	}
	return service.Variables(served, s.mode), nil
}

// present waits until each of the services is there: one may have ended since the job was let go on.
func (s *runServices) present(ctx context.Context, names []string) error {
	for {
		changed := s.set.Changed()
		if err := s.set.Wait(ctx, names...); err != nil {
			return err
		}
		if !slices.ContainsFunc(names, s.absent) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// absent says whether a service should run and does not. One that has completed should not.
func (s *runServices) absent(name string) bool {
	s.mu.Lock()
	completed := s.state[name] == service.StateCompleted
	s.mu.Unlock()
	_, there := s.there(name)
	return !there && !completed
}

// there is where a service is now; false while it does not run.
func (s *runServices) there(name string) (service.Address, bool) {
	in, ok := s.set.Instance(name)
	if !ok {
		return service.Address{}, false
	}
	select {
	case <-in.Done():
		return service.Address{}, false
	default:
		return in.Address(), true
	}
}

func (s *runServices) take(ctx context.Context, job, name string) error {
	select {
	case s.alone[name] <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held[job] = append(s.held[job], name)
	return nil
}

func (s *runServices) databases(one service.Served) *service.Databases {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := lender{one.Name, one.Address.Base()}
	if s.lends[at] == nil {
		s.lends[at] = service.NewDatabases([]service.Served{one})
	}
	return s.lends[at]
}

// Return is runner.Services. What was lent by a life of a service that is over went with it.
func (s *runServices) Return(ctx context.Context, job string) error {
	ctx, cancel := s.curfew.closing(ctx, closingClock)
	defer cancel()
	s.mu.Lock()
	lends := maps.Clone(s.lends)
	held := s.held[job]
	delete(s.held, job)
	s.mu.Unlock()
	var all error
	for at, d := range lends {
		if now, ok := s.there(at.service); !ok || now.Base() != at.address {
			d.Forget(job)
			continue
		}
		all = errors.Join(all, d.Return(ctx, job))
	}
	for _, name := range held {
		<-s.alone[name]
	}
	return all
}
