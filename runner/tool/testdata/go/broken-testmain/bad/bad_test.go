package bad

import (
	"fmt"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	fmt.Println("the database is not there")
	os.Exit(3)
}

func TestLost(t *testing.T) {}
