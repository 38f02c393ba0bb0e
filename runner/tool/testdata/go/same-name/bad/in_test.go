package bad

import "testing"

func TestSame(t *testing.T) {
	t.Run("sub", func(t *testing.T) {})
	t.Run("sub", func(t *testing.T) { t.Error("the second") })
}
