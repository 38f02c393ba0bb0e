package keeper

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"testrunner/runner/process"
)

// Arg is the hidden first argument that makes runner the keeper of the folder behind it.
const Arg = "__keeper"

// closing is how long the services may take to end: the engine's own ten seconds to a container, and room beside them.
const closing = 30 * time.Second

// lookEvery is how often it is looked whether the folder still is there.
const lookEvery = 2 * time.Second

// Starter begins a set. It returns at once; changed is to be called whenever something of the set is another.
type Starter func(ctx context.Context, changed func()) (Set, error)

// Keeping is a keeper at work.
type Keeping struct {
	Folder  Folder
	Request Request
	Start   Starter
	Signals <-chan process.Signal // the end is asked for
}

// ReadRequest reads what Ask gave to the keeper's stdin.
func ReadRequest(r io.Reader) (Request, error) {
	var request Request
	if err := json.NewDecoder(r).Decode(&request); err != nil {
		return request, fmt.Errorf("read what to keep: %w", err)
	}
	return request, nil
}

// Keep is the keeper's whole life: it starts the set, tells of it in the folder, takes requests, and takes the set down when it is told
// to, when its time is over, or when a service did not become ready. Only who holds the folder's lease may call it. The error is of
// the keeper itself: a service that failed stands in the state.
func Keep(ctx context.Context, k Keeping) error {
	if err := k.Folder.Clear(); err != nil {
		return err
	}
	self, err := process.Identify(os.Getpid())
	if err != nil {
		return err
	}
	w := &work{Keeping: k, end: make(chan struct{}), dirty: make(chan struct{}, 1)}
	w.state = State{
		Set: k.Request.Set, Root: k.Request.Root, Mode: k.Request.Mode, Phase: Starting, Keeper: self, Started: time.Now(), Services: []Service{},
	}
	control, err := listenForRequests(ctx, w.handle)
	if err != nil {
		return err
	}
	w.state.Address, w.state.Token = control.address, control.token
	if err := w.write(); err != nil {
		return errors.Join(err, control.close(ctx))
	}
	err = w.keep(ctx)
	// Who asked for the end reads the last state from the file: the port may be gone before the answer was read.
	return errors.Join(err, control.close(context.WithoutCancel(ctx)))
}

// work is the state of a keeper.
type work struct {
	Keeping
	end   chan struct{} // closed: somebody asked for the end
	ended sync.Once
	dirty chan struct{} // something is another than in the file

	mu    sync.Mutex // of state
	state State
	set   Set // nil before it was begun
}

func (w *work) keep(ctx context.Context) error {
	set, err := w.Start(ctx, w.changed)
	if err != nil {
		return errors.Join(err, w.over(Failed, err.Error(), nil))
	}
	w.mu.Lock()
	w.set = set
	w.mu.Unlock()
	watching, stop := context.WithCancel(ctx)
	var writer sync.WaitGroup
	writer.Go(func() { w.tell(watching) })
	failure := w.wait(watching)
	stop()
	writer.Wait()
	// The last word on the services is from before they are taken down: it says which one failed, and how.
	w.look(context.WithoutCancel(ctx), false)
	w.enter(Ending)
	_ = w.write() // the end is written below, and that must not be in vain
	tidy, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
	defer cancel()
	left := set.Close(tidy)
	if failure != nil {
		return w.over(Failed, failure.Error(), left)
	}
	return w.over(Down, "", left)
}

// wait waits until the set is to be taken down. The error is why it did not come up.
func (w *work) wait(ctx context.Context) error {
	ready := make(chan error, 1)
	go func() { ready <- w.set.Ready(ctx) }()
	var over <-chan time.Time
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			if _, err := os.Stat(string(w.Folder)); errors.Is(err, fs.ErrNotExist) {
				return nil // nobody can find these services any more
			}
		case err := <-ready:
			if err != nil && !w.Request.Stay {
				return err
			}
			ready = nil
			if w.Request.TTL > 0 {
				timer := time.NewTimer(w.Request.TTL)
				defer timer.Stop()
				over = timer.C
			}
			w.up(ctx)
		case <-over:
			return nil
		case <-w.end:
			return nil
		case <-ctx.Done():
			return nil
		case sig := <-w.Signals:
			if sig == process.Interrupt || sig == process.Terminate {
				return nil
			}
		}
	}
}

