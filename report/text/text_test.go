package text

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestClean(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "got 3, want 4", "got 3, want 4"},
		{"colour", "\x1b[31mred\x1b[0m", "red"},
		{"colour with a colon", "\x1b[38:2::255:0:0mred", "red"},
		{"cursor", "a\x1b[2Ab\x1b[Kc", "abc"},
		{"title", "\x1b]0;owned\ax", "x"},
		{"link", "\x1b]8;;http://x\x1b\\text\x1b]8;;\x1b\\", "text"},
		{"device string", "\x1bPq#0\x1b\\x", "x"},
		{"character set", "\x1b(0lqqk\x1b(B", "lqqk"},
		{"reset", "\x1bcx", "x"},
		{"c1", "\u009b31mred\u009d0;t\u009c.", "red."},
		{"open string hides nothing", "\x1b]0;the rest\nnext", "\\x1b]0;the rest\nnext"},
		{"open sequence hides nothing", "a\x1b[31", `a\x1b[31`},
		{"sequence in a sequence", "\x1b\x1b[0m[31mx", `\x1b[31mx`},
		{"escape at the end", "a\x1b", `a\x1b`},
		{"bell and null", "a\ab\x00", `a\x07b\x00`},
		{"carriage return", "50%\r100%\r\ndone", "50%\n100%\ndone"},
		{"tab", "a\tb", "a    b"},
		{"direction", "a\u202eb", `a\u202eb`},
		{"line separator", "a\u2028b", `a\u2028b`},
		{"tag", "a\U000e0041", `a\U000e0041`},
		{"invalid bytes", "a\xffb", "a\ufffdb"},
		{"emoji", "👩‍👩‍👧 ❤️ 日本", "👩‍👩‍👧 ❤️ 日本"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Clean(c.in); got != c.want {
				t.Errorf("Clean(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestLine(t *testing.T) {
	if got := Line("a\nb\x1b[1mc"); got != `a\nbc` {
		t.Errorf("got %q", got)
	}
}

func TestLines(t *testing.T) {
	got := Lines("\n\n  a  \n\nb\t\n\n")
	if strings.Join(got, "|") != "  a||b" {
		t.Errorf("got %q", got)
	}
	if got := Lines("\n \n"); len(got) != 0 {
		t.Errorf("got %q, want none", got)
	}
}

// Whatever goes in: what comes out is valid, has no control character but the line break, and is its own clean form.
func TestCleanIsSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := hostile().Draw(t, "in")
		out := Clean(in)
		if !utf8.ValidString(out) {
			t.Fatalf("%q: invalid UTF-8", out)
		}
		for _, r := range out {
			if r != '\n' && (unicode.IsControl(r) || hidden(r)) {
				t.Fatalf("%q: %q got through", out, r)
			}
		}
		if again := Clean(out); again != out {
			t.Fatalf("cleaned twice: %q, once: %q", again, out)
		}
		if strings.ContainsRune(Line(in), '\n') {
			t.Fatalf("Line(%q) breaks", in)
		}
	})
}

func hostile() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.String(),
		rapid.SampledFrom([]string{"\x1b", "\x1b[", "31m", "\x1b]0;", "\a", "\x1b\\", "\r", "\n", "\xff", "\u009b", "\u202e", "日本", "👩‍👧"}),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
	)
	return rapid.Map(rapid.SliceOfN(piece, 0, 8), func(p []string) string { return strings.Join(p, "") })
}
