package bad

import (
	"fmt"
	"testing"
)

func TestBytes(t *testing.T) {
	fmt.Print("\xff\xfe\x00\x1b[31m\x07 caf\xe9\n")
	t.Error("\xff\x00\x1b[31m")
}

func TestLater(t *testing.T) {}
