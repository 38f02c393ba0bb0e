package bad

import (
	"fmt"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	m.Run()
	fmt.Println("3 goroutines leaked")
	os.Exit(1)
}

func TestFine(t *testing.T) {}
