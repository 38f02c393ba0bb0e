package service

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"testrunner/env"
	"testrunner/report/event"
)

// judged asks once and holds the answer against what is wanted: "" is ready, "!text" an error that waiting can't heal, "text" one that it can.
func judged(t *testing.T, name string, p Probe, want string) {
	t.Helper()
	err := p.once(t.Context())
	text, lasting := strings.CutPrefix(want, "!")
	if want == "" && err != nil || want != "" && (err == nil || IsPermanent(err) != lasting || !strings.Contains(err.Error(), text)) {
		t.Errorf("%s: %v, want %q", name, err, want)
	}
}

func TestHTTP(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.RequestURI() {
		case "/moved":
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		case "/healthz?full=1":
			w.WriteHeader(http.StatusNoContent)
		case "/starting":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/stuck":
			<-r.Context().Done()
		default:
			http.NotFound(w, r)
		}
	}))
	defer s.Close()
	base := s.URL
	for path, want := range map[string]string{"/healthz?full=1": "", "/moved": "", "/starting": "503 Service Unavailable", "/none": "404 Not Found", "": ""} {
		judged(t, path, httpProbe(base, path, event.ByDocker), want)
	}
	stuck := httpProbe(base, "/stuck", event.ByDocker)
	stuck.Within = 50 * time.Millisecond
	judged(t, "stuck", stuck, "no answer within 50ms")
	s.CloseClientConnections()
	s.Close()
	judged(t, "closed", httpProbe(base, "/", event.ByDocker), "connect")
	for _, c := range [][3]string{
		{"http://h:1", "/a?b=c", "http://h:1/a?b=c"}, {"http://h:1/base/", "/a", "http://h:1/base/a"}, {"wss://h", "/ws", "https://h/ws"}, {"ws://h:2", "", "http://h:2"},
		{"https://h/x?y=z", "/a", "https://h/x/a"}, {"grpcs://h:443", "/s/m", "https://h:443/s/m"},
	} {
		if got := join(c[0], c[1]); got != c[2] {
			t.Errorf("join %s and %s: %s, want %s", c[0], c[1], got, c[2])
		}
	}
}

func TestWebSocket(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/ws", "/deaf":
			c, err := websocket.Accept(w, r, nil)
			if err != nil {
				return
			}
			defer c.CloseNow()
			if r.URL.Path == "/deaf" { // it reads nothing, so it answers no ping
				<-r.Context().Done()
				return
			}
			_, _, _ = c.Read(r.Context())
		case "/private":
			w.WriteHeader(http.StatusUnauthorized)
		default:
			fmt.Fprint(w, "hello")
		}
	}))
	defer s.Close()
	for path, want := range map[string]string{"/ws": "", "/private": "", "/page": "does not upgrade, but answers 200 OK", "/deaf": "no answer within"} {
		p := webSocketProbe(s.URL, path, event.ByLocal)
		if p.Within = 5 * time.Second; path == "/deaf" {
			p.Within = 100 * time.Millisecond
		}
		judged(t, path, p, want)
	}
}

// grpcServer answers grpc.health.v1 as its text says: a status of the message, or "code N" of gRPC.
func grpcServer(t *testing.T, answer func(service string) (message []byte, code string)) string {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.ProtoMajor != 2 || r.URL.Path != "/grpc.health.v1.Health/Check" || r.Header.Get("Content-Type") != "application/grpc" || len(body) < 5 || int(binary.BigEndian.Uint32(body[1:])) != len(body)-5 {
			t.Errorf("no gRPC: %s %s %q", r.Proto, r.URL, body)
		}
		name := ""
		if len(body) > 7 {
			name = string(body[7:])
		}
		message, code := answer(name)
		w.Header().Set("Content-Type", "application/grpc")
		if message == nil { // gRPC's answer without a message has its status in the header
			w.Header().Set("Grpc-Status", code)
			return
		}
		w.Header().Set("Trailer", "Grpc-Status")
		_, _ = w.Write(append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...))
		w.Header().Set("Grpc-Status", code)
	}))
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	t.Cleanup(s.Close)
	return s.URL
}

