package bad

import "testing"

func init() { panic("no configuration") }

func TestLost(t *testing.T) {}
