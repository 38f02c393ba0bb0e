//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// insideVar names the test that runs in a machine of its own.
const insideVar = "RUNNER_TEST_INSIDE"

// inside runs a body in a machine of its own: namespaces for mounts, network and processes, in which /run and the engine's data are
// fresh. The real places of the system's engine are used there, and no other engine is touched; all ends with its first process.
func inside(t *testing.T, body func(*testing.T)) {
	t.Helper()
	if os.Getenv(insideVar) == t.Name() {
		body(t)
		return
	}
	t.Parallel()
	needEngine(t)
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
cp -a /etc /run/etc && mount --bind /run/etc /etc && rm -f /etc/init.d/docker
mkdir /run/log && mount --bind /run/log /var/log
ip link set lo up
"$0" -test.run "$1" -test.v -test.timeout 90s || exit $?
`
	pattern := "^" + strings.ReplaceAll(t.Name(), "/", "$/^") + "$"
	cmd := exec.CommandContext(t.Context(), "unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", script, self, pattern)
	cmd.Env = append(environment("DOCKER_HOST=", "DOCKER_CONTEXT=", "DOCKER_CONFIG="), insideVar+"="+t.Name())
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("inside: %v\n%s", err, out)
	}
}

// The stories of testdata/machine start and stop the system's own engine, each in a machine of its own.
func TestMachineScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/machine/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			inside(t, func(t *testing.T) {
				p := scriptParams(t)
				p.Files = []string{file}
				testscript.Run(t, p)
			})
		})
	}
}