// up says that all are ready. The ports are remembered for the next time.
func (w *work) up(ctx context.Context) {
	now := w.look(ctx, false)
	ports := map[string]map[int]int{}
	for _, s := range now.Services {
		if _, port, err := net.SplitHostPort(s.Address); err == nil {
			ports[s.Name] = maps.Clone(s.Ports)
			if ports[s.Name] == nil {
				ports[s.Name] = map[int]int{}
			}
			ports[s.Name][0], _ = strconv.Atoi(port) // it was a number before
		}
	}
	if err := w.Folder.WritePorts(ports); err != nil {
		fmt.Fprintf(os.Stderr, "keeper: %v\n", err) // its stderr is its log
	}
	w.mu.Lock()
	w.state.Phase, w.state.Variables, w.state.Path = Up, w.set.Variables(), w.set.Path()
	if w.Request.TTL > 0 {
		w.state.Until = time.Now().Add(w.Request.TTL)
	}
	w.mu.Unlock()
	w.changed()
}

// changed notes that the file is to be written again. It never waits.
func (w *work) changed() {
	select {
	case w.dirty <- struct{}{}:
	default:
	}
}

// tell writes the state whenever it has changed.
func (w *work) tell(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.dirty:
			w.look(ctx, false)
			if err := w.write(); err != nil {
				fmt.Fprintf(os.Stderr, "keeper: %v\n", err) // its stderr is its log
			}
		}
	}
}

// look takes over how the services are.
func (w *work) look(ctx context.Context, probe bool) State {
	w.mu.Lock()
	set := w.set
	w.mu.Unlock()
	if set == nil {
		return w.now()
	}
	services := set.Services(ctx, probe)
	variables := set.Variables()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state.Services = services
	if w.state.Phase == Up {
		w.state.Variables = variables // a service that was started again may have another port
	}
	return w.state
}

func (w *work) now() State {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state
}

func (w *work) enter(p Phase) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state.Phase = p
}

func (w *work) write() error { return w.Folder.write(w.now()) }

// over writes the last state. Nobody is asked any more, and nothing is there to be used.
func (w *work) over(p Phase, failure string, left []string) error {
	w.mu.Lock()
	s := &w.state
	s.Phase, s.Failure, s.Leftovers, s.Variables, s.Address, s.Token = p, failure, left, nil, "", ""
	for i := range s.Services {
		if s.Services[i].State == Ready || s.Services[i].State == Unready {
			s.Services[i].State = string(Down)
		}
	}
	w.mu.Unlock()
	err := w.write()
	if len(left) > 0 {
		err = errors.Join(err, fmt.Errorf("left behind: %s", strings.Join(left, "; ")))
	}
	return err
}

// handle answers a request.
func (w *work) handle(ctx context.Context, path string, query url.Values) answer {
	switch path {
	case statePath:
		return answer{State: w.look(ctx, query.Get("probe") != "").Public()}
	case restartPath:
		return w.restart(ctx, query.Get("service"))
	case downPath:
		w.ended.Do(func() { close(w.end) })
		return answer{State: w.now().Public()}
	}
	return answer{Error: fmt.Sprintf("this keeper knows no %s: it is of another version of runner", path)}
}

func (w *work) restart(ctx context.Context, name string) answer {
	before := w.now()
	switch {
	case before.Phase != Up:
		return answer{State: before.Public(), Error: fmt.Sprintf("restart %s: the services are %s", name, before.Phase)}
	case !slices.Contains(before.Names(), name):
		return answer{State: before.Public(), Error: fmt.Sprintf("restart %s: there is no such service; there are %s", name, strings.Join(before.Names(), ", "))}
	}
	err := w.set.Restart(ctx, name)
	after := w.look(ctx, false).Public()
	w.changed()
	if err != nil {
		return answer{State: after, Error: err.Error()}
	}
	return answer{State: after}
}
