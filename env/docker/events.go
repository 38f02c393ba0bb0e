package docker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"testrunner/env/service"
)

// The clocks of a watch.
const (
	settleClock = 5 * time.Second // for asking how a container ended
	glanceEvery = 2 * time.Second // how often the containers are looked at, whatever the events tell
	againAfter  = 50 * time.Millisecond
	logClock    = time.Second // how long the last lines of an ended container are waited for
)

// restarting is the engine's word for a container that has ended, and waits to be started again by its restart policy.
const restarting = "restarting"

// The reasons of an end that is the engine's.
const (
	engineDied   = "the engine died"
	engineAgain  = "the engine was started again"
	engineSilent = "the engine stopped answering"
)

// watch sees the containers of a run end: by the engine's events, and by a look now and again, should one get lost.
type watch struct {
	p      *Provider
	cancel context.CancelFunc
	ended  chan struct{}

	mu   sync.Mutex
	live map[string]*instance // by container id
	over string               // why the engine is no more; "" while it is
}

// watching is the run's watch; it is begun with the first start. Its events are subscribed when it returns.
func (p *Provider) watching(ctx context.Context) (*watch, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.watch != nil && p.watch.dead() == "" {
		return p.watch, nil
	}
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	w := &watch{p: p, cancel: cancel, ended: make(chan struct{}), live: map[string]*instance{}}
	impatient := context.AfterFunc(ctx, cancel)
	events, fault := p.s.Engine.Events(run, p.watched()...)
	impatient()
	if err := ctx.Err(); err != nil {
		cancel()
		return nil, fmt.Errorf("subscribe to the engine's events: %w", err)
	}
	go w.run(run, events, fault)
	p.watch = w
	return w, nil
}

func (w *watch) dead() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over
}

// add has an instance watched. It is added before its container is started.
func (w *watch) add(i *instance) {
	w.mu.Lock()
	over := w.over
	if over == "" {
		w.live[i.id] = i
	}
	w.mu.Unlock()
	if over != "" {
		i.finish(service.End{Engine: true, Why: over})
	}
}

func (w *watch) remove(i *instance) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.live, i.id)
}

func (w *watch) all() []*instance {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []*instance
	for _, i := range w.live {
		out = append(out, i)
	}
	return out
}

func (w *watch) close() {
	w.cancel()
	<-w.ended
}

// run hears events until the watch is closed or the engine is dead.
func (w *watch) run(ctx context.Context, events <-chan Event, fault <-chan error) {
	defer close(w.ended)
	defer w.cancel()
	for {
		why, since := w.hear(ctx, events, fault)
		if ctx.Err() != nil {
			return
		}
		if why != "" {
			w.die(why, since)
			return
		}
		var again context.Context
		again, events, fault = w.again(ctx)
		if again.Err() != nil && ctx.Err() == nil {
			w.die(engineSilent, since)
			return
		}
		w.review(ctx)
	}
}

// again subscribes once more, after a moment: an engine that takes subscriptions and ends them at once is not to be stormed. The
// context has ended if it was not taken in time.
func (w *watch) again(ctx context.Context) (context.Context, <-chan Event, <-chan error) {
	select {
	case <-ctx.Done():
	case <-time.After(againAfter):
	}
	sub, cancel := context.WithCancel(ctx)
	slow := time.AfterFunc(w.p.s.Silence, cancel)
	events, fault := w.p.s.Engine.Events(sub, w.p.watched()...)
	slow.Stop()
	return sub, events, fault
}

// die ends all that lived, at the time since when the engine is dead: what an engine that is dead did to them can't be known.
func (w *watch) die(why string, since time.Time) {
	w.mu.Lock()
	w.over = why
	w.mu.Unlock()
	var each sync.WaitGroup
	for _, i := range w.all() {
		each.Go(func() { i.finish(service.End{Engine: true, Why: why, At: since}) })
	}
	each.Wait()
}

