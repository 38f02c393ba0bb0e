package keeper

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"testrunner/env"
	"testrunner/env/service"
	"testrunner/report/event"
	"testrunner/runner/process"
)

// keptState is a set that this process keeps, in a folder of its own.
func keptState(t *testing.T, services ...Service) (Folder, State) {
	t.Helper()
	self, err := process.Identify(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	f := logFolder(t)
	s := State{Set: "1", Mode: event.NoDocker, Phase: Up, Keeper: self, Services: services}
	if err := f.write(s); err != nil {
		t.Fatal(err)
	}
	return f, s
}

func spec(name string, edges ...service.Edge) service.Spec {
	return service.Spec{Service: env.Service{Name: name}, Edges: edges}
}

func TestUseOfAKeptService(t *testing.T) {
	f, s := keptState(t, Service{Name: "db", State: string(service.StatePreparing), Note: "pulls db: 1 of 2 MB", Identity: "one"})
	var fresh atomic.Int32
	u := NewUse(f, "1", s.Keeper, func(context.Context, State) error { fresh.Add(1); return nil })
	p := u.Provider(event.ByLocal)
	told := make(chan string, 10)
	prepared := make(chan error, 2)
	for range 2 {
		go func() { prepared <- p.Prepare(t.Context(), spec("db"), func(line string) { told <- line }) }()
	}
	if line := <-told; line != "pulls db: 1 of 2 MB" {
		t.Error(line)
	}
	s.Services = []Service{{Name: "db", State: Ready, Identity: "one", Address: "127.0.0.1:5432", URL: "postgres://me:secret@127.0.0.1:5432", Ports: map[int]int{5432: 5432}}}
	if err := f.write(s); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := <-prepared; err != nil {
			t.Fatal(err)
		}
	}
	if fresh.Load() != 1 {
		t.Errorf("its data was made fresh %d times", fresh.Load())
	}
	in, err := p.Start(t.Context(), spec("db"), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if a := in.Address(); a.Host != "127.0.0.1" || a.Port != 5432 || !strings.Contains(a.URL, "secret") || in.Identity() != "one" {
		t.Errorf("%+v", a)
	}
	if public := s.Public(); public.Services[0].URL != "" || s.Services[0].URL == "" {
		t.Error("the public state shows the password, or the own one has lost it")
	}
	if _, _, err := in.Exec(t.Context(), nil, nil); !errors.Is(err, service.ErrNoInside) {
		t.Error(err)
	}
	// Another life ends this one, and the next is waited for.
	s.Services[0].State, s.Services[0].Error = string(service.StateRestarting), "ended with 3; it is started again in 100ms"
	if err := f.write(s); err != nil {
		t.Fatal(err)
	}
	<-in.Done()
	if end := in.End(); end.Code == 0 || !strings.Contains(end.String(), "ended with 3") {
		t.Errorf("%s", end)
	}
	next := make(chan service.Instance, 1)
	go func() {
		in, err := p.Start(t.Context(), spec("db"), nil, nil)
		if err != nil {
			t.Error(err)
		}
		next <- in
	}()
	s.Services[0].State, s.Services[0].Error, s.Services[0].Identity = Ready, "", "two"
	if err := f.write(s); err != nil {
		t.Fatal(err)
	}
	second := <-next
	if names := u.Services(); len(names) != 1 || second.Identity() != "two" {
		t.Errorf("%v, %s", names, second.Identity())
	}
	if err := errors.Join(second.Stop(t.Context()), second.Stop(t.Context()), p.Close(t.Context())); err != nil {
		t.Error(err)
	}
	if now, err := f.Read(); err != nil || now.Services[0].State != Ready {
		t.Errorf("the set is %+v: %v", now, err)
	}
}

func TestUseOfWhatIsNotThere(t *testing.T) {
	f, s := keptState(t, Service{Name: "api", State: ServiceFailed, Error: "api waits for db: no"}, Service{Name: "db", State: ServiceFailed, Error: "db: no", Tail: []string{"last"}},
		Service{Name: "task", State: Completed})
	p := NewUse(f, "1", s.Keeper, nil).Provider(event.ByLocal)
	var failure *service.Failure
	if err := p.Prepare(t.Context(), spec("db"), nil); !errors.As(err, &failure) || failure.Log[0] != "last" || failure.Error() != "db: no" {
		t.Error(err)
	}
	if err := p.Prepare(t.Context(), spec("api", service.Edge{To: "db"}), nil); err != nil { // db's failure is told with the way there
		t.Error(err)
	}
	if err := p.Prepare(t.Context(), spec("none"), nil); err == nil || !strings.Contains(err.Error(), "api, db, task") {
		t.Error(err)
	}
	task, err := p.Start(t.Context(), spec("task"), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if <-task.Done(); task.End() != (service.End{}) {
		t.Error(task.End())
	}
	// A reset that fails is every service's failure.
	broken := NewUse(f, "1", s.Keeper, func(context.Context, State) error { return errors.New("can't be reset") }).Provider(event.ByLocal)
	for _, name := range []string{"db", "task"} {
		if err := broken.Prepare(t.Context(), spec(name), nil); err == nil || err.Error() != "can't be reset" {
			t.Error(err)
		}
	}
	for phase, want := range map[Phase]string{Down: "taken down while the run used them", Failed: "the services were taken down: db died"} {
		s.Phase, s.Failure, s.Services = phase, "db died", []Service{{Name: "task", State: string(Down)}}
		if err := f.write(s); err != nil {
			t.Fatal(err)
		}
		if err := p.Prepare(t.Context(), spec("task"), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", phase, err)
		}
	}
	dead := NewUse(f, "2", process.ID{}, nil).Provider(event.ByLocal)
	s.Keeper = process.ID{}
	if err := f.write(s); err != nil {
		t.Fatal(err)
	}
	if err := dead.Prepare(t.Context(), spec("db"), nil); err == nil || !strings.Contains(err.Error(), "died") {
		t.Error(err)
	}
	gone, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	live, _ := process.Identify(os.Getpid())
	if err := NewUse(f, "3", live, nil).Provider(event.ByLocal).Prepare(gone, spec("db"), nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
