package bad

import "testing"

func TestLost(t *testing.T) { var n int = "text"; undefined(n) }
