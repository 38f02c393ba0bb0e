package agent_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"example.com/chat/internal/agent"
	"example.com/chat/internal/chat"
	"example.com/chat/internal/live"
)

// desk keeps runs and events in memory.
type desk struct {
	mu       sync.Mutex
	events   []live.Event
	answers  []string
	finished chan string
	released []string
	waiting  []chat.Run // abandoned by others
	taken    bool       // by another instance
	broken   error      // what counting fails with
}

func newDesk() *desk { return &desk{finished: make(chan string, 10)} }

func (d *desk) Append(_ context.Context, _ string, e live.Event) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	e.ID = strconv.Itoa(len(d.events) + 1)
	d.events = append(d.events, e)
	return nil
}

func (d *desk) After(_ context.Context, _, id string) ([]live.Event, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	if id != live.First {
		n, _ = strconv.Atoi(id)
	}
	return slices.Clone(d.events[n:]), nil
}

func (d *desk) Last(context.Context, string) (string, error) { return live.First, nil }
func (d *desk) Renew(context.Context, string) (bool, error)  { return !d.taken, nil }
func (d *desk) Count(context.Context, chat.Run) (int, error) { return 3, d.broken }
func (d *desk) Finish(_ context.Context, run string) error   { d.finished <- run; return nil }
func (d *desk) Answer(_ context.Context, _ chat.Run, s string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answers = append(d.answers, s)
	return nil
}

func (d *desk) Release(_ context.Context, run string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.released = append(d.released, run)
	return nil
}

func (d *desk) Abandoned(context.Context) ([]chat.Run, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	runs := d.waiting
	d.waiting = nil
	return runs, nil
}

func (d *desk) types(run string) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []string
	for _, e := range d.events {
		if e.Run == run {
			out = append(out, e.Type)
		}
	}
	return out
}

func (d *desk) agent(pace time.Duration) *agent.Agent {
	return &agent.Agent{Runs: d, Stream: d, Pace: pace, Lease: time.Hour}
}

func inOrder() []string {
	return []string{agent.Started, agent.Thinking, agent.ToolExecuting, agent.ToolCompleted, agent.Completed}
}

func TestRunSendsItsFiveEventsInOrder(t *testing.T) {
	d := newDesk()
	d.agent(0).Begin(t.Context(), chat.Run{ID: "r1", Text: "how are you"})
	<-d.finished
	if got := d.types("r1"); !slices.Equal(got, inOrder()) {
		t.Errorf("got %s", got)
	}
	if want := "That was 3 words. Messages before it in this thread: 3."; !slices.Equal(d.answers, []string{want}) {
		t.Errorf("answers %q", d.answers)
	}
}

func TestRunsSideBySideKeepTheirOrders(t *testing.T) {
	d := newDesk()
	a := d.agent(time.Millisecond)
	for _, run := range []string{"a", "b", "c"} {
		a.Begin(t.Context(), chat.Run{ID: run})
	}
	for range 3 {
		<-d.finished
	}
	for _, run := range []string{"a", "b", "c"} {
		if got := d.types(run); !slices.Equal(got, inOrder()) {
			t.Errorf("%s: %s", run, got)
		}
	}
}

func TestRunThatWasAbandonedGoesOnWhereItWas(t *testing.T) {
	d := newDesk()
	for _, e := range inOrder()[:3] { // by an instance that died then
		_ = d.Append(t.Context(), "ada", live.Event{Type: e, Run: "r1"})
	}
	_ = d.Append(t.Context(), "ada", live.Event{Type: agent.ToolCompleted, Run: "another"})
	d.waiting = []chat.Run{{ID: "r1", Taken: true}}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go d.agent(0).Watch(ctx)
	<-d.finished
	if got := d.types("r1"); !slices.Equal(got, inOrder()) {
		t.Errorf("got %s", got)
	}
}

func TestRunThatAnotherInstanceTookIsLeftToIt(t *testing.T) {
	d := newDesk()
	d.taken = true
	a := d.agent(time.Millisecond)
	a.Lease = time.Nanosecond // so that it is renewed before each step
	a.Begin(t.Context(), chat.Run{ID: "r1"})
	a.Wait()
	if got := d.types("r1"); len(got) > 1 || len(d.released) > 0 {
		t.Errorf("events %s, released %s", got, d.released)
	}
}

func TestAgentThatEndsReleasesItsRuns(t *testing.T) {
	d := newDesk()
	a := d.agent(time.Hour)
	a.Begin(t.Context(), chat.Run{ID: "r1"})
	if err := a.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.Begin(t.Context(), chat.Run{ID: "r2"})
	if !slices.Equal(d.released, []string{"r1", "r2"}) {
		t.Errorf("released %s", d.released)
	}
}

func TestRunThatFailsIsNeitherFinishedNorReleased(t *testing.T) {
	d := newDesk()
	d.broken = errors.New("connection refused")
	a := d.agent(0)
	a.Begin(t.Context(), chat.Run{ID: "r1"})
	a.Wait()
	if len(d.finished) > 0 || len(d.released) > 0 || slices.Contains(d.types("r1"), agent.Completed) {
		t.Errorf("events %s, released %s", d.types("r1"), d.released)
	}
}

func TestMessageWaitsUntilThereIsRoomForItsRun(t *testing.T) {
	d := newDesk()
	a := d.agent(time.Hour)
	a.Most = 1
	made := func() (chat.Run, error) { return chat.Run{ID: "r1"}, nil }
	if _, err := a.Admit(t.Context(), func() (chat.Run, error) { return chat.Run{}, errors.New("no such thread") }); err == nil {
		t.Error("a run that could not be made was admitted")
	}
	if run, err := a.Admit(t.Context(), made); run.ID != "r1" || err != nil {
		t.Fatalf("%+v, %v: what could not be made took room", run, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Admit(ctx, func() (chat.Run, error) { t.Error("made without room"); return chat.Run{}, nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("admitted, or %v", err)
	}
	if err := a.Close(t.Context()); err != nil { // it ends the run, and there is room again
		t.Fatal(err)
	}
	if _, err := a.Admit(t.Context(), made); err != nil || a.Working() != 0 {
		t.Errorf("%v, %d runs", err, a.Working())
	}
}
