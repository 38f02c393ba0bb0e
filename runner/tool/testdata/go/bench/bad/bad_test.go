package bad

import "testing"

func TestFine(t *testing.T) {}

func BenchmarkFine(b *testing.B) {
	for range b.N {
	}
}
