package bad

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) { os.Exit(0) }

func TestLost(t *testing.T) {}
