package worse

import (
	"testing"

	"example.com/x/missing"
)

func TestLost(t *testing.T) { missing.Do() }
