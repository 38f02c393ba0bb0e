package bad

import (
	"testing"
	"unsafe"
)

func TestBefore(t *testing.T) {}

func TestBad(t *testing.T) {
	at := uintptr(0xdead0000)
	*(*int)(unsafe.Pointer(at)) = 1
}

func TestLater(t *testing.T) {}
