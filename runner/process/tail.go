package process

import (
	"bytes"
	"fmt"
	"sync"
	"unicode/utf8"
)

// Tail keeps the head and the tail of what is written to it, and counts what lay between. It is safe for use by many goroutines.
type Tail struct {
	mu    sync.Mutex
	max   int
	head  []byte // the first max/2 bytes
	ring  []byte // the last max-max/2 bytes, oldest at next once it is full
	next  int
	total int64
}

// NewTail returns a Tail that keeps at most max bytes.
func NewTail(max int) *Tail { return &Tail{max: max} }

// Write never fails.
func (t *Tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(b)
	t.total += int64(n)
	if room := t.max/2 - len(t.head); room > 0 {
		room = min(room, len(b))
		t.head = append(t.head, b[:room]...)
		b = b[room:]
	}
	size := t.max - t.max/2
	if len(b) >= size {
		t.ring = append(t.ring[:0], b[len(b)-size:]...)
		t.next = 0
		return n, nil
	}
	if room := min(size-len(t.ring), len(b)); room > 0 {
		t.ring = append(t.ring, b[:room]...)
		b = b[room:]
	}
	for len(b) > 0 {
		c := copy(t.ring[t.next:], b)
		t.next = (t.next + c) % size
		b = b[c:]
	}
	return n, nil
}

// Total is the number of bytes written.
func (t *Tail) Total() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.total
}

// Cut is the number of bytes that were not kept.
func (t *Tail) Cut() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.total - int64(len(t.head)+len(t.ring))
}

// String is what was kept, with a line between head and tail that counts what is missing. No rune is cut in two.
func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	last := append(append(make([]byte, 0, len(t.ring)), t.ring[t.next:]...), t.ring[:t.next]...)
	cut := t.total - int64(len(t.head)+len(last))
	if cut == 0 {
		return string(t.head) + string(last)
	}
	head := t.head[:wholeRunes(t.head)]
	from := 0
	for from < min(len(last), utf8.UTFMax) && !utf8.RuneStart(last[from]) {
		from++
	}
	cut += int64(len(t.head) - len(head) + from)
	return fmt.Sprintf("%s\n… %d bytes left out …\n%s", head, cut, last[from:])
}

// wholeRunes is the length of b without a rune that was cut off at its end.
func wholeRunes(b []byte) int {
	for i := len(b) - 1; i >= 0 && i >= len(b)-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			if utf8.FullRune(b[i:]) {
				return len(b)
			}
			return i
		}
	}
	return len(b)
}

// MaxLine bounds one line of a LineWriter where no other bound is given, in bytes.
const MaxLine = 4 << 20

// LineWriter calls a function for each line that is written to it. It is safe for use by many goroutines; the calls never overlap.
type LineWriter struct {
	mu   sync.Mutex
	line func([]byte)
	max  int
	part []byte // of a line whose end has not come yet
	cut  int64  // bytes of that line that were dropped
}

// NewLineWriter returns a writer that gives each line, without its newline, to line. The bytes are valid during the call only. Of a
// line longer than max bytes (0: MaxLine) the rest is dropped, and a mark that counts it stands at its end.
func NewLineWriter(max int, line func([]byte)) *LineWriter {
	if max <= 0 {
		max = MaxLine
	}
	return &LineWriter{line: line, max: max}
}

// Write never fails.
func (w *LineWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(b)
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			w.add(b)
			return n, nil
		}
		if len(w.part) == 0 && w.cut == 0 && i <= w.max {
			w.line(b[:i]) // a whole line: not copied
		} else {
			w.add(b[:i])
			w.give()
		}
		b = b[i+1:]
	}
}

// Flush gives the last line, if it has no newline.
func (w *LineWriter) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.part) > 0 || w.cut > 0 {
		w.give()
	}
}

func (w *LineWriter) add(b []byte) {
	room := min(w.max-len(w.part), len(b))
	w.part = append(w.part, b[:room]...)
	w.cut += int64(len(b) - room)
}

func (w *LineWriter) give() {
	if w.cut > 0 {
		w.part = fmt.Appendf(w.part, " … %d bytes of the line left out", w.cut)
	}
	w.line(w.part)
	w.part, w.cut = w.part[:0], 0
	if cap(w.part) > 1<<20 {
		w.part = nil // one giant must not be paid for until the end of the run
	}
}
