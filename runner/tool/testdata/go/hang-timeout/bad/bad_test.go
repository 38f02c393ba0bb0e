package bad

import "testing"

func TestBefore(t *testing.T) {}

func TestHang(t *testing.T) {
	t.Run("inner", func(t *testing.T) { select {} })
}

func TestLater(t *testing.T) {}

func TestAside(t *testing.T) { t.Parallel() }
