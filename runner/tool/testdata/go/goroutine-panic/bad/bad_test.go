package bad

import (
	"testing"
	"time"
)

func TestGuilty(t *testing.T) {
	go func() {
		time.Sleep(100 * time.Millisecond)
		panic("boom")
	}()
}

func TestBlamed(t *testing.T) { select {} }

func TestLater(t *testing.T) {}
