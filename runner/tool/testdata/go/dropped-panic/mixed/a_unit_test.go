package mixed

import "testing"

func TestSame(t *testing.T) {}

func TestUnit(t *testing.T) {}
