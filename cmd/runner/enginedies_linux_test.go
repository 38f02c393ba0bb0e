package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Trees whose engine dies. Their tests wait for the file "go", so that what comes before and behind the death is no matter of luck.
var (
	dyingWait = map[string]string{ // while its service is asked whether it is ready, which it never is
		"runner.yaml":           "version: 1\ncategories: { integration: { needs: [web] } }\nservices:\n  web: { ready: { path: /never, within: 10m } }\n",
		"package.json":          `{"scripts": {"test": "node --test"}}`,
		"integration/a.test.js": "require('node:test').test('never asked', () => {});\n",
	}
	dyingTest = map[string]string{ // while its test asks the service
		"runner.yaml":  "version: 1\ncategories: { integration: { needs: [web] } }\nservices:\n  web: { ready: /up }\n",
		"package.json": `{"scripts": {"test": "node --test"}}`,
		"integration/a.test.js": waitsForGo + `
test('came before', () => {});
test('asks web', async () => {
  fs.writeFileSync('started', 'yes');
  await go();
  await fetch(process.env.WEB_URL);
  throw new Error('it answers');
});
`,
	}
)

// waitsForGo is the beginning of a test that goes on when it is told to.
const waitsForGo = `const { test } = require('node:test');
const fs = require('node:fs');
const go = async () => { while (!fs.existsSync('go')) await new Promise((again) => setTimeout(again, 10)); };
`

// besides is a category that needs nothing: it goes on while the engine is dead, and until it is back.
const besides = waitsForGo + "test('needs nothing', go);\n"

// The engine's death is no failure of a test. It dies as kill -9 has it, so that the containers and who minds them live on: while a service
// is asked whether it is ready, and while a test asks one. Where the engine is back before the end of the run, that is incomplete and
// nothing else; where it is not, what is in it was left behind, which is the stronger word (design, section 6).
func TestEngineDies(t *testing.T) {
	t.Parallel()
	w := containerTree(t)
	engine := newMortalEngine(t)
	w.environ = append(w.environ, "DOCKER_HOST="+engine.host, "RUNNER_STATE_DIR="+t.TempDir())
	begin := func(files map[string]string, more map[string]string) *frozen {
		all := map[string]string{}
		for _, some := range []map[string]string{files, more} {
			for name, text := range some {
				all[name] = text
			}
		}
		return engineRun(t, w, engine.first, all, "--env", "docker")
	}
	tell := func(r *frozen, what string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(r.dir, what), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	waits, asks := begin(dyingWait, nil), begin(dyingTest, nil)
	waitsOn, asksOn := begin(dyingWait, map[string]string{"unit/b.test.js": besides}), begin(dyingTest, nil)
	for _, r := range []*frozen{waits, waitsOn} {
		untilFile(t, r.dir, "runner-results/events.jsonl", `"kind":"service-changed".*"state":"started"`)
	}
	for _, r := range []*frozen{asks, asksOn} {
		untilFile(t, r.dir, "started", "yes")
	}
	engine.kill(t)
	tell(asks, "go")
	const left = `; left behind: network runner-\S+ \(\w+\) \(runner clean removes it\), container runner-\S+-web \(\w+\) \(runner clean removes it\)\n`
	const notRun = `; not run: integration: node \(web: the engine (died|stopped answering): runner doctor\)`
	waits.ends(t, 6, `(?m)^INVALID \(6\)  1 test: 0 passed, 0 failed, 1 error, 0 skipped in .*`+notRun+left,
		`name="\[not run\] integration: node"`, `type="runner.NotRun"`, `name="runner.leftovers" value="2"`)
	asks.ends(t, 6, `(?m)^INVALID \(6\)  2 tests: 1 passed, 0 failed, 1 error, 0 skipped in [^;]*; docker`+left, // and nothing else
		`type="runner.Environment"`, `the engine under web was gone while this test ran: the engine (died|stopped answering)`, `name="runner.leftovers" value="2"`)
	log := read(t, asks.dir, "runner-results/runner.log") // has each call, how long it took, and what was wrong with it
	for _, call := range []string{"create container runner-\\S+-web: ok in \\S+s", "start container [0-9a-f]{12}: ok in \\S+s", "ping: Cannot connect to the Docker daemon .* after \\S+s"} {
		if !regexp.MustCompile(`(?m)^\S+Z +\d+ logged +docker: ` + call + `$`).MatchString(log) {
			t.Errorf("no %q in runner.log:\n%s", call, log)
		}
	}
	engine.begin(t)
	for _, r := range []*frozen{waitsOn, asksOn} {
		tell(r, "go")
	}
	waitsOn.ends(t, 5, `(?m)^INCOMPLETE \(5\)  2 tests: 1 passed, 0 failed, 1 error, 0 skipped in .*`+notRun+`\n`,
		`name="\[not run\] integration: node"`, `type="runner.NotRun"`, `name="runner.leftovers" value="0"`)
	asksOn.ends(t, 5, `(?m)^INCOMPLETE \(5\)  2 tests: 1 passed, 0 failed, 1 error, 0 skipped in [^;]*; docker\n`, `type="runner.Environment"`, `name="runner.leftovers" value="0"`)
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) { // what was left behind goes with the engine's return
		out, code := w.shell(t, "docker ps -aq && docker network ls -q --filter label=io.runner.run && ls \"$RUNNER_STATE_DIR/runs\"")
		if code == 0 && strings.TrimSpace(out) == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s after the engine's return there is\n%s", patience, out)
		}
	}
}

