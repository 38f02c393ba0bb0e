package main

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/Microsoft/go-winio"
	"github.com/rogpeppe/go-internal/testscript"

	"testrunner/runner/process"
)

// The stories of testdata/windows: Docker Desktop's pipe and service, and processes that end with their job.
func TestWindowsScripts(t *testing.T) {
	p := scriptParams(t)
	p.Dir = "testdata/windows"
	common := p.Setup
	p.Setup = func(e *testscript.Env) error {
		for _, kv := range []string{
			"USERPROFILE=" + e.WorkDir, "TMP=" + e.WorkDir, "TEMP=" + e.WorkDir, "LOCALAPPDATA=" + filepath.Join(e.WorkDir, "Local"),
			"APPDATA=" + filepath.Join(e.WorkDir, "AppData"), "ProgramFiles=" + filepath.Join(e.WorkDir, "Programs"),
			"PATHEXT=.COM;.EXE;.BAT;.CMD", "ComSpec=" + os.Getenv("ComSpec"),
		} {
			name, value, _ := strings.Cut(kv, "=")
			e.Setenv(name, value)
		}
		if err := common(e); err != nil {
			return err
		}
		for _, name := range []string{"GOROOT", "GOTOOLCHAIN", "CGO_ENABLED"} {
			e.Setenv(name, os.Getenv(name))
		}
		e.Setenv("GOFLAGS", strings.TrimSpace("-mod=mod "+os.Getenv("GOFLAGS"))) // what scripts/windows says of Go's own tools
		return nil
	}
	p.Cmds["pipe"], p.Cmds["busy"], p.Cmds["gone"] = pipe, busy, gone
	testscript.Run(t, p)
}

// pipe NAME: a named pipe at which the recorded engine answers until the script ends.
func pipe(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: pipe NAME")
	}
	all, err := readAnswers()
	ts.Check(err)
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: replay(all)}
	listener := listenPipe(ts, args[0])
	go func() { _ = server.Serve(listener) }() // it ends with the listener
	ts.Defer(func() { _ = server.Close() })
}

// busy NAME: a named pipe whose only instance is taken.
func busy(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: busy NAME")
	}
	listenPipe(ts, args[0])
}

// listenPipe makes a pipe, and opens and keeps its first instance: go-winio never serves that one, and Wine does not keep clients
// from it.
func listenPipe(ts *testscript.TestScript, name string) net.Listener {
	name = strings.ReplaceAll(name, "/", `\`)
	listener, err := winio.ListenPipe(name, nil)
	ts.Check(err)
	ts.Defer(func() { _ = listener.Close() })
	if first, err := os.OpenFile(name, os.O_RDWR, 0); err == nil {
		ts.Defer(func() { _ = first.Close() })
	}
	return listener
}

// gone FILE: the process whose id stands in the file ends within twenty seconds. With ! it runs.
func gone(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: [!] gone FILE")
	}
	pid, err := strconv.Atoi(strings.TrimSpace(ts.ReadFile(args[0])))
	ts.Check(err)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		_, err := process.Identify(pid)
		switch {
		case neg && err != nil:
			ts.Fatalf("process %d of %s does not run: %v", pid, args[0], err)
		case neg || err != nil:
			return
		case time.Now().After(deadline):
			ts.Fatalf("process %d of %s still runs", pid, args[0])
		}
	}
}
