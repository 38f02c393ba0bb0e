package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"testrunner/report/event"
)

const ms = time.Millisecond

// about takes times that probes found, up to one pause late.
func about(t *testing.T, what string, is, want time.Duration) {
	t.Helper()
	if is < want || is > want+130*ms {
		t.Errorf("%s after %s, want %s and at most a pause more", what, is, want)
	}
}

func TestEachStartsTheMomentItsEdgesHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]*behaviour{
			"a": {ready: 0}, "slow": {prepare: 3 * time.Second}, "task": {lives: []death{{after: 400 * ms}}}, "c": {start: 50 * ms},
		})
		e := begin(t, plan("a:; b: a; c: b started; slow: a; task: a; d: task completed, c started", "task"), f, Settings{})
		if err := e.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		about(t, "all ready", time.Since(f.begun), 3*time.Second+stability)
		// b does not wait for the moment in which a must stay the same; c wants b to be started only; nobody waits for slow.
		want := []string{"0 start a", "0 start b", "0 start c", "0 start task", "3000 start slow", "400 start d"}
		if got := f.did("start "); !slices.Equal(got, want) {
			t.Errorf("started %q\nwant    %q", got, want)
		}
		if got := f.did("prepare "); len(got) != 6 || slices.ContainsFunc(got, func(n string) bool { return !strings.HasPrefix(n, "0 ") }) {
			t.Errorf("not all was prepared from the first moment on: %q", got)
		}
		mustClose(t, e)
	})
}

func TestOneRootCauseWithItsChain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen changes
		f := newFake(map[string]*behaviour{"postgres": {start: 20 * ms, startErr: errors.New("no such image")}, "mail": {ready: time.Second}})
		e := begin(t, plan("postgres:; auth: postgres; backend: auth, mail; mail:; web: mail, postgres?"), f, Settings{Observe: seen.observe})
		err := e.Wait(t.Context(), "backend")
		if want := "backend waits for auth waits for postgres: start: no such image"; err == nil || err.Error() != want {
			t.Errorf("%v\nwant %s", err, want)
		}
		if at := time.Since(f.begun); at != 20*ms {
			t.Errorf("told after %s, and could be after 20 ms", at)
		}
		var failure *Failure
		if !errors.As(err, &failure) || failure.Service != "postgres" || !slices.Equal(failure.Chain, []string{"backend", "auth", "postgres"}) {
			t.Errorf("%+v", failure)
		}
		if err := e.Wait(t.Context(), "mail", "web"); err != nil { // postgres is optional to web
			t.Error(err)
		}
		if got := seen.states("auth"); got != "preparing waiting failed" {
			t.Errorf("auth: %s", got)
		}
		if err := e.Wait(t.Context(), "unknown"); err == nil || !strings.Contains(err.Error(), "auth, backend, mail") {
			t.Errorf("unknown name: %v", err)
		}
		mustClose(t, e)
	})
}

