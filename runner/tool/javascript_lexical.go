package tool

import (
	"strings"
)

// jsUncommented takes the comments out of a text, outside of its strings.
func jsUncommented(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		rest := text[i:]
		switch {
		case rest[0] == '\'' || rest[0] == '"' || rest[0] == '`':
			n := jsStringLength(rest)
			b.WriteString(rest[:n])
			i += n
		case strings.HasPrefix(rest, "//"):
			line, _, _ := strings.Cut(rest, "\n")
			i += len(line)
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				return b.String()
			}
			b.WriteByte(' ')
			i += end + 4
		case rest[0] == '/' && jsBeforeRegex(b.String()):
			n := jsRegexLength(rest)
			b.WriteString(rest[:n])
			i += n
		default:
			b.WriteByte(rest[0])
			i++
		}
	}
	return b.String()
}

// jsBeforeRegex says whether a slash behind this text begins a regular expression: behind a value it divides.
func jsBeforeRegex(before string) bool {
	before = strings.TrimRight(before, " \t\r\n")
	return before == "" || strings.IndexByte("(,=:[!&|?{};+", before[len(before)-1]) >= 0
}

// jsStringLength is the length of the string at the begin of text, its quotes included.
func jsStringLength(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case text[0]:
			return i + 1
		case '\n':
			if text[0] != '`' {
				return i
			}
		}
	}
	return len(text)
}

func jsRegexLength(text string) int {
	class := false
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '[':
			class = true
		case ']':
			class = false
		case '\n':
			return 1
		case '/':
			if !class {
				return i + 1
			}
		}
	}
	return 1
}
