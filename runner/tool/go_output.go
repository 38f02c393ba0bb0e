package tool

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"testrunner/report/event"
)

// goOutput keeps the head and the tail of a text that may have any length, in about event.Cap bytes.
type goOutput struct {
	head, tail []byte
	cut        int
}

const goHalf = event.Cap / 2

func (o *goOutput) add(text []byte) {
	if room := goHalf - len(o.head); room > 0 && len(o.tail) == 0 {
		n := min(room, len(text))
		o.head = append(o.head, text[:n]...)
		text = text[n:]
	}
	o.tail = append(o.tail, text...)
	if len(o.tail) > 2*goHalf { // seldom, so that a long text costs one copy of each byte
		o.trim()
	}
}

func (o *goOutput) trim() {
	if over := len(o.tail) - goHalf; over > 0 {
		o.cut += over
		o.tail = append(o.tail[:0], o.tail[over:]...)
	}
}

// String is the text; where some of it was cut, a line says how much.
func (o *goOutput) String() string {
	o.trim()
	if o.cut == 0 {
		return string(o.head) + string(o.tail)
	}
	head, tail := o.head, o.tail
	for len(head) > 0 && !utf8.Valid(head[max(0, len(head)-utf8.UTFMax):]) && len(o.head)-len(head) < utf8.UTFMax {
		head = head[:len(head)-1]
	}
	for len(tail) > 0 && !utf8.RuneStart(tail[0]) {
		tail = tail[1:]
	}
	return fmt.Sprintf("%s\n… %d bytes left out …\n%s", head, o.cut+len(o.head)-len(head)+len(o.tail)-len(tail), tail)
}

// goFrame tells whether a line of a test's output is go test's own frame around it, not the test's word.
func goFrame(line string) bool {
	line = strings.TrimLeft(line, " ")
	for _, mark := range []string{"=== RUN ", "=== PAUSE ", "=== CONT ", "=== NAME ", "=== ATTR ", "--- FAIL: ", "--- SKIP: ", "--- PASS: "} {
		if strings.HasPrefix(line, mark) {
			return true
		}
	}
	return false
}

// goUnframed is the output without go test's own frame.
func goUnframed(output string) string {
	var b strings.Builder
	for line := range strings.Lines(output) {
		if !goFrame(line) {
			b.WriteString(line)
		}
	}
	return b.String()
}
