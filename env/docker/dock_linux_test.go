package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"testrunner/env/service"
)

// dock is a machine with an engine, the image witness:1, and providers.
type dock struct {
	m      machine
	daemon *exec.Cmd
	engine Engine
	state  State
	place  Place
	runs   int

	mu   sync.Mutex
	told []string
}

// newDock starts an engine with these arguments and puts the image there.
func newDock(t *testing.T, m machine, args ...string) *dock {
	t.Helper()
	return newDockOf(t, m, m.engine(t, args...))
}

// newDockOf puts the image into an engine that was started.
func newDockOf(t *testing.T, m machine, daemon *exec.Cmd) *dock {
	t.Helper()
	d := &dock{m: m, daemon: daemon, place: Here(m.environ(), nil)}
	d.state = m.until(t, Up)
	var err error
	if d.engine, err = Connect(d.place, d.state.Host); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.engine.Close() })
	if _, err := d.engine.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.cli(t, witnessLayer(t), "import", "-c", "EXPOSE 8080", "-c", `ENTRYPOINT ["/witness"]`, "-c", `CMD ["serve"]`, "-c", "ENV BASE=image", "-", "witness:1")
	return d
}

// witnessLayer is a layer with the program of testdata/witness, under two names.
func witnessLayer(t *testing.T) io.Reader {
	t.Helper()
	program := filepath.Join(t.TempDir(), "witness")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, "./testdata/witness")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []*tar.Header{
		{Name: "witness", Mode: 0o755, Size: int64(len(text))}, {Name: "other", Typeflag: tar.TypeSymlink, Linkname: "/witness"},
		{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o1777},
	} {
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := w.Write(text); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

// cli runs docker's own command line: what it says of a container is another witness than our client.
func (d *dock) cli(t *testing.T, stdin io.Reader, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "docker", args...)
	cmd.Env, cmd.Stdin = d.m.environ(), stdin
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("docker %q: %v\n%s", args, err, out)
	}
	return string(out)
}

func (d *dock) tell(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.told = append(d.told, line)
}

// heard is what was told since the last call.
func (d *dock) heard() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := strings.Join(d.told, "\n")
	d.told = nil
	return all
}

// provider is that of a run of its own. It is closed with the test.
func (d *dock) provider(t *testing.T, change func(*Supply)) *Provider {
	t.Helper()
	d.runs++
	s := Supply{
		Engine: d.engine, Place: d.place, Host: d.state.Host, Me: Me(d.place, fmt.Sprintf("20261122-024501-%04x", d.runs)), Keeper: newNotes(), Folder: t.TempDir(),
	}
	if change != nil {
		change(&s)
	}
	p := NewProvider(s)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 20*time.Second)
		defer cancel()
		if err := p.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
		if left := p.s.Keeper.(*notes).left(); len(left) > 0 {
			t.Errorf("not forgotten: %q", left)
		}
	})
	return p
}

// notes is a keeper that remembers, and can refuse.
type notes struct {
	mu     sync.Mutex
	open   map[string]bool
	refuse string // this kind
}

func newNotes() *notes { return &notes{open: map[string]bool{}} }

var errFull = errors.New("the disk is full")

func (n *notes) Own(kind, name string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if kind == n.refuse {
		return errFull
	}
	n.open[kind+" "+name] = true
	return nil
}

func (n *notes) Owned(kind, name, id string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.open[kind+" "+name] || id == "" {
		return fmt.Errorf("%s %s (%s) was made before it was written down", kind, name, id)
	}
	return nil
}

func (n *notes) Forget(kind, name string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.open, kind+" "+name)
	return nil
}

func (n *notes) left() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return sortedKeys(n.open)
}

// start starts a service and stops it with the test.
func (d *dock) start(t *testing.T, p *Provider, s service.Spec, peers map[string]service.Instance) *instance {
	t.Helper()
	in, err := p.Start(t.Context(), s, peers, d.tell)
	if err != nil {
		t.Fatalf("start %s: %v", s.Name, err)
	}
	t.Cleanup(func() { stop(t, in) })
	return in.(*instance)
}

func stop(t *testing.T, in service.Instance) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 20*time.Second)
	defer cancel()
	if err := in.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// inBox runs the witness inside, and returns its output.
func inBox(t *testing.T, in service.Instance, argv ...string) string {
	t.Helper()
	out, _, err := in.Exec(t.Context(), append([]string{"/witness"}, argv...), nil)
	if err != nil {
		t.Fatalf("exec %q: %v", argv, err)
	}
	return out
}

// ended waits for the end.
func ended(t *testing.T, in service.Instance, within time.Duration) service.End {
	t.Helper()
	select {
	case <-in.Done():
		end := in.End()
		if end.At.After(time.Now()) {
			t.Errorf("it ended at %s, and now it is %s", end.At, time.Now())
		}
		end.At = time.Time{}
		return end
	case <-time.After(within):
		t.Fatalf("it has not ended after %s", within)
	}
	return service.End{}
}

// served asks the service once, as a client does.
func served(ctx context.Context, a service.Address) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(a.Host, strconv.Itoa(a.Port))+"/", nil)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && !strings.HasPrefix(string(body), "served by") {
		err = fmt.Errorf("it answers %q", body)
	}
	return err
}

func waitServed(t *testing.T, in service.Instance) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		err := served(ctx, in.Address())
		cancel()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%+v never serves: %v\n%q", in.Address(), err, in.Log(20))
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// remains are all things of all runs.
func (d *dock) remains(t *testing.T) []string {
	t.Helper()
	all, err := Leftovers(t.Context(), d.engine, d.state.Host, Me(d.place, "x"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range all {
		out = append(out, l.String())
	}
	return out
}
