package cargodrive

import (
	"bytes"
	"fmt"
	"strings"
)

// Of what a process prints between two of libtest's lines the head and the tail are written down, in bytes: 10 MB of output
// would else go through the channel.
const (
	squeezeHead = 32 << 10
	squeezeTail = 32 << 10
)

// squeeze leaves out the middle of long output.
type squeeze struct {
	give  func(string)
	spent int
	tail  []string
	size  int
	cut   int
}

// line takes a line. With words, libtest's own may be among them: these are never left out.
func (q *squeeze) line(text string, words bool) {
	switch {
	case words && mayBeWord(text):
		q.flush()
		q.give(text)
	case q.spent+len(text) <= squeezeHead && len(q.tail) == 0:
		q.spent += len(text) + 1
		q.give(text)
	default:
		q.tail, q.size = append(q.tail, text), q.size+len(text)+1
		for q.size > squeezeTail && len(q.tail) > 1 {
			n := len(q.tail[0]) + 1
			q.tail, q.size, q.cut = q.tail[1:], q.size-n, q.cut+n
		}
	}
}

// flush gives what was kept back.
func (q *squeeze) flush() {
	if q.cut > 0 {
		q.give(fmt.Sprintf("… %d bytes left out …", q.cut))
	}
	for _, text := range q.tail {
		q.give(text)
	}
	q.spent, q.tail, q.size, q.cut = 0, nil, 0, 0
}

func mayBeWord(text string) bool {
	for _, prefix := range []string{"running ", "failures:", "successes:", "test result: ", "---- ", "    "} {
		if strings.HasPrefix(text, prefix) && len(text) < 4<<10 {
			return true
		}
	}
	return strings.Contains(text, "test ") || readLate.MatchString(text)
}

// lines cuts a stream into lines. Of a long one the head and the tail are kept: libtest's words may stand behind megabytes that
// a test left without a newline.
type lines struct {
	take func(string)
	part []byte
	cut  int
}

// Write never fails.
func (w *lines) Write(b []byte) (int, error) {
	n := len(b)
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			w.add(b)
			return n, nil
		}
		w.add(b[:i])
		w.flushLine()
		b = b[i+1:]
	}
}

func (w *lines) add(b []byte) {
	w.part = append(w.part, b...)
	if over := len(w.part) - squeezeHead - squeezeTail; over > squeezeTail {
		w.part = append(w.part[:squeezeHead], w.part[squeezeHead+over:]...)
		w.cut += over
	}
}

func (w *lines) flushLine() {
	text := string(w.part)
	if w.cut > 0 {
		text = text[:squeezeHead] + fmt.Sprintf("… %d bytes left out …", w.cut) + text[squeezeHead:]
	}
	w.part, w.cut = w.part[:0], 0
	w.take(text)
}

// flush gives the last line, if it has no newline.
func (w *lines) flush() {
	if len(w.part) > 0 {
		w.flushLine()
	}
}
