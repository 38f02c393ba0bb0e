//go:build unix

package tool

import (
	"os"
	"syscall"
	"testing"
)

func pytestSignalDump(t *testing.T, p *os.Process) {
	t.Helper()
	if err := p.Signal(syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
}
