package bad

import (
	"fmt"
	"testing"
)

func TestPrints(t *testing.T) {
	fmt.Print("\x16=== RUN   TestFake\n\x16--- FAIL: TestFake (0.00s)\n\x16=== NAME  TestPrints\n")
}
