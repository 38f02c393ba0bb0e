package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"testrunner/env"
	"testrunner/report/event"
)

// behaviour is what a made-up service does, in the bubble's time.
type behaviour struct {
	prepare    time.Duration
	prepareErr error
	start      time.Duration
	startErr   error
	ready      time.Duration // from its start until the healthcheck succeeds; less than 0 is never
	lives      []death       // of its first, second, ... life; those that are not there don't end
	identity   func(age time.Duration) string
	inner      func(life int) string
	deaf       bool // Start comes back only when its context ends
	stop       time.Duration
	stopErr    error
	engine     error // what is wrong with the engine under it, from the start on
}

// death is how a life ends.
type death struct {
	after time.Duration
	end   End
}

// fakeProvider serves behaviours, and notes what was done when.
type fakeProvider struct {
	by         event.Provider
	behaviours map[string]*behaviour
	begun      time.Time

	mu    sync.Mutex
	lives map[string]int
	notes []string
}

func newFake(behaviours map[string]*behaviour) *fakeProvider {
	return &fakeProvider{by: event.ByDocker, behaviours: behaviours, begun: time.Now(), lives: map[string]int{}}
}

func (p *fakeProvider) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.notes = append(p.notes, fmt.Sprintf("%d ", time.Since(p.begun).Milliseconds())+fmt.Sprintf(format, args...))
}

// did are the notes with a word, sorted.
func (p *fakeProvider) did(word string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, n := range p.notes {
		if strings.Contains(n, word) {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

func (p *fakeProvider) Name() event.Provider { return p.by }

func (p *fakeProvider) of(name string) *behaviour {
	if b := p.behaviours[name]; b != nil {
		return b
	}
	return &behaviour{}
}

func (p *fakeProvider) Prepare(ctx context.Context, s Spec, tell Tell) error {
	b := p.of(s.Name)
	p.note("prepare %s", s.Name)
	if err := pass(ctx, b.prepare); err != nil {
		return err
	}
	tell("prepared " + s.Name)
	return b.prepareErr
}

func (p *fakeProvider) Start(ctx context.Context, s Spec, peers map[string]Instance, _ Tell) (Instance, error) {
	b := p.of(s.Name)
	p.note("start %s", s.Name)
	if b.deaf {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if err := pass(ctx, b.start); err != nil {
		return nil, err
	}
	if b.startErr != nil {
		return nil, b.startErr
	}
	p.mu.Lock()
	number := p.lives[s.Name]
	p.lives[s.Name]++
	p.mu.Unlock()
	in := &fakeInstance{name: s.Name, provider: p, behaviour: b, life: number, born: time.Now(), done: make(chan struct{}), ctx: ctx}
	if number < len(b.lives) {
		in.timer = time.AfterFunc(b.lives[number].after, func() { in.finish(b.lives[number].end) })
	}
	return in, nil
}

func (p *fakeProvider) Close(context.Context) error { p.note("close the provider"); return nil }

func pass(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

type fakeInstance struct {
	name      string
	provider  *fakeProvider
	behaviour *behaviour
	life      int
	born      time.Time
	timer     *time.Timer
	ctx       context.Context
	once      sync.Once
	done      chan struct{}
	end       End
	stops     int
}

func (i *fakeInstance) EngineAnswers(context.Context) error { return i.behaviour.engine }

func (i *fakeInstance) finish(e End) { i.once.Do(func() { i.end = e; close(i.done) }) }

func (i *fakeInstance) Address() Address {
	if i.behaviour.inner != nil {
		return Address{Inner: i.behaviour.inner(i.life)}
	}
	return Address{}
}

func (i *fakeInstance) Exec(context.Context, []string, []string) (string, int, error) {
	if i.ctx.Err() != nil {
		return "", 0, errors.New("its context has ended: a service must live longer than its start")
	}
	if r := i.behaviour.ready; r < 0 || time.Since(i.born) < r {
		return "not yet\n", 1, nil
	}
	return "", 0, nil
}

func (i *fakeInstance) Log(lines int) []string {
	var all []string
	for n := range 60 {
		all = append(all, fmt.Sprintf("%s says %d", i.name, n))
	}
	return all[len(all)-min(lines, len(all)):]
}

func (i *fakeInstance) Follow(ctx context.Context, w io.Writer) error { return nil }
func (i *fakeInstance) Done() <-chan struct{}                         { return i.done }
func (i *fakeInstance) End() End                                      { return i.end }

func (i *fakeInstance) Stop(ctx context.Context) error {
	i.provider.note("stop %s", i.name)
	if i.timer != nil {
		i.timer.Stop()
	}
	if err := pass(ctx, i.behaviour.stop); err != nil {
		return err
	}
	i.finish(End{Signal: "SIGTERM"})
	return i.behaviour.stopErr
}

func (i *fakeInstance) Identity() string {
	if i.behaviour.identity != nil {
		return i.behaviour.identity(time.Since(i.born))
	}
	return fmt.Sprintf("%s.%d", i.name, i.life)
}

// plan reads "backend: auth, redis started, migrate completed, mail? healthy!": conditions are healthy where none is named, ? is optional,
// ! restarts. Each service has a healthcheck, but those in bare.
func plan(text string, bare ...string) Plan {
	var p Plan
	conditions := map[string]Condition{"started": Started, "healthy": Healthy, "completed": Completed}
	for _, line := range strings.Split(text, ";") {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		s := Planned{By: event.ByDocker, Spec: Spec{Service: env.Service{Name: name}, Container: &Container{}}}
		if !slices.Contains(bare, name) {
			s.Container.Healthcheck = &Healthcheck{Test: []string{"CMD", "check"}}
		}
		for _, word := range strings.Split(rest, ",") {
			if fields := strings.Fields(word); len(fields) > 0 {
				edge := Edge{To: strings.TrimRight(fields[0], "?!"), Condition: Healthy}
				edge.Optional, edge.Restart = strings.Contains(word, "?"), strings.Contains(word, "!")
				if len(fields) > 1 {
					edge.Condition = conditions[strings.TrimRight(fields[1], "?!")]
				}
				s.Edges = append(s.Edges, edge)
			}
		}
		p.Services = append(p.Services, s)
	}
	return p
}

// changes collects what is observed.
type changes struct {
	mu  sync.Mutex
	all []Change
}

func (c *changes) observe(one Change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, one)
}

// states are those of one service, in their order, without repetitions.
func (c *changes) states(name string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, one := range c.all {
		if one.Service == name && (len(out) == 0 || out[len(out)-1] != string(one.State)) {
			out = append(out, string(one.State))
		}
	}
	return strings.Join(out, " ")
}

func (c *changes) last(name string, s State) (Change, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range slices.Backward(c.all) {
		if one.Service == name && one.State == s {
			return one, true
		}
	}
	return Change{}, false
}

func begin(t *testing.T, p Plan, f *fakeProvider, s Settings) *Environment {
	t.Helper()
	return Begin(t.Context(), p, map[event.Provider]Provider{event.ByDocker: f}, s)
}

func mustClose(t *testing.T, e *Environment) {
	t.Helper()
	if left := e.Close(context.WithoutCancel(t.Context())); len(left) > 0 {
		t.Errorf("not stopped: %v", left)
	}
}
