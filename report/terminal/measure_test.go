package terminal

import (
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"
	"pgregory.net/rapid"
)

func TestCut(t *testing.T) {
	for _, c := range []struct {
		in    string
		width int
		want  string
	}{
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"abc", 1, "…"},
		{"abc", 0, ""},
		{"日本語", 6, "日本語"},
		{"日本語", 5, "日本…"},
		{"日本語", 4, "日…"},
		{"a b c", 3, "a…"},
		{"👩‍👩‍👧", 4, "👩…"},
	} {
		if got := cut(c.in, c.width); got != c.want {
			t.Errorf("cut(%q, %d) = %q, want %q", c.in, c.width, got, c.want)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		in    string
		width int
		want  string
	}{
		{"", 10, ""},
		{"one two three", 20, "one two three"},
		{"one two three", 8, "one two|three"},
		{"one two three", 7, "one two|three"},
		{"abcdefghij", 4, "abcd|efgh|ij"},
		{"日本語です", 4, "日本|語で|す"},
		{"日本", 1, "日|本"},
	} {
		if got := strings.Join(wrap(c.in, c.width), "|"); got != c.want {
			t.Errorf("wrap(%q, %d) = %q, want %q", c.in, c.width, got, c.want)
		}
	}
}

// Wrapping loses nothing but spaces, and nothing is wider than it says, also for one who measures whole emoji.
func TestMeasureHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOf(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{" ", "word ", "日本", "👩‍👩‍👧", "❤️", "1️⃣", "🇩🇪", "é"}))).Draw(t, "s"), "")
		s = strings.Map(func(r rune) rune {
			if r < ' ' {
				return 'x'
			}
			return r
		}, s)
		width := rapid.IntRange(2, 100).Draw(t, "width")
		measure := (&runewidth.Condition{}).StringWidth
		lines := wrap(s, width)
		for _, l := range append(lines, cut(s, width)) {
			if w := measure(l); w > width {
				t.Fatalf("%q takes %d columns of %d", l, w, width)
			}
		}
		if got := strings.ReplaceAll(strings.Join(lines, ""), " ", ""); got != strings.ReplaceAll(s, " ", "") {
			t.Fatalf("wrapped %q to %q", s, lines)
		}
	})
}

func TestDefused(t *testing.T) {
	for in, want := range map[string]string{
		"::error::x":               `\::error::x`,
		"   ::error::x":            `   \::error::x`,
		"path::name":               "path::name",
		"a ##[error]x":             `a #\#[error]x`,
		"##vso[task.complete]":     `#\#vso[task.complete]`,
		"##teamcity[testFailed]":   `#\#teamcity[testFailed]`,
		"## a heading [with this]": "## a heading [with this]",
	} {
		if got := defused(in); got != want {
			t.Errorf("defused(%q) = %q, want %q", in, got, want)
		}
	}
}
