package bad

import (
	"os"
	"testing"
)

func TestBefore(t *testing.T) {}

func TestBad(t *testing.T) {
	os.Exit(0)
}

func TestLater(t *testing.T) {}
