package bad

import (
	"os"
	"testing"
	"time"
)

func TestBefore(t *testing.T) {}

func TestHang(t *testing.T) {
	t.Run("inner", func(t *testing.T) {
		t.Log("about to wait")
		for parent := os.Getppid(); parent != 1 && os.Getppid() == parent; {
			time.Sleep(20 * time.Millisecond)
		}
	})
}

func TestLater(t *testing.T) {}
