package junit

import (
	"strings"
	"unicode/utf8"

	"testrunner/report/event"
)

// clean makes a text legal in XML 1.0 and at most max bytes long, its head and tail kept: terminal sequences are taken out,
// and what is then still illegal becomes U+FFFD. One illegal character loses the whole file at Jenkins, Azure, Allure and
// GitLab, and a reference to it ("&#27;") is just as illegal.
func clean(text string, max int) string {
	if !plain(text) {
		text = legal(stripEscapes(text))
	}
	return event.Capped(text, max)
}

// plain is the common case: printable ASCII and line ends.
func plain(text string) bool {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c >= utf8.RuneSelf || c < ' ' && c != '\n' && c != '\t' && c != '\r' {
			return false
		}
	}
	return true
}

func legal(text string) string {
	ok := func(r rune) bool {
		return r == '\t' || r == '\n' || r == '\r' || ' ' <= r && r <= 0xD7FF ||
			0xE000 <= r && r <= 0xFFFD || 0x10000 <= r && r <= 0x10FFFF
	}
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range text { // a bad byte is U+FFFD
		if !ok(r) {
			r = utf8.RuneError
		}
		b.WriteRune(r)
	}
	return b.String()
}

const esc = '\x1b'

// stripEscapes takes out terminal sequences: CSI (colours, cursor), OSC and its like (titles, links), and short ones.
func stripEscapes(text string) string {
	at := strings.IndexByte(text, esc)
	if at < 0 {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	for at >= 0 {
		b.WriteString(text[:at])
		text = text[at:]
		if n := sequence(text); n > 0 {
			text = text[n:]
		} else {
			b.WriteRune(utf8.RuneError)
			text = text[1:]
		}
		at = strings.IndexByte(text, esc)
	}
	b.WriteString(text)
	return b.String()
}

// sequence is the length of the terminal sequence at the start of text, 0 if it is none.
func sequence(text string) int {
	if len(text) < 2 {
		return 0
	}
	switch text[1] {
	case '[':
		i := 2
		for i < len(text) && 0x20 <= text[i] && text[i] <= 0x3f {
			i++
		}
		if i < len(text) && 0x40 <= text[i] && text[i] <= 0x7e {
			return i + 1
		}
		return 0
	case ']', 'P', 'X', '^', '_':
		// They end with BEL or ESC \. One that has no end on its line is none: it would eat what a person wants to read.
		for i := 2; i < len(text) && text[i] != '\n'; i++ {
			if text[i] == '\a' {
				return i + 1
			}
			if text[i] == esc {
				if i+1 < len(text) && text[i+1] == '\\' {
					return i + 2
				}
				return 0
			}
		}
		return 0
	default:
		i := 1
		for i < len(text) && 0x20 <= text[i] && text[i] <= 0x2f {
			i++
		}
		if i < len(text) && 0x30 <= text[i] && text[i] <= 0x7e {
			return i + 1
		}
		return 0
	}
}
