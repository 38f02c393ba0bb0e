package tool

import (
	"strings"
	"testing"
)

const goDump = `SIGQUIT: quit
PC=0x48c221 m=0 sigcode=0

goroutine 0 gp=0x6d6040 m=0 mp=0x6d7040 [idle]:
runtime.futex(0x6d7198, 0x80)
	/go/src/runtime/sys_linux_amd64.s:569 +0x21

goroutine 1 gp=0x38aa m=nil [chan receive]:
testing.(*T).Run(0x38aa, {0x585b1b?, 0x0?}, 0x592e18)
	/go/src/testing/testing.go:2109 +0x4e5
main.main()
	_testmain.go:46 +0x9b

goroutine 6 [chan receive]:
testing.(*T).Run(0x38ab, {0x585b1b?, 0x0?}, 0x592e18)
	/go/src/testing/testing.go:2109 +0x4e5
h/p.TestOuter(0x38ab)
	/tree/p/h_test.go:8 +0x30
testing.tRunner(0x38ab, 0x592e18)
	/go/src/testing/testing.go:2036 +0xea

goroutine 9 [select]:
h/p.serve()
	/tree/p/h.go:4 +0x10
created by h/p.Start in goroutine 7
	/tree/p/h.go:9

goroutine 7 [sleep]:
time.Sleep(0x34630b8a000)
	/go/src/runtime/time.go:363 +0x165
h/p.TestOuter.func1(0x38ac)
	/tree/p/h_test.go:4 +0x55
testing.tRunner(0x38ac, 0x592e18)
	/go/src/testing/testing.go:2036 +0xea

rax    0x0
`

// What hangs stands in front of what waits for it, and nothing is lost.
func TestGoStacksBeginWithTheTestThatHangs(t *testing.T) {
	var order []string
	got := (&goDecoder{}).Stacks(goDump)
	for _, block := range strings.Split(got, "\n\n") {
		head, _, _ := strings.Cut(block, " [")
		head, _, _ = strings.Cut(head, " gp=")
		order = append(order, strings.Fields(head)[len(strings.Fields(head))-1])
	}
	if want := "sigcode=0 7 9 6 0 1 0x0"; strings.Join(order, " ") != want {
		t.Errorf("order %q, want %q", order, want)
	}
	if len(got) != len(goDump) {
		t.Errorf("%d bytes of %d", len(got), len(goDump))
	}
	for _, text := range []string{"", "no dump\n"} {
		if got := (&goDecoder{}).Stacks(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestGoWords(t *testing.T) {
	for line, want := range map[string]string{
		`{"Action":"output","Package":"p","Test":"T","Output":"hello\n"}`:       "hello\n",
		`{"Action":"output","Package":"p","Output":"of the package\n"}`:         "of the package\n",
		`{"Action":"output","Package":"p","Test":"T","Output":"=== RUN   T\n"}`: "",
		`{"Action":"run","Package":"p","Test":"T"}`:                             "",
		`{"Action":"build-output","ImportPath":"p","Output":"# p\n"}`:           "",
		`{"Action":"out`:        "",
		"… 12 bytes left out …": "",
	} {
		if got := (&goDecoder{}).Words([]byte(line)); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}
