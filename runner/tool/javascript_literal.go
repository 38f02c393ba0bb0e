package tool

import (
	"encoding/json"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// Configuration files of JavaScript tools are programs. They are not run to find tests: the literal values in them are read
// from their text, and what is computed is not known.

// jsUnknown is a value that is computed.
type jsUnknown struct{}

// jsRegex is the source of a regular expression literal.
type jsRegex string

// jsConfigObjects reads the objects that a configuration file may export, in the order of the text: what module.exports,
// export default or a variable is set to, within one call (defineConfig) or arrow function. A file of JSON is one object.
// Values are string, float64, bool, nil, jsRegex, []any, map[string]any and jsUnknown.
func jsConfigObjects(fsys fs.FS, file string) []map[string]any {
	text, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil
	}
	return jsObjects(path.Ext(file), string(text))
}

func jsObjects(ext, text string) []map[string]any {
	text = strings.TrimPrefix(text, "\ufeff")
	if ext == ".json" {
		var object map[string]any
		if json.Unmarshal([]byte(text), &object) == nil && object != nil {
			return []map[string]any{object}
		}
		return nil
	}
	text = jsUncommented(text)
	var out []map[string]any
	for _, at := range jsExported.FindAllStringIndex(text, -1) {
		p := jsLiteralParser{text: text, at: at[1] - 1}
		if object, ok := p.value().(map[string]any); ok && len(object) > 0 {
			out = append(out, object)
		}
	}
	return out
}

// jsExported is what stands before an object that a file may export, its brace included.
var jsExported = regexp.MustCompile(`(?:\bmodule\.exports\s*=|\bexport\s+default\b|\b(?:const|let|var)\s+\w+\s*(?::[^={]*)?=|\breturn\b)\s*` +
	`(?:[\w.]+(?:<[^>]*>)?\(\s*)?(?:[\w.]+\(\s*)?(?:(?:async\s*)?(?:\([^)]*\)|\w+)\s*=>\s*\(?\s*)?\{`)

// jsLiteralParser reads literals from a text without comments.
type jsLiteralParser struct {
	text string
	at   int
}

func (p *jsLiteralParser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

func (p *jsLiteralParser) peek() byte {
	p.space()
	if p.at >= len(p.text) {
		return 0
	}
	return p.text[p.at]
}

// value reads one value and what follows it up to the next comma or closing bracket; more than a literal is unknown.
func (p *jsLiteralParser) value() any {
	var v any = jsUnknown{}
	switch c := p.peek(); c {
	case '{':
		v = p.object()
	case '[':
		v = p.array()
	case '\'', '"', '`':
		n := jsStringLength(p.text[p.at:])
		v = jsString(p.text[p.at : p.at+n])
		p.at += n
	case '/':
		n := jsRegexLength(p.text[p.at:])
		if n > 2 {
			v = jsRegex(p.text[p.at+1 : p.at+n-1])
		}
		p.at += n
		for p.at < len(p.text) && p.text[p.at] >= 'a' && p.text[p.at] <= 'z' { // flags
			p.at++
		}
	default:
		from := p.at
		for p.at < len(p.text) && (p.text[p.at] == '_' || p.text[p.at] == '.' || p.text[p.at] == '-' || p.text[p.at] >= '0' && p.text[p.at] <= '9' ||
			p.text[p.at] >= 'a' && p.text[p.at] <= 'z' || p.text[p.at] >= 'A' && p.text[p.at] <= 'Z') {
			p.at++
		}
		v = jsWordValue(p.text[from:p.at])
	}
	if p.skip() {
		return jsUnknown{}
	}
	return v
}

func jsWordValue(word string) any {
	switch word {
	case "true", "false":
		return word == "true"
	case "null", "undefined":
		return nil
	}
	if n, err := strconv.ParseFloat(strings.ReplaceAll(word, "_", ""), 64); err == nil {
		return n
	}
	return jsUnknown{}
}

// skip goes to the next comma or closing bracket of this level, and says whether anything but a type stood before it.
func (p *jsLiteralParser) skip() (more bool) {
	depth := 0
	for ; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; c {
		case ' ', '\t', '\r', '\n':
			continue
		case '\'', '"', '`':
			p.at += jsStringLength(p.text[p.at:]) - 1
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth == 0 {
				return more
			}
			depth--
		case ',', ';':
			if depth == 0 {
				return more
			}
		case '/':
			if jsBeforeRegex(p.text[:p.at]) {
				p.at += jsRegexLength(p.text[p.at:]) - 1
			}
		case 'a', 's':
			for _, word := range []string{"as ", "satisfies "} { // TypeScript: "as const"
				if depth == 0 && !more && strings.HasPrefix(p.text[p.at:], word) {
					for p.at+1 < len(p.text) && strings.IndexByte(",;)]}\n", p.text[p.at+1]) < 0 {
						p.at++
					}
					c = ' '
				}
			}
			if c == ' ' {
				continue
			}
		}
		more = true
	}
	return more
}

