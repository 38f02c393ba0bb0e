package bad

import "testing"

func TestLost(t *testing.T) { t.Errorf("%d", "text") }

func ExampleMissing() {
	// Output: x
}
