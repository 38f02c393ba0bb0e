package stub

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"sync"

	"testrunner/env/service"
)

// Instance is a stub that was started. Beside what every instance tells, it tells what it did not know.
type Instance struct {
	name     string
	of       string // what it is asked for: "commands", "requests and messages"
	identity string
	address  service.Address
	tell     service.Tell
	out      *output
	unknown  unknown

	stop sync.Once
	end  sync.Once
	quit context.CancelFunc // ends what follows a script
	shut func() error       // ends connections and listener; both are set before the instance is seen
	done chan struct{}      // closed when it has ended
	how  service.End        // before done is closed
	err  error              // of shut, before done is closed
}

var _ service.Instance = (*Instance)(nil)

func newInstance(name string, l net.Listener, tell service.Tell) *Instance {
	at := l.Addr().(*net.TCPAddr)
	return &Instance{
		name: name, tell: tell, out: newOutput(), done: make(chan struct{}),
		identity: fmt.Sprintf("stub of %s, port %d, %s", name, at.Port, rand.Text()),
		address:  service.Address{Host: at.IP.String(), Port: at.Port},
	}
}

// begin serves, and fills in the address.
func (i *Instance) begin(ctx context.Context, l net.Listener, a answers) error {
	ctx, i.quit = context.WithCancel(ctx)
	i.shut = a.close
	i.of = "requests and messages"
	if _, ok := a.(*redis); ok {
		i.of = "commands"
	}
	url, ports, err := a.serve(ctx, l, i)
	if err != nil {
		i.quit()
		return err
	}
	i.address.URL = url
	i.address.Ports = map[int]int{}
	for _, n := range ports {
		i.address.Ports[n] = i.address.Port
	}
	return nil
}

// Address is where the stub listens. All ports of the service are this one.
func (i *Instance) Address() service.Address { return i.address }

// Exec always fails with service.ErrNoInside.
func (i *Instance) Exec(context.Context, []string, []string) (string, int, error) {
	return "", 0, fmt.Errorf("run a command in the stub of %s: %w", i.name, service.ErrNoInside)
}

// Log is a line for each of the last requests. It holds no bodies, headers and queries: there may be secrets in them.
func (i *Instance) Log(lines int) []string { return i.out.last(lines) }

// Follow writes a line for each request, those of the past first.
func (i *Instance) Follow(ctx context.Context, w io.Writer) error {
	return i.out.follow(ctx, w, i.done)
}

// Done is closed when the stub was stopped, or broke.
func (i *Instance) Done() <-chan struct{} { return i.done }

// End says how it ended, once Done is closed.
func (i *Instance) End() service.End {
	select {
	case <-i.done:
		return i.how
	default:
		return service.End{}
	}
}

// Stop closes the port and all connections, and waits for what serves them.
func (i *Instance) Stop(ctx context.Context) error {
	i.stop.Do(func() { go i.finish(service.End{}, i.shut) })
	select {
	case <-i.done:
		return i.err
	case <-ctx.Done():
		return fmt.Errorf("stop the stub of %s: %w; it ends with runner itself", i.name, ctx.Err())
	}
}

// broke ends a stub whose own code failed. Its answers could not be trusted any more.
func (i *Instance) broke(why string, shut func()) {
	i.out.add(why)
	i.stop.Do(func() {}) // a Stop from now on only waits
	go i.finish(service.End{Code: 1, Why: why}, func() error {
		shut()
		return nil
	})
}

func (i *Instance) finish(how service.End, shut func() error) {
	i.end.Do(func() {
		i.quit()
		i.err = shut()
		i.how = how
		close(i.done)
	})
}

// Identity tells this life of the stub from the next.
func (i *Instance) Identity() string { return i.identity }

// Unknown is what the stub was asked and did not know, in the order of the first time: "XAUTOCLAIM", "GET /users/7 (3 times)". It may be
// asked while the stub runs, and after it.
func (i *Instance) Unknown() []string { return i.unknown.list() }

// Complaint is what it did not know in one line for a report, "" where there was nothing.
func (i *Instance) Complaint() string { return i.unknown.complaint(i.name, i.of) }

// missed notes that the stub was asked for something that it does not know.
func (i *Instance) missed(name string) {
	first := i.unknown.add(name)
	i.out.add("unknown: " + name)
	if first && i.tell != nil {
		i.tell(fmt.Sprintf("the stub of %s does not know %s", i.name, name))
	}
}
