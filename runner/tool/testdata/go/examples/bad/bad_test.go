package bad

import (
	"fmt"
	"testing"
)

func Example() {
	fmt.Println("one")
	// Output: one
}

func Example_wrong() {
	fmt.Println("one")
	// Output: two
}

func Example_silent() { fmt.Println("never run") }

func Example_empty() {
	// Output:
}

func FuzzSeeds(f *testing.F) {
	f.Add(1)
	f.Add(2)
	f.Fuzz(func(t *testing.T, n int) {
		if n == 2 {
			t.Error("two")
		}
	})
}