func TestGRPC(t *testing.T) {
	url := grpcServer(t, func(name string) ([]byte, string) {
		switch name {
		case "", "shop.Cart":
			return []byte{0x08, 1}, "0"
		case "starts":
			return []byte{0x08, 2}, "0"
		case "unknown":
			return nil, "5"
		}
		return nil, "12"
	})
	for name, want := range map[string]string{"": "", "shop.Cart": "", "starts": "not serving", "unknown": "gRPC status 5", "none": "!no health service"} {
		judged(t, "service "+name, grpcProbe(url, name, event.ByDocker), want)
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	if err := grpcProbe(plain.URL, "", event.ByDocker).once(t.Context()); err == nil {
		t.Error("a server of HTTP/1 passes for gRPC")
	}
}

// talk accepts connections and has each answered by a function, which returns when the connection is to be closed.
func talk(t *testing.T, answer func(net.Conn)) Address {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); answer(c) }()
		}
	}()
	return Address{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port}
}

func says(text string) func(net.Conn) { return func(c net.Conn) { _, _ = io.WriteString(c, text) } }

// replies sends an answer once it was told what it expects, byte for byte.
func replies(want, text string) func(net.Conn) {
	return func(c net.Conn) {
		got := make([]byte, len(want))
		if _, err := io.ReadFull(c, got); err == nil && string(got) == want {
			_, _ = io.WriteString(c, text)
		}
	}
}

func TestABareAcceptIsNeverReady(t *testing.T) {
	closes := talk(t, func(net.Conn) {})
	for _, s := range []Spec{
		{Service: env.Service{Name: "a", Image: "postgres"}}, {Service: env.Service{Name: "a", Image: "redis"}}, {Service: env.Service{Name: "a", Image: "mysql"}}, {Service: env.Service{Name: "a", Image: "rabbitmq:3"}},
		{Service: env.Service{Name: "a", Image: "mongo"}}, {Service: env.Service{Name: "a", Image: "nats"}}, {Service: env.Service{Name: "a", Image: "memcached"}}, {Service: env.Service{Name: "a", Image: "kafka"}},
		{Service: env.Service{Name: "a", Image: "nginx"}}, {Service: env.Service{Name: "a", Image: "own/app"}}, {Service: env.Service{Name: "a", Ready: "/"}}, {Service: env.Service{Name: "a", Ready: "grpc:"}}, {Service: env.Service{Name: "a", Ready: "ws:/ws"}},
	} {
		p, ok := Wire(s, event.ByDocker, closes)
		if !ok {
			t.Errorf("%+v can't be asked", s.Service)
			continue
		}
		if err := p.once(t.Context()); err == nil || IsPermanent(err) {
			t.Errorf("%s%s: %s: %v for a port that accepts and closes", s.Image, s.Ready, p.Name, err)
		}
	}
}

func TestGreetings(t *testing.T) {
	mysql := "\x4a\x00\x00\x00\x0a8.0.36\x00"
	for name, c := range map[string]struct {
		image  string
		answer func(net.Conn)
		want   string
	}{
		"mysql":               {"mysql:8", says(mysql), ""},
		"mysql in pieces":     {"mariadb", func(c net.Conn) { says(mysql[:3])(c); time.Sleep(10 * time.Millisecond); says(mysql[3:])(c) }, ""},
		"mysql is full":       {"mysql", says("\x10\x00\x00\x00\xff\x10\x04Too many"), "error 1040"},
		"mysql refuses":       {"mysql", says("\x10\x00\x00\x00\xff\x6a\x04Host"), "!1130"},
		"no mysql":            {"mysql", says("HTTP/1.1 200 OK\r\n"), "not as its protocol says"},
		"rabbitmq":            {"rabbitmq:3-management", replies("AMQP\x00\x00\x09\x01", "\x01\x00\x00\x00\x00\x01\x00\x00\x0a\x00\x0a\x00"), ""},
		"rabbitmq, other":     {"rabbitmq", replies("AMQP\x00\x00\x09\x01", "AMQP\x00\x00\x09\x01AMQP\x00\x00\x09\x01"), "not as its protocol says"},
		"nats":                {"nats", says("INFO {\"server_id\":\"x\"}\r\n"), ""},
		"memcached":           {"memcached", replies("version\r\n", "VERSION 1.6.22\r\n"), ""},
		"mongo":               {"mongo:7", replies(mongoHello(), "\x34\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\xdd\x07\x00\x00"), ""},
		"kafka":               {"confluentinc/cp-kafka", replies("\x00\x00\x00\x0a\x00\x12\x00\x00run\x00\xff\xff", "\x00\x00\x00\x10run\x00\x00\x00"), ""},
		"unknown, HTTP":       {"own/app", replies("GET / HTTP/1.0\r\n", "HTTP/1.1 404 Not Found\r\n"), ""},
		"unknown, starting":   {"own/app", replies("GET / HTTP/1.0\r\n", "HTTP/1.1 503 Service Unavailable\r\n"), "503"},
		"unknown, greeting":   {"own/smtp", says("220 mail\r\n"), ""},
		"unknown, in silence": {"own/app", func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, ""},
	} {
		p, ok := Wire(Spec{Service: env.Service{Image: c.image}}, event.ByDocker, talk(t, c.answer))
		if !ok {
			t.Fatal(name)
		}
		judged(t, name, p, c.want)
	}
	// The length that a BSON document and a message have in their first bytes is theirs.
	hello := mongoHello()
	if n := binary.LittleEndian.Uint32([]byte(hello)); int(n) != len(hello) || int(hello[21]) != len(hello)-21 {
		t.Errorf("hello has %d bytes and says %d and %d", len(hello), n, hello[21])
	}
}

