package stub

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"testrunner/env"
	"testrunner/env/service"
	"testrunner/env/service/servicetest"
	"testrunner/report/event"
)

// patience bounds a failing test.
const patience = 20 * time.Second

func redisSpec(argv ...string) service.Spec {
	return service.Spec{
		Service:   env.Service{Name: "redis", Image: "redis:7-alpine"},
		Container: &service.Container{Image: "redis:7-alpine", Command: argv},
	}
}

func webSpec(stub env.StubSpec) service.Spec {
	return service.Spec{Service: env.Service{Name: "auth", Ready: "/healthz", StubSpec: &stub}}
}

func start(t *testing.T, s service.Spec) *Instance {
	t.Helper()
	return startTold(t, s, nil)
}

func startTold(t *testing.T, s service.Spec, tell service.Tell) *Instance {
	t.Helper()
	in, err := New(t.TempDir()).Start(t.Context(), s, nil, tell)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, in) })
	i, ok := in.(*Instance)
	if !ok {
		t.Fatalf("Start returned a %T", in)
	}
	return i
}

func stop(t *testing.T, in service.Instance) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	defer cancel()
	if err := in.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func joined(names []string) string { return strings.Join(names, "; ") }

func TestConformance(t *testing.T) {
	web := func(ctx context.Context, a service.Address) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.URL+"/healthz", nil)
		if err != nil {
			return err
		}
		r.Close = true
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("status %d", answer.StatusCode)
		}
		_, err = io.Copy(io.Discard, answer.Body)
		return err
	}
	kits := map[string]servicetest.Kit{
		"http": {Spec: webSpec(env.StubSpec{Routes: []env.StubRoute{{Path: "/x"}}}), Serves: web, Says: "GET /healthz 200"},
		"jwt":  {Spec: webSpec(env.StubSpec{JWT: &env.StubIssuer{}}), Serves: web, Says: "GET /healthz 200"},
		"websocket": {
			Spec:   webSpec(env.StubSpec{Path: "/ws", Messages: []env.StubMessage{{Send: "hello"}}}),
			Serves: func(ctx context.Context, a service.Address) error { return greeted(ctx, a) }, Says: "/ws",
		},
		"redis": {
			Spec: redisSpec(),
			Serves: func(ctx context.Context, a service.Address) error {
				c, err := dialRedis(ctx, a)
				if err != nil {
					return err
				}
				defer c.Close()
				_, err = c.ask("PING")
				return err
			},
		},
	}
	for name, k := range kits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k.New = func(t *testing.T) service.Provider { return New(t.TempDir()) }
			k.InProcess = true
			k.Remains = func(*testing.T) []string { return nil } // Serves is asked after each Stop: no port is left
			servicetest.Run(t, k)
		})
	}
}

