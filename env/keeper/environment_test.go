package keeper

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"testrunner/env"
	"testrunner/env/service"
	"testrunner/env/stub"
	"testrunner/report/event"
)

// redisSet is a set of one stub of Redis, and of what else is asked for.
func redisSet(t *testing.T, more ...Wanted) (Folder, Set, func() int) {
	t.Helper()
	f := logFolder(t)
	changes := make(chan bool, 1000)
	wanted := append(more, Wanted{
		Spec: service.Spec{Service: env.Service{Name: "redis", Image: "redis:7"}}, Served: event.Served{Service: "redis", By: event.ByStub, Fidelity: event.Stub},
	})
	r := Request{Set: "1", Root: "/", Mode: event.NoDocker, Services: wanted, Extra: []string{"EXTRA=1"}}
	providers := map[event.Provider]service.Provider{event.ByStub: stub.New(t.TempDir())}
	set := Begin(t.Context(), r, f, Surroundings{Providers: providers, Changed: func() { changes <- true }})
	return f, set, func() int { return len(changes) }
}

func TestSetOfServices(t *testing.T) {
	f, set, changes := redisSet(t)
	if err := set.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := set.Services(t.Context(), true)
	if len(all) != 1 || all[0].State != Ready || all[0].Fidelity != event.Stub || all[0].Address == "" || all[0].Error != "" {
		t.Errorf("up: %+v", all)
	}
	if v := set.Variables(); !slices.Contains(v, "EXTRA=1") || !slices.ContainsFunc(v, func(kv string) bool { return strings.HasPrefix(kv, "REDIS_URL=redis://127.0.0.1:") }) {
		t.Errorf("variables: %v", v)
	}
	if path := set.Path(); len(path) != 1 || path[0].Service != "redis" || !strings.HasPrefix(path[0].String(), "redis ") {
		t.Errorf("it waited for %v", path)
	}
	if err := set.Restart(t.Context(), "redis"); err != nil {
		t.Error(err)
	}
	after := set.Services(t.Context(), false)
	if after[0].Restarts != 1 || after[0].Identity == all[0].Identity || changes() == 0 {
		t.Errorf("started again: %+v, %d changes", after, changes())
	}
	if err := set.Restart(t.Context(), "none"); err == nil {
		t.Error("none was started again")
	}
	begun := time.Now()
	if left := set.Close(t.Context()); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("its end took %s", took)
	}
	var out shared
	if err := ShowLogs(t.Context(), &out, Showing{Path: f.Log, Services: []string{"redis"}}); err != nil {
		t.Error(err)
	}
}

// Who looks at each change, and at nothing between them, sees the service ready in the end.
func TestChangesTellAll(t *testing.T) {
	begun := make(chan struct{})
	var set Set
	seen := make(chan string, 1000)
	providers := map[event.Provider]service.Provider{event.ByStub: stub.New(t.TempDir())}
	set = Begin(t.Context(), Request{Set: "1", Root: "/", Mode: event.NoDocker, Services: []Wanted{{
		Spec: service.Spec{Service: env.Service{Name: "redis", Image: "redis:7"}}, Served: event.Served{Service: "redis", By: event.ByStub, Fidelity: event.Stub},
	}}}, logFolder(t), Surroundings{Providers: providers, Changed: func() {
		<-begun
		seen <- set.Services(t.Context(), false)[0].State
	}})
	close(begun)
	late := time.After(10 * time.Second)
	for state := ""; state != Ready; {
		select {
		case state = <-seen:
		case <-late:
			t.Fatalf("it is %s, and nothing else was told", state)
		}
	}
	if left := set.Close(t.Context()); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// A service that nobody can serve fails the set, with one cause, and the others are told as they are.
func TestSetThatFails(t *testing.T) {
	_, set, _ := redisSet(t, Wanted{
		Spec: service.Spec{Service: env.Service{Name: "db", Image: "postgres:16"}}, Served: event.Served{Service: "db", By: event.ByStub},
	})
	err := set.Ready(t.Context())
	var f *service.Failure
	if !errors.As(err, &f) || f.Service != "db" || !strings.Contains(err.Error(), "no honest stub") {
		t.Errorf("ready: %v", err)
	}
	all := set.Services(t.Context(), false)
	if len(all) != 2 || all[0].Name != "db" || all[0].State != ServiceFailed || all[0].Error == "" {
		t.Errorf("%+v", all)
	}
	if left := set.Close(t.Context()); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
