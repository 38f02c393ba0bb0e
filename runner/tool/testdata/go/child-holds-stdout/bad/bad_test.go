//go:build unix

package bad

import (
	"os"
	"os/exec"
	"testing"
)

func TestParent(t *testing.T) {
	child := exec.Command("sleep", "2")
	child.Stdout = os.Stdout
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
}
