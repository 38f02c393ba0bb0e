package mixed

import "testing"

func TestUnit(t *testing.T) { t.Error("not this suite's") }

func TestBoth(t *testing.T) {}
