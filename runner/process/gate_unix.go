//go:build unix

package process

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// shell is where POSIX systems have theirs.
const shell = "/bin/sh"

// gate holds a program back until it is written down. The program begins as a shell that waits for a line on a pipe and then becomes
// the program: the process, its id and its birth stay the same. If we die before, the pipe ends, and the shell with it.
type gate struct{ theirs, ours *os.File }

// closeGate makes the command begin as such a shell, if somebody is to be told of it. Without a shell the error is the kernel's.
func closeGate(cmd *exec.Cmd, s Spec) (*gate, error) {
	if s.Admit == nil {
		return nil, nil
	}
	// The shell could only tell by its output and its status that it can't become the program.
	path := cmd.Path
	if !filepath.IsAbs(path) {
		path = filepath.Join(cmd.Dir, path)
	}
	if _, err := exec.LookPath(path); err != nil {
		return nil, err
	}
	theirs, ours, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.ExtraFiles = []*os.File{theirs} // 3
	script := "read -r go <&3 || exit 1; exec 3<&-; unset go"
	for _, name := range []string{"PWD", "OLDPWD", "SHLVL"} { // what a shell adds to the environment
		if !slices.ContainsFunc(s.Env, func(e string) bool { return strings.HasPrefix(e, name+"=") }) {
			script += " " + name
		}
	}
	cmd.Args = []string{"sh", "-c", script + `; exec "$@"`, cmd.Path}
	if odd := slices.DeleteFunc(slices.Clone(s.Env), plainName); len(odd) > 0 && !strings.Contains(cmd.Path, "=") {
		cmd.Args = append(append(cmd.Args, "env"), odd...)
	}
	cmd.Args = append(append(cmd.Args, cmd.Path), s.Argv[1:]...)
	cmd.Path = shell
	return &gate{theirs: theirs, ours: ours}, nil
}

// plainName tells whether a variable's name is one for a shell, or none that env could set either. A shell drops what it could not name
// itself, and macOS takes from its own programs, such as its shell, what says where libraries lie.
func plainName(variable string) bool {
	name, _, _ := strings.Cut(variable, "=")
	if name == "" || name[0] == '-' {
		return true
	}
	if strings.HasPrefix(name, "DYLD_") {
		return false
	}
	for i, r := range name {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return true
}

// open tells of the process, and lets it go if it was written down.
func (g *gate) open(id ID, admit func(ID) error) error {
	if g == nil {
		return nil
	}
	g.theirs.Close()
	defer g.ours.Close()
	if err := admit(id); err != nil {
		return err
	}
	_, _ = g.ours.WriteString("\n") // one that is gone already is noticed by who awaits it
	return nil
}

func (g *gate) abandon() {
	if g != nil {
		g.theirs.Close()
		g.ours.Close()
	}
}
