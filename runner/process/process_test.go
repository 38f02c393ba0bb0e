package process

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestWait_gives_the_exit_code(t *testing.T) {
	for _, code := range []int{0, 1, 3, 42, 124, 255} {
		exit := start(t, role(t, "exit", strconv.Itoa(code))).Wait()
		if exit.Code != code || exit.Signal != "" || len(exit.Orphans) > 0 || exit.Held {
			t.Errorf("exit %d: got %+v", code, exit)
		}
		// Wine, where the Windows side is tested, counts no memory.
		if exit.Wall <= 0 || exit.MaxRSSKB <= 0 && runtime.GOOS != "windows" {
			t.Errorf("exit %d: nothing measured: %+v", code, exit)
		}
	}
}

func TestStart_says_what_is_missing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("no program"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		spec     Spec
		notExist bool
		words    string
	}{
		"no words":       {Spec{}, false, "no program is named"},
		"not on PATH":    {Spec{Argv: []string{"no-such-program"}, Env: []string{"PATH=" + filepath.Dir(file)}}, true, "not found on PATH; install it"},
		"no such path":   {Spec{Argv: []string{filepath.Join(filepath.Dir(file), "nothing")}}, true, "nothing"},
		"no such folder": {Spec{Argv: []string{os.Args[0]}, Dir: file + "-nowhere"}, false, "the working folder is not there"},
		"no folder":      {Spec{Argv: []string{os.Args[0]}, Dir: file}, false, "is a file"},
	} {
		p, err := Start(t.Context(), c.spec)
		if err == nil {
			p.Kill()
			t.Errorf("%s: started", name)
			continue
		}
		if errors.Is(err, fs.ErrNotExist) != c.notExist || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: %v (not exist: %v)", name, err, errors.Is(err, fs.ErrNotExist))
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, role(t, "exit", "0")); !errors.Is(err, context.Canceled) {
		t.Errorf("started under a cancelled context: %v", err)
	}
}

func TestStart_finds_programs_on_the_environment_it_gives(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	name := "only-here"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	// A copy: on Windows, a link to a running program could not be removed.
	b, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := Output(t.Context(), dir, append(roleEnv("streams", ""), "PATH=relative"+string(filepath.ListSeparator)+dir), []string{"only-here"})
	if err != nil || strings.TrimSpace(out) != "to stdout" {
		t.Errorf("got %q, %v", out, err)
	}
	// Windows lets a program's file go a moment after its end.
	eventually(t, "the program can be removed", func() bool { return os.Remove(filepath.Join(dir, name)) == nil })
}

func TestStart_gives_the_whole_environment_and_no_input(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("OF_OURS", "must not be inherited")
	s := role(t, "environment", "with spaces and \"quotes\"")
	out := newTranscript()
	s.Stdout, s.Dir = out, dir
	if exit := start(t, s).Wait(); exit.Code != 0 {
		t.Fatalf("%+v", exit)
	}
	text := out.String()
	real, _ := filepath.EvalSymlinks(dir)
	if strings.Contains(text, "OF_OURS") || !strings.Contains(text, argVar+"=with spaces and \"quotes\"") || !strings.Contains(text, "stdin 0 <nil>") {
		t.Errorf("got:\n%s", text)
	}
	if got := out.after(t, "dir "); got != dir && got != real {
		t.Errorf("dir %s, want %s", got, dir)
	}
}

