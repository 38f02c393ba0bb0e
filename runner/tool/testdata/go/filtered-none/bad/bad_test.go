package bad

import "testing"

func TestRed(t *testing.T) {}
