package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"testrunner/runner/contract/contracttest"
)

// stallVar makes the runner of a test impatient: a job may be silent for so long.
const stallVar = "RUNNER_TEST_STALL"

// The test binary is runner itself when it is called so: the scripts need no build, and what they cover counts.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"runner": func() {
			w := system()
			if stall, err := time.ParseDuration(os.Getenv(stallVar)); err == nil {
				w.Stall = stall
			}
			os.Exit(mainCode(context.Background(), os.Args[1:], w))
		},
		"runner-with-a-bug": func() { os.Exit(runWithBug(context.Background(), system())) },
	})
}

// The scripts of testdata/script are the stories that the command line promises.
func TestScripts(t *testing.T) {
	p := scriptParams(t)
	p.Dir = "testdata/script"
	testscript.Run(t, p)
}

// scriptParams are the environment and the commands of all scripts.
func scriptParams(t *testing.T) testscript.Params {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return testscript.Params{
		Setup: func(e *testscript.Env) error {
			for _, kv := range []string{
				"HOME=" + e.WorkDir, "RUSTUP_HOME=" + rustupHome(), "GOCACHE=" + goEnv(t, "GOCACHE"), "GOMODCACHE=" + goEnv(t, "GOMODCACHE"), "GOFLAGS=-mod=mod", "GOPROXY=off",
				"CI=", "NO_COLOR=", "GORACE=atexit_sleep_ms=0", "EXAMPLES=" + filepath.Join(root, "examples"), "GIT_CONFIG_NOSYSTEM=1",
				"RUNNER_STATE_DIR=" + filepath.Join(e.WorkDir, ".state"),
				"NODE_MODULES=" + filepath.Join(root, "runner", "tool", "testdata", "npm", "node_modules"), // to be linked: symlink node_modules -> $NODE_MODULES
			} {
				name, value, _ := strings.Cut(kv, "=")
				e.Setenv(name, value)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   exits,
			"copydir": copydir,
			"count":   count,
			"await":   await,
			"reruns":  reruns,
			"trap":    trap,
			"serve":   serve,
			"chat":    chat,
			"tls":     serveTLS,
			"within":  within,
		},
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
	}
}

// rustupHome is where rustup keeps the toolchains that its cargo on PATH stands in for; a cargo of another origin ignores it.
func rustupHome() string {
	if dir := os.Getenv("RUSTUP_HOME"); dir != "" {
		return dir
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".rustup")
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	if value := os.Getenv(name); value != "" {
		return value // where it is said, no go is needed
	}
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// exits CODE PROGRAM ARGS...: runs the program, which must end with that code. Its output is there for stdout and stderr.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARGS...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var status *exec.ExitError
	switch {
	case err == nil:
	case asExit(err, &status):
		got = status.ExitCode()
	default:
		ts.Fatalf("%s: %v", args[1], err)
	}
	if got != want {
		ts.Fatalf("%s exits with %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

func asExit(err error, target **exec.ExitError) bool {
	e, ok := err.(*exec.ExitError)
	*target = e
	return ok
}

// copydir FROM TO: copies a folder.
func copydir(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: copydir FROM TO")
	}
	ts.Check(os.CopyFS(ts.MkAbs(args[1]), os.DirFS(args[0])))
}

// count N TEXT FILE: the text stands N times in the file.
func count(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: count N TEXT FILE")
	}
	if got := strings.Count(ts.ReadFile(args[2]), args[1]); fmt.Sprint(got) != args[0] {
		ts.Fatalf("%q stands %d times in %s, want %s", args[1], got, args[2], args[0])
	}
}

// await FILE REGEX: waits until the file is there and matches, as a person would who looks again and again.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await FILE REGEX")
	}
	want, err := regexp.Compile(args[1])
	ts.Check(err)
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if data, err := os.ReadFile(ts.MkAbs(args[0])); err == nil && want.Match(data) {
			return
		}
	}
	ts.Fatalf("%s does not match %q after 30 s:\n%s", args[0], args[1], ts.ReadFile(args[0]))
}

// reruns N: the last output has N rerun lines, and each, typed into a shell, runs one test, which fails. TestSub alone has
// subtests, which run with it.
func reruns(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: reruns N")
	}
	lines := regexp.MustCompile(`(?m)^ +rerun: (.*)$`).FindAllStringSubmatch(ts.ReadFile("stdout"), -1)
	if fmt.Sprint(len(lines)) != args[0] {
		ts.Fatalf("%d lines to rerun, want %s", len(lines), args[0])
	}
	for _, l := range lines {
		if err := ts.Exec("sh", "-c", l[1]); err == nil {
			ts.Fatalf("%s: passed", l[1])
		}
		want := "FAILED (1)  1 test: 0 passed, 1 failed, 0 errors"
		if strings.HasSuffix(l[1], "::TestSub") { // with its two subtests
			want = "FAILED (1)  3 tests: 1 passed, 2 failed, 0 errors"
		}
		if out := ts.ReadFile("stdout"); !strings.Contains(out, want) {
			ts.Fatalf("%s: not %q:\n%s", l[1], want, out)
		}
	}
}

// trap SOCKET: a socket that nobody may connect to until the script ends.
func trap(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: trap SOCKET")
	}
	listener, err := net.Listen("unix", ts.MkAbs(args[0]))
	ts.Check(err)
	caught := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			caught <- conn.Close()
		}
		close(caught)
	}()
	ts.Defer(func() {
		ts.Check(listener.Close())
		if _, dialled := <-caught; dialled {
			ts.Fatalf("somebody dialled %s", args[0])
		}
	})
}

// serve NAME: an HTTP server that answers every path, in the variable; $NAME_HOST is its host and port.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: serve NAME")
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
	ts.Setenv(args[0]+"_HOST", strings.TrimPrefix(server.URL, "http://"))
}

// chat NAME [FAULT]: serves a chat until the script ends, with its fault; $NAME is its address, $NAME_WS that of its WebSocket, and
// $ADA and $BOB are tokens of two users.
func chat(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: chat NAME [FAULT]")
	}
	server := contracttest.New(contracttest.Fault(strings.Join(args[1:], "")))
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
	ts.Setenv(args[0]+"_WS", server.Sockets())
	ts.Setenv(args[0]+"_HOST", strings.TrimPrefix(server.URL, "http://"))
	ts.Setenv("ADA", contracttest.Mint("ada"))
	ts.Setenv("BOB", contracttest.Mint("bob"))
}

// tls NAME: serves HTTPS with a certificate that nobody trusts until the script ends; $NAME is its address.
func serveTLS(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: tls NAME")
	}
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it would tell of each client that hangs up
	server.StartTLS()
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
}

// within DURATION CODE PROGRAM ARGS...: as exits, and no longer than that.
func within(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: within DURATION CODE PROGRAM [ARGS...]")
	}
	most, err := time.ParseDuration(args[0])
	ts.Check(err)
	begun := time.Now()
	exits(ts, false, args[1:])
	if took := time.Since(begun); took > most {
		ts.Fatalf("%s took %s", strings.Join(args[2:], " "), took)
	}
}
