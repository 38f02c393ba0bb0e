package tool

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// pytestTOML reads the strings, numbers and lists of a TOML document into a flat map: the key is the path of the names,
// each followed by a NUL, and each value is the list of its scalars as text. A table that is there has an entry without
// a value. It reads what pytest's settings are made of, is tolerant about the rest, and says where it gave up: what was
// read before that stays.
func pytestTOML(text string) (map[string][]string, error) {
	p := pytestParser{text: text, values: map[string][]string{}}
	if p.document() {
		return p.values, nil
	}
	return p.values, fmt.Errorf("line %d: not TOML as far as runner reads it", 1+strings.Count(p.text[:min(p.at, len(p.text))], "\n"))
}

// pytestKey makes a key of pytestTOML's map.
func pytestKey(names ...string) string { return strings.Join(names, "\x00") + "\x00" }

type pytestParser struct {
	text   string
	at     int
	values map[string][]string
	depth  int
}

func (p *pytestParser) document() bool {
	table := ""
	for {
		p.blank(true)
		if p.at >= len(p.text) {
			return true
		}
		if p.peek('[') {
			double := p.take("[[")
			if !double {
				p.at++
			}
			name, ok := p.key()
			if !ok || !p.take("]") || (double && !p.take("]")) {
				return false
			}
			table = name
			p.values[table] = nil
		} else if !p.pair(table) {
			return false
		}
	}
}

func (p *pytestParser) peek(c byte) bool { return p.at < len(p.text) && p.text[p.at] == c }

func (p *pytestParser) take(s string) bool {
	if strings.HasPrefix(p.text[p.at:], s) {
		p.at += len(s)
		return true
	}
	return false
}

// blank skips blanks and comments, and line ends if lines says so.
func (p *pytestParser) blank(lines bool) {
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == ' ' || c == '\t' || c == '\r' || (lines && c == '\n'):
			p.at++
		case c == '#':
			for p.at < len(p.text) && p.text[p.at] != '\n' {
				p.at++
			}
		case strings.HasPrefix(p.text[p.at:], "\ufeff"):
			p.at += len("\ufeff")
		default:
			return
		}
	}
}

// key reads a dotted key, each name followed by a NUL.
func (p *pytestParser) key() (string, bool) {
	var path strings.Builder
	for {
		p.blank(false)
		name, ok := "", true
		if p.peek('"') || p.peek('\'') {
			name, ok = p.str()
		} else {
			start := p.at
			for p.at < len(p.text) && pytestBare(p.text[p.at]) {
				p.at++
			}
			name, ok = p.text[start:p.at], p.at > start
		}
		if !ok {
			return "", false
		}
		path.WriteString(name + "\x00")
		p.blank(false)
		if !p.take(".") {
			return path.String(), true
		}
	}
}

func pytestBare(c byte) bool {
	return c == '_' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf
}

func (p *pytestParser) pair(table string) bool {
	name, ok := p.key()
	if !ok || !p.take("=") {
		return false
	}
	p.blank(false)
	return p.value(table + name)
}

func (p *pytestParser) value(key string) bool {
	p.depth++
	defer func() { p.depth-- }()
	if p.at >= len(p.text) || p.depth > 100 {
		return false
	}
	switch p.text[p.at] {
	case '"', '\'':
		s, ok := p.str()
		p.values[key] = append(p.values[key], s)
		return ok
	case '[':
		p.values[key] = []string{}
		return p.list(']', func() bool { return p.value(key) })
	case '{':
		p.values[key] = nil
		return p.list('}', func() bool { return p.pair(key) })
	default:
		start := p.at
		for p.at < len(p.text) && !strings.ContainsRune(",]}#\n\r", rune(p.text[p.at])) {
			p.at++
		}
		word := strings.TrimSpace(p.text[start:p.at])
		p.values[key] = append(p.values[key], word)
		return word != ""
	}
}

// list reads what stands between the bracket at the cursor and its end, over lines and comments.
func (p *pytestParser) list(end byte, one func() bool) bool {
	p.at++
	for {
		p.blank(true)
		if p.peek(end) {
			p.at++
			return true
		}
		if !one() {
			return false
		}
		p.blank(true)
		if !p.take(",") && !p.peek(end) {
			return false
		}
	}
}

// str reads a string of one of TOML's four kinds.
func (p *pytestParser) str() (string, bool) {
	quote := p.text[p.at : p.at+1]
	long := strings.HasPrefix(p.text[p.at:], strings.Repeat(quote, 3))
	if long {
		quote = strings.Repeat(quote, 3)
	}
	p.at += len(quote)
	if long && !p.take("\r\n") {
		p.take("\n")
	}
	var s strings.Builder
	for p.at < len(p.text) {
		switch {
		case p.take(quote):
			for long && p.peek(quote[0]) { // up to two quotes may stand before the end
				s.WriteByte(quote[0])
				p.at++
			}
			return s.String(), true
		case quote[0] == '"' && p.peek('\\'):
			p.escape(&s)
		case !long && p.peek('\n'):
			return "", false
		default:
			s.WriteByte(p.text[p.at])
			p.at++
		}
	}
	return "", false
}

func (p *pytestParser) escape(s *strings.Builder) {
	rest := p.text[p.at:]
	if line := strings.TrimLeft(rest[1:], " \t\r"); strings.HasPrefix(line, "\n") {
		p.at = len(p.text) - len(strings.TrimLeft(line, " \t\r\n")) // a backslash at the end of a line joins lines
		return
	}
	if r, _, tail, err := strconv.UnquoteChar(rest, '"'); err == nil {
		s.WriteRune(r)
		p.at += len(rest) - len(tail)
		return
	}
	s.WriteByte('\\')
	p.at++
}
