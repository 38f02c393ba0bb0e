package keeper

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"testrunner/env/service"
)

// used is one life of a kept service.
type used struct {
	use     *Use
	was     Service // when it was handed out
	done    chan struct{}
	end     service.End // set before done is closed
	stopped chan struct{}
	once    sync.Once
}

var _ service.Instance = (*used)(nil)

// watch looks until the life is over.
func (in *used) watch() {
	defer close(in.done)
	for {
		select {
		case <-in.stopped:
			return
		case <-time.After(watchEvery):
		}
		s, err := in.use.look()
		now, _ := s.Service(in.was.Name)
		switch {
		case err != nil:
			in.end = service.End{Code: -1, Why: err.Error()}
		case now.Identity == in.was.Identity && (now.State == Ready || now.State == Unready):
			continue
		case now.Error != "":
			in.end = service.End{Code: -1, Why: now.Error}
		default:
			in.end = service.End{Code: -1, Why: "its keeper has started it again"}
		}
		return
	}
}

func (in *used) Address() service.Address { return in.was.Reached() }

// Reached is where the service is reached, as its keeper said; the zero value where nothing is published.
func (s Service) Reached() service.Address {
	a := service.Address{URL: s.URL, Ports: maps.Clone(s.Ports)}
	host, port, err := net.SplitHostPort(s.Address)
	if err == nil {
		a.Host = host
		a.Port, _ = strconv.Atoi(port) // the keeper wrote a number
	}
	return a
}

func (in *used) Exec(context.Context, []string, []string) (string, int, error) {
	return "", -1, fmt.Errorf("run a command in %s, which its keeper has started: %w", in.was.Name, service.ErrNoInside)
}

// Log is what its keeper has kept of its output.
func (in *used) Log(lines int) []string {
	if s, err := in.use.look(); err == nil {
		if now, ok := s.Service(in.was.Name); ok {
			return now.Tail[max(0, len(now.Tail)-lines):]
		}
	}
	return nil
}

// Follow writes nothing: the keeper keeps the output, and runner services logs shows it.
func (in *used) Follow(ctx context.Context, _ io.Writer) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-in.done:
		return nil
	}
}

func (in *used) Done() <-chan struct{} { return in.done }

func (in *used) End() service.End {
	select {
	case <-in.done:
		return in.end
	default:
		return service.End{}
	}
}

// Stop ends the watch alone.
func (in *used) Stop(context.Context) error {
	in.once.Do(func() { close(in.stopped) })
	<-in.done
	return nil
}

func (in *used) Identity() string { return in.was.Identity }

// Complaint is what a stub was asked since it was handed out and does not know, "" where that is nothing.
func (in *used) Complaint() string {
	s, err := in.use.look()
	now, _ := s.Service(in.was.Name)
	if err != nil || len(now.Unknown) <= len(in.was.Unknown) {
		return ""
	}
	return fmt.Sprintf("the stub of %s was asked what it does not know: %s", in.was.Name, strings.Join(now.Unknown[len(in.was.Unknown):], ", "))
}
