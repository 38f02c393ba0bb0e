//go:build unix

package local

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"testrunner/env/lease"
	"testrunner/env/service"
)

// The test binary is a service, a runner that gets killed, and the tests of another user, named by this variable.
const roleVar = "LOCAL_TEST_ROLE"

func TestMain(m *testing.M) {
	switch role := os.Getenv(roleVar); role {
	case "":
		os.Exit(tests(m))
	case "web":
		os.Exit(web(os.Args[1]))
	case "runner":
		os.Exit(runner())
	case "sleep":
		if os.Getenv("DEAF") != "" {
			signal.Ignore(syscall.SIGTERM)
		}
		time.Sleep(time.Minute)
	default:
		fmt.Fprintln(os.Stderr, "no such role:", role)
		os.Exit(99)
	}
}

// shared is a cache for all tests but those of the templates themselves: initdb takes seconds.
var shared string

func tests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "local-test-cache-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	shared = dir
	return m.Run()
}

// web is a service that tells its environment, with a child, which does not listen to TERM where DEAF is set.
func web(address string) int {
	child := exec.Command(os.Args[0], os.Args[1:]...)
	child.Env = append(os.Environ(), roleVar+"=sleep")
	if err := child.Start(); err != nil {
		fmt.Println("web:", err)
		return 1
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Println("web:", err)
		_ = child.Process.Kill()
		return 1
	}
	fmt.Println("web serves")
	err = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		dir, _ := os.Getwd()
		_ = json.NewEncoder(w).Encode(map[string]any{"environ": os.Environ(), "dir": dir})
	}))
	fmt.Println("web:", err)
	return 1
}

// notebook is a keeper in memory. It refuses what refuse says.
type notebook struct {
	mu     sync.Mutex
	open   []lease.Thing
	refuse func(lease.Thing) error
}

func (n *notebook) Own(t lease.Thing) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.refuse != nil {
		if err := n.refuse(t); err != nil {
			return err
		}
	}
	n.open = append(n.open, t)
	return nil
}

func (n *notebook) Forget(kind lease.Kind, name string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.open = slices.DeleteFunc(n.open, func(t lease.Thing) bool { return t.Kind == kind && t.Name == name })
	return nil
}

func (n *notebook) names() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []string
	for _, t := range n.open {
		out = append(out, t.String())
	}
	return out
}

// programs finds programs on PATH and in folders.
type programs struct{}

func (programs) LookPath(name string, folders ...string) []string {
	var found []string
	if path, err := exec.LookPath(name); err == nil {
		found = append(found, path)
	}
	for _, pattern := range folders {
		more, _ := filepath.Glob(filepath.Join(pattern, name))
		found = append(found, more...)
	}
	return found
}

func (programs) InTree(string) bool { return true }

// place is a folder of a test, in which all runs of it have theirs. Every user may pass through it.
type place struct {
	dir   string
	cache string
	mu    sync.Mutex
	runs  int
	notes []*notebook
}

func newPlace(t testing.TB) *place {
	t.Helper()
	dir, err := os.MkdirTemp("", "local-test-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return &place{dir: dir, cache: shared}
}

// settings are those of a further run.
func (pl *place) settings() (Settings, *notebook) {
	pl.mu.Lock()
	defer pl.mu.Unlock()
	pl.runs++
	n := &notebook{}
	pl.notes = append(pl.notes, n)
	return settingsIn(pl.dir, pl.cache, fmt.Sprintf("20261122-000000-%04d", pl.runs), n), n
}

func settingsIn(dir, cache, run string, k Keeper) Settings {
	return Settings{
		Run: run, Root: dir, Scratch: filepath.Join(dir, lease.ScratchName(run)), Cache: cache,
		Logs: filepath.Join(dir, "logs", run), Keeper: k, Machine: programs{},
		Environ: []string{"PATH=" + os.Getenv("PATH"), "GORACE=atexit_sleep_ms=0", "GOCOVERDIR=" + os.Getenv("GOCOVERDIR")},
	}
}

func (pl *place) provider(t *testing.T, change ...func(*Settings)) (*Provider, *notebook) {
	t.Helper()
	s, n := pl.settings()
	for _, c := range change {
		c(&s)
	}
	p, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	return p, n
}

// remains is all that runs of the place left: processes, folders, notes.
func (pl *place) remains(t *testing.T) []string {
	t.Helper()
	left := processesWith(t, pl.dir)
	folders, _ := filepath.Glob(filepath.Join(pl.dir, "runner-*"))
	unfinished, _ := filepath.Glob(filepath.Join(pl.cache, "runner-*"))
	locks, _ := filepath.Glob(filepath.Join(pl.cache, "*.lock"))
	left = append(append(append(left, folders...), unfinished...), locks...)
	pl.mu.Lock()
	defer pl.mu.Unlock()
	for _, n := range pl.notes {
		left = append(left, n.names()...)
	}
	return left
}

// processesWith are the running processes with a text in their command line or, as far as the system tells, in their working folder:
// Redis and PostgreSQL's children write a title over their command line.
func processesWith(t *testing.T, text string) []string {
	t.Helper()
	out, err := exec.Command("ps", "-axww", "-o", "pid=,stat=,command=").Output()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		folder, _ := os.Readlink("/proc/" + fields[0] + "/cwd")
		if (strings.Contains(line, text) || strings.Contains(folder, text)) && len(fields) > 1 && !strings.HasPrefix(fields[1], "Z") && fields[0] != fmt.Sprint(os.Getpid()) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}

// start prepares and starts a service, which ends with the test.
func start(t *testing.T, p *Provider, s service.Spec, peers map[string]service.Instance) service.Instance {
	t.Helper()
	tell := func(line string) { t.Log(line) }
	if err := p.Prepare(t.Context(), s, tell); err != nil {
		t.Fatal(err)
	}
	in, err := p.Start(t.Context(), s, peers, tell)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, in) })
	return in
}
