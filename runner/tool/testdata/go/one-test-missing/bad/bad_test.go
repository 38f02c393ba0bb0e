package bad

import "testing"

func TestTree(t *testing.T) { t.Run("there", func(t *testing.T) {}) }
