package keeper

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"testrunner/report/event"
	"testrunner/runner/process"
)

// modeVar says to the test binary that it is a keeper of a fake set.
const modeVar = "KEEPER_TEST"

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == Arg {
		os.Exit(keeperMain(Folder(os.Args[2]), os.Getenv(modeVar)))
	}
	os.Exit(m.Run())
}

func keeperMain(f Folder, mode string) int {
	request, err := ReadRequest(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if mode == "dies" {
		fmt.Fprintln(os.Stderr, "has nothing to say")
		return 1
	}
	ctx := context.Background()
	err = Keep(ctx, Keeping{Folder: f, Request: request, Signals: process.Signals(ctx), Start: func(_ context.Context, changed func()) (Set, error) {
		return newFake(mode, changed), nil
	}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// fake is a set of one service in memory.
type fake struct {
	mode    string
	changed func()
	mu      sync.Mutex
	service Service
	left    []string
}

func newFake(mode string, changed func()) *fake {
	return &fake{mode: mode, changed: changed, service: Service{Name: "redis", Provider: event.ByLocal, Fidelity: event.Real, State: "starting"}}
}

func (f *fake) become(state, why string) {
	f.mu.Lock()
	f.service.State, f.service.Error = state, why
	f.mu.Unlock()
	f.changed()
}

func (f *fake) Ready(ctx context.Context) error {
	switch f.mode {
	case "fails":
		f.become(ServiceFailed, "wrong password")
		return errors.New("backend waits for redis: wrong password")
	case "hangs":
		<-ctx.Done()
		return ctx.Err()
	}
	f.become(Ready, "")
	return nil
}

func (f *fake) Services(_ context.Context, probe bool) []Service {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.service
	if probe && f.mode == "silent" {
		s.State, s.Error = Unready, "no PONG"
	}
	return []Service{s}
}

func (f *fake) Restart(_ context.Context, name string) error {
	f.mu.Lock()
	f.service.Restarts++
	f.mu.Unlock()
	if f.mode == "restart fails" {
		return errors.New("restart " + name + ": it ended with 1")
	}
	return nil
}

func (*fake) Path() []Step { return []Step{{Service: "redis", ReadyMS: 7}} }

func (*fake) Variables() []string { return []string{"REDIS_URL=redis://:secret@127.0.0.1:1"} }

func (f *fake) Close(context.Context) []string {
	if f.mode == "leaves" {
		return []string{"process redis (pid 1)"}
	}
	return nil
}

// launched is a keeper in a process of its own that was followed until it was up or over.
func launched(t *testing.T, mode string, ttl time.Duration) (Folder, State, []State) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f := FolderOf(t.TempDir(), "/some/where/my tree")
	id, err := Launch(self, append(os.Environ(), modeVar+"="+mode), f, Request{Set: "set-1", Root: "/some/where/my tree", Mode: event.NoDocker, TTL: ttl})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { process.TerminateTrees([]process.ID{id}, false, time.Millisecond) })
	var seen []State
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	last, err := f.Watch(ctx, "set-1", id, func(s State) { seen = append(seen, s) })
	if mode == "dies" {
		if err == nil || !strings.Contains(err.Error(), "died") || !strings.Contains(err.Error(), f.KeeperLog()) {
			t.Errorf("a keeper that dies: %v", err)
		}
		if text, _ := os.ReadFile(f.KeeperLog()); !strings.Contains(string(text), "has nothing to say") {
			t.Errorf("its log: %s", text)
		}
		return f, last, seen
	}
	if err != nil {
		t.Fatal(err)
	}
	return f, last, seen
}

func TestKeeper(t *testing.T) {
	f, s, seen := launched(t, "", 0)
	if s.Phase != Up || !s.AllReady() || !s.Keeper.Alive() || s.Root != "/some/where/my tree" || len(seen) == 0 {
		t.Fatalf("it is up: %+v", s)
	}
	if len(s.Path) != 1 || s.Path[0].String() != "redis 7 ms (prepare 0, start 0, ready 7)" {
		t.Errorf("it waited for %v", s.Path)
	}
	if info, err := os.Stat(filepath.Join(string(f), stateFile)); err != nil || info.Mode().Perm()&0o077 != 0 && filepath.Separator == '/' {
		t.Errorf("others may read the token: %v %v", info.Mode(), err)
	}
	now, err := s.Ask(t.Context(), true)
	if err != nil || now.Token != "" || now.Variables != nil || !now.AllReady() {
		t.Errorf("asked: %+v, %v", now, err)
	}
	stranger := s
	stranger.Token = strings.Repeat("0", len(s.Token))
	if _, err := stranger.Ask(t.Context(), false); !errors.Is(err, ErrSilent) || !strings.Contains(err.Error(), "403") {
		t.Errorf("without the token: %v", err)
	}
	if after, err := s.Restart(t.Context(), "redis"); err != nil || after.Services[0].Restarts != 1 {
		t.Errorf("restart: %+v, %v", after, err)
	}
	if _, err := s.Restart(t.Context(), "rediss"); err == nil || !strings.Contains(err.Error(), "there are redis") {
		t.Errorf("restart of none: %v", err)
	}
	last, err := f.Down(t.Context(), s, 0)
	if err != nil || last.Phase != Down || s.Keeper.Alive() || last.Token != "" || last.Variables != nil || last.Services[0].State != string(Down) {
		t.Errorf("down: %+v, %v", last, err)
	}
	if again, err := f.Down(t.Context(), s, 0); err != nil || again.Phase != Down {
		t.Errorf("down again: %+v, %v", again, err)
	}
}

func TestKeeperOfWhatFails(t *testing.T) {
	f, s, _ := launched(t, "fails", 0)
	if s.Phase != Failed || !strings.Contains(s.Failure, "wrong password") || s.Services[0].State != ServiceFailed {
		t.Errorf("failed: %+v", s)
	}
	if _, err := f.Down(t.Context(), s, 0); err != nil {
		t.Error(err)
	}
	if s.Keeper.Alive() {
		t.Error("the keeper of nothing stays")
	}
}

func TestKeeperThatDies(t *testing.T) { launched(t, "dies", 0) }

func TestKeeperEndsWithItsTime(t *testing.T) {
	f, s, _ := launched(t, "", 300*time.Millisecond)
	if s.Until.IsZero() {
		t.Errorf("until when? %+v", s)
	}
	for deadline := time.Now().Add(10 * time.Second); s.Keeper.Alive(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not end")
		}
	}
	if last, err := f.Read(); err != nil || last.Phase != Down {
		t.Errorf("at its end: %+v, %v", last, err)
	}
}

func TestProbesAndFailures(t *testing.T) {
	_, s, _ := launched(t, "silent", 0)
	if now, err := s.Ask(t.Context(), false); err != nil || !now.AllReady() {
		t.Errorf("unasked it seems ready: %+v, %v", now, err)
	}
	if now, err := s.Ask(t.Context(), true); err != nil || now.AllReady() || now.Services[0].Error != "no PONG" {
		t.Errorf("asked: %+v, %v", now, err)
	}
	_, s, _ = launched(t, "restart fails", 0)
	if _, err := s.Restart(t.Context(), "redis"); err == nil || !strings.Contains(err.Error(), "ended with 1") {
		t.Errorf("restart: %v", err)
	}
}

func TestLeftoversAreTold(t *testing.T) {
	f, s, _ := launched(t, "leaves", 0)
	last, err := f.Down(t.Context(), s, 0)
	if err != nil || !slices.Equal(last.Leftovers, []string{"process redis (pid 1)"}) {
		t.Errorf("down: %+v, %v", last, err)
	}
}

// A keeper that hears nobody is ended all the same.
func TestFrozenKeeper(t *testing.T) {
	f, s, _ := launched(t, "", 0)
	s.Address = "127.0.0.1:1" // nobody answers there
	if _, err := s.Ask(t.Context(), false); !errors.Is(err, ErrSilent) {
		t.Errorf("asked: %v", err)
	}
	if _, err := f.Down(t.Context(), s, 0); err != nil || s.Keeper.Alive() {
		t.Errorf("down: %v", err)
	}
}

func TestWatchEndsWithItsContext(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f := FolderOf(t.TempDir(), "/x")
	id, err := Launch(self, append(os.Environ(), modeVar+"=hangs"), f, Request{Set: "1"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s, err := f.Watch(ctx, "1", id, func(State) { cancel() })
	if !errors.Is(err, context.Canceled) || s.Phase != Starting {
		t.Errorf("%+v, %v", s, err)
	}
	if last, err := f.Down(t.Context(), s, 0); err != nil || last.Phase != Down || id.Alive() {
		t.Errorf("down: %+v, %v", last, err)
	}
}
