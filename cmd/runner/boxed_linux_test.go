package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// boxedFiles are a tree whose one test asks a container, by the address that it was given, and waits for the file "go" before that.
var boxedFiles = map[string]string{
	"runner.yaml": `version: 1
suites:
  foreign: { category: integration, tool: junit, command: [sh, ask.sh], reports: ["out/*.xml"], needs: [web] }
services:
  web: { ready: /up }
`,
	"ask.sh": `alias b=/bin/busybox
b mkdir -p out
echo "$WEB_URL" >asked
while [ ! -e go ]; do b sleep 0.05; done
if [ "$(b wget -qO- "$WEB_URL")" = hello ]; then outcome=; else outcome='<failure message="no answer"/>'; fi
echo "<testsuite name='s'><testcase classname='c' name='asks web'>$outcome</testcase></testsuite>" >out/new.xml
[ -z "$outcome" ]
`,
}

// Runner, as scripts/build makes it, in a container that has the socket of its engine: that container joins the network of the run, so that
// the tests reach the services where they are, and is as it was when the run is over.
func testBoxed(t *testing.T, program string) {
	w := containerTree(t)
	w.withEngine(t)
	for name, text := range boxedFiles {
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	do := func(command, want string) {
		t.Helper()
		if out, code := w.shell(t, command); code != 0 || !regexp.MustCompile(want).MatchString(out) {
			t.Fatalf("%s\nexits with %d, and no %q in\n%s", command, code, want, out)
		}
	}
	do("mkdir image && cd image\n"+plainImage+"cd .. && rm -r image", "")
	socket := strings.TrimPrefix(getenvLast(w.environ, "DOCKER_HOST"), "unix://")
	do(`docker run --detach --name box -v '`+socket+`:/var/run/docker.sock' -v '`+w.dir+`:/tree' -v '`+program+`:/runner:ro' -w /tree -e HOME=/tmp plain:1 `+
		`sh -c '/runner --env docker >said 2>&1; echo $? >code; exec /bin/busybox sleep 600'`, "")
	defer do("docker rm --force --volumes box", "")
	networks := `docker inspect --format '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}' box`
	until := func(file string) string {
		t.Helper()
		for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
			if text, err := os.ReadFile(filepath.Join(w.dir, file)); err == nil && len(text) > 0 {
				return strings.TrimSpace(string(text))
			}
			if _, err := os.Stat(filepath.Join(w.dir, "code")); file != "code" && err == nil || time.Now().After(deadline) {
				t.Fatalf("there is no %s:\n%s", file, read(t, w.dir, "said"))
			}
		}
	}
	if url := until("asked"); !regexp.MustCompile(`^http://172\.\d+\.\d+\.\d+:8080$`).MatchString(url) {
		t.Errorf("web is at %s", url)
	}
	do(networks, `^bridge runner-\S+ \n$`)
	if err := os.WriteFile(filepath.Join(w.dir, "go"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	code, said := until("code"), read(t, w.dir, "said")
	if code != "0" || !regexp.MustCompile(`(?m)^PASSED \(0\)  1 test: 1 passed, 0 failed, 0 errors, 0 skipped in [^;]*; docker$`).MatchString(said) {
		t.Errorf("it exits with %s, and says\n%s", code, said)
	}
	if report := read(t, w.dir, "runner-results/junit.xml"); !strings.Contains(report, `name="runner.leftovers" value="0"`) {
		t.Errorf("junit.xml:\n%s", report)
	}
	do(networks, `^bridge \n$`)
	for _, what := range []string{"ps -aq --filter label=io.runner.run", "network ls -q --filter label=io.runner.run", "volume ls -q"} {
		do("docker "+what, `^$`)
	}
}
