package cargodrive

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestReadingFollowsLibtest plays libtest's own order of work with any number of threads, tests and results, and any noise between
// its lines: the tests that are open, and each result, are known at each moment.
func TestReadingFollowsLibtest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, threads := rapid.IntRange(1, 12).Draw(t, "tests"), rapid.IntRange(2, 5).Draw(t, "threads")
		var names, running, failed []string
		for i := range n {
			names = append(names, fmt.Sprintf("m::t%02d", i))
		}
		r := NewReading([][]string{names}, threads, Listed)
		seen := map[string]string{}
		begun := map[string]bool{}
		line := func(text string) {
			for _, s := range r.Line(text) {
				if begun[s.Name] = true; s.Word != "" {
					seen[s.Name] = s.Word
				}
			}
		}
		line("")
		line(fmt.Sprintf("running %d tests", n))
		next := min(threads, n)
		running = slices.Clone(names[:next])
		for len(running) > 0 {
			if got := r.Open(); !slices.Equal(got, slices.Sorted(slices.Values(running))) {
				t.Fatalf("open %v, want %v", got, running)
			}
			noise := rapid.SampledFrom([]string{"", "noise", "test nobody ... ok\n", "running 9 tests\n", "test ", "failures:\n", "test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n"}).Draw(t, "noise")
			i := rapid.IntRange(0, len(running)-1).Draw(t, "which")
			word := rapid.SampledFrom([]string{OK, FAILED, Ignored, "ignored, for a reason"}).Draw(t, "word")
			for _, text := range strings.Split(noise+"test "+running[i]+rapid.SampledFrom([]string{"", " - should panic"}).Draw(t, "suffix")+" ... "+word, "\n") {
				line(text)
			}
			short, _, _ := strings.Cut(word, ",")
			if seen[running[i]] != short {
				t.Fatalf("%s is %q, want %q", running[i], seen[running[i]], short)
			}
			if word == FAILED {
				failed = append(failed, running[i])
			}
			running = slices.Delete(running, i, i+1)
			if next < n {
				running = append(running, names[next])
				next++
			}
		}
		if r.Close(); r.Whole() {
			t.Fatal("whole without its end-of-run word")
		}
	})
}

// TestReadingTotals: the end of a run, and what contradicts it.
func TestReadingTotals(t *testing.T) {
	for name, c := range map[string]struct {
		lines string
		whole bool
		odd   int
	}{
		"agrees":        {"running 1 test\ntest a ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s", true, 0},
		"no totals":     {"running 1 test\ntest a ... ok\n", false, 0},
		"other totals":  {"running 1 test\ntest a ... ok\n\ntest result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s", true, 1},
		"listed failed": {"running 1 test\ntest a ... ok\n\nfailures:\n    a\n\ntest result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s", true, 1},
		"silence":       {"", false, 0},
	} {
		r := NewReading([][]string{{"a"}}, 2, Listed)
		for line := range strings.SplitSeq(c.lines, "\n") {
			r.Line(line)
		}
		r.Close()
		if r.Whole() != c.whole || len(r.Odd()) != c.odd {
			t.Errorf("%s: whole %v, odd %v", name, r.Whole(), r.Odd())
		}
	}
}

// FuzzReading: nothing that a process prints makes the reading panic or gives a test that was not listed a result.
func FuzzReading(f *testing.F) {
	f.Add("running 2 tests\ntest a ... ok\ntest b ... FAILED\n\nfailures:\n\n---- b stdout ----\nx\n\nfailures:\n    b\n\ntest result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n", 2)
	f.Add("running 2 tests\ntest a ... noise\nok\ntest b ... ", 1)
	f.Fuzz(func(t *testing.T, text string, threads int) {
		r := NewReading([][]string{{"a", "b"}}, threads, Listed)
		var steps []Step
		for line := range strings.SplitSeq(text, "\n") {
			steps = append(steps, r.Line(line)...)
		}
		for _, s := range append(steps, r.Close()...) {
			if s.Name != "a" && s.Name != "b" {
				t.Fatalf("%+v", s)
			}
		}
		if r.Whole() && len(r.Open())+len(r.Waiting()) > 0 {
			t.Fatal("whole with open tests")
		}
	})
}

// TestSqueeze: libtest's lines are never left out, and of what stands between the head and the tail are kept.
func TestSqueeze(t *testing.T) {
	var got []string
	q := squeeze{give: func(text string) { got = append(got, text) }}
	w := &lines{take: func(text string) { q.line(text, true) }}
	fmt.Fprint(w, "test a ... ok\n", strings.Repeat("noise\n", 100_000), "last noise\ntest b ... FAILED\n", strings.Repeat("x", 10<<20), "test c ... ok")
	w.flush()
	q.flush()
	text := strings.Join(got, "\n")
	for _, want := range []string{"test a ... ok\nnoise\n", "bytes left out …\nnoise\n", "last noise\ntest b ... FAILED", "xtest c ... ok"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if len(text) > 8*squeezeHead {
		t.Errorf("%d bytes", len(text))
	}
}
