package bad

import "testing"

func TestFirst(t *testing.T) { t.Skip("needs a printer") }

func TestSecond(t *testing.T) {
	t.Run("inner", func(t *testing.T) { t.Skip("needs paper\nand ink") })
	t.SkipNow()
}
