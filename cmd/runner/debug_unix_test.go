//go:build unix

package main

import (
	"strings"
	"testing"
)

func pytestTree() map[string]string {
	return map[string]string{"pytest.ini": "[pytest]\n", "tests/test_a.py": `
def test_stops():
    answer = 6 * 7
    breakpoint()
    assert answer == 42

def test_fails():
    answer = 6 * 7
    assert answer == 43

def test_reads():
    assert input("your name? ") == "Ada"
`}
}

// --debug gives a test the terminal: pdb can be typed into, and the verdict afterwards is right.
func TestDebug(t *testing.T) {
	t.Parallel()
	t.Run("breakpoint", func(t *testing.T) {
		p := newPane(t, pytestTree())
		p.enter("runner --debug tests/test_a.py::test_stops; echo code=$?")
		p.until(`\(Pdb\)`)
		p.enter("p answer * 100")
		p.until(`(?m)^4200`)
		p.enter("c")
		screen := p.until(`code=\d+`)
		if !strings.Contains(screen, "code=0") || !strings.Contains(screen, "PASSED (0)  1 test: 1 passed") {
			t.Errorf("screen:\n%s", screen)
		}
	})
	t.Run("post mortem", func(t *testing.T) {
		p := newPane(t, pytestTree())
		p.enter("runner --debug tests/test_a.py::test_fails -- --pdb; echo code=$?")
		p.until(`\(Pdb\)`)
		p.enter("p answer * 100")
		p.until(`(?m)^4200`)
		p.enter("q")
		screen := p.until(`code=\d+`)
		if !strings.Contains(screen, "code=1") || !strings.Contains(screen, "FAILED (1)  1 test: 0 passed, 1 failed, 0 errors") {
			t.Errorf("screen:\n%s", screen)
		}
		// The shell has its terminal back: what is typed is read and shown.
		p.enter("echo still $((40 + 2))")
		p.until(`(?m)^still 42`)
	})
	t.Run("input", func(t *testing.T) {
		p := newPane(t, pytestTree())
		p.enter("runner --debug tests/test_a.py::test_reads; echo code=$?")
		p.until(`your name\?`)
		p.enter("Ada")
		screen := p.until(`code=\d+`)
		if !strings.Contains(screen, "code=0") {
			t.Errorf("screen:\n%s", screen)
		}
	})
	t.Run("Ctrl-C", func(t *testing.T) {
		p := newPane(t, pytestTree())
		p.enter("runner --debug tests/test_a.py::test_reads; echo code=$?")
		p.until(`your name\?`)
		p.press("C-c")
		screen := p.until(`code=\d+`)
		if strings.Contains(screen, "code=0") || strings.Contains(screen, "PASSED") {
			t.Errorf("screen:\n%s", screen)
		}
	})
	t.Run("Ctrl-Z", func(t *testing.T) {
		p := newPane(t, pytestTree())
		p.enter("runner --debug tests/test_a.py::test_reads; echo code=$?")
		p.until(`your name\?`)
		p.press("C-z")
		p.until(`Stopped +runner`)
		p.enter("fg; echo again=$?")
		p.enter("Ada")
		screen := p.until(`again=\d+`)
		if !strings.Contains(screen, "again=0") {
			t.Errorf("screen:\n%s", screen)
		}
	})
}
