package b

import (
	"testing"

	_ "example.com/x/a"
)

func TestLost(t *testing.T) {}
