package tool

import (
	"bytes"
	"slices"
	"strconv"
	"unicode/utf8"
)

// goFields reads a line as go test itself writes it: one flat object of texts and numbers, without spaces. It is all that
// comes by the million, and reading it by hand is twice as fast as a parser that builds values. ok is false for every line
// of another shape, however legal: line then has it read by the parser.
//
// The texts lie in the line itself or, where escapes had to be undone, in r's own buffer: valid until the next line.
func (r *goReader) fields(line []byte) (e goLine, ok bool) {
	r.plain = slices.Grow(r.plain[:0], len(line)) // never longer, so it never moves while the line is read
	rest, ok := bytes.CutPrefix(line, []byte(`{"`))
	if !ok {
		return e, false
	}
	for {
		end := bytes.IndexByte(rest, '"')
		if end < 0 || len(rest) < end+3 || rest[end+1] != ':' {
			return e, false
		}
		key := rest[:end]
		rest = rest[end+2:]
		var value []byte
		text := rest[0] == '"'
		if text {
			value, rest, ok = r.text(rest[1:])
		} else {
			value, rest, ok = goNumber(rest)
		}
		if !ok || len(rest) == 0 || !e.set(key, value, text) {
			return e, false
		}
		if string(rest) == "}" {
			return e, e.action != ""
		}
		if rest, ok = bytes.CutPrefix(rest, []byte(`,"`)); !ok {
			return e, false
		}
	}
}

// set takes a field; false says that its value is not of the kind that go writes.
func (e *goLine) set(key, value []byte, text bool) bool {
	switch string(key) {
	case "Action":
		e.action = goAction(value)
	case "Package":
		e.pkg = value
	case "Test":
		e.test = value
	case "Output":
		e.output = value
	case "ImportPath":
		e.importPath = value
	case "FailedBuild":
		e.failedBuild = string(value)
	case "Elapsed":
		seconds, err := strconv.ParseFloat(string(value), 64)
		e.seconds = seconds
		return err == nil && !text
	case "Time", "Key", "Value":
	default:
		return false // a field of a newer go, or an escape in its name
	}
	return text
}

// text reads a text behind its opening quote. What needs more than a look is left to the parser: escapes of what is not
// ASCII, and bytes that are no UTF-8.
func (r *goReader) text(b []byte) (text, rest []byte, ok bool) {
	end := bytes.IndexByte(b, '"')
	if end < 0 {
		return nil, nil, false
	}
	if bytes.IndexByte(b[:end], '\\') < 0 {
		return b[:end], b[end+1:], utf8.Valid(b[:end])
	}
	from := len(r.plain)
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case c == '"':
			return r.plain[from:], b[i+1:], utf8.Valid(r.plain[from:])
		case c < ' ':
			return nil, nil, false
		case c == '\\':
			var n int
			if c, n = goEscape(b[i+1:]); n == 0 {
				return nil, nil, false
			}
			i += n
		}
		r.plain = append(r.plain, c)
	}
	return nil, nil, false
}

// goEscape is the byte that the escape behind a backslash stands for, and the escape's length: 0 for what is no ASCII, and for
// what is no escape. Go writes <, > and & as \u003c and so on.
func goEscape(b []byte) (c byte, n int) {
	if len(b) == 0 {
		return 0, 0
	}
	switch b[0] {
	case '"', '\\', '/':
		return b[0], 1
	case 'n':
		return '\n', 1
	case 't':
		return '\t', 1
	case 'r':
		return '\r', 1
	case 'u':
		if len(b) < 5 || b[1] != '0' || b[2] != '0' {
			return 0, 0
		}
		code, err := strconv.ParseUint(string(b[3:5]), 16, 8)
		if err != nil || code >= utf8.RuneSelf {
			return 0, 0
		}
		return byte(code), 5
	default:
		return 0, 0
	}
}

// goNumber reads a number; whether it is one, ParseFloat says.
func goNumber(b []byte) (number, rest []byte, ok bool) {
	end := bytes.IndexAny(b, ",}")
	if end <= 0 {
		return nil, nil, false
	}
	return b[:end], b[end:], true
}