// ends waits for the end of a run, whose last line and whose junit.xml are to match.
func (r *frozen) ends(t *testing.T, code int, verdict string, report ...string) {
	t.Helper()
	err := r.cmd.Wait()
	if got := r.cmd.ProcessState.ExitCode(); got != code || !regexp.MustCompile(verdict).MatchString(r.out.String()) {
		t.Errorf("%v: exits with %d, want %d, and %q in\n%s", err, got, code, verdict, r.out)
	}
	text := read(t, r.dir, "runner-results/junit.xml")
	for _, want := range report {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("no %q in junit.xml:\n%s", want, text)
		}
	}
}

// mortalEngine is a dockerd that may be killed and begun again. It lives in namespaces that have a first process of their own: what
// outlives dockerd ends with that.
type mortalEngine struct {
	dir, host string
	first     int // process, in whose network the engine's ports are
	daemon    *exec.Cmd
}

func newMortalEngine(t *testing.T) *mortalEngine {
	t.Helper()
	needEngine(t)
	dir, err := os.MkdirTemp("", "engine") // a socket's path may have 100 bytes
	if err != nil {
		t.Fatal(err)
	}
	e := &mortalEngine{dir: dir, host: "unix://" + filepath.Join(dir, "d.sock")}
	// The shell takes the status of what loses its parent.
	keeper := exec.Command("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
		`ip link set lo up && mkdir "$0/data" && mount -t tmpfs tmpfs "$0/data" && mount -t tmpfs tmpfs /run && touch "$0/up" || exit 1
sleep infinity & while :; do wait; done`, dir)
	keeper.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := keeper.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = keeper.Process.Kill()
		_ = keeper.Wait()
		if e.daemon != nil {
			_ = e.daemon.Wait()
		}
		if text, _ := os.ReadFile(filepath.Join(dir, "log")); t.Failed() {
			t.Logf("dockerd:\n%s", text)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	untilFile(t, dir, "up", "")
	e.first = onlyChild(t, keeper.Process.Pid)
	e.begin(t)
	return e
}

// begin starts dockerd and returns when it answers.
func (e *mortalEngine) begin(t *testing.T) {
	t.Helper()
	log, err := os.OpenFile(filepath.Join(e.dir, "log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	e.daemon = exec.Command("nsenter", "--net", "--mount", "--pid", "-t", strconv.Itoa(e.first), "sh", "-c", `exec dockerd --data-root "$0/data" --exec-root "$0/exec" `+
		`--pidfile "$0/pid" -H "unix://$0/d.sock" --storage-driver vfs --log-level error`, e.dir)
	e.daemon.Stdout, e.daemon.Stderr = log, log
	if err := e.daemon.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if exec.CommandContext(t.Context(), "docker", "-H", e.host, "version").Run() == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("dockerd does not come up")
		}
	}
}

// kill is kill -9 of dockerd alone.
func (e *mortalEngine) kill(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(onlyChild(t, e.daemon.Process.Pid), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = e.daemon.Wait() // it was killed
	e.daemon = nil
}

// onlyChild is the process for which nsenter and unshare wait.
func onlyChild(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/task/" + strconv.Itoa(pid) + "/children")
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatalf("the children of %d are %q: %v", pid, text, err)
	}
	return child
}
