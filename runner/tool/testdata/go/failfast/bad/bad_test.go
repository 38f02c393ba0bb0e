package bad

import "testing"

func TestBad(t *testing.T) { t.Fatal("first") }

func TestLater(t *testing.T) {}
