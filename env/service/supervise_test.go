package service

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestACrashedServiceIsStartedAgainAndItsDependantsAreAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen changes
		f := newFake(map[string]*behaviour{"db": {ready: 300 * ms, lives: []death{{10 * time.Second, End{Code: 1}}}}})
		e := begin(t, plan("db:; api: db; web: api!; job: db!; other:"), f, Settings{Observe: seen.observe})
		if err := e.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10*time.Second + ms - time.Since(f.begun))
		synctest.Wait()
		for _, s := range e.Status() {
			if want := s.Service == "other"; s.Ready != want {
				t.Errorf("%s is ready: %t, while db is down", s.Service, s.Ready)
			}
		}
		if err := e.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(f.begun) - 10*time.Second; took < 475*ms || took > 900*ms { // the pause, until it is ready, and twice the moment
			t.Errorf("ready again after %s", took)
		}
		// api is only asked again, so web, which depends on it, is too; job says restart.
		for name, want := range map[string]int{"db": 2, "api": 1, "web": 1, "job": 2, "other": 1} {
			if got := f.did("start " + name); len(got) != want {
				t.Errorf("%s was started %d times, want %d", name, len(got), want)
			}
		}
		crash, _ := seen.last("db", StateRestarting)
		if len(crash.Log) != 50 || !strings.HasPrefix(crash.Message, "ended with 1; it is started again in ") {
			t.Errorf("%q with %d lines", crash.Message, len(crash.Log))
		}
		if got := seen.states("db"); got != "preparing starting started ready restarting starting started ready" {
			t.Error(got)
		}
		outages := map[string]string{}
		for _, o := range e.Outages() {
			outages[o.Service] = o.Why
			if o.From.Sub(f.begun) != 10*time.Second || o.To.Before(o.From.Add(400*ms)) || o.Engine {
				t.Errorf("outage %+v", o)
			}
		}
		want := "map[api:db is not ready any more db:ended with 1 job:db is not ready any more web:api is not ready any more]"
		if got := fmt.Sprint(outages); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
		mustClose(t, e)
	})
}

func TestACrashLoopFailsWithWhatDependsOnIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen changes
		one := death{2 * time.Second, End{Code: 9}}
		f := newFake(map[string]*behaviour{"db": {lives: []death{one, one, one, one, one}}})
		e := begin(t, plan("db:; api: db"), f, Settings{Observe: seen.observe})
		if err := e.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		err := e.await(t.Context(), func() (bool, error) {
			if n := e.nodes["api"]; n.failure != nil {
				return true, n.failure
			}
			return false, nil
		})
		want := "api waits for db: ended 4 times within 1m0s and is not started again: ended with 9"
		if err == nil || err.Error() != want {
			t.Errorf("%v\nwant %s", err, want)
		}
		if got := f.did("start db"); len(got) != 4 {
			t.Errorf("started %d times: %q", len(got), got)
		}
		if failed, _ := seen.last("db", StateFailed); len(failed.Log) != 50 {
			t.Errorf("%d lines of its log", len(failed.Log))
		}
		for _, o := range e.Outages()[max(0, len(e.Outages())-2):] {
			if !o.To.IsZero() {
				t.Errorf("an outage that never ended is over: %+v", o)
			}
		}
		mustClose(t, e)
	})
}

func TestCrashesThatAreFarApartAreNoLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := death{40 * time.Second, End{Signal: "SIGSEGV"}}
		f := newFake(map[string]*behaviour{"db": {lives: slices.Repeat([]death{one}, 8)}})
		e := begin(t, plan("db:"), f, Settings{})
		time.Sleep(10 * time.Minute)
		if err := e.Wait(t.Context()); err != nil || len(f.did("start db")) != 9 {
			t.Errorf("%v after %d starts", err, len(f.did("start db")))
		}
		mustClose(t, e)
	})
}

