//go:build unix

package local

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"testrunner/env/service"
)

func TestCommand_gets_its_peers_addresses(t *testing.T) {
	pl := newPlace(t)
	p, _ := pl.provider(t)
	cache := start(t, p, redisSpec(), nil)
	s := pl.webSpec(t, "REDIS_URL=redis://cache:6379/1", "ISSUER=http://web:8081", "PATH=/container/bin", "PORT=8081", "UNSET")
	in := start(t, p, s, map[string]service.Instance{"cache": cache})
	if in.Address().Ports[8081] != in.Address().Port {
		t.Errorf("%+v", in.Address())
	}
	var said struct {
		Environ []string
		Dir     string
	}
	answers(t, func(ctx context.Context) (string, error) {
		response, err := http.Get(fmt.Sprintf("http://%s:%d/", in.Address().Host, in.Address().Port))
		if err != nil {
			return "", err
		}
		defer response.Body.Close()
		return "", json.NewDecoder(response.Body).Decode(&said)
	})
	for _, want := range []string{
		fmt.Sprintf("REDIS_URL=redis://127.0.0.1:%d/1", cache.Address().Port), fmt.Sprintf("ISSUER=http://127.0.0.1:%d", in.Address().Port),
		fmt.Sprintf("PORT=%d", in.Address().Port), "PATH=" + os.Getenv("PATH"),
	} {
		if !slices.Contains(said.Environ, want) {
			t.Errorf("no %s in %q", want, said.Environ)
		}
	}
	if said.Dir != pl.dir {
		t.Errorf("it runs in %s, want %s", said.Dir, pl.dir)
	}
	stop(t, in)
	stop(t, cache)
	closed(t, pl, p)
}

func TestCommand_that_ends_at_once(t *testing.T) {
	pl := newPlace(t)
	p, _ := pl.provider(t)
	s := pl.webSpec(t)
	s.Local = []string{"/bin/sh", "-c", "echo no configuration; exit 7"}
	in, err := p.Start(t.Context(), s, nil, nil)
	if err == nil { // it took longer than a quick command is waited for
		<-in.Done()
		err = fmt.Errorf("status %d: %s", in.End().Code, strings.Join(in.Log(5), "\n"))
		stop(t, in)
	}
	if !strings.Contains(err.Error(), "status 7: no configuration") {
		t.Errorf("%v", err)
	}
	s.Local = []string{"no-such-program"}
	if _, err := p.Start(t.Context(), s, nil, nil); err == nil || !strings.Contains(err.Error(), "not found on PATH") {
		t.Errorf("%v", err)
	}
	closed(t, pl, p)
}
