package bad_test

import "testing"

func TestSame(t *testing.T) { t.Run("sub", func(t *testing.T) {}) }
