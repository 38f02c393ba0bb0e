package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// containerFiles are a tree whose one service is a container that is built from it.
var containerFiles = map[string]string{
	"runner.yaml":  "version: 1\nservices:\n  web: { ready: /up }\n",
	"compose.yaml": "services:\n  web: { build: ., ports: [\"18080:8080\"], environment: { GREETING: hello } }\n",
	"Dockerfile":   "FROM scratch\nCOPY server /server\nCMD [\"/server\"]\n",
	"server.go": `package main

import ("fmt"; "net/http"; "os")

func main() {
	fmt.Println("says", os.Getenv("GREETING"))
	http.Handle("/never", http.NotFoundHandler())
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, os.Getenv("GREETING")) })
	http.ListenAndServe(":8080", nil)
}
`,
}

// Containers are kept as processes are: at the compose file's port, until they are taken down, and not beyond the death of who keeps them.
func TestServicesInContainers(t *testing.T) {
	w := containerTree(t)
	w.withEngine(t)
	in := "nsenter -n -t " + strconv.Itoa(daemonOf(t, w)) + " " // the engine publishes ports in its own network alone
	do := func(code int, command, want string) string {
		t.Helper()
		out, got := w.shell(t, in+command)
		if got != code || !regexp.MustCompile(want).MatchString(out) {
			t.Fatalf("%s\nexits with %d, want %d, and %q in\n%s", command, got, code, want, out)
		}
		return out
	}
	none := func() {
		t.Helper()
		for _, what := range []string{"ps -aq", "network ls -q --filter label=io.runner.run", "volume ls -q"} {
			if out := do(0, "docker "+what, ""); strings.TrimSpace(out) != "" {
				t.Errorf("docker %s: left\n%s", what, out)
			}
		}
	}
	do(0, "runner services up --env docker", `web: ready in \d+ ms at 127.0.0.1:18080 \(docker\)`)
	do(0, "runner services status", `web  ready +\d+ ms  127.0.0.1:18080  docker`)
	do(0, "runner services logs web", `says hello`)
	do(0, `grep -rhw 'create container' "$RUNNER_STATE_DIR" --include runner.log`, `(?m)^\d{4}-\S+Z docker: create container runner-\S+-web: ok in \d\S+s$`)
	do(0, "runner services restart web", `at 127.0.0.1:18080`)
	do(0, "runner exec -- sh -c 'echo $WEB_URL'", `^http://127.0.0.1:18080\n$`)
	// Who asks for the mode that the kept set has gets the kept set.
	if out := do(0, "runner exec --real-services --env docker -C . -- sh -c 'echo $WEB_URL'", `http://127.0.0.1:\d+`); !strings.Contains(out, "18080") {
		t.Errorf("the kept set was not used:\n%s", out)
	}
	do(0, "runner services down", `leftovers: 0`)
	none()
	do(0, "runner exec --env docker -- sh -c 'echo $WEB_PORT'", `^runner: web ready in .*\n\d+\n$`)
	none()
	// The death of the keeper: its watchdog removes the container.
	do(0, "runner services up --env docker", `up: 1 service ready`)
	do(0, `sh -c 'kill -9 $(runner services status --json | sed -n "s/.*\"pid\": \([0-9]*\).*/\1/p")'`, ``)
	for deadline := time.Now().Add(20 * time.Second); strings.TrimSpace(do(0, "docker ps -aq", "")) != ""; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("20 s after the keeper's death its container is still there")
		}
	}
	do(0, "runner services down", `leftovers: 0`)
	none()
}

// containerTree is a workshop with containerFiles, and the server that they need.
func containerTree(t *testing.T) *workshop {
	t.Helper()
	w := &workshop{root: repositoryRoot(t), dir: t.TempDir(), environ: append(os.Environ(), "HOME="+t.TempDir(), "CI=", "NO_COLOR=", "RUNNER_ENV=")}
	for name, text := range containerFiles {
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", "server", "server.go")
	build.Dir, build.Env = w.dir, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return w
}

// daemonOf is the process of the workshop's engine.
func daemonOf(t *testing.T, w *workshop) int {
	t.Helper()
	socket := strings.TrimPrefix(getenvLast(w.environ, "DOCKER_HOST"), "unix://")
	text, err := os.ReadFile(filepath.Join(filepath.Dir(socket), "pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func getenvLast(environ []string, name string) string {
	value := ""
	for _, kv := range environ {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			value = v
		}
	}
	return value
}
