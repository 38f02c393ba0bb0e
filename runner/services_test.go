package runner

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"testrunner/report/event"
	"testrunner/runner/process"
	"testrunner/runner/tool"
)

// pantry is a set of services that become ready when it is told so.
type pantry struct {
	mu       sync.Mutex
	ready    map[string]chan struct{}
	why      map[string]error
	shared   []string
	refused  error // of Lend
	lent     []string
	returned []string
}

func newPantry(names ...string) *pantry {
	p := &pantry{ready: map[string]chan struct{}{}, why: map[string]error{}}
	for _, n := range names {
		p.ready[n] = make(chan struct{})
	}
	return p
}

func (p *pantry) open(name string, why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.why[name] = why
	close(p.ready[name])
}

func (p *pantry) Wait(ctx context.Context, names []string) error {
	for _, n := range names {
		select {
		case <-p.ready[n]:
		case <-ctx.Done():
			return ctx.Err()
		}
		p.mu.Lock()
		err := p.why[n]
		p.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *pantry) Shared(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !slices.Contains(p.shared, n) })
}

func (p *pantry) Lend(_ context.Context, job string, names []string) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lent = append(p.lent, job)
	return []string{"NEEDED=" + strings.Join(names, "+"), "RUNNER_MODE=no-docker"}, p.refused
}

func (p *pantry) Return(_ context.Context, job string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.returned = append(p.returned, job)
	return nil
}

func needing(j Job, names ...string) Job {
	j.Services, j.Fidelity = names, event.Real
	return j
}

// Jobs that need nothing run while services start; those that need some wait for their own alone.
func TestServices_are_waited_for(t *testing.T) {
	p := newPantry("redis", "postgres")
	s := newStage(t, needing(job("db", passes), "postgres"), needing(job("cache", passes), "redis"), job("free", passes))
	s.opt.Services = p
	end := s.start()
	s.until("free ended", func(b event.Body) bool { e, ok := b.(event.JobFinished); return ok && e.Job == "c/free" })
	p.open("redis", nil)
	s.until("cache ended", func(b event.Body) bool { e, ok := b.(event.JobFinished); return ok && e.Job == "c/cache" })
	if started := all[event.JobStarted](s); len(started) != 2 || !slices.Equal(started[1].Services, []string{"redis"}) {
		t.Errorf("%+v", started)
	}
	p.open("postgres", nil)
	if _, err := end(); err != nil {
		t.Fatal(err)
	}
	if finishedJob(s, "db").Cause != event.Done || !slices.Equal(p.lent, []string{"c/cache", "c/db"}) || !slices.Equal(p.returned, p.lent) {
		t.Errorf("lent %v, returned %v\n%s", p.lent, p.returned, s)
	}
}

// A service that fails makes its jobs not run, with its reason; the others go on.
func TestServices_that_fail(t *testing.T) {
	p := newPantry("redis")
	s := newStage(t, needing(job("cache", passes), "redis"), job("free", passes))
	s.opt.Services = p
	p.open("redis", errors.New("redis: wrong password"))
	if _, err := s.run(); err != nil {
		t.Fatal(err)
	}
	if got := s.notRun(); !slices.Equal(got, []string{"cache: blocked"}) || finishedJob(s, "free").Cause != event.Done || len(p.lent) != 0 {
		t.Errorf("%v\n%s", got, s)
	}
	if n := all[event.NotRun](s); n[0].Reason.Text != "redis: wrong password" {
		t.Errorf("%+v", n)
	}
}

// What only one job may use at a time is used by one job at a time; others run beside it.
func TestServices_that_are_shared(t *testing.T) {
	p := newPantry("mail", "redis")
	p.shared = []string{"mail"}
	p.open("mail", nil)
	p.open("redis", nil)
	s := newStage(t, needing(job("a", "say run a\nhang\n"), "mail"), needing(job("b", passes), "mail"), needing(job("c", passes), "redis"))
	s.opt.Services = p
	end := s.start()
	s.untilRuns("a")
	s.until("c ended", func(b event.Body) bool { e, ok := b.(event.JobFinished); return ok && e.Job == "c/c" })
	for _, e := range all[event.JobStarted](s) {
		if e.Job == "c/b" {
			t.Error("b runs beside a")
		}
	}
	s.plan.Jobs = nil
	s.signals <- process.Interrupt
	if _, err := end(); err != nil {
		t.Fatal(err)
	}
	if got := s.notRun(); !slices.Equal(got, []string{"b: interrupted"}) {
		t.Errorf("%v", got)
	}
}

// Ctrl-C while services start: nobody waits for them any longer.
func TestServices_that_never_come(t *testing.T) {
	s := newStage(t, needing(job("db", passes), "postgres"))
	s.opt.Services = newPantry("postgres")
	end := s.start()
	s.signals <- process.Interrupt
	begun := time.Now()
	if _, err := end(); err != nil {
		t.Fatal(err)
	}
	if got := s.notRun(); !slices.Equal(got, []string{"db: interrupted"}) || time.Since(begun) > 5*time.Second {
		t.Errorf("%v after %s", got, time.Since(begun))
	}
}

// The job's variables reach its program, before its own: what the configuration says of a suite counts more. A part that can't be
// made is a job that does not run.
func TestServices_are_lent(t *testing.T) {
	p := newPantry("redis")
	p.open("redis", nil)
	var seen []string
	play := player{play: passes, decode: func(t tool.Target, emit event.Emit) tool.Decoder {
		seen = t.Env
		return &spoken{job: t.Job, emit: emit}
	}}
	j := needing(toolJob("cache", play), "redis")
	j.Target.Env = []string{"RUNNER_MODE=mine"}
	s := newStage(t, j)
	s.opt.Services = p
	if _, err := s.run(); err != nil {
		t.Fatal(err)
	}
	if want := []string{"NEEDED=redis", "RUNNER_MODE=no-docker", "RUNNER_MODE=mine"}; !slices.Equal(seen, want) {
		t.Errorf("%v", seen)
	}
	p.refused = errors.New("too many databases")
	s = newStage(t, j)
	s.opt.Services = p
	if _, err := s.run(); err != nil {
		t.Fatal(err)
	}
	if got := all[event.NotRun](s); len(got) != 1 || !strings.HasSuffix(got[0].Reason.Text, "too many databases") || len(p.returned) != 2 {
		t.Errorf("%+v, returned %v", got, p.returned)
	}
}
