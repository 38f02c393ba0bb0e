package main

import (
	"context"
	"os"
	"slices"
	"strings"

	"testrunner/env/lease"
	"testrunner/env/service"
	"testrunner/report/event"
)

// close ends the services, tells which were gone in between, and returns what is left of them.
func (s *runServices) close(ctx context.Context) (left []string) {
	if s == nil {
		return nil
	}
	defer s.calls.stop()
	var unstopped []service.Unstopped
	ctx, cancel := s.curfew.closing(ctx, closingClock)
	defer cancel()
	if s.set != nil {
		if !s.curfew.pressing() {
			s.set.Settle(ctx)
		}
		lost := s.set.Outages()
		s.complain()
		unstopped = s.set.Close(ctx)
		if s.recorder != nil {
			if err := s.recorder.Close(); err != nil {
				s.emit(event.Noted{Level: "warn", Text: err.Error()})
			}
		}
		for _, o := range lost {
			s.emit(event.ServiceLost{Service: o.Service, From: o.From.UTC(), To: o.To.UTC(), Detail: o.Why, Engine: o.Engine})
		}
	}
	if s.enough != nil {
		s.enough()
		s.sweeping.Wait()
	}
	if err := s.giveBack(); err != nil {
		s.emit(event.Noted{Level: "warn", Text: err.Error()})
	}
	if s.inventory == nil {
		return s.unremoved(unstopped, nil)
	}
	if err := os.RemoveAll(s.scratch); err == nil {
		err = s.inventory.Forget(s.folder().Kind, s.folder().Name)
		if err != nil {
			s.emit(event.Logged{Text: err.Error()})
		}
	}
	things, err := s.inventory.Close()
	left = s.unremoved(unstopped, things)
	if err != nil {
		left = append(left, err.Error())
	}
	return left
}

// unremoved names what is left: each thing that the inventory still has, with the command that removes it. Why things of an engine are
// still there is told beside them; it is none more of them.
func (s *runServices) unremoved(unstopped []service.Unstopped, things []lease.Thing) (left []string) {
	for _, t := range things {
		left = append(left, t.String()+" (runner clean removes it)")
	}
	named := slices.ContainsFunc(things, func(t lease.Thing) bool { return t.Engine != "" })
	for _, u := range unstopped {
		if text := strings.ReplaceAll(u.String(), "\n", "; "); u.By == event.ByDocker && named {
			s.emit(event.Noted{Level: "warn", Text: "not removed: " + text})
		} else {
			left = append(left, text)
		}
	}
	return left
}

// complain tells what stubs were asked and did not know: a test that passed all the same may have passed for the wrong reason.
func (s *runServices) complain() {
	for name := range s.specs {
		in, ok := s.set.Instance(name)
		if !ok {
			continue
		}
		if stub, ok := in.(interface{ Complaint() string }); ok && stub.Complaint() != "" {
			s.emit(event.Noted{Level: "warn", Text: stub.Complaint()})
		}
	}
}
