package bad

import (
	"testing"
)

func TestBefore(t *testing.T) {}

func TestBad(t *testing.T) {
	panic("boom")
}

func TestLater(t *testing.T) {}
