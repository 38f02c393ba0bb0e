package bad

import "testing"

func TestRed(t *testing.T) { t.Run("sub", func(t *testing.T) {}) }

func TestGreen(t *testing.T) {}
