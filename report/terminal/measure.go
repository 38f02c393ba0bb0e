package terminal

import (
	"strings"

	"github.com/mattn/go-runewidth"
)

// cells is how many columns s takes, at most. Terminals disagree on joined emoji and on the emoji variation selector, so
// each character is counted by itself: a line may come out shorter than there is room for, never longer.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n += runeCells(r)
	}
	return n
}

func runeCells(r rune) int {
	if r >= ' ' && r < 0x7f {
		return 1
	}
	const emojiVariation = '\ufe0f'
	if r == emojiVariation {
		return 1
	}
	// The zero Condition, not runewidth's default one: that follows the locale of the process.
	return (&runewidth.Condition{}).RuneWidth(r)
}

// fit returns how many bytes of s fit into width columns.
func fit(s string, width int) int {
	used := 0
	for i, r := range s {
		if used += runeCells(r); used > width {
			return i
		}
	}
	return len(s)
}

// cut returns s in at most width columns, with "…" for what was cut off.
func cut(s string, width int) string {
	if width <= 0 {
		return ""
	}
	if fit(s, width) == len(s) {
		return s
	}
	const joiner = "\u200d"
	return strings.TrimRight(strings.TrimSuffix(s[:fit(s, width-1)], joiner), " ") + "…"
}

// pad returns s filled up with spaces to width columns, or cut to it.
func pad(s string, width int) string {
	s = cut(s, width)
	return s + strings.Repeat(" ", max(0, width-cells(s)))
}

// wrap breaks one line into lines of at most width columns: at a space where one is near, else anywhere.
func wrap(s string, width int) []string {
	width = max(width, 2) // a wide character must fit
	var lines []string
	for {
		n := fit(s, width)
		if n == len(s) {
			return append(lines, s)
		}
		if n == 0 {
			return append(lines, cut(s, width))
		}
		next := n
		if i := strings.LastIndexByte(s[:n+1], ' '); i > n/2 {
			n, next = i, i+1
		}
		lines = append(lines, strings.TrimRight(s[:n], " "))
		s = s[next:]
	}
}
