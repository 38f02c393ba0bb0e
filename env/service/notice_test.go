package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"testrunner/report/event"
)

// talker tells of its services what providers tell.
type talker struct{ *fakeProvider }

func (p talker) Prepare(_ context.Context, s Spec, tell Tell) error {
	tell("pulls " + s.Name + ": 1 of 2 MB")
	tell("served by another version") // with and without the name before it
	tell(s.Name + ": has another port")
	if s.Name == "none" {
		return fmt.Errorf("prepare %s: %w", s.Name, errors.New("there is no program"))
	}
	return nil
}

func (p talker) Start(ctx context.Context, s Spec, peers map[string]Instance, tell Tell) (Instance, error) {
	tell(s.Name + ": has another port")
	if s.Name == "dead" {
		return nil, fmt.Errorf("start %s: %w", s.Name, &Died{Err: errors.New("it ended with status 3"), Log: []string{"no table"}})
	}
	return p.fakeProvider.Start(ctx, s, peers, tell)
}

// What people should know of a service is told once, however often it is started; progress is not kept. An error names the service and
// what was done once, and brings what was written before a start could come back.
func TestNotices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen changes
		f := newFake(map[string]*behaviour{"a": {lives: []death{{after: time.Second, end: End{Code: 1}}}}})
		e := Begin(t.Context(), plan("a:; none:; dead:"), map[event.Provider]Provider{event.ByDocker: talker{f}}, Settings{Observe: seen.observe})
		if err := e.Wait(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second) // it has died, and lives again
		var told []string
		seen.mu.Lock()
		for _, c := range seen.all {
			if c.Notice && c.Service == "a" {
				told = append(told, c.Message)
			}
		}
		seen.mu.Unlock()
		if want := []string{"served by another version", "has another port"}; !slices.Equal(told, want) || !slices.Equal(e.Status()[0].Notices, want) {
			t.Errorf("told %q, kept %q, want %q", told, e.Status()[0].Notices, want)
		}
		for name, want := range map[string]string{"none": "none: prepare: there is no program", "dead": "dead: start: it ended with status 3"} {
			if err := e.Wait(t.Context(), name); err == nil || err.Error() != want {
				t.Errorf("%v, want %s", err, want)
			}
		}
		if c, _ := seen.last("dead", StateFailed); !slices.Equal(c.Log, []string{"no table"}) {
			t.Errorf("%+v", c)
		}
		mustClose(t, e)
	})
}
