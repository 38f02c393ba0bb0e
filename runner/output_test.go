package runner

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"testrunner/report/event"
)

// gathered is what an output tells.
type gathered struct {
	mu    sync.Mutex
	texts []string
}

func (g *gathered) emit(b event.Body) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.texts = append(g.texts, b.(event.JobOutput).Text)
}

// What is printed is told once and in order, in texts that are cut between lines: a secret or a rune that is cut in two is
// neither known nor legible. Only a line that is longer than a text may be is cut, between runes.
func TestOutputProperty(t *testing.T) {
	line := rapid.OneOf(
		rapid.SampledFrom([]string{"\n", "a line\n", "no end", "é🚀", "secret=hunter2hunter2\n"}),
		rapid.Custom(func(t *rapid.T) string { return strings.Repeat("x🚀", rapid.IntRange(1, 30_000).Draw(t, "runes")) }),
	)
	rapid.Check(t, func(t *rapid.T) {
		g := &gathered{}
		o := newOutput("job", g.emit, func() {})
		w := o.stream("stdout")
		var all bytes.Buffer
		for _, text := range rapid.SliceOfN(line, 0, 8).Draw(t, "lines") {
			all.WriteString(text)
		}
		for rest := all.Bytes(); len(rest) > 0; {
			n := min(len(rest), rapid.IntRange(1, 70_000).Draw(t, "write"))
			if _, err := w.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		o.close()
		o.close()
		if _, err := w.Write([]byte("too late\n")); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(g.texts, ""); got != all.String() {
			t.Fatalf("told %d bytes of %d", len(got), all.Len())
		}
		for i, text := range g.texts {
			last := i == len(g.texts)-1
			if len(text) > event.Cap || !utf8.ValidString(text) || !last && !strings.HasSuffix(text, "\n") && len(text) < event.Cap-utf8.UTFMax {
				t.Fatalf("text %d of %d has %d bytes and ends with %q", i, len(g.texts), len(text), text[max(0, len(text)-9):])
			}
		}
	})
}

func TestOutputSaysWhatItLeavesOut(t *testing.T) {
	g := &gathered{}
	o := newOutput("job", g.emit, func() {})
	w := o.stream("stderr")
	for range 3 << 10 {
		if _, err := w.Write([]byte(strings.Repeat("x", 1023) + "\n")); err != nil {
			t.Fatal(err)
		}
	}
	w.Write([]byte("the last words"))
	o.close()
	all := strings.Join(g.texts, "")
	if len(all) > outputTold+2*event.Cap || !strings.Contains(all, "further bytes") || !strings.HasSuffix(all, "the last words") {
		t.Errorf("told %d bytes, at last %q", len(all), all[len(all)-40:])
	}
	if kept := o.text("stderr"); !strings.HasSuffix(kept, "the last words") || o.text("stdout") != "" {
		t.Errorf("kept %d bytes", len(kept))
	}
}
