package worse

import (
	"testing"

	"example.com/x/dep"
)

func TestLost(t *testing.T) { dep.Broken() }
