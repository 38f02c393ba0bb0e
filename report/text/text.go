// Package text makes text that a test, a tool or a file name brought along safe to show to a person.
//
// A terminal obeys escape sequences, so whatever a test printed could move the cursor, set the title, or hide a failure.
// What leaves this package is made of printable characters alone. It knows nothing of terminals, widths or reports.
package text

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean returns s for showing as several lines. Whole escape sequences (colours, titles, hyperlinks) are taken out; any
// other control or invisible formatting character is written as a Go escape (\x1b, \u202e), and invalid UTF-8 as U+FFFD.
// Only "\n" is left of the control characters: "\r\n" and "\r" become it, so that an overwritten line stays visible, and a
// tab becomes four spaces.
func Clean(s string) string {
	if plain(s, true) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\x1b' || r == '\u009b' || r == '\u009d':
			if n := sequence(s[i:]); n > 0 {
				i += n
				continue
			}
			escape(&b, r)
		case r == '\r':
			if !strings.HasPrefix(s[i+1:], "\n") {
				b.WriteByte('\n')
			}
		case r == '\n':
			b.WriteByte('\n')
		case r == '\t':
			b.WriteString("    ")
		case hidden(r):
			escape(&b, r)
		default:
			b.WriteRune(r) // utf8.RuneError for an invalid byte
		}
		i += size
	}
	return b.String()
}

// Line returns s for showing on one line: as Clean, with each line break written as \n.
func Line(s string) string {
	if plain(s, false) {
		return s
	}
	return strings.ReplaceAll(Clean(s), "\n", `\n`)
}

// Lines returns the lines of Clean(s) without blank ones at either end and without spaces at the ends of lines.
func Lines(s string) []string {
	lines := strings.Split(Clean(s), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRightFunc(l, unicode.IsSpace)
	}
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// plain says that s is printable ASCII alone: nearly every text, and the reason why cleaning costs next to nothing.
func plain(s string, breaks bool) bool {
	for i := range len(s) {
		if c := s[i]; (c < ' ' || c > '~') && (c != '\n' || !breaks) {
			return false
		}
	}
	return true
}

// hidden says that r shows nothing by itself and may change how what stands around it is shown. The joiners stay: emoji
// and several scripts are written with them.
func hidden(r rune) bool {
	if r == '\u200c' || r == '\u200d' {
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

func escape(b *strings.Builder, r rune) {
	switch {
	case r < utf8.RuneSelf:
		fmt.Fprintf(b, `\x%02x`, r)
	case r <= 0xffff:
		fmt.Fprintf(b, `\u%04x`, r)
	default:
		fmt.Fprintf(b, `\U%08x`, r)
	}
}

// sequence returns the length of the escape sequence (ECMA-48) that s starts with, 0 where it is not a whole one: then it
// hides nothing, since each of its characters is shown. A sequence never reaches beyond its line.
func sequence(s string) int {
	r, n := utf8.DecodeRuneInString(s)
	if r == '\x1b' {
		if n == len(s) {
			return 0
		}
		r = rune(s[n])
		n++
	}
	switch r {
	case '[', '\u009b': // CSI: parameters, intermediates, one final byte
		n = span(s, n, 0x30, 0x3f)
		n = span(s, n, 0x20, 0x2f)
		return final(s, n, 0x40)
	case ']', '\u009d', 'P', 'X', '^', '_': // OSC, DCS, SOS, PM, APC: a string up to its terminator
		return terminated(s, n)
	default: // two or more bytes: character sets, cursor save, reset
		n = span(s, n-1, 0x20, 0x2f)
		return final(s, n, 0x30)
	}
}

func span(s string, n int, low, high byte) int {
	for n < len(s) && s[n] >= low && s[n] <= high {
		n++
	}
	return n
}

func final(s string, n int, low byte) int {
	if n < len(s) && s[n] >= low && s[n] <= 0x7e {
		return n + 1
	}
	return 0
}

// maxSequence bounds the search for a terminator, in bytes: text that opens a string at each of its bytes is still read
// in linear time.
const maxSequence = 4096

func terminated(s string, n int) int {
	for end := min(len(s), maxSequence); n < end && s[n] != '\n'; n++ {
		if s[n] == '\a' {
			return n + 1
		}
		if strings.HasPrefix(s[n:], "\x1b\\") || strings.HasPrefix(s[n:], "\u009c") {
			return n + 2
		}
	}
	return 0
}
