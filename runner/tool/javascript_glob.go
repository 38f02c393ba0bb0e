package tool

import (
	"fmt"
	"regexp"
	"strings"
)

// jsGlob translates a glob into an expression for whole paths. "*" does not match a leading dot, as nowhere in the
// tools that take such globs.
func jsGlob(glob string) (*regexp.Regexp, error) {
	var b strings.Builder
	b.WriteString(`\A`)
	start := true // at the begin of a name
	for i := 0; i < len(glob); {
		n := jsGlobPart(&b, glob[i:], start)
		start = glob[i+n-1] == '/'
		i += n
	}
	b.WriteString(`\z`)
	re, err := regexp.Compile(b.String())
	if err != nil {
		return nil, fmt.Errorf("glob %q: %w", glob, err)
	}
	return re, nil
}

// jsGlobPart writes the first part of rest and returns how long it is.
func jsGlobPart(b *strings.Builder, rest string, start bool) int {
	noDot := ""
	if start {
		noDot = `(?:[^./][^/]*)?`
	}
	switch c := rest[0]; {
	case strings.HasPrefix(rest, "**/") && start:
		b.WriteString(`(?:[^./][^/]*/)*`)
		return 3
	case rest == "**" && start:
		b.WriteString(`(?:[^./][^/]*(?:/[^./][^/]*)*)?`)
		return 2
	case c == '*':
		if start {
			b.WriteString(noDot)
		} else {
			b.WriteString(`[^/]*`)
		}
		n := 1
		for n < len(rest) && rest[n] == '*' {
			n++
		}
		return n
	case c == '?' && !strings.HasPrefix(rest, "?("):
		b.WriteString(`[^/]`)
		return 1
	case c == '[':
		if end := strings.IndexByte(rest[1:], ']'); end > 0 {
			class := strings.ReplaceAll(rest[1:1+end], `\`, `\\`)
			class = strings.ReplaceAll(class, "[", `\[`)
			if class[0] == '!' {
				class = "^" + class[1:]
			}
			b.WriteString("[" + class + "]")
			return end + 2
		}
	case c == '{':
		if n, parts := jsGlobList(rest, '{', '}', ','); len(parts) > 1 {
			jsGlobAlternatives(b, parts, start, "")
			return n
		}
	case strings.IndexByte("@?+*!", c) >= 0 && strings.HasPrefix(rest[1:], "("):
		if n, parts := jsGlobList(rest[1:], '(', ')', '|'); len(parts) > 0 && c != '!' {
			jsGlobAlternatives(b, parts, start, map[byte]string{'@': "", '?': "?", '+': "+", '*': "*"}[c])
			return n + 1
		}
	case c == '\\' && len(rest) > 1:
		b.WriteString(regexp.QuoteMeta(rest[1:2]))
		return 2
	}
	b.WriteString(regexp.QuoteMeta(rest[:1]))
	return 1
}

func jsGlobAlternatives(b *strings.Builder, parts []string, start bool, sign string) {
	b.WriteString("(?:")
	for i, part := range parts {
		if i > 0 {
			b.WriteByte('|')
		}
		start := start
		for at := 0; at < len(part); {
			n := jsGlobPart(b, part[at:], start)
			start = part[at+n-1] == '/'
			at += n
		}
	}
	b.WriteString(")" + sign)
}

// jsGlobList reads a list between two brackets at the begin of rest: its length and parts; none where it has no end.
func jsGlobList(rest string, open, end, comma byte) (int, []string) {
	depth, from := 0, 1
	var parts []string
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case open:
			depth++
		case end:
			if depth--; depth == 0 {
				return i + 1, append(parts, rest[from:i])
			}
		case comma:
			if depth == 1 {
				parts = append(parts, rest[from:i])
				from = i + 1
			}
		}
	}
	return 0, nil
}