// hear takes events until their stream ends. It returns why the engine is dead, and since when; "" if it lives and only the stream has
// ended.
func (w *watch) hear(ctx context.Context, events <-chan Event, fault <-chan error) (why string, since time.Time) {
	tick := time.NewTicker(min(glanceEvery, w.p.s.Silence/2))
	defer tick.Stop()
	answered := make(chan error, 1)
	asking, last := false, time.Now()
	for {
		select {
		case e := <-events:
			last = time.Now()
			w.happened(ctx, e)
		case <-fault:
			if ctx.Err() != nil {
				return "", last
			}
			last = time.Now()
			fresh, cancel := context.WithTimeout(ctx, settleClock)
			err := w.p.s.Engine.Fresh(fresh)
			cancel()
			switch {
			case err == nil:
				return "", last
			case errors.Is(err, context.DeadlineExceeded):
				return engineSilent, last
			}
			return engineDied, last
		case err := <-answered:
			asking = false
			if err == nil {
				last = time.Now()
			}
		case <-tick.C:
			if time.Since(last) > w.p.s.Silence {
				return engineSilent, last
			}
			if !asking {
				asking = true
				go func() { answered <- w.glance(ctx) }()
			}
		case <-ctx.Done():
			return "", last
		}
	}
}

// happened sees to a container of ours that has ended.
func (w *watch) happened(ctx context.Context, e Event) {
	w.mu.Lock()
	i := w.live[e.ID]
	w.mu.Unlock()
	if i == nil {
		return
	}
	switch e.Action {
	case "oom":
		i.starvedOnce.Do(func() { close(i.starved) })
	case "die", "destroy":
		go w.settle(ctx, i, false)
	}
}

// glance looks at all containers at once, and settles those that do not run although nobody told.
func (w *watch) glance(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, w.p.s.Silence)
	defer cancel()
	before := w.all() // those that are started while the engine answers are not judged by its answer
	all, err := w.p.s.Engine.Containers(ctx, w.p.watched()...)
	if err != nil {
		return err
	}
	runs := map[string]bool{}
	for _, c := range all {
		runs[c.ID] = c.State != "exited" && c.State != "dead" && c.State != restarting
	}
	for _, i := range before {
		if !runs[i.id] {
			w.settle(ctx, i, false)
		}
	}
	return nil
}

// review looks at each container after the events were interrupted: what ended meanwhile ended with the engine.
func (w *watch) review(ctx context.Context) {
	for _, i := range w.all() {
		w.settle(ctx, i, true)
	}
}

// settle asks how a container ended. Before its status is believed the engine is asked on a fresh connection: one that is going down
// ends its containers first, and that is not their own doing.
func (w *watch) settle(ctx context.Context, i *instance, interrupted bool) {
	ctx, cancel := context.WithTimeout(ctx, settleClock)
	defer cancel()
	if err := w.p.s.Engine.Fresh(ctx); err != nil {
		if context.Cause(ctx) != context.Canceled {
			i.finish(service.End{Engine: true, Why: engineDied})
		}
		return
	}
	seen, err := w.p.s.Engine.InspectContainer(ctx, i.id)
	runs := seen.Running && seen.Status != restarting // of one that waits to be started again the engine says both
	switch {
	case IsAbsent(err) && i.leaving.Load():
	case IsAbsent(err):
		i.finish(service.End{Why: "its container was removed, and not by this run"})
	case err != nil:
		if context.Cause(ctx) != context.Canceled {
			i.finish(service.End{Engine: true, Why: engineDied})
		}
	case seen.Status == "created", runs && seen.Started == i.life():
	case interrupted:
		i.finish(service.End{Code: seen.Code, Engine: true, Why: engineAgain})
	case runs && i.life() == "":
	case runs:
		i.finish(service.End{Why: "its container was started again, and not by this run"})
	default:
		if killed := endOf(seen); killed.Signal == "SIGKILL" && !seen.OOM && !i.leaving.Load() {
			seen.OOM = i.ranOut(ctx)
		}
		end := endOf(seen)
		if seen.Status == restarting {
			end.Why = strings.TrimPrefix(end.Why+", and its restart policy starts it again", ", and ")
		}
		end.At = w.p.here(seen.Finished)
		i.finish(end)
	}
}
