package process

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestTail_keeps_head_and_tail(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		max := rapid.IntRange(2, 40).Draw(t, "max")
		tail := NewTail(max)
		var all strings.Builder
		for _, part := range rapid.SliceOfN(rapid.StringN(0, 30, 60), 0, 12).Draw(t, "parts") {
			tail.Write([]byte(part))
			all.WriteString(part)
		}
		text := all.String()
		if tail.Total() != int64(len(text)) || tail.Cut() != int64(max0(len(text)-max)) {
			t.Fatalf("total %d, cut %d of %d", tail.Total(), tail.Cut(), len(text))
		}
		got := tail.String()
		if len(text) <= max {
			if got != text {
				t.Fatalf("got %q, want %q", got, text)
			}
			return
		}
		head, rest, ok := strings.Cut(got, "\n… ")
		count, last, ok2 := strings.Cut(rest, " bytes left out …\n")
		if !ok || !ok2 || !strings.HasPrefix(text, head) || !strings.HasSuffix(text, last) {
			t.Fatalf("got %q of %q", got, text)
		}
		if count != fmt.Sprint(len(text)-len(head)-len(last)) {
			t.Fatalf("%s bytes left out of %q, got %q and %q", count, text, head, last)
		}
		if !utf8.ValidString(got) {
			t.Fatalf("a rune was cut: %q", got)
		}
	})
}

func max0(n int) int { return max(n, 0) }

func TestLineWriter_gives_each_line_however_it_is_written(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([a-c\r]{0,6}\n|[a-c]{10}\n){0,8}[a-c]{0,3}`).Draw(t, "text")
		limit := rapid.IntRange(3, 12).Draw(t, "max")
		var got []string
		w := NewLineWriter(limit, func(line []byte) { got = append(got, string(line)) })
		for rest := text; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "n")
			w.Write([]byte(rest[:n]))
			rest = rest[n:]
		}
		w.Flush()
		w.Flush() // gives nothing again
		var want []string
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			if len(line) > limit {
				line = fmt.Sprintf("%s … %d bytes of the line left out", line[:limit], len(line)-limit)
			}
			want = append(want, line)
		}
		if strings.Join(got, "|") != strings.Join(want, "|") || len(got) != len(want) {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

func TestLineWriter_does_not_grow_with_a_giant_line(t *testing.T) {
	lines := 0
	w := NewLineWriter(0, func(line []byte) {
		lines++
		if len(line) < MaxLine || len(line) > MaxLine+100 {
			t.Errorf("%d bytes", len(line))
		}
	})
	chunk := []byte(strings.Repeat("y", 1<<20))
	for range 16 {
		w.Write(chunk)
	}
	if cap(w.part) > 2*MaxLine {
		t.Errorf("holds %d bytes", cap(w.part))
	}
	w.Write([]byte("\n"))
	if lines != 1 || cap(w.part) != 0 {
		t.Errorf("%d lines, %d bytes still held", lines, cap(w.part))
	}
}