// jsString is the text of a string literal; a template with a computed part is unknown.
func jsString(quoted string) any {
	if len(quoted) < 2 || quoted[0] == '`' && strings.Contains(quoted, "${") {
		return jsUnknown{}
	}
	var b strings.Builder
	for i := 1; i < len(quoted)-1; i++ {
		if quoted[i] == '\\' && i+1 < len(quoted)-1 {
			i++
			switch quoted[i] {
			case 'n':
				b.WriteByte('\n')
				continue
			case 't':
				b.WriteByte('\t')
				continue
			}
		}
		b.WriteByte(quoted[i])
	}
	return b.String()
}

func (p *jsLiteralParser) array() any {
	p.at++
	out := []any{}
	for {
		switch p.peek() {
		case ']':
			p.at++
			return out
		case ',':
			p.at++
		case 0, '}', ')':
			return out
		default:
			out = append(out, p.value())
			if p.peek() == ';' {
				return out
			}
		}
	}
}

// object reads an object. What it takes over from elsewhere ("...base") stands under the key "...".
func (p *jsLiteralParser) object() any {
	p.at++
	out := map[string]any{}
	for {
		switch c := p.peek(); {
		case c == '}':
			p.at++
			return out
		case c == ',' || c == ';':
			p.at++
		case c == 0 || c == ']' || c == ')':
			return out
		case strings.HasPrefix(p.text[p.at:], "..."):
			p.at += len("...")
			out["..."] = p.value()
		default:
			key, ok := p.key()
			if !ok { // a method, a computed key
				p.skip()
				continue
			}
			out[key] = p.value()
		}
	}
}

// key reads "name:", `"name":`; ok is false for all else, a shorthand for a variable included.
func (p *jsLiteralParser) key() (key string, ok bool) {
	from := p.at
	if c := p.text[p.at]; c == '\'' || c == '"' {
		n := jsStringLength(p.text[p.at:])
		key, _ = jsString(p.text[p.at : p.at+n]).(string)
		p.at += n
	} else {
		for p.at < len(p.text) && (p.text[p.at] == '_' || p.text[p.at] == '$' || p.text[p.at] >= '0' && p.text[p.at] <= '9' ||
			p.text[p.at] >= 'a' && p.text[p.at] <= 'z' || p.text[p.at] >= 'A' && p.text[p.at] <= 'Z') {
			p.at++
		}
		key = p.text[from:p.at]
	}
	if p.peek() != ':' || key == "" {
		if p.at == from {
			p.at++
		}
		return "", false
	}
	p.at++
	return key, true
}

// jsStrings is a value as a list of strings: one string, or a list of them. known is false where a part of it is computed.
func jsStrings(value any) (list []string, known bool) {
	switch v := value.(type) {
	case string:
		return []string{v}, true
	case jsRegex:
		return []string{string(v)}, true
	case []any:
		known = true
		for _, one := range v {
			part, ok := jsStrings(one)
			if !ok || len(part) != 1 {
				known = false
				continue
			}
			list = append(list, part[0])
		}
		return list, known
	default:
		return nil, false
	}
}