func TestNothingIsGuessed(t *testing.T) {
	p := New(t.TempDir())
	if p.Name() != event.ByStub {
		t.Errorf("the name is %s", p.Name())
	}
	spec := func(image string, stub *env.StubSpec) service.Spec {
		return service.Spec{Service: env.Service{Name: "it", Image: image, Ready: "/healthz", StubSpec: stub}}
	}
	routes := &env.StubSpec{Routes: []env.StubRoute{{Path: "/x"}}}
	with := func(change func(*env.StubSpec)) *env.StubSpec {
		var s env.StubSpec
		change(&s)
		return &s
	}
	route := func(r env.StubRoute) *env.StubSpec { return &env.StubSpec{Routes: []env.StubRoute{r}} }
	messages := func(m ...env.StubMessage) *env.StubSpec { return &env.StubSpec{Path: "/ws", Messages: m} }
	for name, c := range map[string]struct {
		spec service.Spec
		want string
	}{
		"without a word":        {spec("ghcr.io/acme/auth:1", nil), "services, it, stub in runner.yaml gives it routes"},
		"built from source":     {spec("", nil), "there is no stub of it"},
		"postgres":              {spec("postgres:16", routes), "no honest stub: install PostgreSQL"},
		"another database":      {spec("mysql:8", routes), "it is a database (mysql:8), of which there is no honest stub"},
		"redis with a spec":     {spec("redis:7", routes), "take away services, it, stub"},
		"an empty spec":         {spec("", &env.StubSpec{}), "give it routes, openapi, jwt or websocket"},
		"a path without /":      {spec("", route(env.StubRoute{Path: "users"})), `routes, number 1: the path "users" does not begin with /`},
		"a query":               {spec("", route(env.StubRoute{Path: "/users?x=1"})), "holds a query"},
		"a brace too many":      {spec("", route(env.StubRoute{Path: "/users/}x"})), "stands without its {"},
		"an open brace":         {spec("", route(env.StubRoute{Path: "/users/{id"})), "is no plain text with {name}"},
		"a name twice":          {spec("", route(env.StubRoute{Path: "/{id}/{id}"})), "holds {id} twice"},
		"a method":              {spec("", route(env.StubRoute{Method: "GE T", Path: "/"})), "is no method"},
		"a status":              {spec("", route(env.StubRoute{Path: "/", Status: 99})), "the status 99"},
		"a body where none is":  {spec("", route(env.StubRoute{Path: "/", Status: 204, Body: "x"})), "has no body"},
		"a header":              {spec("", route(env.StubRoute{Path: "/", Headers: map[string]string{"a b": ""}})), "is no name of a header"},
		"a length":              {spec("", route(env.StubRoute{Path: "/", Headers: map[string]string{"content-length": "3"}})), "leave it out"},
		"two lines of a header": {spec("", route(env.StubRoute{Path: "/", Headers: map[string]string{"A": "1\r\nB: 2"}})), "more than one line"},
		"a route twice": {spec("", &env.StubSpec{Routes: []env.StubRoute{{Path: "/u/{a}"}, {Method: "get", Path: "/u/{b}"}}}),
			"routes, number 2: GET /u/{b} stands there twice"},
		"a lifetime":             {spec("", with(func(s *env.StubSpec) { s.JWT = &env.StubIssuer{Lifetime: -1} })), "jwt: the lifetime"},
		"an issuer":              {spec("", with(func(s *env.StubSpec) { s.JWT = &env.StubIssuer{Issuer: "me"} })), "is no URL"},
		"a file outside":         {spec("", with(func(s *env.StubSpec) { s.OpenAPI = "../api.yaml" })), "lies outside the project"},
		"a file that is missing": {spec("", with(func(s *env.StubSpec) { s.OpenAPI = "api.yaml" })), "openapi: read api.yaml"},
		"a step of nothing":      {spec("", messages(env.StubMessage{})), "messages, number 1: it neither expects nor sends"},
		"a wait for nothing":     {spec("", messages(env.StubMessage{Expect: "x", After: 1})), `"after" does nothing`},
		"no messages":            {spec("", with(func(s *env.StubSpec) { s.Path = "/ws"; s.JWT = &env.StubIssuer{} })), "there are no messages"},
		"a script without a path": {spec("", with(func(s *env.StubSpec) { s.Messages = []env.StubMessage{{Send: "x"}} })),
			`the path "" does not begin with /`},
	} {
		t.Run(name, func(t *testing.T) {
			prepared := p.Prepare(t.Context(), c.spec, nil)
			if prepared == nil || !strings.Contains(prepared.Error(), c.want) {
				t.Errorf("Prepare: %v\nwant %q", prepared, c.want)
			}
			in, err := p.Start(t.Context(), c.spec, nil, nil)
			if err == nil {
				stop(t, in)
				t.Fatal("it was started")
			}
			if prepared != nil && err.Error() != prepared.Error() {
				t.Errorf("Start says another thing than Prepare: %v", err)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than a line: %v", err)
			}
		})
	}
}

// The port is the kernel's, unless the ports are as written; then it is that one or none.
func TestPortAsWritten(t *testing.T) {
	held, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := held.Addr().(*net.TCPAddr).Port
	s := redisSpec()
	s.Ports = []env.Port{{Number: at}}
	if in, err := New("").Start(t.Context(), s, nil, nil); err == nil {
		stop(t, in)
		t.Fatal("it was started on a port that is taken")
	} else if want := fmt.Sprintf("port %d is not to be had", at); !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	i := start(t, s)
	if i.Address().Port != at {
		t.Errorf("it listens on %d, want %d", i.Address().Port, at)
	}
}

