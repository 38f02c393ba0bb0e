//go:build unix

package local

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"testrunner/env/service"
)

func TestWantedPort(t *testing.T) {
	pl := newPlace(t)
	p, _ := pl.provider(t)
	free, err := openPort(0, false)
	if err != nil {
		t.Fatal(err)
	}
	s := redisSpec()
	s.Wanted = map[int]int{6379: free.number}
	in := start(t, p, s, nil)
	if in.Address().Port != free.number {
		t.Errorf("it has port %d, want %d", in.Address().Port, free.number)
	}
	var w told
	other, err := p.Start(t.Context(), s, nil, w.tell) // the first one has it
	if err != nil {
		t.Fatal(err)
	}
	if other.Address().Port == free.number || !w.has(fmt.Sprintf("port %d is not free", free.number)) {
		t.Errorf("port %d, told %q", other.Address().Port, w.lines)
	}
	stop(t, other)
	stop(t, in)
	closed(t, pl, p)
}

// A port that is taken between our look and the server's start costs another try.
func TestPort_taken_in_the_last_moment(t *testing.T) {
	pl := newPlace(t)
	for _, s := range []service.Spec{redisSpec(), postgresSpec("postgres")} {
		p, _ := pl.provider(t)
		if err := p.Prepare(t.Context(), s, nil); err != nil {
			t.Fatal(err)
		}
		var thieves []net.Listener
		p.took = func(port int) { // two thieves, each between our look and the server's
			if len(thieves) < 2 {
				l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", host, port))
				if err != nil {
					t.Error(err)
					return
				}
				thieves = append(thieves, l)
			}
		}
		var w told
		in, err := p.Start(t.Context(), s, nil, w.tell)
		for _, l := range thieves {
			l.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(thieves) != 2 || !w.has("in the last moment") {
			t.Errorf("%d thieves, told %q", len(thieves), w.lines)
		}
		answers(t, func(ctx context.Context) (string, error) {
			if s.Name == "db" {
				return "", servesPostgres(ctx, in.Address())
			}
			return "", servesRedis(ctx, in.Address())
		})
		stop(t, in)
		closed(t, pl, p)
	}
}

// With ports: as-written a service is where the compose file says, and nowhere else.
func TestPort_as_written(t *testing.T) {
	pl := newPlace(t)
	p, _ := pl.provider(t)
	p.set.AsWritten = true
	free, err := openPort(0, false)
	if err != nil {
		t.Fatal(err)
	}
	s := redisSpec()
	s.Container.Ports = []service.PortMap{{Target: 6379, Published: fmt.Sprint(free.number)}}
	in := start(t, p, s, nil)
	if in.Address().Port != free.number {
		t.Errorf("it has port %d, want %d", in.Address().Port, free.number)
	}
	_, err = p.Start(t.Context(), s, nil, func(string) {}) // the first one has it
	want := fmt.Sprintf("port %d is not free, and ports: as-written asks for it: it is held by redis-server (pid ", free.number)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v\nwant %s", err, want)
	}
	stop(t, in)
	closed(t, pl, p)
}
