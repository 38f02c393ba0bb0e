package bad

import (
	"fmt"
	"strings"
	"testing"
)

func TestLong(t *testing.T) { fmt.Print(strings.Repeat("0123456789", 1<<20)) }

func TestLater(t *testing.T) {}
