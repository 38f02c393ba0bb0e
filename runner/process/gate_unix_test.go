//go:build unix

package process

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// killsItself is the role of a runner that dies while it writes a program down.
func killsItself(arg string) int {
	self, _ := os.Executable()
	s := Spec{Argv: []string{self}, Env: roleEnv("touch", arg), Admit: func(id ID) error {
		fmt.Println("child", id.Pid)
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}}
	_, err := Start(context.TODO(), s)
	fmt.Println("survived", err)
	return 1
}

func touch(path string) int {
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		return 1
	}
	return 0
}

func TestAdmit_is_told_before_the_program_runs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ran")
	s := role(t, "touch", path)
	var told ID
	s.Admit = func(id ID) error {
		told = id
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Error("the program ran before it was written down")
		}
		return nil
	}
	p := start(t, s)
	if exit := p.Wait(); exit.Code != 0 || told != p.ID() {
		t.Errorf("%+v; told of %v, and it is %v", exit, told, p.ID())
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestAdmit_that_fails_lets_nothing_run(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ran")
	s := role(t, "touch", path)
	full := errors.New("no space left")
	var told ID
	s.Admit = func(id ID) error { told = id; return full }
	if _, err := Start(t.Context(), s); !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the program ran")
	}
	if told.Pid == 0 || running(told.Pid) {
		t.Errorf("process %v is still there", told)
	}
}

func TestAdmit_when_the_runner_is_killed_meanwhile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ran")
	out := newTranscript()
	s := role(t, "kills-itself", path)
	s.Stdout = out
	p := start(t, s)
	child := out.pid(t, "child ")
	if exit := p.Wait(); exit.Signal != "SIGKILL" {
		t.Errorf("%+v %s", exit, out)
	}
	eventually(t, "the end of the child", func() bool { return !running(child) })
	if _, err := os.Stat(path); err == nil {
		t.Error("the program ran, and nobody knows of it")
	}
}

func TestAdmit_changes_nothing_for_the_program(t *testing.T) {
	ask := func(admit func(ID) error) []string {
		out := newTranscript()
		s := role(t, "environment", "")
		s.Env = append(s.Env, "PATH=/usr/bin:/bin", "a.b=c d", "DYLD_LIBRARY_PATH=/opt/my lib", "EMPTY=", `QUOTES='"$(x)`)
		s.Stdout, s.Admit, s.Dir = out, admit, t.TempDir()
		start(t, s).Wait()
		lines := strings.Split(strings.ReplaceAll(out.String(), s.Dir, "DIR"), "\n")
		slices.Sort(lines)
		return slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "_=") }) // bash can't be without it
	}
	plain, gated := ask(nil), ask(func(ID) error { return nil })
	if !slices.Equal(plain, gated) {
		t.Errorf("without:\n%s\nwith:\n%s", strings.Join(plain, "\n"), strings.Join(gated, "\n"))
	}
}

// What the shell of macOS would not hand on goes by env, which is no loss elsewhere.
func TestPlainName(t *testing.T) {
	for variable, plain := range map[string]bool{
		"PATH=/bin": true, "_x1=": true, "a.b=c": false, "1a=b": false, "DYLD_LIBRARY_PATH=/opt/lib": false, "": true, "-i=x": true,
	} {
		if plainName(variable) != plain {
			t.Errorf("%s: want %v", variable, plain)
		}
	}
}

func TestAdmit_names_a_program_that_is_not_there(t *testing.T) {
	_, err := Start(t.Context(), Spec{Argv: []string{"./nowhere"}, Dir: t.TempDir(), Admit: func(ID) error { return nil }})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func TestUser_runs_it_as_somebody_else(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root may choose who runs a program: run the tests as root, too")
	}
	for _, admit := range []func(ID) error{nil, func(ID) error { return nil }} {
		out := newTranscript()
		p := start(t, Spec{Argv: []string{"/usr/bin/id"}, Stdout: out, User: &User{UID: 65534, GID: 65533}, Admit: admit})
		if exit := p.Wait(); exit.Code != 0 {
			t.Errorf("%+v", exit)
		}
		if text := out.String(); !strings.Contains(text, "uid=65534") || !strings.Contains(text, "gid=65533") || strings.Contains(text, "=0(") {
			t.Error(text)
		}
	}
}

func TestStdin_is_what_is_given(t *testing.T) {
	f, err := os.Open("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, admit := range []func(ID) error{nil, func(ID) error { return nil }} {
		if _, err := f.Seek(0, 0); err != nil {
			t.Fatal(err)
		}
		out := newTranscript()
		start(t, Spec{Argv: []string{"/bin/cat"}, Stdin: f, Stdout: out, Admit: admit}).Wait()
		if want, _ := os.ReadFile("doc.go"); out.String() != string(want) {
			t.Errorf("%q", out)
		}
	}
}
