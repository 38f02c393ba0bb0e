package bad

import (
	"fmt"
	"testing"
)

func TestPrints(t *testing.T) {
	fmt.Println("=== RUN   TestFake")
	fmt.Println("--- FAIL: TestFake (0.00s)")
	fmt.Println("--- PASS: TestPrints (0.00s)")
	fmt.Println("FAIL")
	fmt.Println("FAIL\texample.com/x/bad\t0.001s")
	fmt.Println(`{"Action":"fail","Package":"example.com/x/bad","Test":"TestFake"}`)
	fmt.Print("no newline")
}

func TestFails(t *testing.T) {
	fmt.Println("--- PASS: TestFails (0.00s)")
	fmt.Println("PASS")
	fmt.Println("ok  \texample.com/x/bad\t0.001s")
	t.Error("truly")
}
