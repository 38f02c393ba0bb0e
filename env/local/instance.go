package local

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"testrunner/env/lease"
	"testrunner/env/service"
	"testrunner/runner/process"
)

// signalPause is how long a server has to end by one of its own signals before the next is sent. PostgreSQL needs some 30 ms.
const signalPause = 2 * time.Second

// startUp is the time in which a command may bind its port: "go run" builds first.
const startUp = time.Minute

// instance is one life of a service.
type instance struct {
	p       *Provider
	name    string // of the service
	address service.Address
	proc    *process.Process
	out     *output
	environ []string // its own: Exec's, too
	begun   time.Time
	folder  string // of its data, removed with it; "" is none
	port    portLease
	signals []string // by which it ends tidily, sent to it alone before TERM goes to all: "INT"
	grace   time.Duration
	after   func() // when it has ended, before its data is removed; nil is nothing

	bound chan struct{} // closed when a server says that it has its port
	taken chan struct{} // closed when it says that somebody else has

	done chan struct{}
	end  service.End // set before done is closed

	mu       sync.Mutex
	stopping bool
	stopped  chan struct{} // closed when Stop has done its work
	stopErr  error         // set before stopped is closed
	told     sync.Once     // the process is forgotten
	boundOne sync.Once
	takenOne sync.Once
}

var _ service.Instance = (*instance)(nil)

// launch is what a life of a service is started with.
type launch struct {
	name    string
	argv    []string
	dir     string
	environ []string
	user    *process.User
	folder  string
	port    portLease
	address service.Address
	signals []string
	grace   time.Duration
	after   func()
	binds   func(line string) bool // tells that it has bound its port; nil: it does not say
}

// launch starts a process that is written down before its first instruction. On an error the folder and port are still the caller's.
func (p *Provider) launch(ctx context.Context, l launch) (*instance, error) {
	in := &instance{
		p: p, name: l.name, address: l.address, environ: l.environ, folder: l.folder, port: l.port, signals: l.signals, grace: l.grace,
		after: l.after, bound: make(chan struct{}), taken: make(chan struct{}), done: make(chan struct{}), stopped: make(chan struct{}),
	}
	if in.grace <= 0 {
		in.grace = process.DefaultGrace
	}
	var err error
	if in.out, err = openOutput(p.set.Logs, l.name, func(line string) { in.line(line, l.binds) }); err != nil {
		return nil, err
	}
	spec := process.Spec{Argv: l.argv, Dir: l.dir, Env: l.environ, User: l.user, Stdout: in.out, Stderr: in.out, Grace: in.grace}
	in.begun = time.Now()
	proc, forget, err := p.start(context.WithoutCancel(ctx), fmt.Sprintf("%s #%d", l.name, p.life(l.name)), spec)
	if err != nil {
		in.out.close()
		return nil, err
	}
	in.proc = proc
	go in.await(forget)
	return in, nil
}

// start starts a process that is written down before its first instruction, with those of its descendants that leave its group. forget
// is to be called when it has ended.
func (p *Provider) start(ctx context.Context, what string, s process.Spec) (proc *process.Process, forget func(), err error) {
	var mu sync.Mutex
	var names []string
	own := func(id process.ID, name string) error {
		if err := p.set.Keeper.Own(lease.Thing{Kind: lease.Process, Name: name, Process: id}); err != nil {
			return err
		}
		mu.Lock()
		names = append(names, name)
		mu.Unlock()
		return nil
	}
	forget = func() {
		mu.Lock()
		defer mu.Unlock()
		for _, name := range names {
			_ = p.set.Keeper.Forget(lease.Process, name) // a line too few costs a sweep a look at a process that is gone
		}
		names = nil
	}
	s.Admit = func(id process.ID) error { return own(id, what) }
	s.Escaped = func(id process.ID, name string) {
		_ = own(id, what+": "+name) // it runs already; its parent, by which it can still be found, is written down
	}
	if proc, err = process.Start(ctx, s); err != nil {
		forget()
		return nil, nil, err
	}
	return proc, forget, nil
}

// line looks at what a server writes for its word on its port.
func (in *instance) line(text string, binds func(string) bool) {
	if saysTaken(text) {
		in.takenOne.Do(func() { close(in.taken) })
	}
	if binds != nil && binds(text) {
		in.boundOne.Do(func() { close(in.bound) })
	}
}

// await takes the end of the process.
func (in *instance) await(forget func()) {
	exit := in.proc.Wait()
	in.out.close()
	in.end = service.End{Code: exit.Code, Signal: exit.Signal, At: in.begun.Add(exit.Wall)}
	if isClosed(in.taken) && exit.Code != 0 && exit.Wall < startUp { // later, it was some other port
		in.end.Chance = true
		in.end.Why = fmt.Sprintf("port %d was taken by somebody else before it could bind it", in.address.Port)
		in.p.isRude(in.name)
	}
	if !in.unkillable(exit) {
		forget()
	}
	close(in.done)
}

// unkillable tells whether something of it is still there.
func (in *instance) unkillable(exit process.Exit) bool {
	for _, o := range exit.Orphans {
		if strings.HasSuffix(o, "(can't be killed)") {
			return true
		}
	}
	return false
}

// isRude remembers that a service could not take a port that was held for it.
func (p *Provider) isRude(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rude[name] = true
}

// holds tells whether a port is to be held for a service until it takes it.
func (p *Provider) holds(name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.rude[name]
}

// Address is where it is reached.
func (in *instance) Address() service.Address { return in.address }

// Log is its last output.
func (in *instance) Log(lines int) []string { return in.out.last(lines) }

// Follow writes its output from this life's start.
func (in *instance) Follow(ctx context.Context, w io.Writer) error { return in.out.follow(ctx, w) }

// Done is closed when the process has ended, and all that it started.
func (in *instance) Done() <-chan struct{} { return in.done }

// End is how.
func (in *instance) End() service.End {
	if !isClosed(in.done) {
		return service.End{}
	}
	return in.end
}

// Identity is the process id with its birth.
func (in *instance) Identity() string {
	id := in.proc.ID()
	return fmt.Sprintf("%d born %s", id.Pid, id.Born)
}

// execOutput bounds what is kept of a command's output, in bytes.
const execOutput = 64 << 10

// Exec runs a command on this machine, at the project's root, in the service's environment.
func (in *instance) Exec(ctx context.Context, argv, environ []string) (string, int, error) {
	return in.p.run(ctx, in.name+": "+strings.Join(argv, " "), process.Spec{
		Argv: argv, Dir: in.p.set.Root, Env: append(append([]string{}, in.environ...), environ...), Grace: 500 * time.Millisecond,
	})
}

// run runs a short command to its end.
func (p *Provider) run(ctx context.Context, what string, s process.Spec) (output string, code int, err error) {
	tail := process.NewTail(execOutput)
	s.Stdout, s.Stderr = tail, tail
	proc, forget, err := p.start(ctx, fmt.Sprintf("%s #%d", what, p.life(what)), s)
	if err != nil {
		return "", -1, err
	}
	exit := proc.Wait()
	forget()
	if err := ctx.Err(); err != nil && exit.Code != 0 {
		return tail.String(), exit.Code, fmt.Errorf("run %s: %w", s.Argv[0], err)
	}
	return tail.String(), exit.Code, nil
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
