package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// troubled are files of three languages with tests that fail, and names that a shell or a pattern would take apart.
var troubled = map[string]string{
	"store/odd_test.go": `package store

import "testing"

func TestOdd(t *testing.T) {
	t.Run("it's $5, (really) \"so\"", func(t *testing.T) { t.Error("odd") })
	t.Run("it's", func(t *testing.T) { t.Error("its") })
}
`,
	"tests/unit/test_odd.py": `import pytest

@pytest.mark.parametrize("text", ["a b", "$HOME", "it's", "[x]", "ü"])
def test_odd(text):
    assert not text
`,
	"tests/unit/test_broken.py": "import nowhere\n",
	"web/test/odd.test.js": `import { test } from 'node:test';

test("it's $5 (really)", () => { throw new Error('odd'); });
test("it's $5 (really) and more", () => { throw new Error('more'); });
`,
}

var rerunLine = regexp.MustCompile(`(?m)^    rerun: (runner .+)$`)

// Every problem is told with the line that reruns exactly it: typed as it stands, it tells the same problem, and no other.
func TestRerunLinesAreTyped(t *testing.T) {
	w := newWorkshop(t)
	for name, text := range troubled {
		if err := os.WriteFile(filepath.Join(w.dir, filepath.FromSlash(name)), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	all, code := w.shell(t, "runner unit")
	found := rerunLine.FindAllStringSubmatch(all, -1)
	const problems = 1 + 3 + 5 + 2 // the file; a Go test and two below it; pytest's five; node's two
	if code != 1 || len(found) != problems {
		t.Fatalf("runner exits with %d and tells %d lines, want 1 and %d:\n%s", code, len(found), problems, all)
	}
	for _, m := range found {
		line := m[1]
		out, code := w.shell(t, line)
		want := 1
		if strings.HasSuffix(line, "test_broken.py") {
			want = 3
		}
		again := rerunLine.FindAllStringSubmatch(out, -1)
		same := len(again) > 0
		for _, a := range again {
			// A Go test with subtests fails with them, and a subtest takes its parent along.
			same = same && (a[1] == line || strings.Contains(line, "::TestOdd") && strings.Contains(a[1], "::TestOdd"))
		}
		if code != want || !same {
			t.Errorf("%s\nexits with %d, want %d, and tells %q:\n%s", line, code, want, again, out)
		}
	}
}
