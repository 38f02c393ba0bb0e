package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"testrunner/env"
	"testrunner/env/service"
	"testrunner/report/event"
	"testrunner/runner"
)

// cache is a Redis that answers and notes what it is told, PING apart.
type cache struct {
	port int

	mu   sync.Mutex
	told []string
}

func newCache(t *testing.T) *cache {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	c := &cache{port: l.Addr().(*net.TCPAddr).Port}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go c.talk(conn)
		}
	}()
	return c
}

func (c *cache) talk(conn net.Conn) {
	defer conn.Close()
	for in := bufio.NewReader(conn); ; {
		var words []string
		n := 0
		if _, err := fmt.Fscanf(in, "*%d\r\n", &n); err != nil {
			return
		}
		for range n {
			_, _ = in.ReadString('\n') // its length
			word, _ := in.ReadString('\n')
			words = append(words, strings.TrimSpace(word))
		}
		answer := map[string]string{"PING": "+PONG\r\n", "CONFIG": "*2\r\n$9\r\ndatabases\r\n$2\r\n16\r\n"}[words[0]]
		if words[0] != "PING" {
			c.mu.Lock()
			c.told = append(c.told, strings.Join(words, " "))
			c.mu.Unlock()
		}
		if answer == "" {
			answer = "+OK\r\n"
		}
		if _, err := io.WriteString(conn, answer); err != nil {
			return
		}
	}
}

// heard is what it was told since it was asked last.
func (c *cache) heard() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	told := c.told
	c.told = nil
	return strings.Join(told, ", ")
}

// lives serves a service at one place after the other: each life waits for its turn.
type lives struct {
	at    []int // the port of each life
	turn  []chan struct{}
	begun int
}

func (l *lives) Name() event.Provider                                      { return event.ByLocal }
func (l *lives) Prepare(context.Context, service.Spec, service.Tell) error { return nil }
func (l *lives) Close(context.Context) error                               { return nil }
func (l *lives) Start(_ context.Context, _ service.Spec, _ map[string]service.Instance, _ service.Tell) (service.Instance, error) {
	n := l.begun
	l.begun++
	<-l.turn[n]
	return &oneLife{port: l.at[n], number: n, done: make(chan struct{})}, nil
}

type oneLife struct {
	port, number int
	once         sync.Once
	done         chan struct{}
}

func (o *oneLife) Address() service.Address {
	return service.Address{Host: "127.0.0.1", Port: o.port, Ports: map[int]int{6379: o.port}}
}
func (o *oneLife) Exec(context.Context, []string, []string) (string, int, error) {
	return "", -1, service.ErrNoInside
}
func (o *oneLife) Log(int) []string                        { return nil }
func (o *oneLife) Follow(context.Context, io.Writer) error { return nil }
func (o *oneLife) Done() <-chan struct{}                   { return o.done }
func (o *oneLife) End() service.End                        { return service.End{Code: 1} }
func (o *oneLife) Stop(context.Context) error              { o.crash(); return nil }
func (o *oneLife) Identity() string                        { return strconv.Itoa(o.number) }
func (o *oneLife) crash()                                  { o.once.Do(func() { close(o.done) }) }

// A service that crashed and came back elsewhere: nothing is made, emptied or dropped at its old address, where somebody else may be.
func TestLendAfterRestart(t *testing.T) {
	first, second := newCache(t), newCache(t)
	l := &lives{at: []int{first.port, second.port, second.port}, turn: []chan struct{}{make(chan struct{}), make(chan struct{}), make(chan struct{})}}
	spec := service.Spec{Service: env.Service{Name: "redis", Image: "redis:7", Env: []string{"AT={port}/{database}"}}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s := &runServices{
		mode: event.NoDocker, specs: map[string]service.Spec{"redis": spec}, by: map[string]event.Provider{"redis": event.ByLocal},
		emit: func(event.Body) {}, curfew: newCurfew(runner.NewClock(time.Now), 0), lends: map[lender]*service.Databases{},
		alone: map[string]chan struct{}{"redis": make(chan struct{}, 1)}, held: map[string][]string{}, state: map[string]service.State{},
	}
	s.set = service.Begin(ctx, service.Plan{Services: []service.Planned{{Spec: spec, By: event.ByLocal}}},
		map[event.Provider]service.Provider{event.ByLocal: l}, service.Settings{Mode: event.NoDocker})
	defer s.set.Close(context.WithoutCancel(ctx))
	lend := func(job string) string {
		t.Helper()
		variables, err := s.Lend(ctx, job, []string{"redis"})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(variables, func(v string) bool { return strings.HasPrefix(v, "AT=") })
		return variables[i]
	}
	back := func(job string) {
		t.Helper()
		if err := s.Return(ctx, job); err != nil {
			t.Errorf("%s: %v", job, err)
		}
	}
	silent := func(c *cache, when string) {
		t.Helper()
		if heard := c.heard(); heard != "" {
			t.Errorf("%s: it was told %s", when, heard)
		}
	}
	at := func(c *cache, database int) string { return fmt.Sprintf("AT=%d/%d", c.port, database) }

	close(l.turn[0])
	for i, job := range []string{"a", "b", "c"} {
		if got := lend(job); got != at(first, i+1) {
			t.Errorf("%s has %s", job, got)
		}
	}
	back("c")
	if heard := first.heard(); !strings.HasSuffix(heard, "SELECT 3, FLUSHDB, SELECT 3, FLUSHDB") {
		t.Errorf("lent and returned: %s", heard)
	}
	crash := func() {
		in, _ := s.set.Instance("redis")
		in.(*oneLife).crash()
	}

	crash()
	back("a")
	silent(first, "given back while the service is gone")
	lent := make(chan string)
	go func() {
		defer close(lent)
		lent <- lend("d")
	}()
	close(l.turn[1])
	if got := <-lent; got != at(second, 1) {
		t.Errorf("after the restart d has %s", got)
	}
	back("b")
	silent(first, "given back after the restart")
	if heard := second.heard(); strings.Count(heard, "FLUSHDB") != 1 {
		t.Errorf("what b gave back is not here: %s", heard)
	}

	// It comes back where it was: what other jobs have there is still theirs.
	if got := lend("e"); got != at(second, 2) {
		t.Errorf("e has %s", got)
	}
	crash()
	second.heard()
	back("d")
	silent(second, "given back while the service is gone again")
	close(l.turn[2])
	for i, job := range []string{"f", "g"} {
		if got := lend(job); got != at(second, 1+2*i) {
			t.Errorf("%s has %s", job, got)
		}
	}
	back("e")
	if heard := second.heard(); !strings.HasSuffix(heard, "SELECT 2, FLUSHDB") {
		t.Errorf("e gave back: %s", heard)
	}
	silent(first, "at the end")
}
