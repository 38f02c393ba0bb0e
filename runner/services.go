package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"testrunner/env/service"
	"testrunner/report/event"
)

// Services are what jobs talk to, in the time of a run. Its methods are safe for use by many goroutines.
type Services interface {
	// Wait returns when these are ready. The error says in one line why they never will be.
	Wait(ctx context.Context, names []string) error

	// Shared are those that only one job at a time may use, for they can't be divided. It is asked when they are ready.
	Shared(names []string) []string

	// Lend gives a job what is its own of them, and tells the variables by which its tests find them.
	Lend(ctx context.Context, job string, names []string) (variables []string, err error)

	// Return takes back what a job was given.
	Return(ctx context.Context, job string) error
}

// supplied says that services are ready, or why they are not.
type supplied struct {
	names []string
	err   error
}

// await takes the jobs that need services out of the queue until those are ready, so that jobs that need none run meanwhile.
func (s *scheduler) await(ctx context.Context) {
	var sets [][]string
	s.waiting = slices.DeleteFunc(s.waiting, func(j Job) bool {
		if len(j.Services) == 0 {
			return false
		}
		s.pending = append(s.pending, j)
		if !slices.ContainsFunc(sets, func(set []string) bool { return slices.Equal(set, j.Services) }) {
			sets = append(sets, j.Services)
		}
		return true
	})
	if s.opt.Services == nil && len(sets) > 0 {
		s.fail(s.pending, errors.New("nobody serves "+strings.Join(s.pending[0].Services, ", ")))
		s.pending = nil
		return
	}
	ctx, s.giveUp = context.WithCancel(ctx)
	for _, names := range sets {
		go func() {
			// The loop may have ended: then nobody wants to know.
			select {
			case s.supplies <- supplied{names, s.opt.Services.Wait(ctx, names)}:
			case <-ctx.Done():
			}
		}()
	}
}

// supply puts the jobs whose services are ready back where they stood in the queue; those whose services failed do not run.
func (s *scheduler) supply(now supplied) {
	var jobs []Job
	s.pending = slices.DeleteFunc(s.pending, func(j Job) bool {
		if !slices.Equal(j.Services, now.names) {
			return false
		}
		jobs = append(jobs, j)
		return true
	})
	if now.err != nil {
		s.fail(jobs, now.err)
		return
	}
	s.waiting = append(s.waiting, jobs...)
	slices.SortStableFunc(s.waiting, func(a, b Job) int { return s.place(a) - s.place(b) })
}

func (s *scheduler) place(j Job) int {
	return slices.IndexFunc(s.plan.Jobs, func(p Job) bool { return p.Target.Job == j.Target.Job })
}

// fail tells of jobs that do not run since their services are not there.
func (s *scheduler) fail(jobs []Job, why error) {
	reason := event.Reason{Code: event.ReasonBlocked, Text: why.Error()}
	if errors.Is(why, service.ErrEngine) { // what ails it, only a look at it can tell
		reason.Remedy = "runner doctor"
	}
	for _, j := range jobs {
		s.opt.Emit(event.NotRun{Category: j.Target.Category, Suite: j.Target.Suite, Job: j.Target.Job, Reason: reason})
	}
}

// collides says whether a job must not run beside one that runs: both would use a service that can't be divided.
func (s *scheduler) collides(j Job) bool {
	if len(j.Services) == 0 {
		return false
	}
	shared := s.opt.Services.Shared(j.Services)
	return slices.ContainsFunc(s.live, func(r *running) bool {
		return slices.ContainsFunc(r.job.Services, func(name string) bool { return slices.Contains(shared, name) })
	})
}

// errNoLoan is why a job ended before its tool was started.
var errNoLoan = errors.New("its part of the services could not be made")

// borrow gets the job what is its own of the services: the variables by which its tests find them, and how it is given back.
func (r *running) borrow(ctx context.Context) (variables []string, back func(), err error) {
	if len(r.job.Services) == 0 {
		return nil, func() {}, nil
	}
	variables, err = r.opt.Services.Lend(ctx, r.job.Target.Job, r.job.Services)
	back = func() {
		if err := r.opt.Services.Return(context.WithoutCancel(ctx), r.job.Target.Job); err != nil {
			r.opt.Emit(event.Logged{Text: r.job.Target.Job + ": give back its part of the services: " + err.Error()})
		}
	}
	if err != nil {
		back()
		return nil, func() {}, fmt.Errorf("%w: %w", errNoLoan, err)
	}
	return variables, back, nil
}
