package lease

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"testrunner/runner/process"
)

func TestNewRunID_sorts_by_time(t *testing.T) {
	at := time.Date(2026, 11, 22, 3, 45, 1, 0, time.FixedZone("", 3600))
	if id := NewRunID(at, bytes.NewReader([]byte{0x3f, 0x9a})); id != testRun {
		t.Errorf("got %s", id)
	}
	rapid.Check(t, func(t *rapid.T) {
		early := time.Unix(rapid.Int64Range(0, 1<<32).Draw(t, "at"), rapid.Int64Range(0, 1e9-1).Draw(t, "nanos"))
		late := early.Add(time.Duration(rapid.Int64Range(1, 1e6).Draw(t, "later")) * time.Second)
		random := rapid.SliceOfN(rapid.Byte(), 0, 4).Draw(t, "random")
		a, b := NewRunID(early, bytes.NewReader(random)), NewRunID(late, bytes.NewReader(random))
		if a >= b || !runIDPattern.MatchString(a) || !runIDPattern.MatchString(b) {
			t.Fatalf("%s, %s", a, b)
		}
	})
}

func open(t *testing.T, dir, run string) *Lease {
	t.Helper()
	l, err := Open(dir, run)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestOpen_makes_a_folder_that_git_leaves_alone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "results")
	l := open(t, dir, testRun)
	if l.Dir() != dir || l.Run() != testRun || l.Beside() != "" || len(l.Swept()) > 0 {
		t.Errorf("%+v", l)
	}
	ignore := filepath.Join(dir, ".gitignore")
	if b, err := os.ReadFile(ignore); err != nil || string(b) != "*\n" {
		t.Errorf("%q, %v", b, err)
	}
	if err := os.WriteFile(ignore, []byte("*.tmp\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, journalFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the journal stays: %v", err)
	}
	if err := open(t, dir, testRun).Close(); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(ignore); string(b) != "*.tmp\n" {
		t.Errorf("somebody's own .gitignore was written over: %q", b)
	}
}

func TestOpen_where_nothing_can_be_written_names_the_way_out(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(file, "results"), testRun); err == nil || !strings.Contains(err.Error(), "--results DIR") {
		t.Errorf("%v", err)
	}
}

func TestOpen_a_second_live_run_gets_a_folder_of_its_own(t *testing.T) {
	dir := t.TempDir()
	first := startRunner(t, dir)
	second := open(t, dir, "20261122-024502-0000")
	if second.Dir() != filepath.Join(dir, "20261122-024502-0000") || second.Beside() != testRun || len(second.Swept()) > 0 {
		t.Errorf("%+v", second)
	}
	for _, pid := range first.all() {
		if !running(pid) {
			t.Errorf("%d of the first run was ended", pid)
		}
	}
	third := open(t, dir, "20261122-024503-0000")
	if third.Dir() != filepath.Join(dir, "20261122-024503-0000") || len(third.Swept()) > 0 {
		t.Errorf("%+v", third)
	}
	if err := errors.Join(second.Close(), third.Close()); err != nil {
		t.Fatal(err)
	}
	end(t, first)
	again := open(t, dir, "20261122-024504-0000")
	defer again.Close()
	if again.Dir() != dir {
		t.Errorf("the folder is free, and yet: %s", again.Dir())
	}
}

// end ends a runner as it should, and sees that nothing is left.
func end(t *testing.T, l *live) {
	t.Helper()
	if _, err := l.stdin.Write([]byte("end\n")); err != nil {
		t.Fatal(err)
	}
	if err := l.cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, pid := range l.all() {
		if running(pid) && !(runtime.GOOS == "darwin" && pid == l.children[1]) {
			t.Errorf("%d is left", pid)
		}
	}
}

// dead makes a folder as a dead run leaves it, with one job that still runs, and one whose id belongs to another process by now.
func dead(t *testing.T, dir string) (left, stranger *process.Process) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	self, _ := os.Executable()
	for _, p := range []**process.Process{&left, &stranger} {
		var err error
		if *p, err = process.Start(t.Context(), process.Spec{Argv: []string{self}, Env: env("sleep", "")}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup((*p).Kill)
	}
	j, err := newJournal(filepath.Join(dir, journalFile), testRun)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []record{
		{Op: opOwn, Kind: "job", ID: left.ID(), What: "unit/go"},
		{Op: opOwn, Kind: "job", ID: process.ID{Pid: stranger.Pid(), Born: stranger.ID().Born + "0"}, What: "unit/pytest"},
		{Op: opOwn, Kind: "file", What: "nothing to end"},
	} {
		if err := j.append(r); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := j.file.WriteString(`{"op":"own","kind":"job","pid":` + "\n" + `{"op":"ow`); err != nil { // torn
		t.Fatal(err)
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	return left, stranger
}

func TestOpen_sweeps_what_a_dead_run_left_and_no_stranger(t *testing.T) {
	for name, below := range map[string]string{"in the folder": "", "in a folder of a second run": "20261122-000000-ffff"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			left, stranger := dead(t, filepath.Join(dir, below))
			l := open(t, dir, "20261122-024502-0000")
			defer l.Close()
			if len(l.Swept()) != 1 || !strings.HasPrefix(l.Swept()[0], itoa(left.Pid())) {
				t.Errorf("swept %q, want %d", l.Swept(), left.Pid())
			}
			if left.ID().Alive() || !stranger.ID().Alive() {
				t.Errorf("left runs: %v, the stranger runs: %v", left.ID().Alive(), stranger.ID().Alive())
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			again := open(t, dir, testRun)
			defer again.Close()
			if len(again.Swept()) > 0 {
				t.Errorf("swept again: %q", again.Swept())
			}
		})
	}
}

func TestClose_keeps_the_journal_of_what_still_runs(t *testing.T) {
	dir := t.TempDir()
	self, _ := os.Executable()
	p, err := process.Start(t.Context(), process.Spec{Argv: []string{self}, Env: env("sleep", "")})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Kill()
	l := open(t, dir, testRun)
	if err := l.Journal("job", p.ID().Pid, p.ID().Born, "unit/go"); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err == nil || !strings.Contains(err.Error(), "unit/go (pid "+itoa(p.Pid())+") still runs") {
		t.Errorf("%v", err)
	}
	next := open(t, dir, "20261122-024502-0000")
	if len(next.Swept()) != 1 {
		t.Errorf("swept %q", next.Swept())
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
}

func TestJournal_knows_what_is_open(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, testRun)
	for _, err := range []error{
		l.Journal("job", 10, "a", "one"), l.Journal("job", 11, "b", "two"), l.Forget(10), l.Journal("orphan", 10, "c", "three"), l.Events("e.jsonl"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	past, err := readJournal(filepath.Join(dir, journalFile))
	if err != nil {
		t.Fatal(err)
	}
	abs, _ := filepath.Abs("e.jsonl")
	if want := []process.ID{{Pid: 11, Born: "b"}, {Pid: 10, Born: "c"}}; past.run != testRun || past.events != abs || !slices.Equal(past.owners(), want) {
		t.Errorf("%+v", past)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := l.Journal("job", 1, "", ""); err == nil {
		t.Error("a closed lease writes")
	}
}

func FuzzParseJournal(f *testing.F) {
	f.Add([]byte(`{"op":"run","what":"x"}` + "\n" + `{"op":"own","pid":3,"born":"a"}` + "\n" + `{"op":"forget","pid":3}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, id := range parseJournal(b).owners() {
			if id.Pid <= 0 {
				t.Errorf("%+v", id)
			}
		}
	})
}
