package dockerfile

import "strings"

// Lookup says what a variable holds. Set is false for one that has no value; known is false where nobody can tell.
type Lookup func(name string) (value string, set, known bool)

// quotedWord cuts the first word, which may hold blanks in quotes; the quotes stay.
func (f File) quotedWord(text string) (word, rest string) {
	text = strings.TrimLeft(text, " \t")
	var quote byte
	for at := 0; at < len(text); at++ {
		switch c := text[at]; {
		case c == f.Escape && quote != '\'':
			at++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == ' ' || c == '\t':
			return text[:at], strings.TrimLeft(text[at:], " \t")
		}
	}
	return text, ""
}

// quotedWords are all words, their quotes kept.
func (f File) quotedWords(text string) []string {
	var words []string
	for text = strings.TrimSpace(text); text != ""; {
		var word string
		word, text = f.quotedWord(text)
		words = append(words, word)
	}
	return words
}

// Expand puts the values of variables into a word, and takes its quotes and escapes away, as the engine does for COPY, ADD, ENV, ARG
// and FROM. Known is false where a variable is not known, or the word is written as nobody here understands it.
func (f File) Expand(word string, lookup Lookup) (text string, known bool) {
	e := expansion{escape: f.Escape, lookup: lookup, known: true}
	e.run(word)
	return e.out.String(), e.known
}

// expansion is one word that is being expanded.
type expansion struct {
	escape byte
	lookup Lookup
	out    strings.Builder
	known  bool
}

// longest is how long a word may become: each line may double what a variable holds.
const longest = 1 << 16

func (e *expansion) run(word string) {
	for at := 0; at < len(word); {
		if e.out.Len() > longest {
			e.known = false
			return
		}
		switch c := word[at]; c {
		case '\'':
			end := strings.IndexByte(word[at+1:], '\'')
			if end < 0 {
				e.known = false
				return
			}
			e.out.WriteString(word[at+1 : at+1+end])
			at += end + 2
		case '"':
			at = e.double(word, at+1)
		case '$':
			at = e.dollar(word, at+1)
		case e.escape:
			if at+1 < len(word) {
				e.out.WriteByte(word[at+1])
			}
			at += 2
		default:
			e.out.WriteByte(c)
			at++
		}
	}
}

// double expands up to the closing quote and returns the place after it.
func (e *expansion) double(word string, at int) int {
	for at < len(word) && e.out.Len() <= longest {
		switch c := word[at]; {
		case c == '"':
			return at + 1
		case c == '$':
			at = e.dollar(word, at+1)
		case c == e.escape && at+1 < len(word) && (word[at+1] == '"' || word[at+1] == '$' || word[at+1] == e.escape):
			e.out.WriteByte(word[at+1])
			at += 2
		default:
			e.out.WriteByte(c)
			at++
		}
	}
	e.known = false // the quote is never closed
	return at
}

// dollar expands what follows a "$" and returns the place after it.
func (e *expansion) dollar(word string, at int) int {
	if at < len(word) && word[at] == '{' {
		end := closing(word, at+1)
		if end < 0 {
			e.known = false
			return len(word)
		}
		e.braced(word[at+1 : end])
		return end + 1
	}
	name := nameAt(word[at:])
	if name == "" {
		e.out.WriteByte('$')
		return at
	}
	e.variable(name)
	return at + len(name)
}

// closing is the place of the brace that closes what began before at, -1 without one.
func closing(word string, at int) int {
	depth := 1
	for ; at < len(word); at++ {
		switch word[at] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return at
			}
		}
	}
	return -1
}

// nameAt is the variable's name at the beginning of a text.
func nameAt(text string) string {
	for at := 0; at < len(text); at++ {
		c := text[at]
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		digit := '0' <= c && c <= '9'
		if !letter && !digit {
			return text[:at]
		}
		if at == 0 && digit {
			return text[:1] // a positional one
		}
	}
	return text
}

func (e *expansion) variable(name string) {
	value, _, known := e.lookup(name)
	e.known = e.known && known
	e.out.WriteString(value)
}

// braced expands what stands between braces: NAME, NAME:-word, NAME-word, NAME:+word, NAME+word. Others are not known here.
func (e *expansion) braced(inner string) {
	name := nameAt(inner)
	rest := inner[len(name):]
	if name == "" {
		e.known = false
		return
	}
	if rest == "" {
		e.variable(name)
		return
	}
	value, set, known := e.lookup(name)
	if !known {
		e.known = false
		return
	}
	if strings.HasPrefix(rest, ":") {
		set, rest = set && value != "", rest[1:]
	}
	switch {
	case strings.HasPrefix(rest, "-") && set:
		e.out.WriteString(value)
	case strings.HasPrefix(rest, "-"), strings.HasPrefix(rest, "+") && set:
		e.run(rest[1:])
	case strings.HasPrefix(rest, "+"):
	default:
		e.known = false
	}
}

// Pair is NAME=value of ENV or ARG; Set is false for an ARG without a default.
type Pair struct {
	Name, Value string // Value as written
	Set         bool
}

// Pairs are the pairs of an ENV or ARG. "ENV NAME some words" is the old form of one pair.
func (f File) Pairs(i Instruction) []Pair {
	words := f.quotedWords(i.Text)
	if i.Name == "ENV" && len(words) > 1 && !strings.Contains(words[0], "=") {
		name, value := cutWord(i.Text)
		return []Pair{{name, value, true}}
	}
	var pairs []Pair
	for _, w := range words {
		name, value, set := strings.Cut(w, "=")
		pairs = append(pairs, Pair{strings.Trim(name, `"'`), value, set})
	}
	return pairs
}
