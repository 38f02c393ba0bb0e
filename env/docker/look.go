package docker

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"testrunner/runner/process"
)

// The clocks where the caller gives none (design, section 7).
const (
	defaultAnswer = 2 * time.Second
	defaultInfo   = 5 * time.Second
)

// Look asks the engine that the docker CLI would ask, and says what state it is in. It answers within the clocks whatever the
// engine does, dials nothing but that engine and, where it does not answer, the sockets of others that stand on this machine.
// What may heal is asked again within Clocks.Answer. It never fails: what nobody foresaw is the state Unforeseen.
func Look(ctx context.Context, p Place, c Clocks) State {
	begun := time.Now()
	if c.Answer <= 0 {
		c.Answer = defaultAnswer
	}
	if c.Info <= 0 {
		c.Info = defaultInfo
	}
	host, err := ChooseHost(p)
	e := evidence{host: host, tries: 1}
	if err != nil {
		errors.As(err, &e.hostErr)
	} else {
		e.ask(ctx, p, c)
	}
	if e.info == nil || e.working() == WindowsContainers {
		e.surround(ctx, p)
	}
	s := e.state(p)
	s.Took = time.Since(begun)
	return s
}

// evidence is all that a look gathers; what it means is decided by pure functions (classify, describe, remedy).
type evidence struct {
	host    Host
	hostErr *HostError
	tries   int

	connected bool  // at least once
	dialErr   error // with the system's own number in its chain
	pingErr   error
	pong      Pong
	waited    time.Duration // for the ping
	infoErr   error
	info      *Info
	version   Version
	daemon    Daemon
	disk      Disk

	around surroundings
}

// ask dials, pings and asks for info, again where it may heal.
func (e *evidence) ask(ctx context.Context, p Place, c Clocks) {
	var mu sync.Mutex
	over := false // a dial may outlive the call that wanted it
	engine, err := connect(p, e.host, func(conn net.Conn, err error) {
		mu.Lock()
		defer mu.Unlock()
		if over {
			return
		}
		e.dialErr = err
		if err == nil {
			e.connected = true
			e.meet(p, conn)
		}
	})
	if err != nil {
		errors.As(err, &e.hostErr)
		return
	}
	defer engine.Close()
	answer, cancel := context.WithTimeout(ctx, c.Answer)
	defer cancel()
	begun := time.Now()
	e.tries = 0
	_, _ = backoff.Retry(answer, func() (struct{}, error) {
		e.tries++
		pong, err := engine.Ping(answer)
		mu.Lock()
		defer mu.Unlock()
		e.pong, e.pingErr, e.waited = pong, err, time.Since(begun)
		if err == nil {
			return struct{}{}, nil
		}
		if why := e.healing(p); why != "" && answer.Err() == nil {
			p.log("docker: " + why + ": asking again")
			return struct{}{}, err
		}
		return struct{}{}, backoff.Permanent(err)
	}, backoff.WithBackOff(&backoff.ExponentialBackOff{
		InitialInterval: 20 * time.Millisecond, Multiplier: 1.6, RandomizationFactor: 0.4, MaxInterval: 250 * time.Millisecond,
	}))
	if e.pingErr == nil {
		e.inform(ctx, p, engine, c)
	}
	mu.Lock()
	defer mu.Unlock()
	over = true
	if e.pingErr == nil {
		e.measure(p)
		return
	}
	if !e.connected && e.dialErr == nil && timedOut(e.pingErr) {
		e.dialErr = e.pingErr // the deadline came before the dial's own end
	}
	if e.daemon.Pid != 0 {
		e.recognise(p, e.daemon.Pid) // it may have been stopped while it was waited for
	}
}

// inform asks for info and version side by side: a ping alone proves nothing (a wedged Docker Desktop answers it).
func (e *evidence) inform(ctx context.Context, p Place, engine Engine, c Clocks) {
	ctx, cancel := context.WithTimeout(ctx, c.Info)
	defer cancel()
	versions := make(chan Version, 1)
	go func() {
		v, _ := engine.Version(ctx) // it only adds to info: without it, Podman is not told by its name
		versions <- v
	}()
	begun := time.Now()
	info, err := engine.Info(ctx)
	e.waited = time.Since(begun)
	if err != nil {
		e.infoErr = err
		cancel()
		<-versions
		return
	}
	e.info, e.version = &info, <-versions
}

// measure looks at the disk of an engine on this machine. A virtual machine's folder may have the name of one of ours: then the name
// of its host is another.
func (e *evidence) measure(p Place) {
	if e.info == nil || !e.host.Local() || e.daemon.Pid == 0 || p.Hostname != e.info.Name {
		return
	}
	if disk, ok := statDisk(e.info.RootDir); ok {
		e.disk = disk
	}
}

// meet looks at who listens behind a local socket.
func (e *evidence) meet(p Place, conn net.Conn) {
	pid := peer(conn)
	if e.host.Network() != "unix" || pid <= 0 {
		return
	}
	e.recognise(p, pid)
}

func (e *evidence) recognise(p Place, pid int) {
	e.daemon = Daemon{Pid: pid}
	if g, err := p.Process(pid); err == nil {
		e.daemon = Daemon{Pid: pid, Born: g.Born, Name: g.Name, Stopped: g.Stopped, Age: g.Age}
	}
}

// young is how old an engine may be and still be thought to be starting: with many containers to restore it takes a minute.
const young = time.Minute

// healing says why asking again may help, "" if it can't.
func (e *evidence) healing(p Place) string {
	switch {
	case errors.Is(e.dialErr, errPipeBusy):
		return "the pipe is busy"
	case e.dialErr != nil && (absent(e.dialErr) || refused(e.dialErr)) && e.host.Local():
		if g, ok := rising(p, e.host); ok {
			e.daemon = Daemon{Pid: g.Pid, Born: g.Born, Name: g.Name, Stopped: g.Stopped, Age: g.Age}
			return "the engine is starting (" + g.Name + " " + g.Age.Round(100*time.Millisecond).String() + " old)"
		}
	}
	return ""
}

// rising finds the process of an engine that was started just now and is to listen at that very socket.
func rising(p Place, h Host) (process.Glimpse, bool) {
	names := []string{"dockerd"}
	if h.URL == builtInURL(p.OS) || ownerOf(p, h) == ownerDesktop {
		names = append(names, "com.docker.backend", "com.docker.backend.exe", "Docker Desktop.exe", "com.docker.backe")
	}
	for _, g := range p.Named(names...) {
		if g.Age > 0 && g.Age < young && !g.Stopped && (g.Name != "dockerd" || listensAt(g.Args, h)) {
			return g, true
		}
	}
	return process.Glimpse{}, false
}