func TestLogLines(t *testing.T) {
	var m matcher
	found := 0
	for _, c := range []struct {
		pattern string
		pieces  []string
		want    bool
	}{
		{"^ready$", []string{"not ready\nrea", "dy\nmore"}, true}, {"^ready$", []string{"not ready\nreadyish\n"}, false}, {"prompt> $", []string{"a\nprompt", "> "}, true},
		{"a.*b", []string{"a\n", "b\n"}, false}, {"up", []string{"up\r\n", "up\r\n"}, true},
	} {
		m = matcher{re: regexp.MustCompile(c.pattern), found: func() { found++ }}
		before := found
		for _, p := range c.pieces {
			if n, err := m.Write([]byte(p)); n != len(p) || err != nil {
				t.Fatal(n, err)
			}
		}
		if m.matched.Load() != c.want || found-before > 1 {
			t.Errorf("%s in %q: %t, told %d times", c.pattern, c.pieces, m.matched.Load(), found-before)
		}
	}
	judged(t, "no expression", logProbe("(", endless()), "!missing closing )")
}

func TestWhatIsRecognised(t *testing.T) {
	a := Address{Host: "127.0.0.1", Port: 1}
	foreign := Address{Host: "127.0.0.1", Port: 1, Foreign: true}
	for _, c := range []struct {
		spec  Spec
		by    event.Provider
		at    Address
		probe string
		note  string
	}{
		{Spec{Service: env.Service{Image: "postgis/postgis:16"}}, event.ByDocker, a, "SELECT 1", ""},
		{Spec{Service: env.Service{Image: "valkey/valkey@sha256:0"}}, event.ByDocker, a, "PING", ""},
		{Spec{Service: env.Service{Image: "redis"}}, event.ByStub, a, "PING", ""},
		{Spec{Service: env.Service{Image: "x", Ready: "/up"}}, event.ByDocker, a, "GET /up", ""},
		{Spec{Service: env.Service{Image: "x", Ready: "/up"}}, event.ByStub, a, "", ""},
		{Spec{Service: env.Service{Image: "x", Ready: "ws:/live"}}, event.ByDocker, a, "WebSocket /live", ""},
		{Spec{Service: env.Service{Image: "x", Ready: "grpc:shop.Cart"}}, event.ByDocker, a, "gRPC health", ""},
		{Spec{Service: env.Service{Env: []string{"WS_URL=ws://{host}:{port}/ws"}}}, event.ByLocal, a, "WebSocket /ws", ""},
		{Spec{Service: env.Service{Env: []string{"CART=grpc://{host}:{port}"}}}, event.ByLocal, a, "gRPC health", ""},
		{Spec{Service: env.Service{Env: []string{"API=http://{host}:{port}/v1"}}}, event.ByLocal, a, "GET /", ""},
		{Spec{Service: env.Service{Image: "minio/minio"}}, event.ByDocker, a, "GET /minio/health/live", ""},
		{Spec{Service: env.Service{Name: "app", Image: "x"}}, event.ByDocker, a, "an answer, or an open connection, on its port", "nothing is known of its protocol"},
		{Spec{Service: env.Service{Name: "app", Image: "x"}}, event.ByDocker, Address{}, "", "it publishes no port"},
		{Spec{Service: env.Service{Image: "x"}}, event.ByStaging, Address{URL: "https://auth.example.com"}, "GET /", ""},
		{Spec{Service: env.Service{Image: "x"}}, event.ByAddress, Address{URL: "redis://:p@h:1/2"}, "PING", ""},
		{Spec{Service: env.Service{Image: "postgres"}}, event.ByAddress, Address{URL: "http://h:1"}, "GET /", ""},
		{Spec{Service: env.Service{Image: "x", ReadyCommand: []string{"check", "{port}"}}}, event.ByLocal, a, "check 1", ""},
		{Spec{Service: env.Service{Image: "x", ReadyLog: "up"}}, event.ByLocal, a, "log line up", ""},
		{Spec{Service: env.Service{Image: "x", Ready: "/up", ReadyLog: "up"}}, event.ByDocker, a, "log line up, GET /up", ""},
		{Spec{Service: env.Service{Image: "redis", ReadyLog: "up"}}, event.ByDocker, foreign, "PING", ""},
		{Spec{Service: env.Service{Name: "app", Image: "x", ReadyLog: "up"}}, event.ByDocker, foreign, "an answer, or an open connection, on its port", "nothing is known of its protocol"},
		{Spec{Service: env.Service{Image: "x", ReadyLog: "up"}}, event.ByAddress, Address{URL: "redis://h:1", Foreign: true}, "PING", ""},
		{Spec{Service: env.Service{Image: "x", ReadyLog: "up"}}, event.ByStub, a, "", ""},
		{Spec{Service: env.Service{Image: "x"}, Container: &Container{Healthcheck: &Healthcheck{Test: []string{"CMD", "x"}}}}, event.ByDocker, Address{}, "the compose file's healthcheck", ""},
		{Spec{Service: env.Service{Image: "redis"}, Container: &Container{Healthcheck: &Healthcheck{Test: []string{"CMD", "x"}}}}, event.ByDocker, a, "PING, the compose file's healthcheck", ""},
		{Spec{Service: env.Service{Image: "redis"}, Container: &Container{Healthcheck: &Healthcheck{Test: []string{"CMD", "x"}}}}, event.ByLocal, a, "PING", ""},
	} {
		r := ReadinessOf(c.spec, c.by, addressed{endless(), c.at}, nil)
		var names []string
		for _, p := range r.Probes {
			names = append(names, p.Name)
		}
		if got := strings.Join(names, ", "); got != c.probe || c.note == "" != (r.Note == "") || !strings.HasPrefix(r.Note, c.note) {
			t.Errorf("%+v by %s at %+v: %q, note %q", c.spec.Service, c.by, c.at, got, r.Note)
		}
	}
	long := Spec{Service: env.Service{Image: "redis", ReadyWithin: time.Second}, Container: &Container{Healthcheck: &Healthcheck{Test: []string{"CMD", "x"}, StartPeriod: 5 * time.Minute}}}
	if got := long.within(event.ByDocker); got != time.Second {
		t.Errorf("what runner.yaml says does not count: %s", got)
	}
	if long.ReadyWithin = 0; long.within(event.ByDocker) != 5*time.Minute || long.within(event.ByLocal) != time.Minute {
		t.Error("docker's patience does not count, or counts elsewhere")
	}
}

