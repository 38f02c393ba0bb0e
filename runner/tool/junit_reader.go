package tool

import (
	"bufio"
	"bytes"
	"io"
	"unicode"
	"unicode/utf8"
)

// junitText bounds one text or attribute of a report, in bytes: more is dropped while it is read.
const junitText = 1 << 20

// junitReader turns what tools write into XML that a parser takes: UTF-8 of any declared encoding that is common, and
// legal characters only (raw ESC and NUL, "&#27;", lone bytes). One illegal character would else lose the whole file.
//
// It also bounds every text: the parser holds a text as a whole, and there are reports with gigabytes of output.
type junitReader struct {
	src    *bufio.Reader
	next   func() (rune, error)
	out    []byte // ready bytes
	back   *rune  // read, and not used yet
	err    error
	place  junitPlace
	length int     // of the text or attribute value so far
	recent [9]byte // the last bytes written, to see "<![CDATA[", "]]>", "-->"
}

// junitPlace is where in the XML the reader is, as far as it must know.
type junitPlace int

const (
	inText junitPlace = iota
	inTag
	inDouble // an attribute value in "
	inSingle
	inCDATA
	inComment
)

func newJUnitReader(r io.Reader) *junitReader {
	j := &junitReader{src: bufio.NewReaderSize(r, 64<<10)}
	head, _ := j.src.Peek(256)
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, _ = j.src.Discard(3)
		j.next = j.utf8
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("<\x00")):
		j.next = j.utf16(func(b []byte) uint16 { return uint16(b[0]) | uint16(b[1])<<8 })
	case bytes.HasPrefix(head, []byte("\xfe\xff")), bytes.HasPrefix(head, []byte("\x00<")):
		j.next = j.utf16(func(b []byte) uint16 { return uint16(b[1]) | uint16(b[0])<<8 })
	case junitDeclares(head, "iso-8859-1", "latin1", "iso-8859-15", "windows-1252", "cp1252"):
		j.next = j.windows1252
	default:
		j.next = j.utf8 // an encoding that is not known: its names may be garbled, its counts are right
	}
	return j
}

// Read is for the io.Reader that the parser asks for; it reads by ReadByte.
func (j *junitReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := j.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}

// ReadByte gives the next byte of the mended document.
func (j *junitReader) ReadByte() (byte, error) {
	for len(j.out) == 0 {
		if j.err != nil {
			return 0, j.err
		}
		j.fill()
	}
	b := j.out[0]
	j.out = j.out[1:]
	return b, nil
}

func (j *junitReader) fill() {
	r, err := j.read()
	if err != nil {
		j.err = err
		return
	}
	if r == '<' && j.place == inText {
		j.bracket()
		return
	}
	if r == '&' && j.place != inCDATA && j.place != inComment {
		j.reference()
		return
	}
	j.put(junitLegal(r))
}

// bracket writes "<", or "&lt;" where no element can begin: sloppy writers leave "a < b" as it is.
func (j *junitReader) bracket() {
	r, err := j.read()
	if err == nil && (r == '/' || r == '!' || r == '?' || r == '_' || r == ':' || unicode.IsLetter(r)) {
		j.put('<')
		j.put(junitLegal(r))
		return
	}
	for _, c := range "&lt;" {
		j.put(c)
	}
	if j.err = err; err == nil {
		j.back = &r
	}
}

// read gives the next character, or the one that was put back.
func (j *junitReader) read() (rune, error) {
	if j.back != nil {
		r := *j.back
		j.back = nil
		return r, nil
	}
	return j.next()
}

// reference reads "&…;" and replaces one that no XML may hold. What is no reference stays as it is.
func (j *junitReader) reference() {
	text := []rune{'&'}
	for len(text) < 12 {
		r, err := j.read()
		if err != nil {
			j.err = err
			break
		}
		if r != ';' && r != '#' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			j.back = &r
			break
		}
		if text = append(text, junitLegal(r)); r == ';' {
			if n, ok := junitReference(string(text)); ok && junitLegal(n) != n {
				text = []rune{utf8.RuneError}
			}
			break
		}
	}
	for _, r := range text {
		j.put(r)
	}
}

// put writes one character unless its text is full, and follows where it leads.
func (j *junitReader) put(r rune) {
	if j.length >= junitText && !j.ends(r) {
		if j.place == inCDATA || j.place == inComment { // the end may have begun: "]]"
			copy(j.recent[:], j.recent[1:])
			j.recent[len(j.recent)-1] = byte(min(r, 0x7f))
		}
		return
	}
	if j.length >= junitText && (j.place == inCDATA || j.place == inComment) {
		j.out = append(j.out, map[junitPlace]string{inCDATA: "]]", inComment: "--"}[j.place]...)
	}
	j.out = utf8.AppendRune(j.out, r)
	copy(j.recent[:], j.recent[1:])
	j.recent[len(j.recent)-1] = byte(min(r, 0x7f))
	j.length++
	j.move(r)
}

// ends tells whether the character may end the text that is being dropped.
func (j *junitReader) ends(r rune) bool {
	switch j.place {
	case inText:
		return r == '<'
	case inTag:
		return r == '>' || r == '"' || r == '\''
	case inDouble:
		return r == '"'
	case inSingle:
		return r == '\''
	case inCDATA:
		return r == '>' && string(j.recent[7:]) == "]]"
	default:
		return r == '>' && string(j.recent[7:]) == "--"
	}
}

func (j *junitReader) move(r rune) {
	to := j.place
	switch j.place {
	case inText:
		if r == '<' {
			to = inTag
		}
	case inTag:
		switch {
		case string(j.recent[:]) == "<![CDATA[":
			to = inCDATA
		case string(j.recent[5:]) == "<!--":
			to = inComment
		case r == '>':
			to = inText
		case r == '"':
			to = inDouble
		case r == '\'':
			to = inSingle
		}
	case inDouble, inSingle:
		if j.ends(r) {
			to = inTag
		}
	case inCDATA:
		if r == '>' && string(j.recent[6:]) == "]]>" {
			to = inText
		}
	case inComment:
		if r == '>' && string(j.recent[6:]) == "-->" {
			to = inText
		}
	}
	if to != j.place {
		j.place, j.length = to, 0
	}
}
