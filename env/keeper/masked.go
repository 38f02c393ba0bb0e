package keeper

import (
	"bytes"
	"io"
)

// A line that is longer than longLine bytes is written in pieces; the last secretSize of them wait for what follows.
const (
	longLine   = 64 << 10
	secretSize = 16 << 10
)

// maskedLines takes the secrets out of what is written to it. It waits for whole lines, since a secret may come in two pieces. Of a line
// without an end a piece is written that no secret leads out of.
type maskedLines struct {
	to   io.Writer
	mask func(string) string // nil leaves all in
	part []byte              // of a line whose end has not come yet
}

func (m *maskedLines) Write(b []byte) (int, error) {
	return len(b), m.text(string(b))
}

func (m *maskedLines) text(text string) error {
	m.part = append(m.part, text...)
	end := bytes.LastIndexByte(m.part, '\n') + 1
	if end == 0 && len(m.part) > longLine {
		end = m.cut()
	}
	return m.write(end)
}

// flush writes a line that has no end.
func (m *maskedLines) flush() error { return m.write(len(m.part)) }

func (m *maskedLines) write(end int) error {
	if end == 0 {
		return nil
	}
	_, err := io.WriteString(m.to, m.masked(m.part[:end]))
	m.part = append(m.part[:0], m.part[end:]...)
	return err
}

func (m *maskedLines) masked(b []byte) string {
	if m.mask == nil {
		return string(b)
	}
	return m.mask(string(b))
}

// cut is a place in a long line where no secret stands: there both sides, masked apart, are what they are together.
func (m *maskedLines) cut() int {
	for at := len(m.part) - secretSize; at > len(m.part)-2*secretSize; at-- {
		from, to := max(0, at-secretSize), at+secretSize
		if m.masked(m.part[from:at])+m.masked(m.part[at:to]) == m.masked(m.part[from:to]) {
			return at
		}
	}
	return 0 // it waits for more
}
