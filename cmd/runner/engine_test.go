package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// ownEngine starts a dockerd of this test's own and returns its DOCKER_HOST: its own data, socket, network and mounts, so that no
// other engine is touched. It ends with the test.
func ownEngine(t *testing.T) string {
	t.Helper()
	needEngine(t)
	dir, err := os.MkdirTemp("", "engine") // a socket's path may have 100 bytes
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "d.sock")
	cmd := exec.Command("unshare", "--net", "--mount", "sh", "-c", `ip link set lo up && cd "$0" && exec dockerd --data-root "$0/data" --exec-root "$0/exec" `+
		`--pidfile "$0/pid" -H "unix://$0/d.sock" --storage-driver vfs --log-level error`, dir)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if text, _ := os.ReadFile(log.Name()); t.Failed() {
			t.Logf("dockerd:\n%s", text)
		}
		log.Close()
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("unix", socket); err == nil {
			c.Close()
			return "unix://" + socket
		}
		if time.Now().After(deadline) {
			t.Fatal("dockerd does not come up")
		}
	}
}

func needEngine(t *testing.T) {
	t.Helper()
	for _, name := range []string{"dockerd", "unshare"} {
		if _, err := exec.LookPath(name); err != nil || os.Getuid() != 0 {
			t.Fatalf("%s is needed, and root (uid 0, here %d): apt-get install -y docker.io", name, os.Getuid())
		}
	}
}
