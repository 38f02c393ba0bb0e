package lease

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// On a full disk nothing is made that could not be written down, and what was written down before stays readable.
func TestInventory_on_a_full_disk_refuses(t *testing.T) {
	const insideVar, disk = "LEASE_TEST_INSIDE", "/mnt"
	if os.Getenv(insideVar) == "" {
		if os.Getuid() != 0 {
			t.Fatalf("root is needed to mount a small disk (uid 0, here %d)", os.Getuid())
		}
		self, err := os.Executable()
		tell(t, err)
		script := "mount --make-rprivate / && mount -t tmpfs -o size=64k tmpfs " + disk + ` && exec "$0" -test.run "^$1$" -test.v`
		cmd := exec.CommandContext(t.Context(), "unshare", "--mount", "sh", "-c", script, self, t.Name())
		cmd.Env = append(os.Environ(), insideVar+"=yes")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	v := inventory(t, disk, testRun)
	tell(t, v.Own(Thing{Kind: Container, Name: "before"}))
	ballast := filepath.Join(disk, "ballast")
	f, err := os.Create(ballast)
	tell(t, err)
	for err == nil {
		_, err = f.Write(make([]byte, 512))
	}
	f.Close()
	made := 0
	for ; made < 1000 && err != nil; made++ { // the journal's last page has room for some lines
		err = v.Own(Thing{Kind: Container, Name: "until it is full"})
		if err != nil {
			break
		}
		err = unix.ENOSPC
	}
	var refused *UnwritableError
	if !errors.As(err, &refused) || !errors.Is(err, unix.ENOSPC) || refused.ExitCode() != 5 {
		t.Fatalf("after %d lines: %v", made, err)
	}
	tell(t, os.Remove(ballast), v.Own(Thing{Kind: Container, Name: "after"}))
	all, err := Inventories(disk)
	if err != nil || len(all) != 1 || len(all[0].Things) != made+2 || all[0].Things[0].Name != "before" || all[0].Things[made+1].Name != "after" {
		t.Errorf("%d lines between: %+v, %v", made, all, err)
	}
}
