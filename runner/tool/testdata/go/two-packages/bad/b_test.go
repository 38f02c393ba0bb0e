package b

import "testing"

func TestLost(t *testing.T) {}
