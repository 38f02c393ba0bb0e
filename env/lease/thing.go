package lease

import (
	"fmt"
	"path/filepath"
	"strconv"

	"testrunner/report/event"
	"testrunner/runner/process"
)

// Kind is what sort of thing a run has made outside of its own memory.
type Kind string

// The kinds.
const (
	Container Kind = "container"
	Network   Kind = "network"
	Volume    Kind = "volume"
	Process   Kind = "process"
	Folder    Kind = "folder"
)

// inEngine tells whether an engine holds things of this kind.
func (k Kind) inEngine() bool { return k == Container || k == Network || k == Volume }

// Thing is one thing that a run makes and that must go away with it.
type Thing struct {
	Kind    Kind
	Name    string     // of a container, network or volume: its name in the engine; a folder's absolute path; what a process is
	ID      string     // the engine's id; "" before it is known
	Engine  string     // the address of the engine: "unix:///var/run/docker.sock"; "" where none is concerned
	Process process.ID // zero before it is known
}

// String is "container runner-3f9a-postgres (0123456789ab)", "process redis (pid 4711)", "folder /tmp/runner-…".
func (t Thing) String() string {
	out := string(t.Kind) + " " + t.Name
	switch {
	case t.Process.Pid > 0:
		out += fmt.Sprintf(" (pid %d)", t.Process.Pid)
	case t.ID != "" && t.ID != t.Name:
		out += " (" + t.ID[:min(len(t.ID), 12)] + ")"
	}
	return out
}

// ByHand is the command that removes it where runner can't: for PowerShell on Windows, for a POSIX shell elsewhere. "" where there is none.
func (t Thing) ByHand(goos string) string {
	name := t.ID
	if name == "" {
		name = t.Name
	}
	docker := func(words ...string) string {
		argv := []string{"docker"}
		if t.Engine != "" {
			argv = append(argv, "-H", t.Engine)
		}
		return event.ShellJoin(append(append(argv, words...), name))
	}
	switch t.Kind {
	case Container:
		return docker("rm", "-f", "-v")
	case Network:
		return docker("network", "rm")
	case Volume:
		return docker("volume", "rm")
	case Process:
		if t.Process.Pid == 0 {
			return ""
		}
		if goos == "windows" {
			return "taskkill /F /T /PID " + strconv.Itoa(t.Process.Pid)
		}
		return "kill -KILL " + strconv.Itoa(t.Process.Pid)
	case Folder:
		if goos == "windows" {
			return "Remove-Item -Recurse -Force -LiteralPath " + event.PowerShellQuote(filepath.FromSlash(t.Name))
		}
		return "rm -rf " + event.ShellQuote(t.Name)
	}
	return ""
}

// Leftover is a thing that could not be removed.
type Leftover struct {
	Thing
	Err     error  // why
	Command string // removes it by hand; "" where there is none
}

// String is "container runner-3f9a-postgres (0123456789ab): the engine does not answer; try: docker rm -f -v 0123456789ab".
func (l Leftover) String() string {
	out := l.Thing.String()
	if l.Err != nil {
		out += ": " + event.FirstLine(l.Err.Error())
	}
	if l.Command != "" {
		out += "; try: " + l.Command
	}
	return out
}
