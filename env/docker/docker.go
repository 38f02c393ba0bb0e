// Package docker knows the container engine: which one is asked and by which rule, what state it is in and what mends it, how
// it is started, and what runner itself puts into it.
//
// It observes and acts where it is told to. It must not know tests, categories, modes or verdicts, decides nothing about a run,
// and prints nothing: what it did is told through the hooks that the caller gives.
package docker

import (
	"context"
	"io/fs"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"

	"testrunner/runner/process"
)

// Place is this machine and its environment, as far as the choice of an engine and its diagnosis look at them. Here is the real
// one; a test puts another in its place.
type Place struct {
	OS       string   // GOOS
	Environ  []string // NAME=VALUE
	Hostname string   // as the system calls itself
	Home     string   // of the user, "" if unknown
	User     string   // login name
	Uid      int      // -1 where there is none (Windows)
	ReadFile func(path string) ([]byte, error)
	Stat     func(path string) (fs.FileInfo, error)
	List     func(dir string) []string // names in a folder, sorted; none if it can't be read
	Program  func(name string) string  // full path of a program on PATH, "" if there is none
	Service  func(name string) Service // a service of Windows
	Dial     Dial                      // connects; every call is told to Log
	Process  func(pid int) (process.Glimpse, error)
	Named    func(names ...string) []process.Glimpse
	Output   func(ctx context.Context, argv ...string) (string, error) // a short probe's standard output
	Log      func(line string)                                         // every dial and every engine call, for runner.log, from many goroutines; nil discards
}

// Dial connects to an engine. Networks are "unix", "tcp" and "npipe"; errors keep the system's own number in their chain.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Service is what a service manager says of one service: the zero value is one that is not there.
type Service struct {
	Found    bool
	Running  bool
	Starting bool
	Disabled bool
}

// Here is this machine, with the environment NAME=VALUE of the caller.
func Here(environ []string, log func(string)) Place {
	p := Place{
		OS: runtime.GOOS, Environ: environ, Uid: os.Getuid(), ReadFile: os.ReadFile, Stat: os.Stat, List: list,
		Service: queryService, Process: process.LookAt, Named: process.Named, Dial: dial, Log: log,
	}
	p.Hostname, _ = os.Hostname() // unknown is "", which is no engine's name
	p.Home = p.Getenv("HOME")
	if p.OS == "windows" {
		p.Home = p.Getenv("USERPROFILE")
	}
	if me, err := user.Current(); err == nil {
		p.User = me.Username
		if p.Home == "" {
			p.Home = me.HomeDir
		}
	}
	p.Program = func(name string) string { return lookPath(p, name) }
	p.Output = func(ctx context.Context, argv ...string) (string, error) {
		return process.Output(ctx, "", environ, argv)
	}
	return p
}

// Getenv reads a variable; the last entry counts.
func (p Place) Getenv(name string) string {
	for i := len(p.Environ) - 1; i >= 0; i-- {
		k, v, ok := strings.Cut(p.Environ[i], "=")
		if ok && (k == name || p.OS == "windows" && strings.EqualFold(k, name)) {
			return v
		}
	}
	return ""
}

func (p Place) log(line string) {
	if p.Log != nil {
		p.Log(line)
	}
}

func list(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// lookPath finds a program as a shell would. Folders of the system's own programs count too: service and dockerd lie in sbin,
// which is on root's PATH alone.
func lookPath(p Place, name string) string {
	dirs := filepath.SplitList(p.Getenv("PATH"))
	exts := []string{""}
	if p.OS == "windows" {
		exts = []string{".exe", ".cmd", ".bat"}
	} else {
		dirs = append(dirs, "/usr/sbin", "/sbin")
	}
	for _, dir := range dirs {
		for _, ext := range exts {
			path := filepath.Join(dir, name+ext)
			if info, err := os.Stat(path); err == nil && filepath.IsAbs(path) && !info.IsDir() && (p.OS == "windows" || info.Mode()&0o111 != 0) {
				return path
			}
		}
	}
	return ""
}
