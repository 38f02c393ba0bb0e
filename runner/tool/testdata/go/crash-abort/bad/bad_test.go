//go:build unix

package bad

import (
	"os"
	"syscall"
	"testing"
)

func TestBefore(t *testing.T) {}

func TestBad(t *testing.T) {
	_ = syscall.Kill(os.Getpid(), syscall.SIGABRT)
	select {}
}

func TestLater(t *testing.T) {}
