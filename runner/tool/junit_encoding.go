package tool

import (
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// junitDeclares tells whether the XML declaration names one of the encodings.
func junitDeclares(head []byte, encodings ...string) bool {
	declaration, _, ok := strings.Cut(strings.ToLower(string(head)), "?>")
	if !ok || !strings.HasPrefix(declaration, "<?xml") {
		return false
	}
	for _, e := range encodings {
		if strings.Contains(declaration, `"`+e+`"`) || strings.Contains(declaration, `'`+e+`'`) {
			return true
		}
	}
	return false
}

func (j *junitReader) utf8() (rune, error) {
	r, _, err := j.src.ReadRune()
	return r, err
}

func (j *junitReader) utf16(order func([]byte) uint16) func() (rune, error) {
	unit := func() (rune, error) {
		var b [2]byte
		if _, err := io.ReadFull(j.src, b[:]); err != nil {
			return 0, io.EOF
		}
		return rune(order(b[:])), nil
	}
	return func() (rune, error) {
		r, err := unit()
		if err == nil && r == 0xfeff {
			r, err = unit()
		}
		if err == nil && utf16.IsSurrogate(r) {
			var low rune
			if low, err = unit(); err == nil {
				r = utf16.DecodeRune(r, low)
			}
		}
		return r, err
	}
}

// windows1252 reads the superset of ISO 8859-1 that browsers take it for.
func (j *junitReader) windows1252() (rune, error) {
	b, err := j.src.ReadByte()
	if err != nil || b < 0x80 || b > 0x9f {
		return rune(b), err
	}
	const high = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ"
	return []rune(high)[b-0x80], nil
}

// junitReference reads a numeric character reference.
func junitReference(text string) (rune, bool) {
	digits, base := strings.TrimSuffix(strings.TrimPrefix(text, "&#"), ";"), 10
	if len(digits) == len(text)-1 { // "&name;"
		return 0, false
	}
	if d := strings.TrimLeft(digits, "xX"); d != digits {
		digits, base = d, 16
	}
	n, err := strconv.ParseInt(digits, base, 32)
	return rune(n), err == nil
}

// junitLegal is the character, or U+FFFD where XML 1.0 forbids it.
func junitLegal(r rune) rune {
	switch {
	case r == '\t', r == '\n', r == '\r',
		r >= 0x20 && r <= 0xd7ff, r >= 0xe000 && r <= 0xfffd, r >= 0x10000 && r <= 0x10ffff:
		return r
	default:
		return utf8.RuneError
	}
}
