package bad

import "testing"

func helper(t *testing.T) {}

func BenchmarkX(b *testing.B) {}

func Example_silent() {}
