package staging

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"testrunner/env/service"
	"testrunner/env/service/servicetest"
	"testrunner/report/event"
)

func named(name string) service.Spec {
	var s service.Spec
	s.Name = name
	return s
}

func TestConformance(t *testing.T) {
	for _, by := range []event.Provider{event.ByStaging, event.ByAddress} {
		t.Run(string(by), func(t *testing.T) {
			asked := 0
			server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
			defer server.Close()
			servicetest.Run(t, servicetest.Kit{
				New:     func(*testing.T) service.Provider { return New(by, map[string]string{"auth": server.URL + "/base"}) },
				Spec:    named("auth"),
				Foreign: true,
				Serves: func(ctx context.Context, a service.Address) error {
					request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.URL, nil)
					if err != nil {
						return err
					}
					response, err := http.DefaultClient.Do(request)
					if err != nil {
						return err
					}
					return response.Body.Close()
				},
			})
			if asked == 0 {
				t.Error("nobody asked the server")
			}
		})
	}
}

func TestAddress(t *testing.T) {
	for text, want := range map[string]struct {
		host string
		port int
	}{
		"https://auth.example.com/base":        {"auth.example.com", 443},
		"http://[::1]:8081":                    {"::1", 8081},
		"postgres://user:word@db.example.com":  {"db.example.com", 5432},
		"redis://cache.example.com:6380/2":     {"cache.example.com", 6380},
		"wss://push.example.com/ws":            {"push.example.com", 443},
		"kafka://broker.example.com:9092/east": {"broker.example.com", 9092},
	} {
		s := named("x")
		s.Container = &service.Container{Ports: []service.PortMap{{Target: 53, Protocol: "udp"}, {Target: 7000}}}
		in, err := New(event.ByAddress, map[string]string{"x": text}).Start(t.Context(), s, nil, nil)
		if err != nil {
			t.Error(err)
			continue
		}
		a := in.Address()
		if a.Host != want.host || a.Port != want.port || a.URL != text || a.Ports[7000] != want.port || a.Ports[53] != 0 {
			t.Errorf("%s: %+v", text, a)
		}
	}
}

func TestAddress_that_is_of_no_use(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "--service x=URL",
		"auth.example.com":               "no URL with a host",
		"http://":                        "no URL with a host",
		"kafka://u:pass1word@b.example":  "kafka://b.example:PORT",
		"http://u:pass1word@b.example:0": "0 is no port",
		"http://u:pass1word@b.example:x": "no URL with a host",
	} {
		p := New(event.ByStaging, map[string]string{"x": text})
		err := p.Prepare(t.Context(), named("x"), nil)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "pass1word") {
			t.Errorf("%q: %v", text, err)
		}
		if _, startErr := p.Start(t.Context(), named("x"), nil, nil); startErr == nil || startErr.Error() != err.Error() {
			t.Errorf("%q: Prepare says %v, and Start %v", text, err, startErr)
		}
	}
}

func TestExec_has_no_inside(t *testing.T) {
	in, err := New(event.ByAddress, map[string]string{"x": "http://x.example"}).Start(t.Context(), named("x"), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, code, err := in.Exec(t.Context(), []string{"true"}, nil); !errors.Is(err, service.ErrNoInside) || code == 0 {
		t.Errorf("code %d, %v", code, err)
	}
}
