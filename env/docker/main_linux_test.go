package docker

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"testrunner/report/event"
)

// The test binary is a look as another user or from a typed command, named by this variable.
const roleVar = "DOCKER_TEST_ROLE"

// insideVar says that this test runs in namespaces of its own.
const insideVar = "DOCKER_TEST_INSIDE"

func TestMain(m *testing.M) {
	switch role := os.Getenv(roleVar); role {
	case "":
		os.Exit(m.Run())
	case "look":
		s := Look(context.Background(), Here(os.Environ(), nil), Clocks{})
		if err := json.NewEncoder(os.Stdout).Encode(s); err != nil {
			os.Exit(1)
		}
	case "runner":
		if err := command(context.Background(), os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, "runner:", err)
			os.Exit(5)
		}
	default:
		fmt.Fprintln(os.Stderr, "no such role:", role)
		os.Exit(99)
	}
}

// workDir is a folder of such a machine that goes with it, whatever an engine has mounted there.
const workDir = "/run/work"

// stateDir is where these machines keep what runner started.
const stateDir = "/run/state"

// command is as much of runner's command line as the remedies of this room use.
func command(ctx context.Context, args []string) error {
	place := Here(os.Environ(), func(line string) { fmt.Fprintln(os.Stderr, line) })
	state := Look(ctx, place, Clocks{})
	w := Waiting{StateDir: stateDir, Wait: 20 * time.Second, Environ: os.Environ(), Now: time.Now()}
	var plan Plan
	var err error
	switch line := strings.Join(args, " "); line {
	case "docker stop":
		if plan, err = PlanStop(ctx, place, state, stateDir); err != nil {
			return err
		}
		return Stop(ctx, place, plan, w)
	case "docker start", "doctor --fix":
		plan, err = PlanStart(place, state)
	case "doctor --fix --restart":
		plan, err = PlanRestart(ctx, place, state)
	case "doctor":
		fmt.Println(state.Name)
		return nil
	default:
		return fmt.Errorf("no such command: %s", line)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, plan.Steps, plan.Stops)
	out, err := Carry(ctx, place, plan, w)
	if err == nil && !out.State.Works() {
		err = fmt.Errorf("%s: %s", out.State.Name, out.State.Detail)
	}
	return err
}

// machine is a machine of its own for a test: namespaces for mounts, network and processes, in which /run and the engine's data are
// fresh, so that the real places of the system's engine are used and no other engine is touched. All ends with the first process.
type machine struct{ dir string }

// inside runs the body in a machine of its own. It needs root and the engine's programs, as CI has them.
func inside(t *testing.T, body func(*testing.T, machine)) {
	t.Helper()
	if os.Getenv(insideVar) == t.Name() {
		body(t, machine{workDir})
		return
	}
	t.Parallel()
	for _, name := range []string{"dockerd", "unshare", "service"} {
		if _, err := exec.LookPath(name); err != nil || os.Getuid() != 0 {
			t.Fatalf("%s is needed, and root (uid 0, here %d): apt-get install -y docker.io", name, os.Getuid())
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The shell is the first process: it takes the status of what loses its parent.
	script := `set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/lock /var/lib/docker
mount -t tmpfs -o size=96m tmpfs /var/lib/docker
cp -a /etc /run/etc && mount --bind /run/etc /etc
mkdir /run/log && mount --bind /run/log /var/log
ip link set lo up
mkdir -p /run/bin /run/state /run/work && printf '#!/bin/sh\n` + roleVar + `=runner exec %s "$@"\n' "$0" >/run/bin/runner && chmod 755 /run/bin/runner
"$0" -test.run "$1" -test.v -test.timeout 60s || exit $?
`
	cmd := exec.CommandContext(t.Context(), "unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc",
		"sh", "-c", script, self, "^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), insideVar+"="+t.Name(), "HOME=/root", "DOCKER_HOST=", "DOCKER_CONTEXT=", "DOCKER_CONFIG=", "DOCKER_API_VERSION=")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("inside: %v\n%s", err, out)
	}
}

// environ is the environment of a look, NAME=VALUE on top of what is usual.
func (m machine) environ(more ...string) []string {
	return append([]string{"PATH=/run/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "USER=root", "LANG=C", "RUNNER_STATE_DIR=" + stateDir}, more...)
}

func (m machine) look(t *testing.T, more ...string) State {
	t.Helper()
	return Look(t.Context(), Here(m.environ(more...), func(line string) { t.Log(line) }), Clocks{})
}

// want checks a state as a whole: its name, the rule that chose the host, and the remedy.
func want(t *testing.T, s State, name Name, rule Rule, remedy string) {
	t.Helper()
	if s.Name != name || s.Host.Rule != rule || s.Remedy != remedy || s.Detail == "" || s.Tries < 1 {
		t.Fatalf("got %s by %q, remedy %q (%s; %s; %s)\nwant %s by %q, remedy %q", s.Name, s.Host.Rule, s.Remedy, s.Detail, s.Advice, s.Raw, name, rule, remedy)
	}
	if status := map[bool]event.Status{true: event.OK, false: event.Fail}[name == Up]; s.Status != status && name != Rootless && name != Podman && name != Unforeseen {
		t.Fatalf("%s has the status %s", name, s.Status)
	}
}

// engine starts a dockerd. It ends with the test.
func (m machine) engine(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	return m.daemon(t, append([]string{"dockerd"}, args...)...)
}

// daemon starts an engine by a command that becomes it.
func (m machine) daemon(t *testing.T, argv ...string) *exec.Cmd {
	t.Helper()
	log, err := os.Create(filepath.Join(m.dir, fmt.Sprintf("dockerd-%d.log", time.Now().UnixNano())))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr, cmd.Env = log, log, m.environ()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		log.Close()
		if text, _ := os.ReadFile(log.Name()); t.Failed() {
			t.Logf("dockerd:\n%s", text)
		}
	})
	return cmd
}

// until looks until the engine has that name.
func (m machine) until(t *testing.T, name Name, more ...string) State {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		s := Look(t.Context(), Here(m.environ(more...), nil), Clocks{})
		if s.Name == name {
			return s
		}
		if time.Now().After(deadline) {
			t.Fatalf("it never is %s, but %s (%s; %s)", name, s.Name, s.Detail, s.Raw)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// types runs a remedy as it is typed into a shell, and LOOK behind it, in that same shell; it returns what that saw.
func (m machine) types(t *testing.T, remedy string, more ...string) State {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-s")
	cmd.Env = m.environ(more...)
	cmd.Stdin = strings.NewReader(remedy + "\n" + m.lookCommand(self))
	return decode(t, cmd)
}

// lookCommand looks until the engine works, or for the time that an engine takes to start.
func (m machine) lookCommand(self string) string {
	return roleVar + "=look " + self + " > /run/looked; n=0; while ! grep -q '\"Status\":\"ok\"' /run/looked && [ $n -lt 40 ]; do n=$((n+1)); sleep 0.1; " +
		roleVar + "=look " + self + " > /run/looked; done; cat /run/looked\n"
}

func decode(t *testing.T, cmd *exec.Cmd) State {
	t.Helper()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s%s", cmd.Args, err, out, &stderr)
	}
	at := bytes.Index(out, []byte(`{"Name"`))
	if at < 0 {
		t.Fatalf("%v told no state:\n%s%s", cmd.Args, out, &stderr)
	}
	var s State
	if err := json.Unmarshal(out[at:], &s); err != nil {
		t.Fatal(err)
	}
	return s
}
