package keeper

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func logFolder(t *testing.T) Folder {
	t.Helper()
	f := FolderOf(t.TempDir(), "/x")
	if err := f.Make(); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestLogs(t *testing.T) {
	f := logFolder(t)
	for name, text := range map[string]string{"db": "one\ntwo", "web/ui": "three\n"} {
		l, err := openLog(f.Log(name))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(l, text); err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		names []string
		want  string
	}{
		{[]string{"db"}, "one\ntwo\n"},
		{[]string{"db", "web/ui"}, "db     | one\ndb     | two\nweb/ui | three\n"},
		{[]string{"none"}, ""},
	} {
		var b bytes.Buffer
		if err := ShowLogs(t.Context(), &b, Showing{Path: f.Log, Services: c.names}); err != nil || b.String() != c.want {
			t.Errorf("%v: %q, %v", c.names, &b, err)
		}
	}
}

// shared is a buffer that one goroutine writes and another looks at.
type shared struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func (s *shared) await(t *testing.T, want string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !strings.Contains(s.String(), want); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %q in %q", want, s.String())
		}
	}
}

// Who follows sees what is written later, also after the log began anew, and ends when nobody writes any more.
func TestLogsAreFollowed(t *testing.T) {
	f := logFolder(t)
	var out shared
	var alive atomic.Bool
	alive.Store(true)
	done := make(chan error, 1)
	go func() {
		done <- ShowLogs(t.Context(), &out, Showing{Path: f.Log, Services: []string{"db"}, Follow: true, Alive: alive.Load})
	}()
	l, err := openLog(f.Log("db"))
	if err != nil {
		t.Fatal(err)
	}
	l.limit = 10
	for _, line := range []string{"first\n", "second, longer\n", "third\n"} {
		if _, err := io.WriteString(l, line); err != nil {
			t.Fatal(err)
		}
		out.await(t, line)
	}
	old, err := os.ReadFile(f.Log("db") + ".1")
	if runtime.GOOS == "windows" { // who follows has the file open, and it can't be put aside: it grows instead
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("put aside: %q, %v", old, err)
		}
	} else if err != nil || string(old) != "second, longer\n" {
		t.Errorf("put aside: %q, %v", old, err)
	}
	if _, err := io.WriteString(l, "at the end"); err != nil {
		t.Fatal(err)
	}
	alive.Store(false)
	if err := <-done; err != nil || !strings.HasSuffix(out.String(), "at the end\n") {
		t.Errorf("%q, %v", out.String(), err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestFollowingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	showing := Showing{Path: logFolder(t).Log, Services: []string{"db"}, Follow: true, Alive: func() bool { return true }}
	if err := ShowLogs(ctx, &bytes.Buffer{}, showing); err != nil {
		t.Error(err)
	}
}
