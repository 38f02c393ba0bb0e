package bad

import "testing"

func TestNames(t *testing.T) {
	for _, name := range []string{`"quoted" 'single'`, "two\nlines", "tab\tand\x00nul", "emoji 🎉", `back\slash`, "a/b", "", "[x] (y) .*", "x::y", "ends [2]"} {
		t.Run(name, func(t *testing.T) {})
	}
}

func TestÜmlaut(t *testing.T) {}
