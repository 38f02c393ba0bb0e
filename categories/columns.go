package categories

import "strings"

// The table of "runner list" is measured here in a simple way that errs on the narrow side: what is not Latin, Greek or
// Cyrillic counts as two columns.

func runeColumns(r rune) int {
	switch {
	case r < ' ':
		return 0
	case r >= 0x1100 && r != '…':
		return 2
	}
	return 1
}

func columns(text string) int {
	n := 0
	for _, r := range text {
		n += runeColumns(r)
	}
	return n
}

// fit cuts a line to a width, and shows that it was cut.
func fit(text string, width int) string {
	text = oneLine(text)
	if columns(text) <= width {
		return strings.TrimRight(text, " ")
	}
	n := 0
	for i, r := range text {
		if n += runeColumns(r); n > width-1 {
			return strings.TrimRight(text[:i], " ") + "…"
		}
	}
	return text
}

// oneLine takes the control characters out of a text, which may come from a file's name.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return '?'
		}
		return r
	}, text)
}

// wrapped breaks a text at blanks into lines of at most a width.
func wrapped(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && columns(line)+1+columns(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line == "" {
		return lines
	}
	return append(lines, line)
}
