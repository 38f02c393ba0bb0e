package local

import (
	"fmt"
	"net"
	"testing"
)

// A held port is given to nobody who asks for any, and to the server that binds it by its number.
func TestHoldPort(t *testing.T) {
	held, err := holdPort(0)
	if err != nil {
		t.Fatal(err)
	}
	defer held.release()
	if again, err := holdPort(held.number); err == nil {
		again.release()
		t.Error("two runs hold the same port")
	}
	l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", host, held.number))
	if err != nil {
		t.Fatalf("the server does not get it: %v", err)
	}
	l.Close()
	var open []net.Listener
	defer func() {
		for _, l := range open {
			l.Close()
		}
	}()
	for range 500 {
		l, err := net.Listen("tcp", host+":0")
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, l)
		if l.Addr().(*net.TCPAddr).Port == held.number {
			t.Fatal("it was given to somebody else")
		}
	}
}