func TestFailuresBeforeReady(t *testing.T) {
	for name, c := range map[string]struct {
		behaviour behaviour
		bare      bool
		want      string
		at        time.Duration
		log       int
	}{
		"never ready":       {behaviour{ready: -1}, false, "a: not ready within 1m0s: the compose file's healthcheck: it ends with 1: not yet", time.Minute, 50},
		"ends":              {behaviour{ready: -1, lives: []death{{after: 2 * time.Second, end: End{Code: 3}}}}, false, "a: ended with 3 before it was ready", 2 * time.Second, 50},
		"ends with 0":       {behaviour{ready: -1, lives: []death{{after: 2 * time.Second}}}, false, "a: ended with 0 before it was ready", 2 * time.Second, 50},
		"out of memory":     {behaviour{ready: -1, lives: []death{{time.Second, End{Code: 137, Signal: "SIGKILL", Why: "out of memory"}}}}, false, "a: ended by SIGKILL (out of memory) before it was ready", time.Second, 50},
		"dies at once":      {behaviour{lives: []death{{50 * ms, End{Code: 1}}}}, true, "a: ended with 1 before it was ready", 50 * ms, 50},
		"dies once healthy": {behaviour{lives: []death{{50 * ms, End{Code: 1}}}}, false, "a: ended with 1 before it was ready", 50 * ms, 50},
		"prepare":           {behaviour{prepare: time.Second, prepareErr: errors.New("no registry")}, false, "a: prepare: no registry", time.Second, 0},
		"prepare is slow":   {behaviour{prepare: time.Hour}, false, "a: not prepared within 10m0s: context deadline exceeded", 10 * time.Minute, 0},
		"start hangs":       {behaviour{deaf: true}, false, "a: start: not started within 1m0s", time.Minute, 0},
		"engine":            {behaviour{ready: -1, lives: []death{{time.Second, End{Engine: true, Why: "the engine stopped answering"}}}}, false, "a: the engine stopped answering", time.Second, 50},
		"gone engine":       {behaviour{ready: -1, engine: errors.New("the engine died")}, false, "a: the engine died: not ready within 1m0s: the compose file's healthcheck: it ends with 1: not yet", time.Minute, 50},
		"engine at start":   {behaviour{startErr: fmt.Errorf("%w: EOF", ErrEngine)}, false, "a: start: the engine under it died: EOF", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(map[string]*behaviour{"a": &c.behaviour})
				p := plan("a:; b: a")
				if c.bare {
					p = plan("a:; b: a", "a")
				}
				var seen changes
				e := begin(t, p, f, Settings{Observe: seen.observe})
				err := e.Wait(t.Context(), "a")
				if err == nil || err.Error() != c.want {
					t.Errorf("%v\nwant %s", err, c.want)
				}
				if at := time.Since(f.begun); at != c.at {
					t.Errorf("told after %s, want %s", at, c.at)
				}
				synctest.Wait()
				if errors.Is(err, ErrEngine) != strings.Contains(name, "engine") {
					t.Errorf("%v: it is not the engine's fault, or it is", err)
				}
				if failed, ok := seen.last("a", StateFailed); !ok || len(failed.Log) != c.log || failed.Err == nil {
					t.Errorf("observed %t with %d lines: %v", ok, len(failed.Log), failed.Err)
				}
				if len(f.did("start a")) > 1 {
					t.Error("it was started again before it was ever ready")
				}
				mustClose(t, e)
			})
		})
	}
}

func TestTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]*behaviour{
			"migrate": {lives: []death{{after: 5 * time.Minute}}}, "bad": {lives: []death{{time.Second, End{Code: 4}}}}, "alone": {lives: []death{{after: 3 * time.Second}}},
		})
		e := begin(t, plan("migrate:; app: migrate completed; bad:; other: bad completed; alone:", "migrate", "bad", "alone"), f, Settings{})
		if err := e.Wait(t.Context(), "app", "alone"); err != nil {
			t.Error(err)
		}
		about(t, "the app is ready", time.Since(f.begun), 5*time.Minute+stability)
		want := "other waits for bad: ended with 4, and others wait until it has completed with 0"
		if err := e.Wait(t.Context(), "other"); err == nil || err.Error() != want {
			t.Errorf("%v\nwant %s", err, want)
		}
		states := map[string]State{}
		for _, s := range e.Status() {
			states[s.Service] = s.State
		}
		if states["migrate"] != StateCompleted || states["alone"] != StateCompleted || states["bad"] != StateFailed {
			t.Error(states)
		}
		if len(f.did("start migrate")) != 1 || len(f.did("start alone")) != 1 || len(e.Outages()) != 0 {
			t.Error("a task that has ended was started again, or counts as an outage")
		}
		mustClose(t, e)
	})
}

func TestCloseStopsWhatDependsFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]*behaviour{"web": {stop: time.Second}, "other": {stop: 10 * ms}, "db": {stop: 10 * ms, stopErr: errors.New("is busy")}, "late": {deaf: true}})
		e := begin(t, plan("db:; api: db; web: api; other:; late: db"), f, Settings{})
		if err := e.Wait(t.Context(), "web", "other"); err != nil {
			t.Fatal(err)
		}
		begun := time.Since(f.begun)
		left := e.Close(context.WithoutCancel(t.Context()))
		at := func(d time.Duration) int64 { return (begun + d).Milliseconds() }
		want := []string{
			fmt.Sprintf("%d stop api", at(time.Second)), fmt.Sprintf("%d stop db", at(time.Second)), fmt.Sprintf("%d stop other", at(0)), fmt.Sprintf("%d stop web", at(0)),
		}
		got := f.did("stop ")
		if slices.Sort(want); !slices.Equal(got, want) {
			t.Errorf("stopped %q\nwant    %q", got, want)
		}
		if len(left) != 1 || left[0].String() != "db (docker): is busy" {
			t.Errorf("left: %v", left)
		}
		if got := f.did("close"); len(got) != 1 || len(e.Close(t.Context())) != 1 {
			t.Errorf("the provider: %q; a second call says something else", got)
		}
		if err := e.Wait(t.Context(), "web"); !errors.Is(err, errClosed) {
			t.Errorf("after Close: %v", err)
		}
	})
}

func TestCloseDoesNotWaitForAFrozenEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]*behaviour{"a": {stop: time.Hour}})
		e := begin(t, plan("a:; b: a"), f, Settings{})
		if err := e.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 5*time.Second)
		defer cancel()
		begun := time.Now()
		left := e.Close(ctx)
		if took := time.Since(begun); took != 5*time.Second || len(left) != 1 || left[0].Service != "a" {
			t.Errorf("after %s: %v", took, left)
		}
	})
}

func TestTheContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		f := newFake(map[string]*behaviour{"a": {ready: time.Second}})
		e := Begin(ctx, plan("a:; b: a; c:"), map[event.Provider]Provider{event.ByDocker: f}, Settings{})
		time.Sleep(500 * ms)
		cancel()
		if err := e.Wait(t.Context(), "b"); !errors.Is(err, context.Canceled) || time.Since(f.begun) != 500*ms {
			t.Error(err)
		}
		synctest.Wait()
		if len(f.did("start b")) > 0 || len(f.did("stop")) > 0 {
			t.Error("something was started, or stopped before Close")
		}
		mustClose(t, e)
		if len(f.did("stop")) != 2 {
			t.Errorf("stopped: %q", f.did("stop"))
		}
	})
}

func TestSlowSetIsToldWithItsCriticalPath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var warned []string
		f := newFake(map[string]*behaviour{"db": {prepare: 20 * time.Second, start: time.Second}, "api": {lives: nil, start: 12 * time.Second}, "mail": {start: 30 * time.Second}, "web": {start: 500 * ms}})
		e := begin(t, plan("db:; api: db; web: api, mail started; mail:"), f, Settings{Warn: func(s string) { warned = append(warned, s) }})
		if err := e.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		want := "the services took 33.6s to be ready; longest was db 21s (prepare 20s, start 1s, ready 0s), then api 12s (prepare 0s, start 12s, ready 0s), then web 500ms (prepare 0s, start 500ms, ready 0s)"
		if len(warned) != 1 || warned[0] != want {
			t.Errorf("%q\nwant %s", warned, want)
		}
		mustClose(t, e)
	})
}

func TestHooksRunBeforeAnybodyUsesIt(t *testing.T) {
	for _, code := range []int{0, 2} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(nil)
			p := plan("db:; api: db")
			p.Services[0].Before, p.Services[0].Env = []string{"migrate", "{host}"}, []string{"KIND=x"}
			e := begin(t, p, f, Settings{Mode: event.Docker, Run: func(ctx context.Context, argv, environ []string) (string, int, error) {
				f.note("run %s %s", argv[0], variable(environ, "RUNNER_MODE")+variable(environ, "KIND"))
				if n := strings.Count(variable(environ, "RUNNER_SERVICES"), `"name":`); n != 1 {
					t.Errorf("the hook is told of %d services, and only its own runs", n)
				}
				return "first\nno table", code, pass(ctx, 2*time.Second)
			}})
			err := e.Wait(t.Context(), "api")
			if got := f.did("run "); !slices.Equal(got, []string{"0 run migrate dockerx"}) {
				t.Errorf("hook: %q", got)
			}
			if code == 0 && (err != nil || !slices.Equal(f.did("start api"), []string{"2000 start api"})) {
				t.Errorf("%v, %q", err, f.did("start"))
			}
			if code != 0 && (err == nil || err.Error() != "api waits for db: before: migrate : it ends with 2: no table") {
				t.Errorf("%v", err)
			}
			mustClose(t, e)
		})
	}
}