func TestTheEngineDies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]*behaviour{"db": {lives: []death{{time.Second, End{Engine: true, Why: "dockerd does not answer"}}}}})
		e := begin(t, plan("db:; api: db"), f, Settings{})
		if err := e.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		err := e.Wait(t.Context(), "api")
		var failure *Failure
		if !errors.As(err, &failure) || !failure.Engine || failure.Service != "db" {
			t.Errorf("%v: %+v", err, failure)
		}
		synctest.Wait()
		outages := e.Outages()
		if len(outages) != 2 || !outages[0].Engine || !outages[1].Engine || outages[0].From.Sub(f.begun) != time.Second {
			t.Errorf("%+v", outages)
		}
		if len(f.did("start db")) != 1 {
			t.Error("it was started again on a dead engine")
		}
		mustClose(t, e)
	})
}

func TestWhatADependantWasToldMayBeTrueNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]*behaviour{
			"moves": {lives: []death{{time.Second, End{Code: 1}}}, inner: func(life int) string { return fmt.Sprint("moves:", life) }},
			"stays": {lives: []death{{time.Second, End{Code: 1}}}, inner: func(int) string { return "stays:1" }},
		})
		e := begin(t, plan("moves:; stays:; a: moves; b: stays started"), f, Settings{})
		if err := e.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		if err := e.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(f.did("start a")) != 2 || len(f.did("start b")) != 1 {
			t.Errorf("%q %q", f.did("start a"), f.did("start b"))
		}
		mustClose(t, e)
	})
}

func TestADependantThatDiesWithItsDependencyIsNotTheRoot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// api dies while it starts, because db died a moment before: it is tried again when db is back.
		f := newFake(map[string]*behaviour{
			"db":  {lives: []death{{time.Second, End{Code: 1}}}},
			"api": {ready: 700 * ms, start: 500 * ms, lives: []death{{501 * ms, End{Code: 2}}}},
		})
		e := begin(t, plan("db:; api: db"), f, Settings{})
		if err := e.Wait(t.Context()); err != nil {
			t.Error(err)
		}
		if len(f.did("start api")) != 2 {
			t.Errorf("%q", f.did("start"))
		}
		mustClose(t, e)
	})
}

func TestItMustStayTheSameForAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]*behaviour{"a": {identity: func(age time.Duration) string { // the engine starts it anew for 250 ms
			return fmt.Sprint(min(age/(50*ms), 5))
		}}})
		e := begin(t, plan("a:"), f, Settings{})
		if err := e.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if at := time.Since(f.begun); at < 350*ms || at > 500*ms {
			t.Errorf("ready after %s", at)
		}
		mustClose(t, e)
	})
}

func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad := &behaviour{ready: 200 * ms, startErr: errors.New("no image")}
		f := newFake(map[string]*behaviour{"db": {ready: 200 * ms}, "bad": bad})
		e := begin(t, plan("db:; api: db; bad:; user: bad, db"), f, Settings{})
		if err := e.Wait(t.Context(), "api"); err != nil {
			t.Fatal(err)
		}
		if err := e.Restart(t.Context(), "db"); err != nil {
			t.Fatal(err)
		}
		for _, s := range e.Status() {
			if (s.Service == "db" || s.Service == "api") && !s.Ready {
				t.Errorf("%+v", s)
			}
		}
		if len(f.did("start db")) != 2 || len(f.did("start api")) != 1 || len(f.did("stop db")) != 1 {
			t.Errorf("%q", f.did("st"))
		}
		if err := e.Restart(t.Context(), "bad"); err == nil || !strings.Contains(err.Error(), "no image") {
			t.Errorf("still without an image: %v", err)
		}
		bad.startErr = nil
		if err := e.Restart(t.Context(), "bad"); err != nil {
			t.Error(err)
		}
		if err := e.Wait(t.Context()); err != nil {
			t.Errorf("what had failed because of it: %v", err)
		}
		if err := e.Restart(t.Context(), "nobody"); err == nil {
			t.Error("an unknown service was started again")
		}
		mustClose(t, e)
	})
}
