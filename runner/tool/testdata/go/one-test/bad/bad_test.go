package bad

import "testing"

func TestTree(t *testing.T) {
	t.Run("wanted", func(t *testing.T) { t.Run("below", func(t *testing.T) {}) })
	t.Run("wanted more", func(t *testing.T) { t.Error("not asked for") })
}

func TestTreeHouse(t *testing.T) { t.Error("not asked for") }