// A port that is wanted is taken where it is free; else another one serves, and that is told.
func TestPortWanted(t *testing.T) {
	held, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := held.Addr().(*net.TCPAddr).Port
	for name, key := range map[string]int{"its main port": 0, "its own number": 6379} {
		s := redisSpec()
		s.Container.Ports, s.Wanted = []service.PortMap{{Target: 6379}}, map[int]int{key: at}
		var told []string
		i := startTold(t, s, func(line string) { told = append(told, line) })
		if i.Address().Port == at {
			t.Errorf("%s: it listens on a port that is taken", name)
		}
		if want := fmt.Sprintf("port %d is not free, so the stub of redis has another one", at); len(told) != 1 || !strings.HasPrefix(told[0], want) {
			t.Errorf("%s: it told %q", name, told)
		}
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	s := redisSpec()
	s.Wanted = map[int]int{0: at}
	if got := start(t, s).Address().Port; got != at {
		t.Errorf("it listens on %d, want %d", got, at)
	}
}

func TestAddress(t *testing.T) {
	s := webSpec(env.StubSpec{Routes: []env.StubRoute{{Path: "/x"}}})
	s.Container = &service.Container{
		Ports: []service.PortMap{{Target: 8081, Protocol: "tcp"}, {Target: 53, Protocol: "udp"}}, Expose: []int{9000, 8081},
	}
	a := start(t, s).Address()
	if a.Host != "127.0.0.1" || a.URL != fmt.Sprintf("http://127.0.0.1:%d", a.Port) {
		t.Errorf("it is at %+v", a)
	}
	if len(a.Ports) != 2 || a.Ports[8081] != a.Port || a.Ports[9000] != a.Port {
		t.Errorf("its ports are %v, want 8081 and 9000 at %d", a.Ports, a.Port)
	}
	a = start(t, redisSpec("redis-server", "--requirepass", "s3cret/pass", "--port", "6380")).Address()
	if want := fmt.Sprintf("redis://:s3cret%%2Fpass@127.0.0.1:%d", a.Port); a.URL != want {
		t.Errorf("it is at %s, want %s", a.URL, want)
	}
	if len(a.Ports) != 1 || a.Ports[6380] != a.Port {
		t.Errorf("its ports are %v, want 6380", a.Ports)
	}
}

func TestUnknownIsBoundedAndCounted(t *testing.T) {
	var u unknown
	if u.complaint("x", "commands") != "" || len(u.list()) != 0 {
		t.Error("there is a complaint of nothing")
	}
	for n := range maxUnknown + 5 {
		if first := u.add(fmt.Sprintf("C%d", n)); first != (n < maxUnknown) {
			t.Errorf("C%d is new: %v", n, first)
		}
	}
	if u.add("C0") {
		t.Error("C0 is new again")
	}
	list := u.list()
	if len(list) != maxUnknown+1 || list[0] != "C0 (2 times)" || list[1] != "C1" || list[maxUnknown] != "and others (5 times)" {
		t.Errorf("the list is %v", list)
	}
	want := "the stub of x was asked for commands that it does not know: C0 (2 times), C1, C2, C3, C4, C5, C6, C7, C8, C9, and 91 more"
	if got := u.complaint("x", "commands"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// Follow gives every line once and in order, whoever else writes, and says how many are gone where it came late.
func TestOutput(t *testing.T) {
	o, done := newOutput(), make(chan struct{})
	var early bytes.Buffer
	var all sync.WaitGroup
	all.Go(func() {
		if err := o.follow(t.Context(), &early, done); err != nil {
			t.Error(err)
		}
	})
	var want strings.Builder
	for n := range 500 {
		o.add(fmt.Sprint(n))
		fmt.Fprintln(&want, n)
	}
	close(done)
	all.Wait()
	if early.String() != want.String() {
		t.Errorf("Follow wrote %d bytes, want %d", early.Len(), want.Len())
	}
	for n := 500; n < maxLines+10; n++ {
		o.add(fmt.Sprint(n))
	}
	var late bytes.Buffer
	if err := o.follow(t.Context(), &late, done); err != nil {
		t.Fatal(err)
	}
	first, rest, _ := strings.Cut(late.String(), "\n")
	if first != fmt.Sprintf("… %d lines left out …", maxLines/4) || !strings.HasPrefix(rest, fmt.Sprintf("%d\n", maxLines/4)) {
		t.Errorf("it begins with %q, %.20q", first, rest)
	}
	if got := o.last(2); len(got) != 2 || got[1] != fmt.Sprint(maxLines+9) || got[0] != fmt.Sprint(maxLines+8) {
		t.Errorf("the last lines are %v", got)
	}
	if got := o.last(-1); len(got) != 0 {
		t.Errorf("-1 lines are %v", got)
	}
	failing := errors.New("full")
	if err := o.follow(t.Context(), writer(func([]byte) (int, error) { return 0, failing }), done); !errors.Is(err, failing) {
		t.Errorf("a writer that fails: %v", err)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }
