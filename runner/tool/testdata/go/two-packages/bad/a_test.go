package a

import "testing"

func TestLost(t *testing.T) {}
