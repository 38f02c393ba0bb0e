package bad

import "testing"

func TestLost(t *testing.T) { undefined() }