func TestOutput_streams(t *testing.T) {
	var both, out, errOut bytes.Buffer
	s := role(t, "streams", "")
	s.Stdout, s.Stderr = &both, &both
	start(t, s).Wait()
	s.Stdout, s.Stderr = &out, &errOut
	start(t, s).Wait()
	if got := normal(both.String()); got != "to stdout\nto stderr\n" {
		t.Errorf("one writer for both: %q", got)
	}
	if normal(out.String()) != "to stdout\n" || normal(errOut.String()) != "to stderr\n" {
		t.Errorf("two writers: %q, %q", out.String(), errOut.String())
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s.Stdout, s.Stderr = file, nil
	start(t, s).Wait()
	if b, _ := os.ReadFile(file.Name()); normal(string(b)) != "to stdout\n" {
		t.Errorf("a file: %q", b)
	}
}

func normal(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

func TestOutput_huge(t *testing.T) {
	const size = 16 << 20
	lines, bytes := 0, 0
	w := NewLineWriter(0, func(line []byte) { lines, bytes = lines+1, bytes+len(line) })
	tail := NewTail(1000)
	s := role(t, "huge", strconv.Itoa(size))
	s.Stdout = w
	if exit := start(t, s).Wait(); exit.Code != 0 || exit.Held {
		t.Fatalf("%+v", exit)
	}
	if lines != size/64 || bytes != size/64*63 {
		t.Errorf("got %d lines, %d bytes", lines, bytes)
	}
	s.Stdout = tail
	start(t, s).Wait()
	if tail.Total() != size || tail.Cut() != size-1000 {
		t.Errorf("total %d, cut %d", tail.Total(), tail.Cut())
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("no room") }

func TestOutput_to_a_writer_that_fails_does_not_stop_the_program(t *testing.T) {
	s := role(t, "huge", strconv.Itoa(1<<20))
	s.Stdout = brokenWriter{}
	if exit := start(t, s).Wait(); exit.Code != 0 || exit.Signal != "" {
		t.Errorf("%+v", exit)
	}
}

func TestKill(t *testing.T) {
	out := newTranscript()
	s := role(t, "sleep", "")
	s.Stdout = out
	p := start(t, s)
	out.after(t, "ready")
	began := time.Now()
	p.Kill()
	exit := p.Wait()
	if exit.Code != -1 || exit.Signal != "SIGKILL" {
		t.Errorf("%+v", exit)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("took %s", took)
	}
	p.Kill() // nobody is there any more
	p.Stop(time.Second)
	if again := p.Wait(); again.Signal != exit.Signal {
		t.Errorf("another Wait: %+v", again)
	}
	if err := p.Dump("QUIT", ToLeader); err == nil {
		t.Error("dump of an ended program: no error")
	}
	if tree := p.Tree(); tree != nil {
		t.Errorf("tree of an ended program: %q", tree)
	}
}

func TestStart_cancelled_context_stops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out := newTranscript()
	s := role(t, "sleep", "")
	s.Stdout = out
	p, err := Start(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	pid := out.pid(t, "ready")
	cancel()
	exit := p.Wait()
	if exit.Code != -1 || exit.Signal == "" || running(pid) {
		t.Errorf("%+v, running: %v", exit, running(pid))
	}
}

func TestOutput_probe(t *testing.T) {
	self, _ := os.Executable()
	out, err := Output(t.Context(), "", roleEnv("streams", ""), []string{self})
	if err != nil || normal(out) != "to stdout\n" {
		t.Errorf("%q, %v", out, err)
	}
	_, err = Output(t.Context(), "", roleEnv("no-such-role", ""), []string{self})
	var exit *ExitError
	if !errors.As(err, &exit) || exit.Exit.Code != 99 || !strings.Contains(err.Error(), "no such role: no-such-role") {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = Output(ctx, "", roleEnv("sleep", ""), []string{self})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func TestID_is_of_one_process(t *testing.T) {
	out := newTranscript()
	s := role(t, "sleep", "")
	s.Stdout = out
	p := start(t, s)
	out.after(t, "ready")
	id := p.ID()
	if now, err := Identify(p.Pid()); err != nil || now != id || !id.Alive() {
		t.Errorf("%+v, %+v, %v", id, now, err)
	}
	other := id
	other.Born += "0"
	if other.Alive() {
		t.Error("a process with another start time is alive")
	}
	p.Kill()
	p.Wait()
	if id.Alive() {
		t.Error("alive after its end")
	}
}

func TestTree_draws(t *testing.T) {
	before := []proc{{pid: 10, start: 1, cpu: time.Second}, {pid: 11, ppid: 10, start: 2}}
	after := []proc{
		{pid: 10, ppid: 1, start: 1, name: "go", args: "/usr/bin/go test ./...", cpu: time.Second, rssKB: 20 << 10},
		{pid: 11, ppid: 10, start: 2, name: "app.test", args: "app.test -test.v", cpu: 190 * time.Millisecond, rssKB: 900},
		{pid: 12, ppid: 11, start: 3, name: "sleep", args: "sleep 20", stopped: true, rssKB: 1},
		{pid: 13, ppid: 10, start: 4, name: "long", args: strings.Repeat("é", 200)},
	}
	got := drawTree(before, after, 200*time.Millisecond)
	want := []string{
		"10 0% 20MB go test ./...",
		"  11 95% 900kB app.test -test.v",
		"    12 0% 1kB sleep (stopped) 20",
		"  13 0% 0kB long " + strings.Repeat("é", 80) + "…",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