// addressed is an instance at an address.
type addressed struct {
	*fakeInstance
	at Address
}

func (a addressed) Address() Address { return a.at }

func TestACommandOnThisMachine(t *testing.T) {
	var runs atomic.Int32
	run := func(_ context.Context, argv, environ []string) (string, int, error) {
		if strings.Join(argv, " ") != "check 127.0.0.1:7" || variable(environ, "A_PORT") != "7" {
			return "", 0, fmt.Errorf("%q %q", argv, environ)
		}
		if runs.Add(1) < 3 {
			return "a\nnot yet\n", 1, nil
		}
		return "", 0, nil
	}
	s := Spec{Service: env.Service{Name: "a", ReadyCommand: []string{"check", "{host}:{port}"}}}
	in := addressed{endless(), Address{Host: "127.0.0.1", Port: 7}}
	seen, err := ReadinessOf(s, event.ByLocal, in, run).Await(t.Context(), in, time.Now())
	if err != nil || seen.Probes != 3 || seen.Last != "check 127.0.0.1:7" {
		t.Errorf("%+v, %v", seen, err)
	}
	var none Command
	if _, err := ReadinessOf(s, event.ByLocal, in, none).Await(t.Context(), in, time.Now()); !IsPermanent(err) {
		t.Error(err)
	}
	broken := func(context.Context, []string, []string) (string, int, error) {
		return "", 0, errors.New("fork: no memory")
	}
	judged(t, "broken", ReadinessOf(s, event.ByLocal, in, broken).Probes[0], "no memory")
}
