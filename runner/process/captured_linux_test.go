package process

import (
	"os"
	"strings"
	"testing"
)

// What a program writes to a nameless file in place of our pipe is seen while it runs, and a file with a name is not ours to read.
func TestCaptured(t *testing.T) {
	for _, named := range []bool{false, true} {
		f, err := os.CreateTemp(t.TempDir(), "captured")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if !named {
			if err := os.Remove(f.Name()); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := f.WriteString(strings.Repeat("old\n", capturedMax) + "the last words\n"); err != nil {
			t.Fatal(err)
		}
		out := newTranscript()
		s := role(t, "sleep", "")
		s.Stdout, s.Stderr = out, f
		p := start(t, s)
		out.pid(t, "ready ")
		got := p.Captured()
		if named && got != "" || !named && (!strings.HasPrefix(got, "old\n") || !strings.HasSuffix(got, "old\nthe last words\n") || len(got) > capturedMax) {
			t.Errorf("with a name %v: %d bytes, %.80q", named, len(got), got)
		}
		p.Kill()
		p.Wait()
		if got := p.Captured(); got != "" {
			t.Errorf("of an ended program: %.80q", got)
		}
	}
}

// A program's children are asked, and neither itself nor what they have started.
func TestDump_asks_the_children(t *testing.T) {
	out := newTranscript()
	s := role(t, "parent", "usr2")
	s.Stdout = out
	p := start(t, s)
	child := out.pid(t, "ready ")
	if err := p.Dump("USR2", ToChildren); err != nil {
		t.Fatal(err)
	}
	if got := out.pid(t, "asked "); got != child {
		t.Errorf("asked %d, want %d", got, child)
	}
	p.Kill()
	p.Wait()
}
